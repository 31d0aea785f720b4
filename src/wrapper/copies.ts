/**
 * Which rumor a copy is of, found without hashing it. In a flood most of what comes are copies of what came a moment ago, and a look and a
 * comparison cost a quarter of a hash of 300 bytes, a twentieth of one of 16 KiB (measured). What is not found is hashed.
 */
import { primitives } from '../crypto/index.ts';
import { CONTENT_AT, HOPS_AT } from './rumor.ts';
import type { KeptRumor } from './rumor.ts';

/** Rumors known at once, at most (our choice: what a busy topic hears while all copies of one come; the rest is hashed). A power of two. */
const PLACES = 1_024;
/** The same in bytes (our choice: a quarter of `limits.maxRecentBytes`; most of them are the bytes that are at hand anyway). */
const MAX_BYTES: number = 2 * 1024 * 1024;
/** Bytes that a place is made of: at the beginning, at the end, and 8 to 16 evenly in between. */
const HEAD_BYTES = 40;
const TAIL_BYTES = 8;
const SAMPLES_LOG2 = 3;
/** 2^32 over the golden ratio (Knuth, TAOCP 3, 6.4). */
const GOLDEN = 0x9e3779b1;

/** Each rumor has one place, and whoever comes there last has it. Who makes rumors on purpose that meet in one place makes us hash, no more. */
export class Copies {
  /** Made with the first rumor. */
  #places: (KeptRumor | undefined)[] = [];
  #bytes = 0;
  /** Where to make room next, when there are too many bytes. */
  #hand = 0;

  /** The rumor of known kind that these bytes are a copy of, whatever their hops. */
  find(bytes: Uint8Array): KeptRumor | undefined {
    const found = this.#places[placeOf(bytes)];
    return found !== undefined && isCopy(bytes, found.bytes) ? found : undefined;
  }

  /** Its bytes must never change. */
  add(rumor: KeptRumor): void {
    const { bytes } = rumor;
    if (bytes.length > MAX_BYTES) return;
    if (this.#places.length === 0) this.#places = new Array<KeptRumor | undefined>(PLACES).fill(undefined);
    const place = placeOf(bytes);
    this.#forget(place);
    for (; this.#bytes + bytes.length > MAX_BYTES; this.#hand = (this.#hand + 1) % PLACES) this.#forget(this.#hand);
    this.#places[place] = rumor;
    this.#bytes += bytes.length;
  }

  #forget(place: number): void {
    this.#bytes -= this.#places[place]?.bytes.length ?? 0;
    this.#places[place] = undefined;
  }
}

/** With the other's hops for as long: to compare two arrays whole takes half as long as to compare them from some byte on (measured: 120 ns against 240). */
function isCopy(bytes: Uint8Array, of: Uint8Array): boolean {
  const hops = bytes[HOPS_AT]!;
  bytes[HOPS_AT] = of[HOPS_AT]!;
  const same = primitives().isSame(bytes, of);
  bytes[HOPS_AT] = hops;
  return same;
}

/** Beginning and end count byte by byte: there stand the numbers, times and names by which data differ. Of the rest a few bytes do. */
function placeOf(bytes: Uint8Array): number {
  const { length } = bytes;
  const headEnd = Math.min(length, CONTENT_AT + HEAD_BYTES);
  const tail = Math.max(headEnd, length - TAIL_BYTES);
  const step = ((tail - headEnd) >>> SAMPLES_LOG2) + 1;
  let key = length;
  let at = CONTENT_AT;
  for (; at + 4 <= headEnd; at += 4) key = mix(key, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
  for (; at < headEnd; at += 1) key = mix(key, bytes[at]!);
  for (at = headEnd; at < tail; at += step) key = mix(key, bytes[at]!);
  for (at = tail; at < length; at += 1) key = mix(key, bytes[at]!);
  return key & (PLACES - 1);
}

/** A step of multiplicative hashing, whose high bits come down so that all of a word count. */
function mix(key: number, word: number): number {
  const product = Math.imul(key ^ word, GOLDEN);
  return product ^ (product >>> 15);
}
