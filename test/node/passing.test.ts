/**
 * Passing among whole nodes, on a clock that only moves when told to.
 */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, GossipApp, HearsayNode } from '../../src/index.ts';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, befriend } from '../support/nodes.ts';

const marks = defineMarks({ line: z.string().max(100) });
const lines: Agent = { onPoke: ({ data }) => marks.invent('line', data as string) };
type LineApp = GossipApp<{ readonly line: z.ZodString }>;

/** Longer than any embargo and its leaving, in ms. */
const LONG_MS = 120_000;
const STEP_MS = 500;

/** Everything that can happen at this moment has happened. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(clock: ManualClock, ms: number, done: () => boolean): Promise<void> {
  for (let passed = 0; passed < ms && !done(); passed += STEP_MS) {
    clock.advance(STEP_MS);
    await quiet();
  }
}

describe('five nodes, each the pal of all others', () => {
  test.each([true, 'stem'] as const)('pass %p: 200 rumors, one node gone in the middle: each heard once by all that are there', async (passing) => {
    const clock = new ManualClock();
    const network = new TestNetwork();
    const nodes: HearsayNode[] = [];
    const apps: LineApp[] = [];
    const heard: string[][] = [];
    for (let i = 0; i < 5; i += 1) {
      const node = await network.node(`n${i}`, { clock });
      const app = await node.run('lines', withGossip(lines, { hops: 4, pass: passing, marks }));
      for (const other of nodes) await befriend(other, node);
      const got: string[] = [];
      app.received$.subscribe(({ data }) => got.push(data as string));
      nodes.push(node);
      apps.push(app);
      heard.push(got);
    }
    await quiet();
    const said: { readonly line: string; readonly by: number }[] = [];
    for (let n = 0; n < 200; n += 1) {
      const by = n < 100 ? n % 5 : n % 4;
      said.push({ line: `rumor ${n}`, by });
      await apps[by]?.poke('say', `rumor ${n}`);
      if (n % 10 === 9) await pass(clock, STEP_MS, () => false);
      // What the fifth has said itself is out by then; what others passed to it is not.
      if (n === 95) await pass(clock, LONG_MS, () => false);
      if (n === 99) await nodes[4]?.close();
    }
    const expected = [0, 1, 2, 3].map((i) => said.filter(({ by, line }) => by !== i && line !== 'rumor 99').map(({ line }) => line));
    const all = (i: number): boolean => (expected[i] ?? []).every((line) => heard[i]?.includes(line));
    await pass(clock, LONG_MS, () => [0, 1, 2, 3].every(all));
    for (const i of [0, 1, 2, 3]) {
      const got = (heard[i] ?? []).filter((line) => line !== 'rumor 99');
      expect(new Set(got)).toEqual(new Set(expected[i]));
      expect(got).toHaveLength(new Set(got).size);
    }
  }, 30_000);

  test('better 9 and research 4.3: what is held outlives the process, and goes out after it', async () => {
    const clock = new ManualClock();
    const network = new TestNetwork();
    const agent = (): Agent => withGossip(lines, { hops: 3, pass: 'stem', marks });
    const ann = await network.node('ann', { clock });
    const bob = await network.node('bob', { clock });
    const app = await ann.run('lines', agent());
    const heard: unknown[] = [];
    (await bob.run('lines', withGossip(lines, { hops: 3, marks }))).received$.subscribe(({ data }) => heard.push(data));
    await befriend(ann, bob);
    await app.poke('say', 'last words');
    await quiet();
    // Nothing has left yet: the clock stood still.
    expect(heard).toEqual([]);
    await ann.close();
    const again = await network.node('ann', { clock }, ann.remains);
    await again.run('lines', agent());
    await pass(clock, LONG_MS, () => heard.length > 0);
    expect(heard).toEqual(['last words']);
  });
});
