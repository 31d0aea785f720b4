/**
 * The labels our user sorts targets by. Pure. They are local and never leave the node.
 */

/** Longest label, in bytes of UTF-8 (our choice: as a mark). */
export const MAX_LIST_BYTES = 64;
/** Labels one target may have (our choice). */
export const MAX_LISTS_PER_PAL = 64;

/** The first label that cannot be one: empty (P1: the empty name is reserved), too long, or half a character. */
export function badList(lists: readonly string[]): string | undefined {
  return lists.find((list) => list === '' || utf8Length(list) > MAX_LIST_BYTES || /\p{Surrogate}/u.test(list));
}

/** Both, sorted, each once. */
export function mergeLists(some: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...some, ...others])].sort();
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}
