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

/** Rumors known at once (our choice: what a busy topic hears while all copies of one come; the rest is hashed). */
const MAX_RUMORS = 1_024;
/** The same in bytes (our choice: a quarter of `limits.maxRecentBytes`; most of them are the bytes that are at hand anyway). */
const MAX_BYTES: number = 2 * 1024 * 1024;
/** Bytes that the key is made of, evenly over the rumor. */
const SAMPLES_LOG2 = 5;

/** At the limit the oldest are forgotten. Who makes rumors on purpose that look alike to the key makes us hash, no more. */
export class Copies {
  readonly #byKey: Map<number, Known> = new Map();
  #bytes = 0;

  /** The rumor of known kind that these bytes are a copy of, whatever their hops. */
  find(bytes: Uint8Array): Known | undefined {
    const found = this.#byKey.get(keyOf(bytes));
    if (found === undefined || found.rumor.bytes.length !== bytes.length || found.rumor.kind !== bytes[0]) return undefined;
    return primitives().isSame(found.rumor.bytes, bytes, CONTENT_AT) ? found : undefined;
  }

  /** Its bytes must never change. */
  add(id: RumorId, rumor: WireRumor): void {
    const { bytes } = rumor;
    if (bytes.length > MAX_BYTES) return;
    const key = keyOf(bytes);
    this.#forget(key);
    this.#byKey.set(key, { id, rumor });
    this.#bytes += bytes.length;
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size <= MAX_RUMORS && this.#bytes <= MAX_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(key: number): void {
    this.#bytes -= this.#byKey.get(key)?.rumor.bytes.length ?? 0;
    this.#byKey.delete(key);
  }
}

/** A small integer, which needs no memory. The end counts byte by byte: it is where short data differ. */
function keyOf(bytes: Uint8Array): number {
  const { length } = bytes;
  const step = (length >>> SAMPLES_LOG2) + 1;
  let key = length;
  for (let at = CONTENT_AT; at < length; at += step) key = Math.imul(key ^ bytes[at]!, 0x01000193);
  for (let at = Math.max(CONTENT_AT, length - 8); at < length; at += 1) key = Math.imul(key ^ bytes[at]!, 0x01000193);
  return key >>> 2;
}
