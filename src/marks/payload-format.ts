/**
 * What the writer and the reader of payloads share: CBOR's first bytes, the order of keys, the depth. Pure.
 */

/** The most containers around a value, in what we write and in what we read (DESIGN 5). */
export const MAX_DEPTH = 16;

/** CBOR major types, in place in the first byte of an item. */
export const MAJOR = { unsigned: 0x00, negative: 0x20, bytes: 0x40, text: 0x60, array: 0x80, map: 0xa0, tag: 0xc0, simple: 0xe0 } as const;

/** First bytes of the items of major type 7 that the profile has. */
export const SIMPLE = { false: 0xf4, true: 0xf5, null: 0xf6, half: 0xf9, single: 0xfa, double: 0xfb } as const;

/**
 * The bytewise order of encoded keys, for two keys both with or both without their heads. Heads are shortest and begin with the
 * length, so the shorter key comes first. @returns negative, 0 or positive, as for `sort`
 */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
