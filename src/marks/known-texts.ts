/**
 * Names that come again and again, found by their bytes. Pure. The profile shows that decoding and checking a mark of ten bytes costs more
 * than the rest of a rumor.
 */

/** Our choice: several times what apps have in marks and keys. A power of two. */
const PLACES = 64;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** A reader of short texts that remembers some. Each has one place, and whoever comes there last has it: who sends other ones on purpose makes us decode, no more. */
export class KnownTexts {
  readonly #decode: (utf8: Uint8Array) => string | undefined;
  readonly #known: ({ readonly utf8: Uint8Array; readonly text: string } | undefined)[] = new Array<undefined>(PLACES).fill(undefined);

  /** @param decode gives the text, or `undefined` when the bytes are none; the same for the same bytes. Does not throw. */
  constructor(decode: (utf8: Uint8Array) => string | undefined) {
    this.#decode = decode;
  }

  /** The text of `length` bytes at `at`, which are there, or `undefined` when they are none. */
  read(bytes: Uint8Array, at: number, length: number): string | undefined {
    const place = placeOf(bytes, at, length);
    const known = this.#known[place];
    if (known !== undefined && known.utf8.length === length && stands(known.utf8, bytes, at)) return known.text;
    const utf8 = new Uint8Array(length);
    for (let i = 0; i < length; i += 1) utf8[i] = bytes[at + i]!;
    const text = this.#decode(utf8);
    if (text !== undefined) this.#known[place] = { utf8, text };
    return text;
  }
}

/** As the hash FNV-1a does. */
function placeOf(bytes: Uint8Array, at: number, length: number): number {
  let key = FNV_OFFSET;
  for (let i = at; i < at + length; i += 1) key = Math.imul(key ^ bytes[i]!, FNV_PRIME);
  return (key ^ (key >>> 15)) & (PLACES - 1);
}

function stands(utf8: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < utf8.length; i += 1) if (utf8[i] !== bytes[at + i]) return false;
  return true;
}
