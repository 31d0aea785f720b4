/**
 * On which links we have said hello. Bounded. Pure.
 */
import type { PeerId } from '../../ids.ts';
import { keepNewest } from '../../keep-newest.ts';

export class Greetings {
  readonly #maxLinks: number;
  /** Open links, and whether our hello went out on them. The oldest first. */
  readonly #links = new Map<PeerId, boolean>();

  constructor(maxLinks: number) {
    this.#maxLinks = maxLinks;
  }

  isOpen(peer: PeerId): boolean {
    return this.#links.has(peer);
  }

  /** A link opened: our hello is due. The oldest link goes when there are more than can be. */
  open(peer: PeerId): void {
    this.#links.delete(peer);
    this.#links.set(peer, false);
    keepNewest(this.#links, this.#maxLinks);
  }

  close(peer: PeerId): void {
    this.#links.delete(peer);
  }

  /** Whether our hello is due to that peer. From now on it is not, until another link opens. */
  take(peer: PeerId): boolean {
    if (this.#links.get(peer) !== false) return false;
    this.#links.set(peer, true);
    return true;
  }
}
