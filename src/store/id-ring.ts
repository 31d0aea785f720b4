/**
 * Ids in typed arrays: a ring in order of arrival, and an open-addressing table over it. Base of the seen-set and of the payload
 * window's index. Knows no clock and no disk; nothing is allocated but when it grows.
 *
 * Sixteen bytes of an id are kept. It is a SHA-256, so a million ids share a prefix by chance once in 2^89; on purpose, two data of
 * one author that shadow each other cost 2^64 hashes, and a datum that shadows somebody else's 2^128.
 *
 * Bytes an id in a full ring: 16 here, 8 to 16 in the table (its load is 1/4 to 1/2), and the columns; twice that just after growing.
 */
import { assert } from '../errors.ts';
import type { RumorId } from '../ids.ts';
import { hexDigit } from './packing.ts';

/** What is kept beside each id: one element a slot. */
export type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;
/** All that is kept beside the ids, by name. */
export type Columns = Readonly<Record<string, Column>>;

/**
 * Two random odd 32-bit numbers of this process. Ids need no hashing to spread, but their authors can grind them to start alike and so
 * pile up in one place. Where an id goes is therefore a secret multiple of its first 64 bits (multiply-shift; Dietzfelbinger
 * et al. 1997): to collide without the secret, all 64 bits must agree.
 */
export type HashKey = readonly [number, number];

/** Where an id with these first words would lie if nothing were in the way. @param key odd numbers @param shift 32 - log2 of the places */
export function placeOf(first: number, second: number, key: HashKey, shift: number): number {
  return (Math.imul(first, key[0]) + Math.imul(second, key[1])) >>> shift;
}

const WORDS = 4;
/** Of a node that hears nothing the rings would be most of what it takes. Doubles as ids come. */
const FIRST_CAPACITY = 64;
/** The most ids that a ring can be made for: their words fill a typed array of 2 GiB. */
export const MAX_IDS: number = 2 ** 27;

/** A bounded set of ids, oldest first. A slot is a number that stays an id's until the next `add`. */
export class IdRing<C extends Columns> {
  readonly #maxIds: number;
  readonly #key: HashKey;
  readonly #makeColumns: (capacity: number) => C;
  #columns: C;
  #words: Uint32Array;
  /** Slot + 1; 0 is free. A power of two, at least twice the capacity: load <= 0.5. */
  #table: Uint32Array;
  #shift: number;
  #capacity: number;
  #head = 0;
  #size = 0;
  // The id that was last looked for.
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /**
   * @param maxIds from 1 to {@link MAX_IDS}. With it reached, `add` drops the oldest.
   * @param expected how many will come soon; it has room for them from the start
   */
  constructor(maxIds: number, key: HashKey, makeColumns: (capacity: number) => C, expected = 0) {
    assert(maxIds >= 1 && maxIds <= MAX_IDS, 'a ring has room for 1 to 2^27 ids');
    this.#maxIds = maxIds;
    this.#key = key;
    this.#makeColumns = makeColumns;
    this.#capacity = Math.min(Math.max(FIRST_CAPACITY, expected), maxIds);
    this.#columns = makeColumns(this.#capacity);
    this.#words = new Uint32Array(this.#capacity * WORDS);
    this.#table = makeTable(this.#capacity);
    this.#shift = 1 + Math.clz32(this.#table.length);
  }

  get size(): number {
    return this.#size;
  }

  /** By slot. Take it anew after each `add`, which may replace it by a larger one. */
  get columns(): C {
    return this.#columns;
  }

  /** The slot of the oldest id; only with `size` above 0. */
  get oldest(): number {
    return this.#head;
  }

