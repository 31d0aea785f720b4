/**
 * Bytes that are appended to, in an array that grows. Cleared and used again: an array of its own for each group would cost more than filling it. Pure.
 */

/** Doubles when it is full. Our choice: a few dozen ids. */
const FIRST_BYTES = 2 * 1024;

export class Growing {
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** How many were appended. */
  get length(): number {
    return this.#length;
  }

  /** What was appended begins here; behind it lies anything. Another array after some calls of {@link extend}. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** What was appended, until the next {@link clear}. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Appends so many bytes, of any value. @returns where they begin */
  extend(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) this.#grow(this.#length);
    return at;
  }

  /** Empties it. @param keepBytes an array that is larger than that is let go */
  clear(keepBytes: number): void {
    this.#length = 0;
    if (this.#bytes.length > keepBytes) this.#bytes = new Uint8Array(0);
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, needed, FIRST_BYTES));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
