/** What becomes of the effects that an agent under the wrapper returns. */
import { describe, expect, test } from '@jest/globals';
import { of, Subject } from 'rxjs';
import { fact, forget, kick, leave, poke, refuse, rest, save, wait, watch } from '../../src/agent.ts';
import type { Effect, Effects, Emission } from '../../src/agent.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import { configure, readConfig } from '../../src/wrapper/configure.ts';
import { ANN, BOB } from './names.ts';
import { CONFIG, Echo, errorCode, GOSSIP, idOf, marks, ofType, returning, started, tells, wireOf } from './wrapped.ts';

describe('what the inner agent returns', () => {
  const untouched: readonly Effect[] = [
    fact([], 'any', 1),
    fact(['/news', '/more'], 'any', 1),
    kick(['/news'], BOB, 'why'),
    poke('/w', BOB, 'other', 'any', 1),
    watch('/w', BOB, 'other', '/news'),
    leave('/w', BOB, 'other'),
    wait('/w', 5),
    rest('/w'),
    save('key', 1),
    forget('key'),
    { type: 'report', report: { type: 'event', event: { name: 'mine' } } },
  ];

  test.each(untouched)('W4 $type passes as it is', async (effect) => {
    const { outcome } = await returning(effect);
    expect(outcome.effects).toEqual([effect]);
    expect(outcome.effects[0]).toBe(effect);
  });

  test('W5 ordinary paths get the fact as it is, the reserved one is handled', async () => {
    const { outcome } = await returning(fact(['/log', '/~/gossip/source', '/more'], 'say', 'hi'));
    expect(ofType(outcome.effects, 'fact')).toEqual([fact(['/log', '/more'], 'say', 'hi'), tells('hi', 1)]);
  });

  test('W5 two reserved paths in one fact: an error that names them', async () => {
    const { outcome } = await returning(fact(['/~/gossip/source', CONFIG], 'say', 'hi'));
    expect(errorCode(outcome.error)).toBe('HEARSAY_BAD_EFFECT');
    expect(String(outcome.error)).toContain('/~/gossip/source /~/gossip/config');
  });

  test('W6 publish: remembered, kept, told to all subscribers with one hop less, reported', async () => {
    const { outcome } = await returning(marks.invent('say', 'hi'));
    expect(outcome.effects).toEqual([
      { type: 'remember', id: idOf('hi'), hops: 2, delivered: true, relayed: true },
      { type: 'keep', id: idOf('hi'), mark: 'say', payload: encodePayload('hi'), hops: 2 },
      tells('hi', 1),
      { type: 'report', report: { type: 'published', rumor: { id: idOf('hi'), mark: 'say', data: 'hi', hops: 1, src: ANN, sent: [], refused: [], passed: false } } },
    ]);
  });

  test.each([
    { given: 1, wire: 0 },
    { given: 2, wire: 1 },
    { given: 15, wire: 1 },
  ])('W6 a datum may have hops of its own, up to those of the config: $given of 2', async ({ given, wire }) => {
    const { outcome } = await returning(marks.invent('say', 'hi', given), { hops: 2 });
    expect(ofType(outcome.effects, 'fact')).toEqual([tells('hi', wire)]);
    expect(ofType(outcome.effects, 'remember')).toEqual([{ type: 'remember', id: idOf('hi'), hops: wire + 1, delivered: true, relayed: true }]);
  });

  test('W6 a datum of hops 0 is for nobody: remembered, and no more', async () => {
    const { outcome } = await returning(marks.invent('say', 'hi', 0));
    expect(outcome.effects).toEqual([{ type: 'remember', id: idOf('hi'), hops: 0, delivered: true, relayed: false }]);
  });

  test('W6 better 7 with hops 0 it is remembered, nothing is sent, nothing crashes', async () => {
    const { outcome } = await returning(marks.invent('say', 'hi'), { hops: 0 });
    expect(outcome.effects).toEqual([{ type: 'remember', id: idOf('hi'), hops: 0, delivered: true, relayed: false }]);
  });

  test.each([
    { name: 'a mark without a schema', given: fact(['/~/gossip/source'], 'shout', 'hi'), code: 'HEARSAY_UNKNOWN_MARK' },
    { name: 'data that do not fit', given: fact(['/~/gossip/source'], 'say', 'x'.repeat(21)), code: 'HEARSAY_BAD_DATA' },
  ])('W6 $name: the event fails', async ({ given, code }) => {
    expect(errorCode((await returning(given)).outcome.error)).toBe(code);
  });

  test('W7 a config fact applies at once', async () => {
    const echo = new Echo();
    echo.does = () => configure({ tell: 'mutuals' });
    const host = await started(echo);
    await host.pals('meet', BOB);
    await host.watch(GOSSIP, BOB);
    const { effects } = await host.poke('do', null);
    const config = gossipConfig({ hops: 2, hear: 'targets' }, 15);
    expect(effects).toEqual([save(CONFIG, config), { type: 'report', report: { type: 'config', config } }, kick([GOSSIP], BOB, 'gossip-forbidden')]);
  });

  test.each([
    { name: 'a wrong mark', given: fact([CONFIG], 'say', { hops: 3 }), code: 'HEARSAY_BAD_EFFECT' },
    { name: 'a value out of range', given: configure({ hops: 16 }), code: 'HEARSAY_BAD_CONFIG' },
    { name: 'an unknown field', given: fact([CONFIG], 'gossip-config', { hop: 3 }), code: 'HEARSAY_BAD_CONFIG' },
    { name: 'no object', given: fact([CONFIG], 'gossip-config', 3), code: 'HEARSAY_BAD_CONFIG' },
    { name: 'better 10 passing with one hop', given: fact([CONFIG], 'gossip-config', { hops: 1, pass: true }), code: 'HEARSAY_BAD_CONFIG' },
  ])('W7 $name: an error, and nothing changes, not even by what came before it', async ({ given, code }) => {
    const { host, outcome } = await returning([configure({ hops: 9 }), given]);
    expect([errorCode(outcome.error), readConfig(host.bowl()).hops]).toEqual([code, 2]);
  });

  test.each<{ given: Effect; named: string }>([
    { given: fact(['/~/gossip/sauce'], 'say', 'hi'), named: '/~/gossip/sauce' },
    { given: fact([GOSSIP], 'gossip-rumor', wireOf('hi', 14)), named: GOSSIP },
    { given: fact(['/~/other'], 'say', 'hi'), named: '/~/other' },
    { given: save(CONFIG, {}), named: CONFIG },
    { given: forget('/~/gossip/kept/x'), named: '/~/gossip/kept/x' },
    { given: watch('/~/gossip/pals/targets', BOB, 'pals', '/'), named: '/~/gossip/pals/targets' },
    { given: leave('/~/gossip/pals/targets', ANN, 'pals'), named: '/~/gossip/pals/targets' },
    { given: poke('/~/w', BOB, 'other', 'any', 1), named: '/~/w' },
    { given: wait('/~/gossip/retry/hear/x', 5), named: '/~/gossip/retry/hear/x' },
    { given: kick([GOSSIP]), named: GOSSIP },
  ])('W8 a reserved name that is not the agent\'s: an error that names it: $named', async ({ given, named }) => {
    const { outcome } = await returning(given);
    expect(errorCode(outcome.error)).toBe('HEARSAY_BAD_EFFECT');
    expect(String(outcome.error)).toContain(named);
  });

  test('what the host would not do is an error before anything happened', async () => {
    const { host, outcome } = await returning([configure({ hops: 9 }), null] as unknown as Effect[]);
    expect([errorCode(outcome.error), readConfig(host.bowl()).hops]).toEqual(['HEARSAY_BAD_EFFECT', 2]);
  });

  test('a refusal undoes the event, so the core does not hear of the rest', async () => {
    const { host, outcome } = await returning([configure({ hops: 9 }), refuse('no')]);
    expect([outcome.refused, readConfig(host.bowl()).hops]).toEqual(['no', 2]);
  });

  const shapes: readonly { name: string; effects: Effects }[] = [
    { name: 'a value', effects: marks.invent('say', 'hi') },
    { name: 'an array', effects: [marks.invent('say', 'hi')] },
    { name: 'a function', effects: () => marks.invent('say', 'hi') },
    { name: 'a promise', effects: Promise.resolve(marks.invent('say', 'hi')) },
    { name: 'a promise of a function', effects: Promise.resolve((): Emission => marks.invent('say', 'hi')) as Effects },
    { name: 'an Observable', effects: of(marks.invent('say', 'hi')) },
  ];
  test.each(shapes)('W6 $name of effects is published', async ({ effects }) => {
    const { host } = await returning(effects);
    expect(host.out).toContainEqual(tells('hi', 1));
    expect([...host.seen.keys()]).toEqual([idOf('hi')]);
  });

  test('a function is called in its turn, with that moment\'s bowl', async () => {
    let heldUntil: (emission: Emission) => void = () => undefined;
    const echo = new Echo();
    echo.does = ({ data }) => (data === 'later' ? (new Promise((resolve) => (heldUntil = resolve)) as Effects) : configure({ hops: 5 }));
    const host = await started(echo);
    const later = host.poke('do', 'later');
    await host.poke('do', 'now');
    heldUntil(marks.invent('say', 'hi'));
    expect(ofType((await later).effects, 'fact')).toEqual([tells('hi', 4)]);
  });

  test('each emission is an event of its own: one that fails harms no other', async () => {
    const emissions = new Subject<Emission>();
    const { host } = await returning(emissions);
    emissions.next(marks.invent('say', 'one'));
    emissions.next([configure({ hops: 9 }), fact(['/~/gossip/source'], 'shout', 'bad')]);
    emissions.next(marks.invent('say', 'two'));
    expect(ofType(host.out, 'fact').map(({ data }) => data)).toEqual([wireOf('one', 1), wireOf('two', 1)]);
    expect(host.errors.map(errorCode)).toEqual(['HEARSAY_UNKNOWN_MARK']);
  });
});
