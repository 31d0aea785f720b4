/**
 * A node: what it is to its user. Shell.
 * What it is made of is loaded with the first one: zod and most of our own code, half of what there is to load.
 */
import type { Observable } from 'rxjs';
import type { Agent } from '../agent.ts';
import type { PeerId } from '../ids.ts';
import type { PalsHandle } from '../pals/pals-handle.ts';
import type { JoinOptions, Topic } from '../topics/topic.ts';
import type { AppOf } from './app.ts';
import type { NodeEvent } from './node-events.ts';
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
  const { startNode } = await import('./start-node.ts');
  return startNode(given);
}
