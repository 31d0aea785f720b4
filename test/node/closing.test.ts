import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { defineMarks, fact, poke, save, withGossip } from '../../src/index.ts';
import type { Agent } from '../../src/index.ts';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, befriend, next } from '../support/nodes.ts';

const marks = defineMarks({ number: z.number() });
const numbers: Agent = {
  onPoke: ({ data }) => [save('last', data), marks.invent('number', data as number)],
};

describe('close', () => {
  test('does what was accepted: every poke resolves, and the others hear it', async () => {
    const network = new TestNetwork();
    const [ann, bob] = [await network.node('ann'), await network.node('bob')];
    const [atAnn, atBob] = [await ann.run('numbers', withGossip(numbers, { marks })), await bob.run('numbers', withGossip(numbers, { marks }))];
    await befriend(ann, bob);
    const heard: unknown[] = [];
    atBob.received$.subscribe(({ data }) => heard.push(data));
    const all = Array.from({ length: 500 }, (_, i) => i);
    const last = next(atBob.received$, ({ data }) => data === 499);
    const said = all.map((i) => atAnn.poke('say', i));
    const closing = ann.close();
    await expect(atAnn.poke('say', 500)).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    await Promise.all(said);
    await closing;
    await last;
    expect(heard).toEqual(all);
  });

  test('does what one agent asks of another', async () => {
    const ann = await new TestNetwork().node('ann');
    const done: unknown[] = [];
    await ann.run('second', { onPoke: ({ data }) => void done.push(data) });
    const first = await ann.run('first', { onPoke: ({ data }, { our }) => poke('/p', our, 'second', 'm', data) });
    const asked = first.poke('m', 'go on');
    await ann.close();
    await asked;
    expect(done).toEqual(['go on']);
  });

  test('waits for an agent that does not answer as long as limits.closeTimeoutMs, and no longer', async () => {
    const clock = new ManualClock();
    const ann = await new TestNetwork().node('ann', { clock });
    const app = await ann.run('stuck', { onPoke: () => new Promise(() => undefined) });
    const stuck = expect(app.poke('m')).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    const before = clock.timers;
    let closed = false;
    const closing = ann.close().then(() => (closed = true));
    clock.advance(2_999);
    await new Promise(setImmediate);
    expect([closed, clock.timers > 0]).toEqual([false, true]);
    clock.advance(1);
    await closing;
    await stuck;
    expect([before > 0, clock.timers]).toEqual([true, 0]);
  });

  test('twice is once, also while an agent starts and a topic is joined; both are told', async () => {
    const clock = new ManualClock();
    const ann = await new TestNetwork().node('ann', { clock });
    const starting = expect(ann.run('slow', { onInit: () => new Promise(() => undefined) })).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    const joining = expect(ann.join({ name: 'chat' })).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    const closing = ann.close();
    expect(ann.close()).toBe(closing);
    await joining;
    clock.advance(3_000);
    await Promise.all([closing, starting]);
    await ann.close();
    await expect(ann.run('late', {})).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    expect(clock.timers).toBe(0);
  });

  test('says goodbye: to its neighbours it left, and was not lost', async () => {
    const network = new TestNetwork();
    const [ann, bob] = [await network.node('ann'), await network.node('bob')];
    const [, atBob] = [await ann.join({ name: 'chat' }), await bob.join({ name: 'chat' })];
    await befriend(ann, bob);
    const down = next(atBob.events$, ({ type }) => type === 'NeighborDown');
    await ann.close();
    expect(await down).toEqual({ type: 'NeighborDown', peer: ann.id, reason: 'left' });
  });

  test('a watcher of ours completes, and streams end', async () => {
    const ann = await new TestNetwork().node('ann');
    const app = await ann.run('app', { onPoke: () => fact(['/p'], 'm', 1) });
    const ended: string[] = [];
    app.watch('/p').subscribe({ complete: () => ended.push('watch') });
    app.events$.subscribe({ complete: () => ended.push('events') });
    ann.events$.subscribe({ complete: () => ended.push('node') });
    await ann.close();
    expect(ended).toEqual(['watch', 'events', 'node']);
  });
});
