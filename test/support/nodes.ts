/** Nodes for tests of several: in memory on a network of their own, closed after each test. */
import { afterEach } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import type { Observable } from 'rxjs';
import { firstValueFrom, filter } from 'rxjs';
import { createNode } from '../../src/index.ts';
import type { HearsayNode, Identity, NodeOptions } from '../../src/index.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';

const open: HearsayNode[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

/** What is left of a node when its process is gone: who it is, what is on its disk, where it listens. */
export interface Remains {
  readonly identity: Identity;
  readonly store: NonNullable<NodeOptions['store']>;
  readonly listen: string;
}

let made = 0;

/** Makes nodes that can reach each other. */
export class TestNetwork {
  /** Messages so far, and connections opened and lost. */
  traffic = 0;
  readonly memory: MemoryNetwork = new MemoryNetwork({
    schedule: (run) => {
      this.traffic += 1;
      setImmediate(run);
    },
  });

  /** A node listening at `memory://<name>`. Give `remains` to start one again. */
  async node(name: string, options: Partial<NodeOptions> = {}, remains: Remains = newRemains(name)): Promise<HearsayNode & { readonly remains: Remains }> {
    const node = await createNode({ ...remains, transports: [this.memory.transport(name)], ...options });
    open.push(node);
    return Object.assign(node, { remains });
  }
}

export function newRemains(name: string): Remains {
  made += 1;
  return { identity: createIdentity(), store: new MemoryLevel(), listen: `memory://${name}-${made}` };
}

/** Makes two nodes pals, and waits until both hear each other. */
export async function befriend(one: HearsayNode, other: HearsayNode): Promise<void> {
  await other.pals.redeem(await one.pals.invite());
}

/** The next value that fits. */
export function next<T>(values$: Observable<T>, fits: (value: T) => boolean = () => true): Promise<T> {
  return firstValueFrom(values$.pipe(filter(fits)));
}
