/** A node whose disk fails for a while, in the middle of publishing, relaying and gestures. */
import { afterEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import { defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, AgentEvent, GossipApp, HearsayNode } from '../../src/index.ts';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, befriend, next } from '../support/nodes.ts';

const marks = defineMarks({ line: z.string() });
type LineApp = GossipApp<{ readonly line: z.ZodString }>;
const lines: Agent = { onPoke: ({ data }) => marks.invent('line', data as string) };

const undo: (() => void)[] = [];
afterEach(() => undo.splice(0).forEach((each) => each()));

function fail(store: unknown): () => void {
  const level = store as { batch: unknown };
  const { batch } = level;
  const mend = (): void => void (level.batch = batch);
  level.batch = () => Promise.reject(new Error('disk full'));
  undo.push(mend);
  return mend;
}

test('a failing disk: what is asked fails with its code, rumors are relayed, and when it is mended all is as before', async () => {
  const network = new TestNetwork();
  const clock = new ManualClock(Date.now());
  const run = (node: HearsayNode): Promise<LineApp> => node.run('lines', withGossip(lines, { hops: 3, marks }));
  const bob = await network.node('bob', { clock });
  const [ann, cat] = [await network.node('ann', { clock }), await network.node('cat', { clock })];
  const [atAnn, atBob, atCat] = [await run(ann), await run(bob), await run(cat)];
  await befriend(bob, ann);
  await befriend(bob, cat);
  const events: AgentEvent[] = [];
  atBob.events$.subscribe((event) => events.push(event));

  const mend = fail(bob.remains.store);
  const relayed = next(atCat.received$, ({ data }) => data === 'through');
  await atAnn.poke('say', 'through');
  await relayed;
  while (events.length === 0) await new Promise(setImmediate);
  clock.advance(1_000);
  const failing = [atBob.poke('say', 'lost'), bob.pals.part(cat.id)].map((each) => each.catch((error: { code: string }) => error.code));
  expect(await Promise.all(failing)).toEqual(['HEARSAY_STORE_FAILED', 'HEARSAY_STORE_FAILED']);
  expect(events.map(({ name }) => name)).toEqual(['store-failed', 'store-failed']);

  mend();
  const heard: unknown[] = [];
  atCat.received$.subscribe(({ data }) => heard.push(data));
  clock.advance(1_000);
  // Who was kicked asks again after 15 s, and what is said before goes nowhere.
  for (let n = 0; heard.length === 0 && n < 20; n += 1) {
    clock.advance(15_000);
    await atAnn.poke('say', `mended ${n}`);
    for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate);
  }
  expect([bob.pals.mutuals(), heard]).toEqual([[ann.id, cat.id].sort(), [expect.stringMatching(/^mended/)]]);

  // The node still hears of new pals, and keeps a link to them.
  const dan = await network.node('dan', { clock });
  await befriend(bob, dan);
  await dan.pals.part(bob.id);
  const redialled = next(bob.events$, (event) => event.type === 'link-up' && event.peer === dan.id && event.dialled);
  network.memory.cut('bob', 'dan');
  await redialled;
});
