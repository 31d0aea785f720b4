/** How long a message takes between two people, in ms. Pure. */
import type { Random } from '../../random.ts';
import type { NodeIndex } from '../network.ts';

/** One way, in ms: always the same for a pair, whichever way. */
export type Latency = (a: NodeIndex, b: NodeIndex) => number;

/** Of home lines among each other: lognormal, median 40 ms, sigma 0.6 (research 3.2). */
const MEDIAN_MS = 40;
const SIGMA = 0.6;

/** Unlike for every pair. */
export function randomLatency(random: Random): Latency {
  const seed = random.below(2 ** 32);
  return (a, b) => {
    const pair = mix32(seed ^ mix32(Math.imul(Math.min(a, b) + 1, 0x9e3779b1) + Math.max(a, b)));
    // Box and Muller. The first throw is never 0.
    const radius = Math.sqrt(-2 * Math.log((pair + 1) / 2 ** 32));
    const normal = radius * Math.cos((2 * Math.PI * mix32(pair ^ 0x85ebca6b)) / 2 ** 32);
    return MEDIAN_MS * Math.exp(SIGMA * normal);
  };
}

function mix32(x: number): number {
  let z = x >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
