/** Rumors that the code of today cannot read: what is kept for the code of tomorrow, and what is not. */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import type { Effect } from '../../src/agent.ts';
import { defineMarks } from '../../src/marks/define-marks.ts';
import type { MarkCodec } from '../../src/marks/define-marks.ts';
import { rumorId } from '../../src/marks/rumor-id.ts';
import { withGossip } from '../../src/wrapper/with-gossip.ts';
import { BOB } from './names.ts';
import { TestHost } from './test-host.ts';
import { Echo, errorCode, events, idOf, marks, ofType, wireOf, wrap } from './wrapped.ts';

describe('marks and kinds', () => {
  const strangeKind = Uint8Array.of(9, 3, 1, 97, 0x61, 0x78);
  const keptKeys = (host: TestHost): string[] => [...host.saved.keys()].filter((key) => key.startsWith('/~/gossip/kept/'));

  async function hears(data: Uint8Array, known: MarkCodec): Promise<{ host: TestHost; echo: Echo; effects: readonly Effect[] }> {
    const echo = new Echo();
    const host = new TestHost(withGossip(echo, { hear: 'targets', marks: known as typeof marks }));
    await host.init();
    await host.pals('meet', BOB);
    const effects = host.arrive(data, BOB) ?? [];
    await host.settle();
    return { host, echo, effects };
  }

  test('W21 a mark with a validator: what it makes of the data', async () => {
    const upper = defineMarks({ say: z.string().transform((text) => text.toUpperCase()) });
    expect((await hears(wireOf('hi', 3), upper)).echo.heard).toEqual([{ mark: 'say', data: 'HI', src: BOB }]);
  });

  test('W21 a mark without: gossip-unknown with mark and data; relayed and kept once', async () => {
    const { host, echo, effects } = await hears(wireOf('hi', 3, 'shout'), marks);
    expect(echo.heard).toEqual([{ mark: 'gossip-unknown', data: { mark: 'shout', data: 'hi', reason: 'unknown-mark' }, src: BOB }]);
    expect(ofType(effects, 'fact')).toHaveLength(1);
    host.arrive(wireOf('hi', 3, 'shout'), BOB);
    await host.settle();
    expect(keptKeys(host)).toEqual([`/~/gossip/kept/${idOf('hi', 'shout')}`]);
  });

  const thrower = (): never => {
    throw new Error('no good');
  };
  test.each([
    { name: 'a schema says no', with: marks, reason: /20/ },
    { name: 'a function throws', with: defineMarks({ say: thrower }), reason: /no good/ },
    { name: 'a validator answers by a promise', with: defineMarks({ say: () => Promise.resolve('hi') }), reason: /async-validator/ },
  ] as { name: string; with: MarkCodec; reason: RegExp }[])('better 4 $name: gossip-unknown with the reason, not relayed, never again', async ({ with: broken, reason }) => {
    const { host, echo, effects } = await hears(wireOf('x'.repeat(30), 3), broken);
    expect(echo.heard).toEqual([{ mark: 'gossip-unknown', data: { mark: 'say', data: 'x'.repeat(30), reason: expect.stringMatching(reason) }, src: BOB }]);
    expect(ofType(effects, 'fact')).toEqual([]);
    host.arrive(wireOf('x'.repeat(30), 9), BOB);
    await host.settle();
    expect([echo.heard.length, ofType(host.out, 'fact'), keptKeys(host)]).toEqual([1, [], []]);
  });

  test('better 4 a validator that answers by a promise is told as a typed error', async () => {
    const { host } = await hears(wireOf('hi', 3), defineMarks({ say: () => Promise.resolve('hi') }));
    const [told] = events(host, 'invalid-data');
    expect(told?.type === 'event' && errorCode(told.event.error)).toBe('HEARSAY_ASYNC_VALIDATOR');
  });

  test('better 4 new code that knows the mark gets what was kept, once, as replayed', async () => {
    const { host } = await hears(wireOf('hi', 3, 'shout'), marks);
    const knowing = defineMarks({ shout: z.string() });
    for (const expected of [[{ mark: 'shout', data: 'hi', src: BOB, replayed: true }], []]) {
      const echo = new Echo();
      const later = new TestHost(withGossip(echo, { marks: knowing }), host);
      await later.load();
      expect([echo.heard, keptKeys(later)]).toEqual([expected, []]);
    }
  });

  test('better 4 old code that still does not know it keeps it', async () => {
    const { host } = await hears(wireOf('hi', 3, 'shout'), marks);
    const echo = new Echo();
    const later = new TestHost(withGossip(echo, { marks }), host);
    await later.load();
    expect([echo.heard, keptKeys(later)]).toEqual([[], [`/~/gossip/kept/${idOf('hi', 'shout')}`]]);
  });

  test('W20 an unknown kind: kept, not delivered, not relayed, not remembered', async () => {
    const { host, echo, effects } = await hears(strangeKind, marks);
    expect(effects).toEqual([{ type: 'deliver', wire: '/~/gossip/kept', sign: { type: 'fact', mark: 'gossip-rumor', data: strangeKind }, src: BOB, bytes: strangeKind.length }]);
    expect([echo.heard, host.out.filter(({ type }) => type === 'fact'), host.seen.size]).toEqual([[], [], 0]);
    expect([...host.saved.values()].at(-1)).toEqual({ order: 0, from: BOB, unknown: 'kind', rumor: strangeKind });
  });

  test('W20 bounded: the oldest goes, and that is told', async () => {
    const { host } = await hears(strangeKind, marks);
    for (const last of [1, 2, 3]) host.arrive(Uint8Array.of(9, 3, 1, 97, last), BOB);
    await host.settle();
    expect(keptKeys(host)).toHaveLength(3);
    expect(keptKeys(host)).not.toContain(`/~/gossip/kept/${rumorId('rumors', 'a', strangeKind.subarray(4))}`);
    expect(events(host, 'quarantine-full')).toEqual([{ type: 'event', event: { name: 'quarantine-full', count: 1 } }]);
  });

  test('W20 new code that knows the kind takes it in as new', async () => {
    // Kept by code that did not know kind 0.
    const echo = new Echo();
    const host = new TestHost(wrap(echo));
    host.saved.set(`/~/gossip/kept/${idOf('hi')}`, { order: 0, from: BOB, unknown: 'kind', rumor: wireOf('hi', 3) });
    const { effects } = await host.load();
    expect(ofType(effects, 'remember')).toEqual([{ type: 'remember', id: idOf('hi'), hops: 3, delivered: true, relayed: true }]);
    expect([echo.heard, keptKeys(host)]).toEqual([[{ mark: 'say', data: 'hi', src: BOB, replayed: true }], []]);
  });

  test('W20 known kind, unknown mark: it waits on, now for its mark', async () => {
    const host = new TestHost(wrap(new Echo()));
    const key = `/~/gossip/kept/${idOf('hi', 'shout')}`;
    host.saved.set(key, { order: 4, from: BOB, unknown: 'kind', rumor: wireOf('hi', 3, 'shout') });
    await host.load();
    expect(host.saved.get(key)).toMatchObject({ unknown: 'mark', order: 5 });
  });

  test('W20 what cannot be read any more is dropped and told', async () => {
    const host = new TestHost(wrap(new Echo()));
    host.saved.set(`/~/gossip/kept/${idOf('hi')}`, { order: 0, from: 'bob', unknown: 'kind', rumor: wireOf('hi', 3) });
    await host.load();
    expect([keptKeys(host), events(host, 'quarantine-spoilt')]).toEqual([[], [{ type: 'event', event: { name: 'quarantine-spoilt', count: 1 } }]]);
  });
});
