/**
 * Passing in worlds of cores: nothing is lost, nothing is shown, nobody can be told from anybody. See model-net.ts.
 */
import { describe, expect, test } from '@jest/globals';
import type { RumorId } from '../../src/ids.ts';
import { seededRandom } from '../../src/random.ts';
import { ModelNet } from './model-net.ts';
import type { NetOptions } from './model-net.ts';

/** Rumors per world. Raise it by hand: `RUNS=100000 npm test -- test/wrapper/passing-net`. */
const RUNS = Number(process.env['RUNS'] ?? 10_000);
const SEED = process.env['SEED'] ?? 'passing';

const complete = (n: number): [number, number][] => Array.from({ length: n }, (_, a) => Array.from({ length: a }, (_none, b): [number, number] => [a, b])).flat();
const ring = (n: number, chords: number): [number, number][] => Array.from({ length: n }, (_, a) => Array.from({ length: chords }, (_none, k): [number, number] => [a, (a + k + 1) % n])).flat();

interface World extends Omit<NetOptions, 'config' | 'random'> {
  readonly name: string;
  readonly hops: number;
  readonly restarts?: boolean;
}

const WORLDS: readonly World[] = [
  // The reference loses 12.5 % here: what comes back round the triangle is dropped.
  { name: 'a triangle of pals', nodes: 3, edges: complete(3), hops: 2 },
  // The reference loses f / (1 + f), 17 % here: the ack of a black hole counts as publication.
  { name: 'a ring with 20 % black holes', nodes: 10, edges: ring(10, 3), hops: 8, blackHoles: [3, 8] },
  { name: 'a chain, whose end has one proxy and no loop', nodes: 4, edges: [[0, 1], [1, 2], [2, 3]], hops: 6 },
  { name: 'a triangle in which processes die', nodes: 3, edges: complete(3), hops: 4, restarts: true },
];

/** Says so many rumors, some at once, from all honest nodes in turn. @returns those that somebody honest has not had, and those that somebody had twice */
function lossOf({ nodes, restarts, blackHoles = [], hops, ...world }: World, pass: true | 'stem', runs: number): { lost: number; twice: number; left: number } {
  const random = seededRandom(`${SEED} ${world.name} ${pass}`);
  const net = new ModelNet({ ...world, nodes, blackHoles, config: { hops, pass }, random: random.fork('net') });
  const honest = net.nodes.filter(({ blackHole }) => !blackHole);
  const origins = new Map<RumorId, number>();
  for (let n = 1; n <= runs; n += 1) {
    const origin = net.nodes.indexOf(honest[random.below(honest.length)] as (typeof honest)[number]);
    origins.set(net.say(origin, n), origin);
    net.runFor(random.below(400));
    if (restarts === true && random.below(20) === 0) net.nodes[random.below(nodes)]?.restart();
  }
  net.runFor(600_000);
  let [lost, twice] = [0, 0];
  for (const [id, origin] of origins) {
    const others = honest.filter((node) => node !== net.nodes[origin]);
    const without = others.filter((node) => !node.given.has(id)).length;
    // What is published while somebody is away is not passing's to repeat: there it counts as lost when nobody has it.
    lost += restarts === true ? Number(without === others.length) : without;
    // After a restart what is held does not say whose it is, so our own may be told to us, as heard.
    twice += honest.filter((node) => (node.given.get(id) ?? 0) > 1).length;
  }
  return { lost, twice, left: net.nodes.reduce((sum, node) => sum + node.disk.size, 0) };
}

describe('better 1 2 3: nothing is lost, nothing comes twice, nothing stays', () => {
  test.each(WORLDS.flatMap((world) => ([true, 'stem'] as const).map((pass) => ({ ...world, pass }))))('$name, pass $pass', ({ pass, ...world }) => {
    expect(lossOf(world, pass, RUNS / WORLDS.length / 2)).toEqual({ lost: 0, twice: 0, left: 0 });
  });
});
