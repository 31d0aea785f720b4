/**
 * Our subscriptions to peers: which stand, and which wait for another try. Pure. Rules W15 and W16.
 */
import type { PeerId } from '../../ids.ts';

/** How a subscription of ours ends against our will. */
export type Ending = 'watch-refused' | 'kicked';

/** How long to wait then, in ms: 30 min and 15 s (Urbit). */
const RETRY_MS: Readonly<Record<Ending, number>> = { 'watch-refused': 30 * 60_000, kicked: 15_000 };

/** One state per peer we want to hear, so never more than there are pals. */
export class Hearing {
  /** `watching` from the moment we ask. The host keeps a watch across lost links. */
  readonly #states: Map<PeerId, 'watching' | 'waiting'> = new Map();

  peers(): Iterable<PeerId> {
    return this.#states.keys();
  }

  watches(peer: PeerId): boolean {
    return this.#states.get(peer) === 'watching';
  }

  /** @returns what has to be done now that a peer is wanted or not */
  review(peer: PeerId, wanted: boolean): 'watch' | 'leave' | 'rest' | undefined {
    const state = this.#states.get(peer);
    if (wanted === (state !== undefined)) return undefined;
    if (wanted) {
      this.#states.set(peer, 'watching');
      return 'watch';
    }
    this.#states.delete(peer);
    return state === 'watching' ? 'leave' : 'rest';
  }

  /** @returns how long to wait, in ms; `undefined` when there was no subscription */
  ended(peer: PeerId, how: Ending): number | undefined {
    if (!this.watches(peer)) return undefined;
    this.#states.set(peer, 'waiting');
    return RETRY_MS[how];
  }

  /** @returns whether to ask again. Not when the peer is no longer wanted, nor when it was asked meanwhile. */
  retry(peer: PeerId): boolean {
    if (this.#states.get(peer) !== 'waiting') return false;
    this.#states.set(peer, 'watching');
    return true;
  }
}
