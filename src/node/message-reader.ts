/**
 * Reads the fields of a message off its bytes, in order. Which message has which fields, messages.ts says.
 */
import { TextDecoder } from 'node:util';
import { KnownTexts } from '../marks/known-texts.ts';

/** Of a topic and of a peer id. */
const HASH_BYTES = 32;

const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Nearly all messages have a mark, and most have the same few. */
export const knownMarks: KnownTexts = /* @__PURE__ */ new KnownTexts(decodeText);

/** Reads on after a fault and gives empty values; `wrong` holds the first fault. So no reading step has to be checked. */
export class MessageReader {
  wrong: string | undefined;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#bytes[at]!;
  }

  u32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return at < 0 ? 0 : ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  lastU32(): number {
    const value = this.u32();
    this.#end();
    return value;
  }

  /** One to `max` numbers, u32 each. */
  lastNumbers(max: number): readonly number[] {
    const numbers = [this.u32()];
    while (this.#at < this.#bytes.length && this.wrong === undefined && numbers.length <= max) numbers.push(this.u32());
    if (numbers.length > max) this.wrong ??= 'too-long';
    return numbers;
  }

  /** A topic, a peer, or a rumor's id. */
  hex32(): string {
    const at = this.#take(HASH_BYTES);
    return at < 0 ? '' : Buffer.from(this.#bytes.subarray(at, at + HASH_BYTES)).toString('hex');
  }

  lastHex32(): string {
    const value = this.hex32();
    this.#end();
    return value;
  }

  text(lengthBytes: 1 | 2, maxBytes: number): string {
    const length = lengthBytes === 1 ? this.u8() : this.u8() * 256 + this.u8();
    if (length > maxBytes) this.wrong ??= 'text-too-long';
    const at = this.#take(length);
    if (this.wrong !== undefined) return '';
    const value = lengthBytes === 1 ? knownMarks.read(this.#bytes, at, length) : decodeText(this.#bytes.subarray(at, at + length));
    if (value === undefined) this.wrong ??= 'bad-utf8';
    return value ?? '';
  }

  lastText(lengthBytes: 1 | 2, maxBytes: number): string {
    const value = this.text(lengthBytes, maxBytes);
    this.#end();
    return value;
  }

  rest(maxBytes: number = Infinity): Uint8Array {
    if (this.#bytes.length - this.#at > maxBytes) this.wrong ??= 'too-long';
    return this.#bytes.subarray(this.#at);
  }

  /** Steps over the next bytes. @returns where they begin, or -1 */
  #take(length: number): number {
    const at = this.#at;
    if (this.wrong === undefined && at + length <= this.#bytes.length) {
      this.#at = at + length;
      return at;
    }
    this.wrong ??= 'truncated';
    return -1;
  }

  #end(): void {
    if (this.#at !== this.#bytes.length) this.wrong ??= 'trailing-bytes';
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
