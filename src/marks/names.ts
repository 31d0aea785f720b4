/**
 * What a topic and a mark may be called. Pure, but for the global TextEncoder.
 * The bound is in the id's preimage: a length is one byte there, and peers agree on less (research 6).
 */

/** Longest name of a topic or a mark, in bytes of UTF-8 (research 6). */
export const MAX_NAME_BYTES = 64;

/** Marks that start so are the wrapper's own, and no application may define or gossip them. */
export const RESERVED_MARKS = 'gossip-';

/** The mark of what was heard and could not be read: no schema, or data that does not fit it. */
export const GOSSIP_UNKNOWN = 'gossip-unknown';

const encoder = new TextEncoder();
/** A UTF-16 unit takes three bytes of UTF-8 at most. */
const MAX_BYTES_A_UNIT = 3;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether text has a UTF-8 form at all: a lone surrogate has none, and would come back as U+FFFD. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** Whether `name` is 1 to 64 bytes of well-formed text. Safe for a peer's input of any length. */
export function isName(name: string): boolean {
  // The length in UTF-16 units never exceeds the length in bytes, so a huge name costs nothing; a short one need not be encoded.
  if (name.length === 0 || name.length > MAX_NAME_BYTES || !isWellFormed(name)) return false;
  return name.length * MAX_BYTES_A_UNIT <= MAX_NAME_BYTES || encoder.encode(name).length <= MAX_NAME_BYTES;
}

/** Whether `mark` is a name that an application may give to its data. */
export function isMark(mark: string): boolean {
  return isName(mark) && !mark.startsWith(RESERVED_MARKS);
}
