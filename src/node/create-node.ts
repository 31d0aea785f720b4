/**
 * A node: what it is to its user, and how it starts. Shell.
 */
import type { Observable } from 'rxjs';
import type { Agent } from '../agent.ts';
import type { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { PalsHandle } from '../pals/pals-handle.ts';
import { openStore } from '../store/level-store.ts';
import type { JoinOptions, Topic } from '../topics/topic.ts';
import { openIdentity } from '../transport/identity.ts';
import type { AppOf } from './app.ts';
import { systemClock } from './clock.ts';
import { logNode } from './logger.ts';
import { Node } from './node.ts';
import { NodeEvents } from './node-events.ts';
import type { NodeEvent } from './node-events.ts';
import { checkOptions } from './options.ts';
import type { NodeOptions } from './options.ts';
import type { SeenHandle } from './seen-handle.ts';

/** One node. Make it with {@link createNode}; `await using` closes it. */
export interface HearsayNode extends AsyncDisposable {
  /** Its public key. */
  readonly id: PeerId;
  /** Where others can dial it, best first, each with its peer id. */
  readonly addresses: readonly string[];
  /** Its friends. */
  readonly pals: PalsHandle;
  /** Links, refusals, dials. Hot. */
  readonly events$: Observable<NodeEvent>;
  /** The peers it has a link to now. */
  readonly peers: readonly PeerId[];
  /** How many ids of rumors it remembers, over all agents: what it will not deliver again. */
  readonly seenCount: number;
  /** What an agent of that name has seen here; it need not run. */
  seen(name: string): SeenHandle;
  /**
   * Runs an agent under a name; the name is its topic, the same for all users of the app.
   * @throws HearsayError `HEARSAY_BAD_CONFIG` for the name (1 to 64 bytes), `HEARSAY_ALREADY_RUNNING`, `HEARSAY_AGENT_FAILED` when `onInit` or `onLoad` failed
   */
  run<A extends Agent>(name: string, agent: A): Promise<AppOf<A>>;
  /**
   * Joins a topic: bytes among all who join the same name, without an agent of one's own. Joining twice shares one overlay.
   * @throws HearsayError `HEARSAY_BAD_CONFIG`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_ALREADY_RUNNING` when an agent has the name, `HEARSAY_CLOSED`
   */
  join(options: JoinOptions): Promise<Topic>;
  /** Does what was accepted, within limits.closeTimeoutMs, says goodbye, gives the links 2 s to carry it, and lets go of everything. Safe to call twice, and while something starts. */
  close(): Promise<void>;
}

/**
 * Starts a node.
 * @throws HearsayError `HEARSAY_BAD_CONFIG`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_BAD_PEER_ID` for the options; `HEARSAY_BAD_IDENTITY`; `HEARSAY_LOCKED`,
 * `HEARSAY_NEWER_SCHEMA`, `HEARSAY_STORE_FAILED` for the directory, `HEARSAY_STORE_DAMAGED` for a `store` that was given (a damaged directory is rescued, see the event `damaged`); `HEARSAY_PORT_IN_USE`, `HEARSAY_LISTEN_FAILED`
 */
export async function createNode(given: NodeOptions): Promise<HearsayNode> {
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
