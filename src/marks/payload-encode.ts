/**
 * Data to bytes; the profile stands in payload.ts. Only our own side's data come here, so what does not fit is thrown.
 */
import { HearsayError } from '../errors.ts';
import { HARD_MAX_PAYLOAD_BYTES } from '../limits.ts';
import { isWellFormed } from './names.ts';
import { toHalf } from './payload-float.ts';
import { compareKeys, MAJOR, MAX_DEPTH, SIMPLE } from './payload-format.ts';
import { Slab } from './slab.ts';

const FIRST_BUFFER_BYTES = 256;
/** As much of a key as an error shows. */
const SHOWN_KEY_CHARACTERS = 40;
const MAX_UINT64 = 2n ** 64n - 1n;
const encoder = new TextEncoder();

/**
 * The bytes of a value, always the same for the same value. The result is the caller's own.
 * @param maxBytes Largest result. @defaultValue 1 MiB, the most a payload may ever be
 * @param around Containers that the caller will put around the result, counted against the depth of 16. @defaultValue 0
 * @throws HearsayError `HEARSAY_BAD_DATA` naming path and rule, `HEARSAY_TOO_LARGE` naming both sizes.
 */
export function encodePayload(value: unknown, maxBytes: number = HARD_MAX_PAYLOAD_BYTES, around: number = 0): Uint8Array {
  const writer = new Writer(maxBytes, MAX_DEPTH - around);
  writer.item(value);
  return writer.result();
}

const leaving = new Slab();

/**
 * The same for what is sent and not kept: its bytes may lie in a slab with others. Rumors are byte strings, and are copied once, not twice.
 * @throws HearsayError as {@link encodePayload} does
 */
export function encodeToSend(value: unknown, maxBytes: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length < 2 ** 8 || value.length >= 2 ** 16 || value.length + 3 > maxBytes) return encodePayload(value, maxBytes);
  const bytes = leaving.take(3 + value.length);
  bytes[0] = MAJOR.bytes | 25;
  bytes[1] = value.length >>> 8;
  bytes[2] = value.length;
  bytes.set(value, 3);
  return bytes;
}

/** What stands before a byte string of 256 bytes or more; `undefined` for a shorter one. */
export function bytesHead(length: number): Uint8Array | undefined {
  if (length < 2 ** 8) return undefined;
  if (length < 2 ** 16) return Uint8Array.of(MAJOR.bytes | 25, length >>> 8, length);
  return Uint8Array.of(MAJOR.bytes | 26, length >>> 24, length >>> 16, length >>> 8, length);
}

