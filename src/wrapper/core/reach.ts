/**
 * Rumors of the last two minutes: their bodies, and who is known to have them with how many hops. Pure. RAM only.
 * It is what lets a longer reach travel as a header (research 3.3), and it forgets, so that nothing says for long who told whom.
 */
import type { PeerId, RumorId } from '../../ids.ts';

/** How long a rumor is at hand, in ms (research 3.3). */
export const RECENT_MS = 120_000;

export interface ReachLimits {
  readonly maxRecent: number;
  readonly maxRecentBytes: number;
}

interface Recent<Body> {
  readonly body: Body;
  readonly bytes: number;
  readonly untilMs: number;
  /** By peer the most hops it has it with: what we sent it, or one more than what it sent us. Bounded by links and pals. */
  readonly known: Map<PeerId, number>;
}

export class Reach<Body> {
  readonly #limits: ReachLimits;
  /** Oldest first. */
  readonly #recent: Map<RumorId, Recent<Body>> = new Map();
  #bytes = 0;

  constructor(limits: ReachLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#recent.size;
  }

  bodyOf(id: RumorId): { readonly body: Body; readonly bytes: number } | undefined {
    return this.#recent.get(id);
  }

  /** By peer the most hops it is known to have the rumor with; `undefined` when the rumor is not at hand. */
  knownOf(id: RumorId): ReadonlyMap<PeerId, number> | undefined {
    return this.#recent.get(id)?.known;
  }

  /** Keeps one at hand. At the limit the oldest go; one larger than all the room is not kept. */
  put(id: RumorId, body: Body, bytes: number, nowMs: number): void {
    const { maxRecent, maxRecentBytes } = this.#limits;
    if (this.#recent.has(id) || bytes > maxRecentBytes) return;
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size < maxRecent && this.#bytes + bytes <= maxRecentBytes) break;
      this.#delete(oldest);
    }
    this.#recent.set(id, { body, bytes, untilMs: nowMs + RECENT_MS, known: new Map() });
    this.#bytes += bytes;
  }

  /** That peer has it with so many hops, or with more. */
  know(id: RumorId, peer: PeerId, hops: number): void {
    const known = this.#recent.get(id)?.known;
    if (known !== undefined) known.set(peer, Math.max(hops, known.get(peer) ?? 0));
  }

  /** A subscriber went: what was on its way to it may not have come. */
  forget(peer: PeerId): void {
    for (const { known } of this.#recent.values()) known.delete(peer);
  }

  /** Drops what is older than two minutes. A clock that was set back drops everything: nothing stays for longer than was said. */
  expire(nowMs: number): void {
    for (const [id, { untilMs }] of this.#recent) {
      if (untilMs > nowMs && untilMs <= nowMs + RECENT_MS) return;
      this.#delete(id);
    }
  }

  #delete(id: RumorId): void {
    this.#bytes -= this.#recent.get(id)?.bytes ?? 0;
    this.#recent.delete(id);
  }
}
