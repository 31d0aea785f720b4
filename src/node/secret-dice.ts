/**
 * Dice for decisions that a peer must not foretell: through whom a datum goes, and when it leaves.
 * Differs from `seededRandom`, whose 2^32 seeds can all be tried by whoever watched a few throws.
 */
import { primitives } from '../crypto/index.ts';
import type { Random } from '../random.ts';

/** Throws drawn from the system at a time (our choice: 256 bytes). */
const THROWS_A_DRAW = 64;
const SIZE = 0x1_0000_0000;

let drawn = new Uint32Array(0);
let used = 0;

/** The system's own. A fork is the same dice: there is no seed to keep apart. */
export const secretDice: Random = {
  below(bound) {
    // Rejection keeps all numbers equally likely; at most one throw in two is rejected.
    const limit = SIZE - (SIZE % bound);
    for (;;) {
      const throwOf = next();
      if (throwOf < limit) return throwOf % bound;
    }
  },
  fork: () => secretDice,
};

function next(): number {
  if (used === drawn.length) {
    drawn = new Uint32Array(new Uint8Array(primitives().randomBytes(THROWS_A_DRAW * 4)).buffer);
    used = 0;
  }
  const throwOf = drawn[used]!;
  // What was thrown is not kept.
  drawn[used] = 0;
  used += 1;
  return throwOf;
}
