import { expect, test } from '@jest/globals';
import { randomHashKey } from '../../src/store/hash-key.ts';
import { SeenSet } from '../../src/store/seen-set.ts';
import type { RumorId } from '../../src/ids.ts';

const idOf = (n: number): RumorId => n.toString(16).padStart(8, '0').repeat(8) as RumorId;

// Of a set in which the place of the oldest went to the newest, and where to look began anew with each leader, a third of those had been forgotten.
test.each([2, 3, 5])('of a full set that %i bring alike, what came lately is remembered, whoever leads', (bringers) => {
  const seen = new SeenSet(1_000, randomHashKey());
  let forgotten = 0;
  for (let n = 0; n < 20_000; n += 1) {
    seen.merge({ id: idOf(n), hops: 0, delivered: true, relayed: true }, 1 + (n * 7919) % bringers, 0);
    for (const back of [1, 10, 50, 100]) if (n > back && seen.get(idOf(n - back)) === undefined) forgotten += 1;
  }
  expect(forgotten).toBe(0);
});
