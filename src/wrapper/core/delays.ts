/**
 * How long things wait when data are passed. Pure.
 * Exponential, since it has no memory: whoever holds a datum is as likely as any other to publish it next, the origin too. Where a
 * Poisson count stood in for it elsewhere, the waits were all alike and the backstop never fired (research 4.1).
 */
import type { Random } from '../../random.ts';

/** The embargo: at least 5 s, 15 s more on average, at most 110 s (design), and so over before the two minutes of reach.ts are. */
export const EMBARGO_MIN_MS = 5_000;
export const EMBARGO_MEAN_MS = 15_000;
export const EMBARGO_MAX_MS = 110_000;

/** What leaves us waits 250 ms on average (research 4.3), at most 2 s (our choice: one in 3,000 would be longer). */
export const LEAVE_MEAN_MS = 250;
export const LEAVE_MAX_MS = 2_000;

const THROWS = 0x1_0000_0000;

/** How long a datum is held before we publish it ourselves, in whole ms. */
export function embargoMs(random: Random): number {
  return Math.min(EMBARGO_MAX_MS, EMBARGO_MIN_MS + exponentialMs(random, EMBARGO_MEAN_MS));
}

/** How long what is to leave waits, in whole ms. */
export function leaveMs(random: Random): number {
  return Math.min(LEAVE_MAX_MS, exponentialMs(random, LEAVE_MEAN_MS));
}

/** By inversion. What is divided by is never 0, so the result is finite. */
function exponentialMs(random: Random, meanMs: number): number {
  return Math.round(Math.log(THROWS / (random.below(THROWS) + 1)) * meanMs);
}
