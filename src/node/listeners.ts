/**
 * The peers that listen to one agent: that subscribe to what it gossips, and were let in.
 */
import type { PeerId } from '../ids.ts';
import type { Subscriber } from './subscribers.ts';

/** Whoever wants to know of it. */
export interface ListenersPort {
  up(peer: PeerId): void;
  /** @param kicked we ended it */
  down(peer: PeerId, kicked: boolean): void;
}

/** Bounded by the subscriptions themselves (limits.maxWatchesPerPeer, limits.maxLinks). */
export class Listeners {
  /** Open subscriptions by peer. */
  readonly #open = new Map<PeerId, number>();
  readonly #told = new Set<ListenersPort>();

  get peers(): readonly PeerId[] {
    return [...this.#open.keys()];
  }

  /** Tells who is there, and then of each change. */
  tell(port: ListenersPort): void {
    this.#told.add(port);
    for (const peer of this.peers) port.up(peer);
  }

  /** It was let in, until it ends. One that ended meanwhile is fine. */
  add(subscriber: Subscriber): void {
    if (subscriber.ended) return;
    const { peer } = subscriber;
    const before = this.#open.get(peer) ?? 0;
    this.#open.set(peer, before + 1);
    if (before === 0) for (const port of this.#told) port.up(peer);
    subscriber.onEnd((kicked) => this.#ended(peer, kicked));
  }

  #ended(peer: PeerId, kicked: boolean): void {
    const open = (this.#open.get(peer) ?? 0) - 1;
    if (open > 0) return void this.#open.set(peer, open);
    this.#open.delete(peer);
    for (const port of this.#told) port.down(peer, kicked);
  }
}
