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
/** Bytes that the key is made of, evenly over the rumor. */
const SAMPLES_LOG2 = 5;

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

/** The end counts byte by byte: it is where short data differ. */
function placeOf(bytes: Uint8Array): number {
  const { length } = bytes;
  const step = (length >>> SAMPLES_LOG2) + 1;
  let key = length;
  for (let at = CONTENT_AT; at < length; at += step) key = Math.imul(key ^ bytes[at]!, 0x01000193);
  for (let at = Math.max(CONTENT_AT, length - 8); at < length; at += 1) key = Math.imul(key ^ bytes[at]!, 0x01000193);
  return (key ^ (key >>> 15)) & (PLACES - 1);
}
