/**
 * Whom we refused or kicked, so that we can tell them when the policy widens. Pure. DESIGN 4 point 11.
 */
import type { PeerId } from '../../ids.ts';

/** As many as are remembered, in RAM; past it the oldest has to ask by itself (our choice: as much as everything else that waits). */
export const MAX_REFUSED = 1_000;
/** How long, in ms (our choice: a day). */
export const REFUSED_MS: number = 24 * 60 * 60_000;

export class Refusals {
  /** When, by peer; oldest first. */
  readonly #refused: Map<PeerId, number> = new Map();

  peers(): Iterable<PeerId> {
    return this.#refused.keys();
  }

  add(peer: PeerId, nowMs: number): void {
    this.#refused.delete(peer);
    for (const [oldest, atMs] of this.#refused) {
      if (this.#refused.size < MAX_REFUSED && nowMs < atMs + REFUSED_MS) break;
      this.#refused.delete(oldest);
    }
    this.#refused.set(peer, nowMs);
  }

  /** @returns whether it was refused within the day */
  take(peer: PeerId, nowMs: number): boolean {
    const atMs = this.#refused.get(peer);
    this.#refused.delete(peer);
    return atMs !== undefined && nowMs < atMs + REFUSED_MS;
  }
}
