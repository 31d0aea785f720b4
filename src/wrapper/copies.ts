/**
 * Which rumor a copy is of, found without hashing it. In a flood most of what comes are copies of what came a moment ago, and a look and a
 * comparison cost a quarter of a hash of 300 bytes, a twentieth of one of 16 KiB (measured). What is not found is hashed.
 */
import { primitives } from '../crypto/index.ts';
import type { RumorId } from '../ids.ts';
import { CONTENT_AT } from './rumor.ts';
import type { WireRumor } from './rumor.ts';

/** A rumor that was read. */
export interface Known {
  readonly id: RumorId;
  readonly rumor: WireRumor;
}

/** Rumors known at once, at most (our choice: what a busy topic hears while all copies of one come; the rest is hashed). A power of two. */
const PLACES = 1_024;
/** The same in bytes (our choice: a quarter of `limits.maxRecentBytes`; most of them are the bytes that are at hand anyway). */
const MAX_BYTES: number = 2 * 1024 * 1024;
/** Bytes that a place is made of, as the hash FNV-1a does: at the beginning, at the end, and 16 to 32 evenly in between. */
const HEAD_BYTES = 48;
const TAIL_BYTES = 8;
const SAMPLES_LOG2 = 4;
const FNV_PRIME = 0x01000193;

/** Each rumor has one place, and whoever comes there last has it. Who makes rumors on purpose that meet in one place makes us hash, no more. */
export class Copies {
  /** Made with the first rumor. */
  #places: (Known | undefined)[] = [];
  #bytes = 0;
  /** Where to make room next, when there are too many bytes. */
  #hand = 0;

  /** The rumor of known kind that these bytes are a copy of, whatever their hops. */
  find(bytes: Uint8Array): Known | undefined {
    const found = this.#places[placeOf(bytes)];
    if (found === undefined || found.rumor.kind !== bytes[0]) return undefined;
    return primitives().isSame(found.rumor.bytes, bytes, CONTENT_AT) ? found : undefined;
  }

  /** Its bytes must never change. */
  add(known: Known): void {
    const { bytes } = known.rumor;
    if (bytes.length > MAX_BYTES) return;
    if (this.#places.length === 0) this.#places = new Array<Known | undefined>(PLACES).fill(undefined);
    const place = placeOf(bytes);
    this.#forget(place);
    for (; this.#bytes + bytes.length > MAX_BYTES; this.#hand = (this.#hand + 1) % PLACES) this.#forget(this.#hand);
    this.#places[place] = known;
    this.#bytes += bytes.length;
  }

  #forget(place: number): void {
    this.#bytes -= this.#places[place]?.rumor.bytes.length ?? 0;
    this.#places[place] = undefined;
  }
}

/** Beginning and end count byte by byte: there stand the numbers, times and names by which data differ. Of the rest a few bytes do. */
function placeOf(bytes: Uint8Array): number {
  const { length } = bytes;
  const headEnd = Math.min(length, CONTENT_AT + HEAD_BYTES);
  const tail = Math.max(headEnd, length - TAIL_BYTES);
  const step = ((tail - headEnd) >>> SAMPLES_LOG2) + 1;
  let key = length;
  for (let at = CONTENT_AT; at < headEnd; at += 1) key = Math.imul(key ^ bytes[at]!, FNV_PRIME);
  for (let at = headEnd; at < tail; at += step) key = Math.imul(key ^ bytes[at]!, FNV_PRIME);
  for (let at = tail; at < length; at += 1) key = Math.imul(key ^ bytes[at]!, FNV_PRIME);
  return (key ^ (key >>> 15)) & (PLACES - 1);
}
