import { afterEach, expect, test } from '@jest/globals';
import { Host } from '../../src/node/host.ts';
import { Network } from '../../src/node/network.ts';
import { NodeEvents } from '../../src/node/node-events.ts';
import { checkOptions } from '../../src/node/options.ts';
import { seededRandom } from '../../src/random.ts';
import type { Store } from '../../src/store/store.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import { ManualClock } from '../support/clock.ts';
import { HostilePeer } from '../support/hostile-peer.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A host whose pals take as long as the test wants. */
class SlowHost extends Host {
  readonly waiting: (() => void)[] = [];

  override tell(_name: string, _wire: string, _mark: string, _data: unknown, done: () => void): void {
    done();
  }

  override after(_name: string, done: () => void): void {
    this.waiting.push(done);
  }
}

test('our watches go out on a link only after pals has heard of that link, not of one before it', async () => {
  const memory = new MemoryNetwork();
  const clock = new ManualClock(Date.now());
  const identity = createIdentity();
  const options = await checkOptions({ dir: 'unused', listen: 'memory://ann' });
  const store = { readMeta: async () => undefined, writeMeta: () => undefined } as unknown as Store;
  const { limits } = options;
  const host = new SlowHost({ our: identity.id, clock, store, limits, networkId: 'hearsay', random: seededRandom(2), isAdmin: () => false, lost: () => undefined, isTarget: () => false, report: () => undefined });
  const network = new Network({ identity, options, transports: [memory.transport('ann')], clock, store, random: seededRandom(1), host, events: new NodeEvents() });
  host.connect(network.router);
  await network.open();
  await network.start();
  const bob = new HostilePeer(memory.transport('bob'), `memory://ann#${identity.id}`);
  closing.push(() => bob.close(), async () => {
    network.leave();
    await network.close();
  });
  network.router.watch(bob.id, bob.topic('app'), '/p', { acked: () => undefined, fact: () => undefined, offered: () => false, kicked: () => undefined });

  await bob.connect();
  await bob.next('Record');
  memory.cut('ann', 'bob');
  await bob.down();
  await bob.connect();
  await bob.next('Record');
  // Of the first link that it is up, and that it is down.
  host.waiting.splice(0, 2).forEach((done) => done());
  network.router.record(bob.id, new Uint8Array(1));
  await bob.next('Record');
  expect(bob.inbox).toEqual([]);
  host.waiting.splice(0).forEach((done) => done());
  expect(await bob.next('Watch')).toMatchObject({ path: '/p' });
});
