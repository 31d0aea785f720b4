/**
 * Which peers a link is kept to: those that something is asked of and our targets, at most `maxHotPals` at once.
 * Bookkeeping only; the links do the dialling. Time is an argument.
 */
import type { PeerId } from '../ids.ts';

/** Who wants a link: the router (watches and pokes) or the friend graph. */
export type Wish = 'router' | 'pal';

export interface WantedPort {
  want(peer: PeerId): void;
  unwant(peer: PeerId): void;
  isUp(peer: PeerId): boolean;
}

/** With something to publish, a warm peer gets its turn this often (our choice: each turn is a dial, and 128 of them go round in about two minutes). */
const TURN_MS = 1_000;

/**
 * Past the bound the least recently useful peer becomes warm: wanted by somebody, but not dialled. Its link stays while it lasts.
 * It is dialled again when something is asked of it, when there is room, or in its turn when something is published.
 */
export class WantedLinks {
  readonly #max: number;
  readonly #port: WantedPort;
  readonly #wishes = new Map<PeerId, Set<Wish>>();
  /** Least recently useful first. */
  readonly #hot = new Set<PeerId>();
  /** The last of `#hot`, if known. */
  #hottest: PeerId | undefined;
  #nextTurnMs = 0;

  constructor(maxHot: number, port: WantedPort) {
    this.#max = maxHot;
    this.#port = port;
  }

  /** Whether anybody wants a link to that peer. */
  has(peer: PeerId): boolean {
    return this.#wishes.has(peer);
  }

  get hot(): readonly PeerId[] {
    return [...this.#hot];
  }

  set(peer: PeerId, wish: Wish, wanted: boolean): void {
    const wishes = this.#wishes.get(peer) ?? new Set();
    if (wanted) wishes.add(wish);
    else wishes.delete(wish);
    if (wishes.size > 0) {
      this.#wishes.set(peer, wishes);
      this.#heat(peer);
    } else {
      this.#wishes.delete(peer);
      this.#cool(peer);
      this.#refill();
    }
  }

  /** Something came from or went to the peer. */
  useful(peer: PeerId): void {
    // Most of what comes together comes from one peer.
    if (peer === this.#hottest || !this.#hot.delete(peer)) return;
    this.#hot.add(peer);
    this.#hottest = peer;
  }

  /** Something was published: the warm peer without a link that waits longest takes the place of the least recently useful one. @param nowMs ms since 1970 */
  published(nowMs: number): void {
    // A clock that was set back must not stop the turns for long.
    if (nowMs < this.#nextTurnMs && nowMs > this.#nextTurnMs - 2 * TURN_MS) return;
    this.#nextTurnMs = nowMs + TURN_MS;
    for (const [peer, wishes] of this.#wishes) {
      if (this.#hot.has(peer) || this.#port.isUp(peer)) continue;
      this.#wishes.delete(peer);
      this.#wishes.set(peer, wishes);
      return this.#heat(peer);
    }
  }

  #heat(peer: PeerId): void {
    if (this.#hot.has(peer)) return;
    if (this.#hot.size >= this.#max) {
      const [coldest] = this.#hot;
      if (coldest !== undefined) this.#cool(coldest);
    }
    this.#hot.add(peer);
    this.#hottest = peer;
    this.#port.want(peer);
  }

  #cool(peer: PeerId): void {
    if (peer === this.#hottest) this.#hottest = undefined;
    if (this.#hot.delete(peer)) this.#port.unwant(peer);
  }

  #refill(): void {
    if (this.#hot.size >= this.#max) return;
    for (const peer of this.#wishes.keys()) {
      if (!this.#hot.has(peer)) return this.#heat(peer);
    }
  }
}