  /** Bytes of RAM in the arrays. */
  get byteLength(): number {
    let bytes = this.#words.byteLength + this.#table.byteLength;
    for (const column of Object.values(this.#columns)) bytes += column.byteLength;
    return bytes;
  }

  /** @returns the slot, or -1 */
  find(id: RumorId): number {
    this.#a = hexWord(id, 0);
    this.#b = hexWord(id, 8);
    this.#c = hexWord(id, 16);
    this.#d = hexWord(id, 24);
    return this.#locate();
  }

  /** The same for an id of 32 bytes. */
  findBytes(bytes: Uint8Array, at: number): number {
    this.#a = byteWord(bytes, at);
    this.#b = byteWord(bytes, at + 4);
    this.#c = byteWord(bytes, at + 8);
    this.#d = byteWord(bytes, at + 12);
    return this.#locate();
  }

  /** Adds the id that was looked for last and was not there. Its columns hold what the slot's last id left. */
  add(): number {
    if (this.#size === this.#maxIds) this.dropOldest();
    if (this.#size === this.#capacity) this.#grow();
    const slot = (this.#head + this.#size) % this.#capacity;
    this.#write(slot);
    this.#size += 1;
    this.#link(slot);
    return slot;
  }

  /** Puts the id that was looked for last and was not there in the place of another, as old as that one was. */
  replace(slot: number): void {
    this.#unlink(slot);
    this.#write(slot);
    this.#link(slot);
  }

  /** The slot of the id that came `n` after the oldest; only with `n` below `size`. */
  slotAt(n: number): number {
    return (this.#head + n) % this.#capacity;
  }

  /** Forgets the oldest id; only with `size` above 0. */
  dropOldest(): void {
    this.#unlink(this.#head);
    this.#head = (this.#head + 1) % this.#capacity;
    this.#size -= 1;
  }

  /** Forgets the newest id; only with `size` above 0. @returns the slot it had */
  dropNewest(): number {
    const slot = (this.#head + this.#size - 1) % this.#capacity;
    this.#unlink(slot);
    this.#size -= 1;
    return slot;
  }

  #write(slot: number): void {
    this.#words[slot * WORDS] = this.#a;
    this.#words[slot * WORDS + 1] = this.#b;
    this.#words[slot * WORDS + 2] = this.#c;
    this.#words[slot * WORDS + 3] = this.#d;
  }

  #locate(): number {
    const table = this.#table;
    const words = this.#words;
    const mask = table.length - 1;
    for (let place = placeOf(this.#a, this.#b, this.#key, this.#shift); ; place = (place + 1) & mask) {
      const slot = table[place]! - 1;
      if (slot < 0) return -1;
      const at = slot * WORDS;
      if (words[at] === this.#a && words[at + 1] === this.#b && words[at + 2] === this.#c && words[at + 3] === this.#d) return slot;
    }
  }

  #homeOf(slot: number): number {
    return placeOf(this.#words[slot * WORDS]!, this.#words[slot * WORDS + 1]!, this.#key, this.#shift);
  }

  #link(slot: number): void {
    const mask = this.#table.length - 1;
    let place = this.#homeOf(slot);
    while (this.#table[place] !== 0) place = (place + 1) & mask;
    this.#table[place] = slot + 1;
  }

  /** Frees the place and moves up what was pushed past it, so that no search ends too early. */
  #unlink(slot: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    let hole = this.#homeOf(slot);
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask;
    for (let place = (hole + 1) & mask; table[place] !== 0; place = (place + 1) & mask) {
      const home = this.#homeOf(table[place]! - 1);
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      table[hole] = table[place]!;
      hole = place;
    }
    table[hole] = 0;
  }

  #grow(): void {
    const capacity = Math.min(this.#capacity * 2, this.#maxIds);
    const columns = this.#makeColumns(capacity);
    for (const [name, column] of Object.entries(this.#columns)) unroll(column, columns[name]!, this.#head);
    const words = new Uint32Array(capacity * WORDS);
    unroll(this.#words, words, this.#head * WORDS);
    this.#columns = columns;
    this.#words = words;
    this.#capacity = capacity;
    this.#head = 0;
    this.#table = makeTable(capacity);
    this.#shift = 1 + Math.clz32(this.#table.length);
    for (let slot = 0; slot < this.#size; slot += 1) this.#link(slot);
  }
}

function makeTable(capacity: number): Uint32Array {
  return new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2 * capacity, 2))));
}

/** Copies a full ring so that it starts at the first slot. */
function unroll(from: Column, to: Column, head: number): void {
  to.set(from.subarray(head));
  to.set(from.subarray(0, head), from.length - head);
}

function byteWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function hexWord(hex: string, at: number): number {
  let word = 0;
  for (let i = at; i < at + 8; i += 1) word = (word << 4) | hexDigit(hex.charCodeAt(i));
  return word >>> 0;
}
