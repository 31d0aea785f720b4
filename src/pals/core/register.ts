/**
 * The registers of the friend graph, one per peer and direction: who wrote last, wins. Pure.
 * Not signed: the link tells who speaks, and nobody holds transferable proof of a friendship (DESIGN 6, research 9).
 */

/** What one peer last told the other: "I added you" or "I dropped you". */
export interface Gesture {
  readonly kind: 'hey' | 'bye';
  /** Rises with every gesture of this peer to that one: ms since 1970, or one more than the last. A safe integer, 0 or more. */
  readonly seq: number;
}

/** A gesture as it is sent. */
export interface SentGesture extends Gesture {
  /** Made with the sender's directory: another one means that the sender was reset (P7). 32 hex digits. */
  readonly incarnation: string;
}

/** Sent once on each link by both ends, so that loss, reordering and resets repair themselves. */
export interface Hello {
  /** As in {@link SentGesture}. */
  readonly incarnation: string;
  /** The sender's last gesture to the receiver. */
  readonly mine: Gesture | null;
  /** The `seq` of the receiver's last gesture, as the sender holds it. */
  readonly held: number | null;
}

/** Why a gesture was not taken. `clock-skew`: its `seq` lies too far ahead of our clock. */
export type GestureRefusal = 'clock-skew' | 'full' | 'self' | 'stale';

/**
 * How far ahead of our clock a `seq` may lie (DESIGN 8: the channel's tolerance for clocks). Without the bound one gesture
 * made under a wrong clock would stand above all later ones. With it: whoever's clock is further ahead is refused with
 * `clock-skew`, and told so by the receipt; once the clock is right, the next retry carries a fresh `seq` and is taken.
 */
export const MAX_AHEAD_MS: number = 24 * 60 * 60 * 1000;

/** Whether our clock can vouch for a `seq`. One that it cannot vouch for counts as absent, at its author and at its holder. */
export function isCredible(seq: number, nowMs: number): boolean {
  return seq <= nowMs + MAX_AHEAD_MS;
}

/** The `seq` of a new gesture: `max(last + 1, now)`. */
export function nextSeq(last: number | undefined, nowMs: number): number {
  return last !== undefined && isCredible(last + 1, nowMs) ? Math.max(last + 1, nowMs) : nowMs;
}

/** How a gesture stands to the one we hold. `same`: the idempotent repeat of a retry, acknowledged again. */
export function compare(held: Gesture | null, given: Gesture, nowMs: number): 'newer' | 'same' | 'stale' | 'clock-skew' {
  if (!isCredible(given.seq, nowMs)) return 'clock-skew';
  if (held === null || given.seq > held.seq || !isCredible(held.seq, nowMs)) return 'newer';
  return given.seq === held.seq && given.kind === held.kind ? 'same' : 'stale';
}

/** First wait for an acknowledgement (research 9). */
const RETRY_FIRST_MS = 2_000;
/** Longest wait (research 9). */
const RETRY_MAX_MS = 60 * 60 * 1000;
/** Doublings after which the longest wait is reached: 2 s x 2^11 > 1 h. Keeps the power from growing without end. */
const RETRY_DOUBLINGS = 11;
/** How long a gesture is retried; afterwards only a connect brings it up again (research 9). */
export const RETRY_FOR_MS: number = 30 * 24 * 60 * 60 * 1000;

/**
 * The wait after try number `attempt` (from 0): 2 s x 2^attempt, at most 1 h, ±20 % so that peers that lost the same
 * friend do not all knock at once.
 * @param permille 0–400: the throw of the dice
 */
export function retryDelayMs(attempt: number, permille: number): number {
  const baseMs = Math.min(RETRY_FIRST_MS * 2 ** Math.min(attempt, RETRY_DOUBLINGS), RETRY_MAX_MS);
  return Math.round((baseMs * (800 + permille)) / 1000);
}
