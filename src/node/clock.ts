/**
 * The only clock and the only timers of a node. Tests and the simulator give their own.
 */

/** Wall time and timers. */
export interface Clock {
  /** Ms since 1970. */
  now(): number;
  /** Calls `run` once, not before `delayMs`. The result cancels it; cancelling twice is fine. */
  after(delayMs: number, run: () => void): () => void;
}

/** The longest delay a Node timer takes; longer ones fire at once, which is never meant. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
