/** Choices among few. Pure. */
import type { Random } from '../random.ts';

/** One of them, all equally likely; `undefined` of none. */
export function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items.length === 0 ? undefined : items[random.below(items.length)];
}

/** At most `count` of them, in random order. `items` is left as it is. */
export function sample<T>(items: readonly T[], count: number, random: Random): T[] {
  const copy = items.slice();
  const size = Math.min(count, copy.length);
  for (let i = 0; i < size; i += 1) {
    const j = i + random.below(copy.length - i);
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  copy.length = size;
  return copy;
}

/** `ms` give or take a share of it in percent, a whole number. */
export function around(ms: number, percent: number, random: Random): number {
  const spread = Math.floor((ms * percent) / 100);
  return ms - spread + random.below(2 * spread + 1);
}
