/**
 * Which links end because nobody needs them: those that we dialled, a moment after their last use, and the oldest when links run short. Shell.
 */
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { CROWDED } from './bootstrap.ts';
import type { Clock } from './clock.ts';

/** A link that its topic needs no more stays for so long: another may ask over it, and our watches end first (our choice). */
const LINGER_MS = 1_000;
/** Of our links so many are kept free for whoever comes next: an eighth (our choice). */
const SPARE_SHARE = 1 / 8;
/** A link that is younger may not have been put to use yet (our choice: a handshake's time). */
const NEW_LINK_MS = 5_000;

export interface SparePort {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'maxLinks'>;
  /** Whether the link to that peer goes over a connection that we dialled; `false` without a link. */
  isDialled(peer: PeerId): boolean;
  /** Whether anybody here needs a link to that peer. */
  isNeeded(peer: PeerId): boolean;
  disconnect(peer: PeerId, reason: string): void;
}

/** A link, from up to down. */
export interface LiveLink {
  readonly sinceMs: number;
}

export class SpareLinks {
  readonly #port: SparePort;
  /** The oldest first. */
  readonly #live = new Map<PeerId, LiveLink>();
  /** By peer: links that may have no purpose any more. */
  readonly #lingering = new Map<PeerId, () => void>();
  #closed = false;

  constructor(port: SparePort) {
    this.#port = port;
  }

  /** The link to that peer as it is now. Another one, later, is another object. */
  of(peer: PeerId): LiveLink | undefined {
    return this.#live.get(peer);
  }

  up(peer: PeerId): LiveLink {
    const link = { sinceMs: this.#port.clock.now() };
    this.#live.set(peer, link);
    return link;
  }

  down(peer: PeerId): void {
    this.#live.delete(peer);
  }

  /** A topic, a watch or a poke of ours, or the peer itself, needs the link no more. Whoever dialled it ends it, when nobody else here needs it. */
  released(peer: PeerId): void {
    if (this.#closed || this.#lingering.has(peer) || !this.#live.has(peer)) return;
    // Who dialled is asked at the end only: where both did, it may take them a moment to agree.
    const look = (): void => {
      this.#lingering.delete(peer);
      if (this.#port.isDialled(peer) && !this.#port.isNeeded(peer)) this.#port.disconnect(peer, 'unneeded');
    };
    this.#lingering.set(peer, this.#port.clock.after(LINGER_MS, look));
  }

  /** When links run short, one that nobody here needs gives way, the oldest first: there shall be room for pals and for whoever wants to join. */
  makeRoom(): void {
    const { clock, limits } = this.#port;
    if (this.#live.size <= limits.maxLinks - Math.ceil(limits.maxLinks * SPARE_SHARE)) return;
    const sinceMs = clock.now() - NEW_LINK_MS;
    const idle = [...this.#live].find(([peer, link]) => link.sinceMs <= sinceMs && !this.#port.isNeeded(peer));
    if (idle !== undefined) this.#port.disconnect(idle[0], CROWDED);
  }

  /** Ends nothing any more. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#lingering.values()) cancel();
  }
}
