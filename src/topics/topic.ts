/**
 * A topic, for those who want bytes and no agent: what its user holds. Types.
 */
import type { Observable } from 'rxjs';
import type { Publication } from '../agent.ts';
import type { PeerId, RumorId } from '../ids.ts';
import type { TopicSubscription } from './reader.ts';

/** How to join. */
export interface JoinOptions {
  /** 1 to 64 bytes, the same for all members. An agent that runs under the name is in the way. */
  readonly name: string;
  /** Addresses of members, kept connected while the topic is joined. Without any, others come to us. */
  readonly bootstrap?: readonly string[];
  /** How far our messages may travel, in recipients, 1 to 15. @defaultValue 15 */
  readonly hops?: number;
  /** The longest message we say, in its own bytes. @defaultValue what fits: limits.maxPayloadBytes less 32 */
  readonly maxMessageBytes?: number;
  /** Whether saying the same bytes twice is two messages. @defaultValue false */
  readonly repeat?: boolean;
}

/** What becomes known of a message at once. */
export interface Published extends Publication {
  readonly id: RumorId;
  /** Whether it was published. If not, nobody will hear it, and `reason` says why. */
  readonly accepted: boolean;
  /**
   * `known`: these bytes were said or heard here before; see `repeat`. `no-neighbor`: nobody to tell it within limits.neighborTimeoutMs.
   * `overloaded`: too much waits. `silent`: the config's hops are 0. `left`: the topic was left while it waited.
   */
  readonly reason?: 'known' | 'no-neighbor' | 'overloaded' | 'silent' | 'left';
}

/** What happens in a topic. */
export type TopicEvent =
  /** The first neighbour is there. */
  | { readonly type: 'Joined' }
  /** A peer listens to us. */
  | { readonly type: 'NeighborUp'; readonly peer: PeerId }
  /** It does no longer: `left` the topic; `displaced` or `evicted` for another neighbour; `kicked` by us; else how its link ended. */
  | { readonly type: 'NeighborDown'; readonly peer: PeerId; readonly reason: string }
  /** A subscription goes on reading, and has lost `count` messages since it last did. */
  | { readonly type: 'Lagged'; readonly count: number; readonly subscription: TopicSubscription }
  /** This handle was left, or its node closed. The last. */
  | { readonly type: 'Left' };

/**
 * A handle on a topic. Several of one node share what they stand on; it is left with the last handle and subscription.
 * What is said here is heard by the others, not by this node. Messages are shared among readers: do not write into them.
 */
export interface Topic extends AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly name: string;
  /** The longest message that {@link gossip} takes, in its own bytes. */
  readonly maxMessageBytes: number;
  /** Peers that listen to us now. */
  readonly neighbors: readonly PeerId[];
  /**
   * Says a message. Without a neighbour it waits for the first one, for limits.neighborTimeoutMs; then the answer is that there is none.
   * @throws HearsayError `HEARSAY_TOO_LARGE` with both sizes, `HEARSAY_BAD_DATA` for what is no bytes, `HEARSAY_CLOSED` after {@link leave}, `HEARSAY_STORE_FAILED`
   */
  gossip(bytes: Uint8Array): Promise<Published>;
  /** What others say, each message once. Hot; completes when this handle is left. */
  readonly messages$: Observable<Uint8Array>;
  /** The same for one reader, kept from now on until it is read. It outlives this handle. @throws HearsayError `HEARSAY_CLOSED` */
  subscribe(): TopicSubscription;
  /** What there is, `Joined` and neighbours, and then each change. Completes after `Left`. */
  readonly events$: Observable<TopicEvent>;
  /** Lets go of this handle. Resolves once what was accepted is on its way. Twice is fine. */
  leave(): Promise<void>;
}
