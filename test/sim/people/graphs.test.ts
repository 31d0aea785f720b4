import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/random.ts';
import { clusteringCoefficient, componentSizes, graphOf } from '../../../src/sim/graph-stats.ts';
import { combined, holmeKim, randomRegular, readEdgeList, smallWorld } from '../../../src/sim/people/graphs.ts';
import type { Friends } from '../../../src/sim/people/graphs.ts';

const edges = (friends: Friends): number => friends.reduce((sum, mine) => sum + mine.length, 0) / 2;

/** What every friend graph is: symmetric, without loops, each friend once. */
function oddities(friends: Friends): number {
  return friends.reduce((sum, mine, node) => sum + mine.filter((other) => other === node || friends[other]?.includes(node) !== true).length + (mine.length - new Set(mine).size), 0);
}

describe.each([
  ['small world', smallWorld],
  ['Holme-Kim', holmeKim],
  ['regular', randomRegular],
])('%s', (_name, make) => {
  test('is symmetric, without loops, the same for the same seed and another for another', () => {
    for (const [nodes, degree] of [[3, 2], [7, 6], [50, 4], [400, 12]] as const) {
      const friends = make(nodes, degree, seededRandom(1));
      expect(oddities(friends)).toBe(0);
      expect(make(nodes, degree, seededRandom(1))).toEqual(friends);
      if (nodes > 7) expect(make(nodes, degree, seededRandom(2))).not.toEqual(friends);
    }
  });
});

describe('a small world', () => {
  const friends = smallWorld(2_000, 12, seededRandom('world'));

  test('has n k / 2 edges, of which one in ten leads anywhere', () => {
    expect(edges(friends)).toBe(12_000);
    const near = friends.reduce((sum, mine, node) => sum + mine.filter((other) => Math.min((node - other + 2_000) % 2_000, (other - node + 2_000) % 2_000) <= 6).length, 0) / 2;
    expect(near / 12_000).toBeCloseTo(0.9, 1);
  });

  // Watts and Strogatz: C(0) (1 - p)^3, here 0.68 x 0.73.
  test('has the clustering of the paper', () => {
    expect(clusteringCoefficient(graphOf(friends))).toBeCloseTo(0.5, 1);
  });
});

describe('a Holme-Kim graph', () => {
  const friends = holmeKim(2_000, 12, seededRandom('friends'));

  test('gives each newcomer half of the degree, and some have very many', () => {
    expect(edges(friends)).toBe((2_000 - 6) * 6);
    expect(Math.max(...friends.map(({ length }) => length))).toBeGreaterThan(100);
    expect(componentSizes(graphOf(friends))).toEqual([2_000]);
  });

  test('closes triangles', () => {
    expect(clusteringCoefficient(graphOf(friends))).toBeGreaterThan(0.12);
  });
});

describe('a regular graph', () => {
  const friends = randomRegular(1_000, 10, seededRandom('regular'));

  test('gives all the same number', () => {
    expect(new Set(friends.map(({ length }) => length))).toEqual(new Set([10]));
  });

  test('keeps nothing of the ring it is made from', () => {
    // A random graph has a clustering of about degree / n; the ring 0.67.
    expect(clusteringCoefficient(graphOf(friends))).toBeLessThan(0.02);
  });
});

describe('a list of edges', () => {
  test('is read with comments, blank lines, further columns, doubles and loops', () => {
    expect(readEdgeList('# a comment\n% another\nann bob 1.5 2009\n\n  bob\tcat\r\ncat,ann\nbob ann\nann ann\n')).toEqual([[1, 2], [0, 2], [1, 0]]);
  });

  test('with one name on a line is refused, and the line is named', () => {
    expect(() => readEdgeList('ann bob\ncat\n')).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field: 'graph', value: 'line 2' }));
  });
});

test('two graphs combined have the edges of both, once', () => {
  expect(combined([[1], [0], []], [[1, 2], [0], [0]])).toEqual([[1, 2], [0], [0]]);
});
