/**
 * Which peers a link is kept to: those that something is asked of and our targets, at most `maxHotPals` at once.
 * Pure bookkeeping; the links do the dialling.
 */
import type { PeerId } from '../ids.ts';

/** Who wants a link: the router (watches and pokes) or the friend graph. */
export type Wish = 'router' | 'pal';

export interface WantedPort {
  want(peer: PeerId): void;
  unwant(peer: PeerId): void;
}

/** Past the bound the least recently useful peer becomes warm: wanted by somebody, but not dialled until it is useful again. */
export class WantedLinks {
  readonly #max: number;
  readonly #port: WantedPort;
  readonly #wishes = new Map<PeerId, Set<Wish>>();
  /** Least recently useful first. */
  readonly #hot = new Set<PeerId>();

  constructor(maxHot: number, port: WantedPort) {
    this.#max = maxHot;
    this.#port = port;
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
    if (this.#hot.delete(peer)) this.#hot.add(peer);
  }

  #heat(peer: PeerId): void {
    if (this.#hot.has(peer)) return;
    if (this.#hot.size >= this.#max) {
      const [coldest] = this.#hot;
      if (coldest !== undefined) this.#cool(coldest);
    }
    this.#hot.add(peer);
    this.#port.want(peer);
  }

  #cool(peer: PeerId): void {
    if (this.#hot.delete(peer)) this.#port.unwant(peer);
  }

  #refill(): void {
    if (this.#hot.size >= this.#max) return;
    for (const peer of this.#wishes.keys()) {
      if (!this.#hot.has(peer)) return this.#heat(peer);
    }
  }
}
