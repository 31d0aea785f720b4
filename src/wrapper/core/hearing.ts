/**
 * Our subscriptions to peers: which stand, and which wait for another try. Pure. Rules W15 and W16, DESIGN 4 point 11.
 */
import type { PeerId } from '../../ids.ts';

/** How a subscription of ours ends against our will. */
export type Ending = 'watch-refused' | 'kicked';

/** How long to wait after a kick, in ms (Urbit). */
const KICKED_RETRY_MS = 15_000;
/** How long to wait after a refusal, in ms: 30 min (Urbit), and twice as long each time in a row, up to 8 h (our choice: three a day). */
const REFUSED_RETRY_MS: number = 30 * 60_000;
const REFUSED_RETRY_MAX_MS: number = 16 * REFUSED_RETRY_MS;
/** So often may a peer make us ask again before the time (our choice): it could do nothing but refuse and call. */
const MAX_NUDGES = 10;

interface State {
  /** `watching` from the asking on. The host keeps a watch across lost links. */
  is: 'watching' | 'waiting';
  refusals: number;
  nudges: number;
}

/** One state per peer we want to hear, so never more than there are pals. */
export class Hearing {
  readonly #states: Map<PeerId, State> = new Map();

  peers(): Iterable<PeerId> {
    return this.#states.keys();
  }

  /** Whether we asked, and were not refused. */
  watches(peer: PeerId): boolean {
    return this.#states.get(peer)?.is === 'watching';
  }

  /** @returns what has to be done now that a peer is wanted or not */
  review(peer: PeerId, wanted: boolean): 'watch' | 'leave' | 'rest' | undefined {
    const state = this.#states.get(peer);
    if (wanted === (state !== undefined)) return undefined;
    if (state === undefined) {
      this.#states.set(peer, { is: 'watching', refusals: 0, nudges: 0 });
      return 'watch';
    }
    this.#states.delete(peer);
    return state.is === 'waiting' ? 'rest' : 'leave';
  }

  acked(peer: PeerId): void {
    if (this.watches(peer)) this.#states.set(peer, { is: 'watching', refusals: 0, nudges: 0 });
  }

  /** @returns how long to wait, in ms; `undefined` when there was no subscription */
  ended(peer: PeerId, how: Ending): number | undefined {
    const state = this.#states.get(peer);
    if (state === undefined || state.is === 'waiting') return undefined;
    state.is = 'waiting';
    if (how === 'kicked') return KICKED_RETRY_MS;
    state.refusals += 1;
    return Math.min(REFUSED_RETRY_MAX_MS, REFUSED_RETRY_MS * 2 ** (state.refusals - 1));
  }

  /** @returns whether to ask again. Not when the peer is no longer wanted, nor when it was asked meanwhile. */
  retry(peer: PeerId): boolean {
    const state = this.#states.get(peer);
    if (state?.is !== 'waiting') return false;
    state.is = 'watching';
    state.nudges = 0;
    return true;
  }

  /** There is reason to believe that the peer would let us in now. @returns whether to ask again at once */
  nudge(peer: PeerId): boolean {
    const state = this.#states.get(peer);
    if (state?.is !== 'waiting' || state.nudges >= MAX_NUDGES) return false;
    state.is = 'watching';
    state.nudges += 1;
    return true;
  }
}
