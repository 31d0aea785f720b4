/** How long a message takes: each link has a latency of its own, the same both ways, and each message may take somewhat longer. Pure. */
import type { Random } from '../random.ts';
import type { NodeIndex } from './network.ts';

// Taken once: where globals are looked up slowly, as in a test runner's sandbox, the look-up is most of the cost.
const { imul, max, min } = Math;

/** What links are like. */
export interface LatencyOptions {
  /** One way, in ms, drawn once per link, all whole numbers from first to last equally likely. */
  readonly latencyMs: readonly [number, number];
  /** By how much of that a message may be late, drawn for each, 0 to 1. */
  readonly jitterShare: number;
}

export class Latencies {
  readonly #options: LatencyOptions;
  readonly #seed: number;
  readonly #random: Random;

  constructor(options: LatencyOptions, random: Random) {
    this.#options = options;
    this.#seed = random.below(2 ** 32);
    this.#random = random;
  }

  /** A link's own, in ms: always the same for a pair, whichever way. */
  ofLink(a: NodeIndex, b: NodeIndex): number {
    const [first, last] = this.#options.latencyMs;
    return first + (mix32(this.#seed ^ mix32(min(a, b) * 0x9e3779b1 + max(a, b))) % (last - first + 1));
  }

  /** One message's, in ms. */
  ofMessage(from: NodeIndex, to: NodeIndex): number {
    const { jitterShare } = this.#options;
    const ownMs = this.ofLink(from, to);
    return jitterShare === 0 ? ownMs : ownMs + (ownMs * jitterShare * this.#random.below(1_000)) / 1_000;
  }
}

function mix32(x: number): number {
  let z = x >>> 0;
  z = imul(z ^ (z >>> 16), 0x21f0aaad);
  z = imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
