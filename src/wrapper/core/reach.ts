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
  /** By the place of a peer one more than the most hops it has it with: what we sent it, or one more than what it sent us. 0 or nothing: not known to have it. */
  readonly known: number[];
}

/** Who knows what is an array of small numbers for each rumor, since a map for each is most of what a rumor takes. */
export type Known = readonly number[];

/** Peers that have a place in those arrays (our choice: four times `limits.maxLinks`). Past it all is forgotten: what is not known goes out whole once more. */
const MAX_PLACES = 1_024;

export class Reach<Body> {
  readonly #limits: ReachLimits;
  /** Oldest first. */
  readonly #recent: Map<RumorId, Recent<Body>> = new Map();
  #bytes = 0;
  /** When the oldest is forgotten. */
  #oldestUntilMs = 0;
  readonly #places: Map<PeerId, number> = new Map();
  /** Of peers that are gone. */
  readonly #free: number[] = [];

  constructor(limits: ReachLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#recent.size;
  }

  bodyOf(id: RumorId): { readonly body: Body; readonly bytes: number } | undefined {
    return this.#recent.get(id);
  }

  /** Who is known to have it; `undefined` when the rumor is not at hand. Ask {@link hopsOf}. */
  knownOf(id: RumorId): Known | undefined {
    return this.#recent.get(id)?.known;
  }

  /** The most hops that a peer is known to have the rumor with; -1 when it is not known to have it. */
  hopsOf(known: Known | undefined, peer: PeerId): number {
    const place = known === undefined ? undefined : this.#places.get(peer);
    return place === undefined ? -1 : (known?.[place] ?? 0) - 1;
  }

  /** Keeps one at hand. At the limit the oldest go; one larger than all the room is not kept. */
  put(id: RumorId, body: Body, bytes: number, nowMs: number): void {
    const { maxRecent, maxRecentBytes } = this.#limits;
    if (this.#recent.has(id) || bytes > maxRecentBytes) return;
    for (const [oldest, { untilMs }] of this.#recent) {
      this.#oldestUntilMs = untilMs;
      if (this.#recent.size < maxRecent && this.#bytes + bytes <= maxRecentBytes) break;
      this.#delete(oldest);
    }
    if (this.#recent.size === 0) this.#oldestUntilMs = nowMs + RECENT_MS;
    this.#recent.set(id, { body, bytes, untilMs: nowMs + RECENT_MS, known: [] });
    this.#bytes += bytes;
  }

  /** That peer has it with so many hops, or with more. */
  know(id: RumorId, peer: PeerId, hops: number): void {
    const known = this.#recent.get(id)?.known;
    if (known === undefined) return;
    const place = this.#places.get(peer) ?? this.#takePlace(peer);
    for (let next = known.length; next <= place; next += 1) known.push(0);
    known[place] = Math.max(hops + 1, known[place] ?? 0);
  }

  /** A subscriber went: what was on its way to it may not have come. */
  forget(peer: PeerId): void {
    const place = this.#places.get(peer);
    if (place === undefined) return;
    this.#places.delete(peer);
    this.#free.push(place);
    for (const { known } of this.#recent.values()) if (place < known.length) known[place] = 0;
  }

  /** Drops what is older than two minutes. A clock that was set back drops everything: nothing stays for longer than was said. */
  expire(nowMs: number): void {
    // Asked with every step.
    if (this.#recent.size === 0 || (this.#oldestUntilMs > nowMs && this.#oldestUntilMs <= nowMs + RECENT_MS)) return;
    for (const [id, { untilMs }] of this.#recent) {
      this.#oldestUntilMs = untilMs;
      if (untilMs > nowMs && untilMs <= nowMs + RECENT_MS) return;
      this.#delete(id);
    }
  }

  #takePlace(peer: PeerId): number {
    if (this.#places.size === MAX_PLACES) {
      this.#places.clear();
      this.#free.length = 0;
      for (const { known } of this.#recent.values()) known.length = 0;
    }
    const place = this.#free.pop() ?? this.#places.size;
    this.#places.set(peer, place);
    return place;
  }

  #delete(id: RumorId): void {
    this.#bytes -= this.#recent.get(id)?.bytes ?? 0;
    this.#recent.delete(id);
  }
}
