/**
 * Names that come again and again, found by their bytes. Pure. The profile shows that decoding and checking a mark of ten bytes costs more
 * than the rest of a rumor.
 */

/** At the limit the oldest is replaced (our choice: more than an app has, and few enough to look through). */
export const MAX_KNOWN_TEXTS = 16;

/** A reader of short texts that remembers the last few different ones. */
export class KnownTexts {
  readonly #decode: (utf8: Uint8Array) => string | undefined;
  readonly #known: { readonly utf8: Uint8Array; readonly text: string }[] = [];
  #next = 0;

  /** @param decode gives the text, or `undefined` when the bytes are none; the same for the same bytes. Does not throw. */
  constructor(decode: (utf8: Uint8Array) => string | undefined) {
    this.#decode = decode;
  }

  /** The text of `length` bytes at `at`, which are there, or `undefined` when they are none. */
  read(bytes: Uint8Array, at: number, length: number): string | undefined {
    for (const { utf8, text } of this.#known) if (utf8.length === length && stands(utf8, bytes, at)) return text;
    const utf8 = new Uint8Array(length);
    for (let i = 0; i < length; i += 1) utf8[i] = bytes[at + i]!;
    const text = this.#decode(utf8);
    if (text === undefined) return undefined;
    this.#known[this.#next] = { utf8, text };
    this.#next = (this.#next + 1) % MAX_KNOWN_TEXTS;
    return text;
  }
}

function stands(utf8: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < utf8.length; i += 1) if (utf8[i] !== bytes[at + i]) return false;
  return true;
}
