/**
 * Bytes to data; the profile stands in payload.ts. The bytes are a peer's: nothing here throws, nothing is allocated on a promise of
 * theirs, and what is accepted encodes to the very same bytes again.
 */
import { fromHalf, HALF_NAN, toHalf } from './payload-float.ts';
import { KnownTexts } from './known-texts.ts';
import { MAJOR, MAX_DEPTH, SIMPLE } from './payload-format.ts';

/** Why bytes are not a payload. Stable, for counting. */
export type PayloadReason =
  /** A map key that is not text, or is `__proto__`. */
  | 'bad-key'
  | 'bad-utf8'
  /** A length or count beyond the bytes that are left. */
  | 'claims-too-much'
  | 'duplicate-key'
  /** A length that comes at the end. */
  | 'indefinite'
  /** Not CBOR at all: a head that the RFC reserves. */
  | 'malformed'
  /** Not the one form of its value: an over-long integer, length or float, keys out of order, an odd NaN. */
  | 'not-canonical'
  | 'tag'
  | 'too-deep'
  | 'trailing-bytes'
  /** It ends where an item or the rest of a head should come. */
  | 'truncated'
  /** CBOR, but a value the profile has not: `undefined` or another simple value. */
  | 'unsupported';

/** What {@link decodePayload} found. Byte strings in `value` are copies; objects are ordinary ones with own keys only. */
export type DecodedPayload = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: PayloadReason };

/**
 * Reads a payload. Never throws. For accepted bytes `encodePayload(value)` gives the same bytes; it takes time and memory
 * linear in their length.
 */
export function decodePayload(bytes: Uint8Array): DecodedPayload {
  const reader = new Reader(bytes);
  const value = reader.whole();
  return value === undefined ? { ok: false, reason: reader.reason } : { ok: true, value };
}

/** What a payload holds that is one byte string and nothing else, as a view of it. `undefined` for every other, a bad one included. @param from where the payload begins */
export function viewBytes(bytes: Uint8Array, from: number = 0): Uint8Array | undefined {
  const first = bytes[from] ?? 0;
  if ((first & 0xe0) !== MAJOR.bytes) return undefined;
  const info = first & 0x1f;
  const width = info < 24 ? 0 : info < 27 ? 1 << (info - 24) : Infinity;
  const start = from + 1 + width;
  if (bytes.length < start) return undefined;
  let length = width === 0 ? info : 0;
  for (let at = from + 1; at < start; at += 1) length = length * 256 + bytes[at]!;
  const isShortest = width === 0 || length >= LEAST_ARGUMENT[info - 24]!;
  // Not `subarray`, which costs half as much again.
  return isShortest && length === bytes.length - start ? new Uint8Array(bytes.buffer, bytes.byteOffset + start, length) : undefined;
}

// `ignoreBOM: true` keeps a leading U+FEFF, which is text like any other.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Up to here a loop beats the decoder's call (measured: a fifth off a typical payload). */
const SHORT_TEXT_BYTES = 32;

/** The keys of an app's objects are always the same few. */
const keys = /* @__PURE__ */ new KnownTexts(decodeText);

/** Below these an argument of 1, 2, 4 or 8 bytes had a shorter form. */
const LEAST_ARGUMENT = [24, 2 ** 8, 2 ** 16, 2 ** 32] as const;

