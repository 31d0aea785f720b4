/**
 * The dice of the seen-set. Not here: what they are for (id-ring.ts).
 */
import type { HashKey } from './id-ring.ts';

/** A hash key from the system's source of randomness. */
export function randomHashKey(): HashKey {
  const [a = 0, b = 0] = crypto.getRandomValues(new Uint32Array(2));
  return [a | 1, b | 1];
}
