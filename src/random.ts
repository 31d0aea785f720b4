/**
 * Dice for the cores: seeded, so that a run can be repeated. Pure. Keys and nonces never come from here.
 * Source: xoshiro128**, Blackman and Vigna 2018; seeding by splitmix32.
 */

// Taken once: where globals are looked up slowly, as in a test runner's sandbox, the look-up is most of the cost.
const { imul } = Math;

/** A stream of dice. One stream per node; `fork` gives a part its own, so that parts do not disturb each other. */
export interface Random {
  /** A whole number from 0 to `bound` - 1, all equally likely. `bound` is a whole number from 1 to 2^32. */
  below(bound: number): number;
  /** An independent stream that depends on this one's seed and the label only, not on what was thrown before. */
  fork(label: string): Random;
}

/** A repeatable stream: the same seed gives the same throws on every machine. */
export function seededRandom(seed: number | string): Random {
  return new Xoshiro(hash32(String(seed)));
}

class Xoshiro implements Random {
  readonly #seed: number;
  readonly #state: Uint32Array = new Uint32Array(4);

  constructor(seed: number) {
    this.#seed = seed;
    let x = seed;
    for (let i = 0; i < 4; i += 1) {
      x = (x + 0x9e3779b9) >>> 0;
      this.#state[i] = mix32(x);
    }
  }

  below(bound: number): number {
    // Rejection keeps all numbers equally likely; at most one throw in two is rejected.
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    for (;;) {
      const throwOf = this.#next();
      if (throwOf < limit) return throwOf % bound;
    }
  }

  fork(label: string): Random {
    return new Xoshiro(mix32(this.#seed ^ hash32(label)));
  }

  #next(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const result = imul(rotl(imul(s[1], 5), 7), 9) >>> 0;
    const t = (s[1] << 9) >>> 0;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 11);
    return result;
  }
}

function rotl(x: number, k: number): number {
  return ((x << k) | (x >>> (32 - k))) >>> 0;
}

function mix32(x: number): number {
  let z = x >>> 0;
  z = imul(z ^ (z >>> 16), 0x21f0aaad);
  z = imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** FNV-1a, 32 bits. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