/** No value is `undefined`, so its methods return that for a failure, after setting `reason`. */
class Reader {
  reason: PayloadReason = 'malformed';
  readonly #bytes: Uint8Array;
  /** Made when a number needs it: most heads are a byte or three. */
  #dataView: DataView | undefined;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get #view(): DataView {
    this.#dataView ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    return this.#dataView;
  }

  whole(): unknown {
    const value = this.#item(0);
    return value !== undefined && this.#left() > 0 ? this.#fail('trailing-bytes') : value;
  }

  /** The next item, `depth` containers down. */
  #item(depth: number): unknown {
    const first = this.#bytes[this.#at];
    if (first === undefined) return this.#fail('truncated');
    this.#at += 1;
    const major = first & 0xe0;
    if (major === MAJOR.simple) return this.#simple(first);
    if (major === MAJOR.tag) return this.#fail('tag');
    const argument = this.#argument(first);
    if (argument === undefined) return undefined;
    if (major === MAJOR.unsigned) return argument;
    if (major === MAJOR.negative) return negative(argument);
    // Each item has a byte at least, each entry of a map two.
    if (argument > (major === MAJOR.map ? this.#left() / 2 : this.#left())) return this.#fail('claims-too-much');
    const length = Number(argument);
    if (major === MAJOR.bytes) return this.#byteString(length);
    if (major === MAJOR.text) return this.#text(length);
    if (depth === MAX_DEPTH) return this.#fail('too-deep');
    return major === MAJOR.array ? this.#array(length, depth + 1) : this.#map(length, depth + 1);
  }

  /** The number in a head: a bigint beyond the safe integers. */
  #argument(first: number): number | bigint | undefined {
    const info = first & 0x1f;
    if (info < 24) return info;
    if (info > 27) return this.#fail(info === 31 && isSized(first & 0xe0) ? 'indefinite' : 'malformed');
    const width = 1 << (info - 24);
    const at = this.#take(width);
    if (at === undefined) return undefined;
    const value = this.#unsigned(at, width);
    return value < (LEAST_ARGUMENT[info - 24] ?? 0) ? this.#fail('not-canonical') : value;
  }

  #unsigned(at: number, width: number): number | bigint {
    if (width === 1) return this.#bytes[at]!;
    if (width === 2) return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
    if (width === 4) return this.#view.getUint32(at);
    const value = this.#view.getBigUint64(at);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  #byteString(length: number): Uint8Array {
    // A copy, so that keeping the value does not keep the frame it came in. Also makes a Buffer plain. `slice`, or a copy by the constructor, takes half as long again.
    const copy = new Uint8Array(length);
    copy.set(new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, length));
    this.#at += length;
    return copy;
  }

  #text(length: number): string | undefined {
    const utf8 = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return decodeText(utf8) ?? this.#fail('bad-utf8');
  }

  #array(count: number, depth: number): unknown[] | undefined {
    const items: unknown[] = [];
    for (let i = 0; i < count; i += 1) {
      const item = this.#item(depth);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  #map(count: number, depth: number): Record<string, unknown> | undefined {
    const map: Record<string, unknown> = {};
    let lastStart = 0;
    let lastEnd = 0;
    for (let i = 0; i < count; i += 1) {
      const start = this.#at;
      const key = this.#key();
      if (key === undefined) return undefined;
      const order = i === 0 ? 1 : this.#compareKeys(start, lastStart, lastEnd);
      if (order <= 0) return this.#fail(order === 0 ? 'duplicate-key' : 'not-canonical');
      lastStart = start;
      lastEnd = this.#at;
      const value = this.#item(depth);
      if (value === undefined) return undefined;
      // An own key, whatever Object.prototype has under the same name.
      if (key in map) Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
      else map[key] = value;
    }
    return map;
  }

  #key(): string | undefined {
    const first = this.#bytes[this.#at];
    if (first === undefined) return this.#fail('truncated');
    if ((first & 0xe0) !== MAJOR.text) return this.#fail('bad-key');
    this.#at += 1;
    const length = this.#argument(first);
    if (length === undefined) return undefined;
    if (length > this.#left()) return this.#fail('claims-too-much');
    const key = length <= SHORT_TEXT_BYTES ? this.#knownKey(Number(length)) : this.#text(Number(length));
    // As an own key it is harmless until somebody's Object.assign sets a prototype with it.
    return key === '__proto__' ? this.#fail('bad-key') : key;
  }

  #knownKey(length: number): string | undefined {
    const key = keys.read(this.#bytes, this.#at, length);
    this.#at += length;
    return key ?? this.#fail('bad-utf8');
  }

  /** The order of the key that was just read and the one before it, as of `compareKeys`: their heads hold the lengths, so that keys of two lengths differ there. */
  #compareKeys(start: number, lastStart: number, lastEnd: number): number {
    const bytes = this.#bytes;
    for (let i = 0; i < lastEnd - lastStart; i += 1) {
      const difference = bytes[start + i]! - bytes[lastStart + i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #simple(first: number): boolean | number | null | undefined {
    switch (first) {
      case SIMPLE.false:
        return false;
      case SIMPLE.true:
        return true;
      case SIMPLE.null:
        return null;
      case SIMPLE.half:
      case SIMPLE.single:
      case SIMPLE.double:
        return this.#float(first);
      default:
        return this.#fail((first & 0x1f) > 24 ? 'malformed' : 'unsupported');
    }
  }

  #float(first: number): number | undefined {
    const at = this.#take(first === SIMPLE.half ? 2 : first === SIMPLE.single ? 4 : 8);
    if (at === undefined) return undefined;
    let value: number;
    let shortest: boolean;
    if (first === SIMPLE.half) {
      const bits = this.#view.getUint16(at);
      value = fromHalf(bits);
      shortest = !Number.isNaN(value) || bits === HALF_NAN;
    } else if (first === SIMPLE.single) {
      value = this.#view.getFloat32(at);
      shortest = toHalf(value) === undefined;
    } else {
      value = this.#view.getFloat64(at);
      shortest = !Number.isNaN(value) && Math.fround(value) !== value;
    }
    return shortest && !Number.isSafeInteger(value) ? value : this.#fail('not-canonical');
  }

  /** Steps over the next bytes, if they are there. @returns where they begin */
  #take(bytes: number): number | undefined {
    if (this.#left() < bytes) return this.#fail('truncated');
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  #left(): number {
    return this.#bytes.length - this.#at;
  }

  #fail(reason: PayloadReason): undefined {
    this.reason = reason;
    return undefined;
  }
}

function isSized(major: number): boolean {
  return major === MAJOR.bytes || major === MAJOR.text || major === MAJOR.array || major === MAJOR.map;
}

function negative(argument: number | bigint): number | bigint {
  // -1 - (2^53 - 1) is one below the safe integers.
  return typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER ? -1 - argument : -1n - BigInt(argument);
}

function decodeText(utf8: Uint8Array): string | undefined {
  const short = utf8.length <= SHORT_TEXT_BYTES ? ascii(utf8) : undefined;
  if (short !== undefined) return short;
  try {
    return decoder.decode(utf8);
  } catch {
    return undefined;
  }
}

/** Short text without a byte above 0x7f; `undefined` for other text. */
function ascii(utf8: Uint8Array): string | undefined {
  let text = '';
  for (const byte of utf8) {
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
