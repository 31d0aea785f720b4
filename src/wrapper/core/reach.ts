/**
 * Rumors of the last two minutes: their bodies, and who is known to have them with how many hops. Pure. RAM only.
 * It is what lets a longer reach travel as a header (research 3.3), and it forgets, so that nothing says for long who told whom.
 *
 * A ring, oldest first, of arrays side by side: thousands of rumors are at hand, and an object for each, with a list of its own, is most of what a
 * garbage collector would have to carry along (the heap profile: 400 bytes a rumor).
 */
import type { PeerId, RumorId } from '../../ids.ts';

/** How long a rumor is at hand, in ms (research 3.3). */
export const RECENT_MS = 120_000;

export interface ReachLimits {
  readonly maxRecent: number;
  readonly maxRecentBytes: number;
}

/** Where a rumor lies, until the next one is put at hand. -1: nowhere. */
export type Place = number;

/** Peers that have a column (our choice: four times `limits.maxLinks`). Past it all is forgotten: what is not known goes out whole once more. */
const MAX_COLUMNS = 1_024;
/** Of a topic that hears nothing this is all it takes. Both double as more come. */
const FIRST_CAPACITY = 16;
const FIRST_COLUMNS = 8;

export class Reach<Body> {
  readonly #limits: ReachLimits;
  /** Rumors are numbered as they come; number n lies at n modulo the capacity. */
  readonly #numbers: Map<RumorId, number> = new Map();
  #oldest = 0;
  #next = 0;
  #capacity = FIRST_CAPACITY;
  #ids: (RumorId | undefined)[] = emptyList(FIRST_CAPACITY);
  #bodies: (Body | undefined)[] = emptyList(FIRST_CAPACITY);
  #sizes: Float64Array = new Float64Array(FIRST_CAPACITY);
  #untilMs: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** A row for each rumor, by the column of a peer one more than the most hops it has it with: what we sent it, or one more than what it sent us. 0: not known to have it. */
  #known: Uint8Array = new Uint8Array(FIRST_CAPACITY * FIRST_COLUMNS);
  #width = FIRST_COLUMNS;
  #bytes = 0;
  readonly #columns: Map<PeerId, number> = new Map();
  /** Of peers that are gone. */
  readonly #free: number[] = [];

  constructor(limits: ReachLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#numbers.size;
  }

  find(id: RumorId): Place {
    const number = this.#numbers.get(id);
    return number === undefined ? -1 : number % this.#capacity;
  }

  bodyOf(id: RumorId): Body | undefined {
    const place = this.find(id);
    return place < 0 ? undefined : this.#bodies[place];
  }

  /** The most hops that a peer is known to have the rumor with; -1 when it is not known to have it. */
  hopsOf(place: Place, peer: PeerId): number {
    const column = place < 0 ? undefined : this.#columns.get(peer);
    return column === undefined ? -1 : this.#known[place * this.#width + column]! - 1;
  }

  /** Keeps one at hand. At the limit the oldest go; one larger than all the room is not kept. */
  put(id: RumorId, body: Body, bytes: number, nowMs: number): void {
    const { maxRecent, maxRecentBytes } = this.#limits;
    if (this.#numbers.has(id) || bytes > maxRecentBytes) return;
    while (this.size > 0 && (this.size >= maxRecent || this.#bytes + bytes > maxRecentBytes)) this.#dropOldest();
    if (this.size === this.#capacity) this.#resize(2 * this.#capacity, this.#width);
    const place = this.#next % this.#capacity;
    this.#numbers.set(id, this.#next);
    this.#next += 1;
    this.#ids[place] = id;
    this.#bodies[place] = body;
    this.#sizes[place] = bytes;
    this.#untilMs[place] = nowMs + RECENT_MS;
    this.#known.fill(0, place * this.#width, (place + 1) * this.#width);
    this.#bytes += bytes;
  }

  /** That peer has it with so many hops, or with more. */
  know(id: RumorId, peer: PeerId, hops: number): void {
    const place = this.find(id);
    if (place < 0) return;
    const column = this.#columns.get(peer) ?? this.#takeColumn(peer);
    const at = place * this.#width + column;
    this.#known[at] = Math.max(hops + 1, this.#known[at]!);
  }

  /** A subscriber went: what was on its way to it may not have come. */
  forget(peer: PeerId): void {
    const column = this.#columns.get(peer);
    if (column === undefined) return;
    this.#columns.delete(peer);
    this.#free.push(column);
    for (let at = column; at < this.#known.length; at += this.#width) this.#known[at] = 0;
  }

  /** Drops what is older than two minutes. A clock that was set back drops everything: nothing stays for longer than was said. */
  expire(nowMs: number): void {
    while (this.size > 0) {
      const untilMs = this.#untilMs[this.#oldest % this.#capacity]!;
      if (untilMs > nowMs && untilMs <= nowMs + RECENT_MS) return;
      this.#dropOldest();
    }
    if (this.#capacity > FIRST_CAPACITY) this.#resize(FIRST_CAPACITY, this.#width);
  }

  #takeColumn(peer: PeerId): number {
    if (this.#columns.size === MAX_COLUMNS) {
      this.#columns.clear();
      this.#free.length = 0;
      this.#known.fill(0);
    }
    const column = this.#free.pop() ?? this.#columns.size;
    if (column === this.#width) this.#resize(this.#capacity, 2 * this.#width);
    this.#columns.set(peer, column);
    return column;
  }

  #dropOldest(): void {
    const place = this.#oldest % this.#capacity;
    const id = this.#ids[place];
    if (id !== undefined) this.#numbers.delete(id);
    this.#ids[place] = undefined;
    this.#bodies[place] = undefined;
    this.#bytes -= this.#sizes[place]!;
    this.#oldest += 1;
  }

  #resize(capacity: number, width: number): void {
    const ids = emptyList<RumorId>(capacity);
    const bodies = emptyList<Body>(capacity);
    const sizes = new Float64Array(capacity);
    const untilMs = new Float64Array(capacity);
    const known = new Uint8Array(capacity * width);
    for (let number = this.#oldest; number < this.#next; number += 1) {
      const from = number % this.#capacity;
      const to = number % capacity;
      ids[to] = this.#ids[from];
      bodies[to] = this.#bodies[from];
      sizes[to] = this.#sizes[from]!;
      untilMs[to] = this.#untilMs[from]!;
      known.set(this.#known.subarray(from * this.#width, (from + 1) * this.#width), to * width);
    }
    this.#ids = ids;
    this.#bodies = bodies;
    this.#sizes = sizes;
    this.#untilMs = untilMs;
    this.#known = known;
    this.#capacity = capacity;
    this.#width = width;
  }
}

function emptyList<T>(length: number): (T | undefined)[] {
  return new Array<T | undefined>(length).fill(undefined);
}
