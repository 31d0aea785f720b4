/**
 * The figures of the paper and of docs/simulator.md at a size for every day. NODES and SEED from the environment:
 * `NODES=10000 SEED=7 npm test -- test/sim/scenarios --testTimeout=1200000` is the full size.
 */
import { describe, expect, test } from '@jest/globals';
import { simulate } from '../../src/sim/index.ts';

const NODES = Number(process.env['NODES'] ?? 300);
const SEEDS = process.env['SEED'] === undefined ? [7, 8] : [Number(process.env['SEED'])];

describe.each(SEEDS)(`${NODES} nodes, seed %i`, (seed) => {
  test('overlay: nearly random, nearly all full, in one piece', () => {
    const result = simulate('overlay', { nodes: NODES, seed });
    // A random graph of degree 5 has paths of about ln(n) / ln(4) and a clustering of 4 / n; the paper has three times that.
    const randomPaths = Math.log(NODES) / Math.log(4);
    expect(result.averageShortestPath).toBeGreaterThan(randomPaths - 0.5);
    expect(result.averageShortestPath).toBeLessThan(randomPaths + 0.5);
    expect(result.clusteringCoefficient).toBeLessThan(16 / NODES);
    expect(result.fullDegreeShare).toBeGreaterThanOrEqual(0.99);
    expect(result.copiesPerNode).toBeGreaterThan(3.98);
    expect(result.copiesPerNode).toBeLessThan(4.02);
    expect(result.lastDeliveryHopMean).toBeLessThanOrEqual(9);
    expect(result.components).toBe(1);
  });
});

describe.each(SEEDS.slice(0, 1))(`${NODES} nodes, seed %i`, (seed) => {
  test('crash: no visible loss up to 80 %, and the first message gets through', () => {
    const { crashes } = simulate('crash', { nodes: NODES, seed, shares: [0.8, 0.9] });
    expect(crashes.map(({ share }) => share)).toEqual([0.8, 0.9]);
    expect(crashes[0]).toMatchObject({ reliabilityMean: expect.closeTo(1, 2), reliabilityFirst: expect.closeTo(1, 1), cyclesToHeal: expect.any(Number) });
    expect(crashes[1]?.reliabilityMean).toBeGreaterThanOrEqual(0.98);
  });

  test('eclipse: the honest keep together, and newcomers get in', () => {
    const result = simulate('eclipse', { nodes: Math.min(NODES, 300), seed });
    expect(result.eclipsedShare).toBeLessThanOrEqual(0.01);
    expect(result.giantComponentShare).toBeGreaterThanOrEqual(0.99);
    expect(result.attackerShareOfActive).toBeLessThan(0.3);
    expect(result.newcomersJoinedShare).toBeGreaterThanOrEqual(0.95);
  });

  test('churn: nearly everybody hears, while one in two hundred goes each minute', () => {
    const result = simulate('churn', { nodes: Math.min(NODES, 200), seed });
    expect(result.reliabilityMean).toBeGreaterThan(0.98);
    expect(result.giantComponentShare).toBeGreaterThan(0.98);
  });
});

describe('several seeds', () => {
  test.each([1, 2, 3])('join-storm: one piece after a minute, 500 nodes, seed %i', (seed) => {
    const result = simulate('join-storm', { nodes: 500, seed });
    expect(result.components).toBe(1);
    expect(result.asymmetricLinks).toBeLessThanOrEqual(5);
  });

  test.each([
    [20, 1],
    [20, 2],
    [100, 1],
    [100, 2],
  ])('partition: halves of %i nodes find together after ten minutes apart, seed %i', (nodes, seed) => {
    const result = simulate('partition', { nodes, seed, cycles: 10 });
    expect(result.remerged).toBe(true);
    // At once would mean that they never were apart.
    expect(result.remergeMs).toBeGreaterThan(0);
    expect(result.remergeMs).toBeLessThanOrEqual(300_000);
    expect(result.crossLinksPerNode).toBeGreaterThan(0.1);
  });
});

describe('what a run tells', () => {
  const always = ['scenario', 'nodes', 'seed', 'traceHash', 'elapsedMs', 'rssBytes'];

  test.each([
    ['overlay', ['averageShortestPath', 'clusteringCoefficient', 'fullDegreeShare', 'lastDeliveryHopMean', 'copiesPerNode', 'components']],
    ['crash', ['crashes']],
    ['join-storm', ['components', 'asymmetricLinks']],
    ['partition', ['remerged', 'remergeMs', 'crossLinksPerNode']],
    ['eclipse', ['eclipsedShare', 'giantComponentShare', 'attackerShareOfActive', 'newcomersJoinedShare']],
    ['churn', ['components', 'giantComponentShare', 'fullDegreeShare', 'reliabilityMean']],
  ] as const)('%s: these fields and no others', (scenario, fields) => {
    const result = simulate(scenario, { nodes: 20, cycles: 1, messages: 2, shares: [0.1] });
    expect(Object.keys(result)).toEqual([...always, ...fields]);
    if ('crashes' in result) expect(result.crashes.map((crash) => Object.keys(crash))).toEqual([['share', 'reliabilityMean', 'reliabilityFirst', 'cyclesToHeal']]);
  });
});
