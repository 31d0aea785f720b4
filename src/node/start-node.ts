/** How a node starts: options, store, identity, and what runs on them. Shell. */
import type { HearsayError } from '../errors.ts';
import { openStore } from '../store/level-store.ts';
import { openIdentity } from '../transport/identity.ts';
import { systemClock } from './clock.ts';
import type { HearsayNode } from './create-node.ts';
import { logNode } from './logger.ts';
import { Node } from './node.ts';
import { NodeEvents } from './node-events.ts';
import { checkOptions } from './options.ts';
import type { NodeOptions } from './options.ts';

/** As `createNode`. */
export async function startNode(given: NodeOptions): Promise<HearsayNode> {
  const options = await checkOptions(given);
  const clock = given.clock ?? systemClock;
  // The store first: it holds the lock that keeps a second process out of the directory.
  const events = new NodeEvents();
  if (given.logger !== undefined) logNode(given.logger, events.stream);
  const place = given.store === undefined ? { dir: dirOf(given) } : { level: given.store };
  // Told a turn after the node is handed over, when somebody can be listening.
  const damages: HearsayError[] = [];
  const { durability = 'process' } = given;
  const store = await openStore(place, options.limits, () => clock.now(), { durability, damaged: (error) => damages.push(error) });
  let node: Node | undefined;
  try {
    const identity = given.identity ?? (await openIdentity(dirOf(given)));
    node = new Node(given, options, clock, identity, store, events);
    await node.start();
    setImmediate(() => {
      for (const error of damages) events.tell({ type: 'damaged', error });
      for (const { address, part } of options.ignored) events.tell({ type: 'address-part-ignored', address, part });
    });
    return node;
  } catch (error) {
    await (node ?? store).close();
    throw error;
  }
}

function dirOf({ dir }: NodeOptions): string {
  // `checkOptions` saw to it.
  return dir ?? '';
}