/** What a value is, in words that give nothing of it away. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (isPlain(value)) return 'an object';
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag === 'Object' ? 'an instance of a class' : `a ${tag}`;
}

/** A literal, `Object.create(null)`, or the like of another realm: nothing between it and the root of all objects. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

class Writer {
  readonly #maxBytes: number;
  readonly #maxDepth: number;
  #bytes: Uint8Array = new Uint8Array(FIRST_BUFFER_BYTES);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;
  /** The containers we are in, and the way to the value at hand. */
  readonly #above: object[] = [];
  readonly #path: (string | number)[] = [];

  constructor(maxBytes: number, maxDepth: number) {
    this.#maxBytes = maxBytes;
    this.#maxDepth = maxDepth;
  }

  /** Copied only where the copy is much smaller than the array it was written in, as is that of all but large data. */
  result(): Uint8Array {
    const isFilled = this.#length > this.#bytes.length - this.#bytes.length / 8;
    return isFilled ? this.#bytes.subarray(0, this.#length) : this.#bytes.slice(0, this.#length);
  }

  item(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.#text(this.#utf8(value));
      case 'number':
        return Number.isSafeInteger(value) ? this.#integer(value) : this.#float(value);
      case 'bigint':
        return this.#bigint(value);
      case 'boolean':
        return this.#byte(value ? SIMPLE.true : SIMPLE.false);
      case 'object':
        if (value === null) return this.#byte(SIMPLE.null);
        if (value instanceof Uint8Array) return this.#raw(MAJOR.bytes, value);
        return this.#container(value);
      default:
        return this.#refuse('to be plain data', kindOf(value));
    }
  }

  #container(value: object): void {
    if (this.#above.includes(value)) this.#refuse('not to contain itself', 'a cycle');
    if (this.#above.length === this.#maxDepth) this.#refuse(`to nest at most ${this.#maxDepth} deep`, 'more');
    this.#above.push(value);
    if (Array.isArray(value)) this.#array(value);
    else if (isPlain(value)) this.#map(value);
    else this.#refuse('to be plain data: null, a boolean, number, string, Uint8Array, array or plain object', kindOf(value));
    this.#above.pop();
  }

  #array(items: readonly unknown[]): void {
    this.#head(MAJOR.array, items.length);
    for (let i = 0; i < items.length; i += 1) this.#child(i, items[i]);
  }

  #map(value: object): void {
    if (Object.getOwnPropertySymbols(value).length > 0) this.#refuse('to have strings as keys', 'a symbol');
    // Entries are read once: a getter cannot say one thing to the check and another to the writer.
    const entries: { readonly key: string; readonly utf8: Uint8Array; readonly value: unknown }[] = [];
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue;
      if (key === '__proto__') this.#refuse('to have no key `__proto__`', 'one');
      entries.push({ key, utf8: this.#utf8(key), value: member });
    }
    entries.sort((a, b) => compareKeys(a.utf8, b.utf8));
    this.#head(MAJOR.map, entries.length);
    for (const entry of entries) {
      this.#text(entry.utf8);
      this.#child(entry.key, entry.value);
    }
  }

  #child(step: string | number, value: unknown): void {
    this.#path.push(step);
    this.item(value);
    this.#path.pop();
  }

  #integer(value: number): void {
    if (value >= 0) this.#head(MAJOR.unsigned, value);
    else this.#head(MAJOR.negative, -1 - value);
  }

  #bigint(value: bigint): void {
    if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) {
      this.#refuse('to be a number where a number can count it (a small bigint would arrive as one)', 'a bigint');
    }
    const argument = value < 0n ? -1n - value : value;
    if (argument > MAX_UINT64) this.#refuse('to fit 64 bits', 'a larger bigint');
    const at = this.#room(9);
    this.#view.setUint8(at, (value < 0n ? MAJOR.negative : MAJOR.unsigned) | 27);
    this.#view.setBigUint64(at + 1, argument);
  }

  #float(value: number): void {
    const half = toHalf(value);
    if (half !== undefined) {
      const at = this.#room(3);
      this.#view.setUint8(at, SIMPLE.half);
      this.#view.setUint16(at + 1, half);
    } else if (Math.fround(value) === value) {
      const at = this.#room(5);
      this.#view.setUint8(at, SIMPLE.single);
      this.#view.setFloat32(at + 1, value);
    } else {
      const at = this.#room(9);
      this.#view.setUint8(at, SIMPLE.double);
      this.#view.setFloat64(at + 1, value);
    }
  }

  #utf8(text: string): Uint8Array {
    // Checked before the work: text never has fewer bytes than UTF-16 units.
    if (text.length > this.#maxBytes - this.#length) this.#tooLarge(this.#length + text.length);
    if (!isWellFormed(text)) this.#refuse('to be well-formed text', 'a lone surrogate');
    return encoder.encode(text);
  }

  #text(utf8: Uint8Array): void {
    this.#raw(MAJOR.text, utf8);
  }

  #raw(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.length);
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  #byte(byte: number): void {
    const at = this.#room(1);
    this.#bytes[at] = byte;
  }

  /** Type and argument of an item in the fewest bytes. `argument` is a safe integer from 0 up. */
  #head(major: number, argument: number): void {
    if (argument < 24) return this.#byte(major | argument);
    if (argument < 2 ** 8) {
      const at = this.#room(2);
      this.#view.setUint16(at, ((major | 24) << 8) | argument);
    } else if (argument < 2 ** 16) {
      const at = this.#room(3);
      this.#view.setUint8(at, major | 25);
      this.#view.setUint16(at + 1, argument);
    } else if (argument < 2 ** 32) {
      const at = this.#room(5);
      this.#view.setUint8(at, major | 26);
      this.#view.setUint32(at + 1, argument);
    } else {
      const at = this.#room(9);
      this.#view.setUint8(at, major | 27);
      this.#view.setBigUint64(at + 1, BigInt(argument));
    }
  }

  /** Makes room for the next bytes. @returns where they begin */
  #room(bytes: number): number {
    const at = this.#length;
    const needed = at + bytes;
    if (needed > this.#maxBytes) this.#tooLarge(needed);
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = needed;
    return at;
  }

  /** The work stops at the first byte too many, so what we know of the size is a lower bound. */
  #tooLarge(bytes: number): never {
    throw new HearsayError('HEARSAY_TOO_LARGE', { field: 'data', rule: `to take at most ${this.#maxBytes} bytes`, value: `at least ${bytes} bytes` });
  }

  #refuse(rule: string, value: string): never {
    const field = this.#path.reduce<string>((path, step) => path + (typeof step === 'number' ? `[${step}]` : `.${step.slice(0, SHOWN_KEY_CHARACTERS)}`), 'data');
    throw new HearsayError('HEARSAY_BAD_DATA', { field, rule, value });
  }
}
