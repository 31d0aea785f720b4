/**
 * Bytes that are appended to, in an array that grows. Pure.
 */
import { SEAL_BYTES } from './seal.ts';

/** Doubles when it is full. Our choice: a few dozen ids. */
const FIRST_BYTES = 2 * 1024;

export class Growing {
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  /** How large the next array is at first. */
  #first = FIRST_BYTES;

  /** How many were appended. */
  get length(): number {
    return this.#length;
  }

  /** What was appended begins here; behind it lies anything. Another array after some calls of {@link extend}. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** What was appended. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The same with room for a seal behind it. */
  get viewToSeal(): Uint8Array {
    return this.#bytes.subarray(0, this.#length + SEAL_BYTES);
  }

  /** Appends so many bytes, of any value. @returns where they begin */
  extend(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length + SEAL_BYTES > this.#bytes.length) this.#grow(this.#length + SEAL_BYTES);
    return at;
  }

  /** Begins anew: the array belongs to whoever has a view of it. @param firstBytes the next one is as large as this one was, but no larger than that */
  renew(firstBytes: number): void {
    this.#first = Math.max(FIRST_BYTES, Math.min(this.#bytes.length, firstBytes));
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, needed, this.#first));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
