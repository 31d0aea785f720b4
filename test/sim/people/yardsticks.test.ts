/** The yardsticks of `reach` and `pass`, against what can be counted by hand. */
import { describe, expect, test } from '@jest/globals';
import type { RumorId } from '../../../src/ids.ts';
import { seededRandom } from '../../../src/random.ts';
import { ballOf } from '../../../src/sim/people/ball.ts';
import { Datum } from '../../../src/sim/people/datum.ts';
import { firstSuspect, honestSuspects, mostSuspected, predecessorIsOrigin, qualityOf, suspects } from '../../../src/sim/people/first-spy.ts';
import type { Adversary } from '../../../src/sim/people/first-spy.ts';
import { randomLatency } from '../../../src/sim/people/latencies.ts';

describe('the ball of hops', () => {
  // A chain 0-1-2-3 and a triangle 3-4-5.
  const links = [[1], [0, 2], [1, 3], [2, 4, 5], [3, 5], [3, 4]];

  test.each([
    { hops: 1, nodes: [1], floodCopies: 1 },
    { hops: 2, nodes: [1, 2], floodCopies: 2 },
    { hops: 4, nodes: [1, 2, 3, 4, 5], floodCopies: 5 },
    // Across the far edge of the triangle both ways.
    { hops: 9, nodes: [1, 2, 3, 4, 5], floodCopies: 7 },
  ])('$hops hops from the end', ({ hops, ...ball }) => {
    expect(ballOf(links, 0, hops)).toEqual(ball);
  });

  test('nobody is told: empty', () => {
    expect(ballOf([[], [0]], 0, 3)).toEqual({ nodes: [], floodCopies: 0 });
  });
});

test('latencies are of a pair, whichever way, with a median of 40 ms and a sigma of 0.6', () => {
  const latency = randomLatency(seededRandom(1));
  expect(latency(3, 9)).toBe(latency(9, 3));
  const all = Array.from({ length: 20_000 }, (_, n) => latency(n % 141, 200 + n)).sort((a, b) => a - b);
  const at = (share: number): number => all[Math.floor(share * all.length)] as number;
  expect(at(0.5)).toBeGreaterThan(39);
  expect(at(0.5)).toBeLessThan(41);
  expect(Math.log(at(0.8413) / at(0.5))).toBeCloseTo(0.6, 1);
});

const datumOf = (origin: number, stem: readonly (readonly [number, number])[], publisher?: number): Datum => {
  const datum = new Datum('x' as RumorId, origin, 3, 10, 0);
  datum.stem.push(...stem.map(([from, to]) => ({ from, to })));
  if (publisher !== undefined) datum.publishers.push(publisher);
  return datum;
};

describe('who is suspected', () => {
  const links = [[1, 2], [0, 3], [0, 9], [1, 4], [3], [], [], [], [], [2]];
  const adversary: Adversary = { spies: new Set([9]), links, stems: true };

  test.each([
    { name: 'a spy on the stem: who handed it over', datum: datumOf(0, [[0, 2], [2, 9], [9, 4]], 4), nodes: [2] },
    { name: 'none: those next to the publisher, as research 4.2 guesses, spies too', datum: datumOf(0, [[0, 2]], 2), nodes: [0, 9] },
    { name: 'none, and several next to it', datum: datumOf(0, [[0, 1], [1, 3]], 3), nodes: [1, 4] },
    { name: 'never published: nobody', datum: datumOf(0, [[0, 1]]), nodes: [] },
  ])('stem, $name', ({ datum, nodes }) => {
    expect(suspects(datum, adversary)).toEqual(nodes);
  });

  test('sharper: spies leave each other out', () => {
    expect(honestSuspects(datumOf(0, [[0, 2]], 2), adversary)).toEqual([0]);
    expect(honestSuspects(datumOf(0, [[0, 2], [2, 9], [9, 4]], 4), adversary)).toEqual([2]);
  });

  test('where people publish what is their own: the publisher', () => {
    expect(suspects(datumOf(0, [[0, 2]], 2), { ...adversary, stems: false })).toEqual([2]);
  });

  test('by time alone: from whom the first spy had it', () => {
    const datum = datumOf(0, []);
    expect(firstSuspect(datum)).toEqual([]);
    datum.firstSpied = { from: 7, to: 9 };
    expect(firstSuspect(datum)).toEqual([7]);
  });
});

describe('how good the guesses are', () => {
  test('recall counts the right ones; precision shares them among all that point there', () => {
    const data = [datumOf(0, []), datumOf(1, []), datumOf(2, []), datumOf(3, [])];
    const guesses = new Map([[data[0], [0]], [data[1], [0]], [data[2], [2]], [data[3], []]]);
    const of = (datum: Datum): readonly number[] => guesses.get(datum) ?? [];
    expect(qualityOf(data, 4, of, seededRandom(1))).toEqual({ recall: 2 / 4, precision: (1 / 2 + 1) / 4 });
    // Another round begins with the second.
    expect(qualityOf(data, 1, of, seededRandom(1))).toEqual({ recall: 2 / 4, precision: 2 / 4 });
  });

  test('among several suspects each is as likely as the others', () => {
    const data = Array.from({ length: 4_000 }, () => datumOf(3, []));
    expect(qualityOf(data, 4_000, () => [1, 2, 3, 4], seededRandom(1)).recall).toBeCloseTo(0.25, 1);
  });

  test('the one before the first spy', () => {
    const data = [datumOf(0, [[0, 9]]), datumOf(0, [[0, 1], [1, 9], [9, 0], [0, 8]]), datumOf(0, [[0, 1]])];
    expect(predecessorIsOrigin(data, new Set([9]))).toBe(1 / 2);
    expect(predecessorIsOrigin([], new Set([9]))).toBe(0);
  });

  test('linked data: the votes of each are shared among its suspects', () => {
    const adversary: Adversary = { spies: new Set([9]), links: [[], [0, 2, 3], [0, 4]], stems: true };
    // Next to 1: a third each for 0, 2 and 3. Next to 2: half each for 0 and 4.
    expect(mostSuspected([datumOf(0, [], 1), datumOf(0, [], 2)], adversary, seededRandom(1))).toBe(0);
    expect(mostSuspected([datumOf(0, [[5, 9]], 1), datumOf(0, [], 2)], adversary, seededRandom(1))).toBe(5);
    expect(mostSuspected([datumOf(0, [])], adversary, seededRandom(1))).toBeUndefined();
    // Next to 1 only 0 is honest.
    expect(mostSuspected([datumOf(0, [], 1)], { ...adversary, spies: new Set([2, 3]) }, seededRandom(2))).toBe(0);
  });
});
