/**
 * Bytes that are appended to, in an array that grows. Pure.
 */
import { SEAL_BYTES } from './seal.ts';

/** Doubles when it is full. Our choice: a few dozen ids. */
const FIRST_BYTES = 2 * 1024;
/** Larger arrays are not kept for what comes next, nor made before there is so much. Our choice: as large as a full group, and half as much again. */
const MOST_KEPT_BYTES: number = 384 * 1024;
const NONE = new Uint8Array(0);

export class Growing {
  #bytes: Uint8Array = NONE;
  #length = 0;
  /** How large the next array is at first: as much as was taken last. */
  #first = FIRST_BYTES;

  /** How many were appended. */
  get length(): number {
    return this.#length;
  }

  /** What was appended begins here; behind it lies anything. Another array after some calls. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** What was appended, as a view. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends so many bytes, of any value. @returns where they begin */
  extend(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length + SEAL_BYTES > this.#bytes.length) this.#grow(this.#length + SEAL_BYTES);
    return at;
  }

  /**
   * Gives away what was appended, with room for a seal behind it, and begins anew. What fills its array at least by half is not copied: groups may have
   * megabytes. What does not is: a store in memory keeps what it is given, and an array for a group of one id would be 60 times as large.
   */
  take(): Uint8Array {
    const length = this.#length + SEAL_BYTES;
    const isFilled = 2 * length >= this.#bytes.length;
    const taken = isFilled ? this.#bytes.subarray(0, length) : this.#bytes.slice(0, length);
    if (isFilled || this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = NONE;
    this.#first = Math.max(FIRST_BYTES, Math.min(length, MOST_KEPT_BYTES));
    this.#length = 0;
    return taken;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, needed, this.#first));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
