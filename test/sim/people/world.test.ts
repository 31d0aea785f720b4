/** The simulated world of people, and the reference's rules in it. */
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/random.ts';
import type { Datum } from '../../../src/sim/people/datum.ts';
import type { Friends } from '../../../src/sim/people/graphs.ts';
import { Reference } from '../../../src/sim/people/reference.ts';
import { World } from '../../../src/sim/people/world.ts';
import type { WorldOptions } from '../../../src/sim/people/world.ts';
import { gossipConfig } from '../../../src/wrapper/config.ts';
import type { GossipConfig } from '../../../src/wrapper/config.ts';

const CHAIN: Friends = [[1], [0, 2], [1, 3], [2]];
const TRIANGLE: Friends = [[1, 2], [0, 2], [0, 1]];

function worldOf(targets: Friends, config: Partial<GossipConfig> | ((node: number) => Partial<GossipConfig>), more: Partial<WorldOptions> = {}): World {
  const of = typeof config === 'function' ? config : (): Partial<GossipConfig> => config;
  return new World({ targets, latency: () => 50, random: seededRandom(more.rules === undefined ? 1 : 2), config: (node) => gossipConfig(of(node), 15), ...more });
}

const reference = { rules: (self: ConstructorParameters<typeof Reference>[0]) => new Reference(self) };
const heardBy = (world: World, datum: Datum): number[] => Array.from({ length: world.size }, (_, node) => node).filter((node) => node !== datum.origin && datum.isWith(node));

function said(world: World, origin: number): Datum {
  const datum = world.say(origin);
  world.runFor(300_000);
  return datum;
}

describe('a world', () => {
  test.each([1, 2, 3])('%i hops go so far in a chain, each in its time, in one copy a link', (hops) => {
    const world = worldOf(CHAIN, { hops });
    const datum = said(world, 0);
    expect(heardBy(world, datum)).toEqual([1, 2, 3].slice(0, hops));
    expect(datum.delayMs(hops)).toBe(50 * hops);
    expect([datum.payloads, datum.headers, datum.publishers]).toEqual([hops, 0, [0]]);
  });

  test('policies are of each: who adds one-sidedly is told by those who tell anybody, and hears those who do', () => {
    // 1 added 0, and nobody else anybody.
    const world = worldOf([[], [0], []], (node) => (node === 0 ? { hear: 'mutuals', tell: 'anybody' } : { hear: 'targets', tell: 'mutuals' }));
    expect(world.audiences()).toEqual([[1], [], []]);
    expect(heardBy(world, said(world, 0))).toEqual([1]);
    expect(heardBy(world, said(world, 1))).toEqual([]);
  });

  test('the longer reach wins over the quicker copy', () => {
    // A detour 0-1-2 that is quicker than the link 0-2.
    const slow = (a: number, b: number): number => (Math.min(a, b) === 0 && Math.max(a, b) === 2 ? 200 : 10);
    const links: Friends = [[1, 2], [0, 2], [0, 1, 3], [2, 4], [3]];
    const reached = (relay: 'farthest' | 'first'): number[] => {
      const world = worldOf(links, { hops: 3, relay }, { latency: slow });
      return heardBy(world, said(world, 0));
    };
    expect(reached('first')).toEqual([1, 2, 3]);
    expect(reached('farthest')).toEqual([1, 2, 3, 4]);
  });

  test('spies note from whom they had it first; black holes swallow what is passed to them and nothing else', () => {
    const spied = worldOf(CHAIN, { hops: 3 }, { spies: new Set([2]) });
    expect(said(spied, 0).firstSpied).toEqual({ from: 1, to: 2 });
    const holed = worldOf([[1], [0, 2], [1]], { hops: 3, pass: 'stem' }, { blackHoles: new Set([1]) });
    const datum = said(holed, 0);
    expect(datum.stem).toEqual([{ from: 0, to: 1 }]);
    // After the embargo, by the origin, and through the very node.
    expect([datum.publishers, heardBy(holed, datum)]).toEqual([[0], [1, 2]]);
    expect(datum.delayMs(1)).toBeGreaterThan(5_000);
  });

  test('nobody is given anything twice, and the same seed is the same run', () => {
    const runs = [1, 1, 2].map((seed) => {
      const world = worldOf(TRIANGLE, { hops: 4, pass: true }, { random: seededRandom(seed) });
      for (let n = 0; n < 50; n += 1) said(world, n % 3);
      expect(world.repeats).toBe(0);
      return world.trace.toString();
    });
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).not.toBe(runs[2]);
  });
});

describe('the reference, for comparison', () => {
  test('the first copy wins', () => {
    const slow = (a: number, b: number): number => (Math.min(a, b) === 0 && Math.max(a, b) === 2 ? 200 : 10);
    const world = worldOf([[1, 2], [0, 2], [0, 1, 3], [2, 4], [3]], { hops: 3 }, { latency: slow, ...reference });
    expect(heardBy(world, said(world, 0))).toEqual([1, 2, 3]);
  });

  test('the sender is told again', () => {
    expect(said(worldOf(CHAIN, { hops: 3 }, reference), 0).payloads).toBe(1 + 2 + 2);
  });

  test('a loop kills one in eight in a triangle of pals', () => {
    const world = worldOf(TRIANGLE, { hops: 2, pass: true }, reference);
    const data = Array.from({ length: 2_000 }, (_, n) => said(world, n % 3));
    expect(data.filter(({ publishers }) => publishers.length === 0).length / 2_000).toBeCloseTo(0.125, 1);
    expect(data.some(({ publishers }) => publishers.length === 0)).toBe(true);
  });

  test('a proxy that swallows is believed', () => {
    const world = worldOf([[1], [0]], { hops: 2, pass: true }, { blackHoles: new Set([1]), ...reference });
    const lost = Array.from({ length: 100 }, () => said(world, 0)).filter(({ publishers }) => publishers.length === 0);
    expect(lost.length).toBeGreaterThan(25);
  });
});
