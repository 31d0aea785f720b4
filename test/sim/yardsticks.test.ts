/** The simulator's own figures, against graphs and floods worked out by hand. */
import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { seededRandom } from '../../src/random.ts';
import { ContactBook, MAX_BOOK_ENTRIES } from '../../src/overlay/contact-book.ts';
import { flood } from '../../src/sim/flood.ts';
import { asymmetricArcs, averageShortestPath, clusteringCoefficient, componentSizes, fullDegreeShare, giantNodes, giantShare, graphOf } from '../../src/sim/graph-stats.ts';
import { Heap } from '../../src/sim/heap.ts';
import { reportLines } from '../../src/sim/report.ts';
import { TraceHash } from '../../src/sim/trace-hash.ts';

const RING = graphOf([[1, 3], [0, 2], [1, 3], [2, 0]]);
const TRIANGLE_AND_TAIL = graphOf([[1, 2], [0, 2], [0, 1, 3], [2]]);
const TWO_PAIRS = graphOf([[1], [0], [3], [2], []]);
const random = seededRandom(1);

describe('graphs', () => {
  test('paths', () => {
    expect(averageShortestPath(RING, 4, random)).toBeCloseTo(4 / 3);
    expect(averageShortestPath(RING, 1, random)).toBeCloseTo(4 / 3);
    // 3 pairs at 1 and the tail: 1 + 2 + 2, both ways.
    expect(averageShortestPath(TRIANGLE_AND_TAIL, 4, random)).toBeCloseTo(8 / 6);
    expect(averageShortestPath(TWO_PAIRS, 5, random)).toBe(1);
    expect(averageShortestPath(graphOf([[], []]), 2, random)).toBe(0);
  });

  test('clustering', () => {
    expect(clusteringCoefficient(RING)).toBe(0);
    expect(clusteringCoefficient(graphOf([[1, 2], [0, 2], [0, 1]]))).toBe(1);
    expect(clusteringCoefficient(TRIANGLE_AND_TAIL)).toBeCloseTo((1 + 1 + 1 / 3 + 0) / 4);
    // An arc counts both ways.
    expect(clusteringCoefficient(graphOf([[1], [2], [0]]))).toBe(1);
  });

  test('components, by arcs in either direction', () => {
    expect(componentSizes(TWO_PAIRS)).toEqual([2, 2, 1]);
    expect(componentSizes(graphOf([[], [0], [1]]))).toEqual([3]);
    expect([...giantNodes(graphOf([[], [2], []]))].sort()).toEqual([1, 2]);
    expect(giantShare(TWO_PAIRS)).toBe(0.4);
    expect(giantShare(graphOf([]))).toBe(1);
  });

  test('degrees, arcs without one back, arcs that lead out', () => {
    expect(fullDegreeShare(TRIANGLE_AND_TAIL, 2)).toBe(0.75);
    expect(asymmetricArcs(RING)).toBe(0);
    expect(asymmetricArcs(graphOf([[1, 2], [0], []]))).toBe(1);
    expect(graphOf([[1, -1, 7], [0]]).targets).toEqual(Int32Array.of(1, 0));
  });
});

describe('floods', () => {
  test.each([
    // Two start, both sides tell the last, and it tells the side it did not hear first.
    ['a ring', RING, { reached: 4, copies: 5, lastHop: 2 }],
    ['a triangle with a tail', TRIANGLE_AND_TAIL, { reached: 4, copies: 5, lastHop: 2 }],
    ['two pairs', TWO_PAIRS, { reached: 2, copies: 1, lastHop: 1 }],
  ])('%s', (_, graph, expected) => {
    expect(flood(graph, 0)).toEqual(expected);
  });
});

describe('the heap', () => {
  test('gives out by time, and at equal times in the order of putting in', () => {
    const heap = new Heap<string>();
    const dice = seededRandom(5);
    const given = Array.from({ length: 5_000 }, (_, order) => ({ atMs: dice.below(100), order }));
    for (const { atMs, order } of given) heap.push(atMs, `${atMs} ${order}`);
    const expected = [...given].sort((a, b) => a.atMs - b.atMs || a.order - b.order).map(({ atMs, order }) => `${atMs} ${order}`);
    expect(heap.nextMs).toBe(0);
    expect(Array.from({ length: 5_000 }, () => heap.pop())).toEqual(expected);
    expect([heap.pop(), heap.nextMs, heap.size]).toEqual([undefined, Infinity, 0]);
  });
});

describe('the trace hash', () => {
  test('depends on values and order', () => {
    const of = (...values: number[]): string => {
      const hash = new TraceHash();
      for (const value of values) hash.add(value);
      return hash.toString();
    };
    expect(of(1, 2)).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set([of(), of(0), of(1), of(1, 2), of(2, 1), of(2 ** 32), of(2 ** 33)]).size).toBe(7);
    expect(of(1, 2)).toBe(of(1, 2));
  });
});

describe('the address book', () => {
  const contact = (number: number) => ({ peer: String(number) as PeerId, record: undefined });

  test('a full one keeps what it has; only who worked gets in, for one that never did', () => {
    const book = new ContactBook();
    for (let number = 0; number < MAX_BOOK_ENTRIES + 5; number += 1) book.heardOf(contact(number));
    book.heardOf(contact(0));
    expect(book.entries.map(({ peer }) => peer)).toEqual(Array.from({ length: MAX_BOOK_ENTRIES }, (_, number) => String(number)));
    for (let number = 1_000; number < 1_000 + MAX_BOOK_ENTRIES + 5; number += 1) book.worked(contact(number), random);
    expect(book.entries.map(({ peer }) => peer)).toEqual(Array.from({ length: MAX_BOOK_ENTRIES }, (_, number) => String(1_000 + number)));
  });
});

test('a report is one line a figure, and a table for a list', () => {
  expect(reportLines({ scenario: 'crash', elapsedMs: 1_500, rssBytes: 2 ** 21, crashes: [{ share: 0.5, cyclesToHeal: null }] })).toEqual([
    'scenario   crash',
    'elapsedMs  1.5 s',
    'rssBytes   2 MiB',
    '',
    '  share  cyclesToHeal',
    '0.50000         never',
  ]);
});
