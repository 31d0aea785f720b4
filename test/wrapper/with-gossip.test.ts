/**
 * The wrapper around real agents, in a small host. Decisions of the core have their tables in core.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import { of, Subject } from 'rxjs';
import * as z from 'zod';
import { fact, forget, kick, leave, poke, refuse, rest, save, wait, watch } from '../../src/agent.ts';
import type { Agent, Bowl, Datum, Effect, Effects, Emission, FactEffect, Report, Sign } from '../../src/agent.ts';
import { HearsayError } from '../../src/errors.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { defineMarks } from '../../src/marks/define-marks.ts';
import type { MarkCodec } from '../../src/marks/define-marks.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import type { Random } from '../../src/random.ts';
import { rumorId } from '../../src/marks/rumor-id.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import { configure, readConfig } from '../../src/wrapper/configure.ts';
import { encodeRumor, withHops } from '../../src/wrapper/rumor.ts';
import { withGossip } from '../../src/wrapper/with-gossip.ts';
import type { GossipOptions } from '../../src/wrapper/with-gossip.ts';
import { encodeUpgrade } from '../../src/wrapper/upgrade.ts';
import { ANN, BOB, CAT, DAN, peerOf } from './names.ts';
import { TestHost } from './test-host.ts';

const marks = defineMarks({ say: z.string().max(20) });
const GOSSIP = '/~/gossip/gossip';
const CONFIG = '/~/gossip/config';

const wireOf = (text: unknown, hops: number, mark = 'say'): Uint8Array => withHops(encodeRumor(mark, encodePayload(text)).bytes, hops);
const idOf = (text: unknown, mark = 'say'): RumorId => rumorId('rumors', mark, encodePayload(text));
/** A rumor on its way to all subscribers. */
const tells = (text: string, hops: number): FactEffect => ({ type: 'fact', paths: [GOSSIP], mark: 'gossip-rumor', data: wireOf(text, hops), rumor: idOf(text), owedHops: hops });
const ofType = <T extends Effect['type']>(effects: readonly Effect[], type: T): Extract<Effect, { type: T }>[] => effects.filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type);

/** An agent that does what a poke says, and notes what it hears. */
class Echo implements Agent {
  readonly heard: { mark: string; data: unknown; src: PeerId; replayed?: boolean }[] = [];
  does: (datum: Datum, bowl: Bowl) => Effects = () => undefined;

  onPoke(datum: Datum, bowl: Bowl): Effects {
    return this.does(datum, bowl);
  }

  onAgent(_wire: string, sign: Sign, { src }: Bowl): Effects {
    if (sign.type === 'fact') this.heard.push({ mark: sign.mark, data: sign.data, src, ...(sign.replayed === true && { replayed: true }) });
  }
}

type Options = Omit<GossipOptions, 'marks'>;
const wrap = (inner: Agent, options: Options = {}): Agent => withGossip(inner, { hops: 2, hear: 'targets', tell: 'targets', ...options, marks });

async function started(inner: Agent, options: Options = {}): Promise<TestHost> {
  const host = new TestHost(wrap(inner, options));
  await host.init();
  return host;
}

/** Has an agent return something from a poke. */
async function returning(effects: Effects, options: Options = {}): Promise<{ host: TestHost; outcome: Awaited<ReturnType<TestHost['event']>> }> {
  const echo = new Echo();
  echo.does = () => effects;
  const host = await started(echo, options);
  return { host, outcome: await host.poke('do', null) };
}

function errorCode(error: unknown): string {
  return error instanceof HearsayError ? error.code : String(error);
}

const events = (host: TestHost, name: string): readonly Report[] => host.reports.filter((report) => report.type === 'event' && report.event.name === name);

describe('life cycle', () => {
  const given = gossipConfig({ hops: 2, hear: 'targets', tell: 'targets' }, 15);
  const own: readonly Effect[] = [watch('/~/gossip/pals/targets', ANN, 'pals', '/targets'), watch('/~/gossip/pals/leeches', ANN, 'pals', '/leeches'), { type: 'report', report: { type: 'config', config: given } }];
  const inner: Agent = { onInit: () => save('fresh', true), onLoad: () => save('loaded', true) };

  test('W1 first start: the given config is saved, the inner onInit runs, pals are watched', async () => {
    const { effects } = await new TestHost(wrap(inner)).init();
    expect(effects).toEqual([save(CONFIG, given), ...own, save('fresh', true)]);
  });

  test('W2 around an agent that ran before: as W1, with the inner onLoad', async () => {
    const host = new TestHost(wrap(inner));
    host.saved.set('mine', 1);
    const { effects } = await host.load();
    expect(effects).toEqual([save(CONFIG, given), ...own, save('loaded', true)]);
  });

  test('W2 a later start takes the saved config, not the given one', async () => {
    const host = new TestHost(wrap(inner, { hops: 5 }), await started(inner));
    const { effects } = await host.load();
    expect(effects).toEqual([{ type: 'report', report: { type: 'event', event: expect.objectContaining({ name: 'config-differs' }) } }, ...own, save('loaded', true)]);
  });

  test('W3 what both saved lies side by side, and neither is lost when the wrapper goes or comes', async () => {
    const looks: unknown[] = [];
    const looking: Agent = {
      onPoke: (_datum, { saved }) => {
        looks.push([[...saved], [...saved.keys()], saved.size, saved.get(CONFIG), saved.has(CONFIG), saved.get('mine')]);
        return save('mine', looks.length);
      },
    };
    const host = await started(looking);
    await host.poke('do', null);
    const bare = new TestHost(looking, host);
    await bare.poke('do', null);
    const again = new TestHost(wrap(looking, { hops: 9 }), bare);
    await again.load();
    await again.poke('do', null);
    expect(looks).toEqual([
      [[], [], 0, undefined, false, undefined],
      [[[CONFIG, given], ['mine', 1]], [CONFIG, 'mine'], 2, given, true, 1],
      [[['mine', 2]], ['mine'], 1, undefined, false, 2],
    ]);
    expect(again.saved.get(CONFIG)).toEqual(given);
  });

  test('W1 an inner onInit that answers later, or in parts, starts the wrapper all the same', async () => {
    for (const answer of [Promise.resolve(save('a', 1)), of(save('a', 1)), () => save('a', 1)] as Effects[]) {
      const { effects } = await new TestHost(wrap({ onInit: () => answer })).init();
      expect(effects).toEqual([save(CONFIG, given), ...own, save('a', 1)]);
    }
  });

  test('W7 a config set by the inner onInit is the last one saved', async () => {
    const host = await started({ onInit: () => configure({ hops: 7 }) });
    expect(host.saved.get(CONFIG)).toEqual({ ...given, hops: 7 });
  });

  test('one wrapped agent runs in two nodes, each with its own memory', async () => {
    const echo = new Echo();
    echo.does = ({ data }) => configure({ hops: data as number });
    const agent = wrap(echo);
    const [ann, bob] = [new TestHost(agent), new TestHost(agent, undefined, BOB)];
    await ann.init();
    await bob.init();
    await ann.poke('do', 5);
    await bob.poke('do', 6);
    expect([readConfig(ann.bowl()).hops, readConfig(bob.bowl()).hops]).toEqual([5, 6]);
  });

  test.each([
    { options: { hops: 99 }, code: 'HEARSAY_BAD_CONFIG', field: 'hops' },
    { options: { maxHops: 0 }, code: 'HEARSAY_BAD_CONFIG', field: 'maxHops' },
    { options: { hopps: 1 }, code: 'HEARSAY_BAD_CONFIG', field: 'hopps' },
    { options: { hops: 1, pass: true }, code: 'HEARSAY_BAD_CONFIG', field: 'pass' },
  ])('bad options are refused at once: $options', ({ options, code, field }) => {
    expect(() => wrap({}, options as unknown as Options)).toThrow(expect.objectContaining({ code, field }));
  });

  test('marks have to come from defineMarks', () => {
    expect(() => withGossip({}, { marks: {} } as unknown as GossipOptions)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field: 'marks' }));
  });
});

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

describe('who hears us', () => {
  test('W9 the paths are open for peers, the policy decides', async () => {
    const agent = wrap({ open: { pokes: ['say'], paths: ['/news'] } });
    expect(agent.open).toEqual({ pokes: ['say', 'gossip-rumor', 'gossip-config', 'gossip-welcome'], paths: ['/news', GOSSIP] });
    const asked: PeerId[] = [];
    const host = await started({ onWatch: (_path, { src }) => void asked.push(src) });
    expect((await host.watch(GOSSIP, BOB)).refused).toBe('gossip-forbidden');
    expect(asked).toEqual([]);
    await host.pals('meet', BOB);
    expect(await host.watch(GOSSIP, BOB)).toEqual({ effects: [] });
    expect(asked).toEqual([BOB]);
  });

  test.each(['/~/gossip/source', CONFIG, `${GOSSIP}/more`, '/~/other'])('W9 any other reserved path is refused: %s', async (path) => {
    const host = await started({ onWatch: () => fact([], 'any', 1) }, { tell: 'anybody' });
    expect((await host.watch(path, BOB)).refused).toBe('gossip-forbidden');
  });

  test('W9 other paths pass to the inner agent', async () => {
    const host = await started({ onWatch: (path) => fact([], 'any', path) });
    expect(await host.watch('/news', BOB)).toEqual({ effects: [fact([], 'any', '/news')] });
  });

  test('W10 the inner agent answers a new subscriber, and only it; its other effects are played', async () => {
    const asked: unknown[] = [];
    const host = await started({
      onWatch: (path, { src }) => {
        asked.push([path, src]);
        return [marks.answer('say', 'known'), fact([], 'say', 'new'), fact(['/log'], 'any', 1), save('asked', 1)];
      },
    }, { tell: 'anybody' });
    host.seen.set(idOf('known'), { hops: 4, delivered: true, relayed: true });
    const { effects } = await host.watch(GOSSIP, BOB);
    expect(asked).toEqual([['/~/gossip/source', BOB]]);
    expect(effects).toEqual([fact([], 'gossip-rumor', wireOf('known', 3)), fact([], 'gossip-rumor', wireOf('new', 0)), fact(['/log'], 'any', 1), save('asked', 1)]);
  });

  test.each([
    { name: 'a promise', answers: Promise.resolve(marks.answer('say', 'hi')) },
    { name: 'a function', answers: () => marks.answer('say', 'hi') },
    { name: 'an Observable', answers: of(marks.answer('say', 'hi')) },
  ] as { name: string; answers: Effects }[])('W10 $name of first answers', async ({ answers }) => {
    const host = await started({ onWatch: () => answers }, { tell: 'anybody' });
    expect((await host.watch(GOSSIP, BOB)).effects).toEqual([fact([], 'gossip-rumor', wireOf('hi', 0))]);
    await host.poke('gossip-config', { tell: 'targets' });
    expect(ofType(host.out, 'kick')).toEqual([kick([GOSSIP], BOB, 'gossip-forbidden')]);
  });

  test('W10 an Observable may answer later, while its subscriber may still hear us', async () => {
    const answers = new Subject<Emission>();
    const host = await started({ onWatch: () => answers }, { tell: 'anybody' });
    await host.watch(GOSSIP, BOB);
    answers.next(marks.answer('say', 'one'));
    await host.poke('gossip-config', { tell: 'targets' });
    answers.next(marks.answer('say', 'two'));
    expect(ofType(host.out, 'fact')).toEqual([fact([], 'gossip-rumor', wireOf('one', 0))]);
  });

  test('W10 better 7 with hops 0 first answers are dropped', async () => {
    const host = await started({ onWatch: () => marks.answer('say', 'hi') }, { tell: 'anybody', hops: 0 });
    expect(await host.watch(GOSSIP, BOB)).toEqual({ effects: [] });
  });

  test('W10 an inner agent that sends the subscriber away has the last word', async () => {
    const host = await started({ onWatch: () => [fact([], 'say', 'hi'), refuse('full')] }, { tell: 'anybody' });
    expect((await host.watch(GOSSIP, BOB)).refused).toBe('full');
    await host.poke('gossip-config', { tell: 'targets' });
    expect(ofType(host.out, 'kick')).toEqual([]);
  });

  test('W9 a policy that narrows while the inner agent thinks counts', async () => {
    let decide: (emission: Emission) => void = () => undefined;
    const host = await started({ onWatch: () => new Promise((resolve) => (decide = resolve)) as Effects }, { tell: 'anybody' });
    const asked = host.watch(GOSSIP, BOB);
    await host.poke('gossip-config', { tell: 'targets' });
    decide(configure({ hops: 9 }));
    expect((await asked).refused).toBe('gossip-forbidden');
    expect(readConfig(host.bowl()).hops).toBe(2);
  });

  test('W9 a watch that fails in the inner agent leaves no subscriber behind', async () => {
    const host = await started({ onWatch: () => fact([], 'shout', 'hi') }, { tell: 'anybody' });
    expect(errorCode((await host.watch(GOSSIP, BOB)).error)).toBe('HEARSAY_UNKNOWN_MARK');
    await host.poke('gossip-config', { tell: 'targets' });
    expect(ofType(host.out, 'kick')).toEqual([]);
  });

  test('W11 the inner agent hears who left its own paths, not who left ours', async () => {
    const left: string[] = [];
    const host = await started({ onLeave: (path) => void left.push(path) }, { tell: 'anybody' });
    await host.watch(GOSSIP, BOB);
    for (const path of ['/news', GOSSIP, '/~/other']) await host.event((agent, bowl) => agent.onLeave?.(path, bowl), BOB);
    await host.poke('gossip-config', { tell: 'targets' });
    expect([left, ofType(host.out, 'kick')]).toEqual([['/news'], []]);
  });
});

describe('whom we hear', () => {
  test('W15 W25 who becomes a pal is watched, who ceases to be is left', async () => {
    const host = await started({});
    expect((await host.pals('meet', BOB)).effects).toEqual([watch(`${GOSSIP}/${BOB}`, BOB, 'rumors', GOSSIP)]);
    expect((await host.pals('part', BOB)).effects).toEqual([leave(`${GOSSIP}/${BOB}`, BOB, 'rumors')]);
  });

  test('W16 refused and kicked: a timer, and then again', async () => {
    const host = await started({});
    await host.pals('meet', BOB);
    const refused = await host.sign(`${GOSSIP}/${BOB}`, { type: 'watch-ack', refused: 'forbidden' }, BOB);
    expect(ofType(refused.effects, 'wait')).toEqual([wait(`/~/gossip/retry/hear/${BOB}`, 30 * 60_000)]);
    const again = await host.event((agent, bowl) => agent.onWake?.(`/~/gossip/retry/hear/${BOB}`, bowl));
    expect(again.effects).toEqual([watch(`${GOSSIP}/${BOB}`, BOB, 'rumors', GOSSIP)]);
    const kicked = await host.sign(`${GOSSIP}/${BOB}`, { type: 'kick', reason: 'why' }, BOB);
    expect(ofType(kicked.effects, 'wait')).toEqual([wait(`/~/gossip/retry/hear/${BOB}`, 15_000)]);
    expect((await host.pals('part', BOB)).effects).toEqual([rest(`/~/gossip/retry/hear/${BOB}`)]);
  });

  test('better 11 a second watch-ack changes nothing', async () => {
    const host = await started({});
    await host.pals('meet', BOB);
    for (let link = 0; link < 2; link += 1) expect((await host.sign(`${GOSSIP}/${BOB}`, { type: 'watch-ack' }, BOB)).effects).toEqual([]);
  });

  test('W24 pals refuse: told, and again after a minute; pals kick: again at once', async () => {
    const host = await started({});
    const wire = '/~/gossip/pals/leeches';
    const refused = await host.sign(wire, { type: 'watch-ack', refused: 'no-such-agent' });
    expect(refused.effects).toEqual([{ type: 'report', report: { type: 'event', event: { name: 'pals-refused', reason: 'no-such-agent' } } }, wait('/~/gossip/retry/pals/leeches', 60_000)]);
    const again = watch(wire, ANN, 'pals', '/leeches');
    expect((await host.event((agent, bowl) => agent.onWake?.('/~/gossip/retry/pals/leeches', bowl))).effects).toEqual([again]);
    expect((await host.sign(wire, { type: 'kick', reason: 'restarted' })).effects).toEqual([again]);
  });

  test.each([
    { name: 'another mark', sign: { type: 'fact', mark: 'pals', data: { type: 'meet', peer: BOB } } },
    { name: 'no peer', sign: { type: 'fact', mark: 'pals-effect', data: { type: 'meet', peer: 'bob' } } },
    { name: 'no such change', sign: { type: 'fact', mark: 'pals-effect', data: { type: 'marry', peer: BOB } } },
    { name: 'nothing', sign: { type: 'fact', mark: 'pals-effect', data: null } },
    { name: 'an ack', sign: { type: 'watch-ack' } },
  ] as { name: string; sign: Sign }[])('W25 $name from pals changes nothing', async ({ sign }) => {
    const host = await started({});
    expect(await host.sign('/~/gossip/pals/targets', sign)).toEqual({ effects: [] });
  });
});

describe('a rumor arrives', () => {
  async function hearing(options: Options = {}): Promise<{ host: TestHost; echo: Echo }> {
    const echo = new Echo();
    const host = await started(echo, options);
    await host.befriend(BOB);
    await host.befriend(CAT);
    host.reports.length = 0;
    return { host, echo };
  }

  test('W18 on receipt: remembered, kept, relayed to all but the sender; then delivered with its source, and reported', async () => {
    const { host, echo } = await hearing();
    const id = idOf('hi');
    const shown = { id, mark: 'say', data: 'hi', src: BOB };
    expect(host.arrive(wireOf('hi', 3), BOB)).toEqual([
      { type: 'remember', id, hops: 3, delivered: true, relayed: true },
      { type: 'keep', id, mark: 'say', payload: encodePayload('hi'), hops: 3 },
      { ...tells('hi', 2), except: BOB },
      { type: 'report', report: { type: 'relayed', rumor: { ...shown, hops: 2 } } },
      { type: 'deliver', wire: GOSSIP, sign: { type: 'fact', mark: 'say', data: 'hi', id }, src: BOB, id, bytes: wireOf('hi', 3).length, again: { wire: `/~/gossip/gossip/${BOB}`, mark: 'gossip-rumor', data: wireOf('hi', 3) } },
    ]);
    expect(echo.heard).toEqual([]);
    await host.settle();
    expect(echo.heard).toEqual([{ mark: 'say', data: 'hi', src: BOB }]);
    expect(host.reports.at(-1)).toEqual({ type: 'received', rumor: { ...shown, hops: 3 } });
  });

  test('better 5 a copy that may go further goes on, however many came before it that changed nothing', async () => {
    const { host } = await hearing();
    for (const peer of [CAT, DAN]) await host.watch('/~/gossip/gossip', peer);
    const reaches = (hops: number, from: PeerId): unknown[] => (host.arrive(wireOf('hi', hops), from) ?? []).map((effect) => (effect.type === 'remember' ? effect.hops : effect.type === 'fact' ? effect.data : effect.type));
    expect(reaches(3, BOB)).toContain(3);
    expect([reaches(3, CAT), reaches(2, CAT), reaches(3, BOB)]).toEqual([[], [], []]);
    expect(reaches(5, CAT)).toContain(5);
    expect([reaches(5, BOB), reaches(4, CAT)]).toEqual([[], []]);
    expect(reaches(6, BOB)).toContain(6);
  });

  test('W18 a second copy, of another peer: neither delivered nor relayed', async () => {
    const { host, echo } = await hearing();
    host.arrive(wireOf('hi', 3), BOB);
    expect(host.arrive(wireOf('hi', 3), CAT)).toEqual([]);
    await host.settle();
    expect(echo.heard).toHaveLength(1);
  });

  test('W18 the origin\'s payload is forwarded byte for byte', async () => {
    const { host } = await hearing();
    host.arrive(wireOf('hi', 3), BOB);
    const [relayed] = ofType(host.out, 'fact');
    expect(relayed?.data).toEqual(wireOf('hi', 2));
  });

  test('W18 no room: relayed, told, and a later copy is delivered', async () => {
    const { host, echo } = await hearing();
    host.room = false;
    expect(ofType(host.arrive(wireOf('hi', 3), BOB) ?? [], 'fact')).toHaveLength(1);
    expect(host.seen.get(idOf('hi'))).toEqual({ hops: 3, delivered: false, relayed: true });
    expect(events(host, 'lagged')).toEqual([{ type: 'event', event: { name: 'lagged', peer: BOB, count: 1 } }]);
    host.room = true;
    host.arrive(wireOf('hi', 3), CAT);
    await host.settle();
    expect(echo.heard).toEqual([{ mark: 'say', data: 'hi', src: CAT }]);
  });

  test('W18 an agent that hears nothing is told to the app all the same', async () => {
    const host = await started({});
    await host.pals('meet', BOB);
    host.arrive(wireOf('hi', 0), BOB);
    await host.settle();
    expect(host.reports.at(-1)).toMatchObject({ type: 'received', rumor: { data: 'hi' } });
  });

  test('W18 the inner agent\'s effects on hearing are played, in whatever shape they come', async () => {
    const shapes: Effects[] = [marks.invent('say', 're'), Promise.resolve(marks.invent('say', 're')), of(marks.invent('say', 're'))];
    for (const effects of shapes) {
      const host = await started({ onAgent: () => effects });
      await host.pals('meet', BOB);
      host.arrive(wireOf('hi', 0), BOB);
      await host.settle();
      expect(ofType(host.out, 'fact')).toEqual([tells('re', 1)]);
      expect(host.reports.filter(({ type }) => type === 'received')).toHaveLength(1);
    }
  });

  test.each([
    { name: 'another mark', data: wireOf('hi', 3), mark: 'say', reason: 'wrong-mark' },
    { name: 'no bytes', data: 'hi', mark: 'gossip-rumor', reason: 'not-bytes' },
    { name: 'too few bytes', data: new Uint8Array(2), mark: 'gossip-rumor', reason: 'truncated' },
    { name: 'too large a payload', data: wireOf('x'.repeat(1_001), 3), mark: 'gossip-rumor', reason: 'too-large' },
  ])('W17 $name is ignored with a notice', async ({ data, mark, reason }) => {
    const { host } = await hearing();
    expect(host.arrive(data, BOB, mark)).toEqual([{ type: 'report', report: { type: 'event', event: { name: 'bad-rumor', peer: BOB, reason } } }]);
  });

  test('W18 from one who is no pal any more: dropped', async () => {
    const { host } = await hearing();
    await host.pals('part', BOB);
    expect(host.arrive(wireOf('hi', 3), BOB)).toEqual([{ type: 'report', report: { type: 'event', event: { name: 'bad-rumor', peer: BOB, reason: 'not-heard' } } }]);
  });

  test('better 6 a huge hop count is clamped, and the sender is not told again', async () => {
    const { host } = await hearing();
    host.arrive(wireOf('hi', 255), BOB);
    expect(ofType(host.out, 'fact')).toEqual([{ ...tells('hi', 13), except: BOB }]);
  });

  test('better 9 across a restart nothing is delivered twice', async () => {
    const { host } = await hearing();
    host.arrive(wireOf('hi', 3), BOB);
    await host.settle();
    const echo = new Echo();
    const again = new TestHost(wrap(echo), host);
    await again.load();
    await again.befriend(BOB);
    expect(again.arrive(wireOf('hi', 3), BOB)).toEqual([]);
    await again.settle();
    expect(echo.heard).toEqual([]);
  });

  const copies: readonly (readonly [unknown, string?])[] = [
    [wireOf('hi', 3)],
    [wireOf('hi', 9)],
    [wireOf(5, 3)],
    [wireOf('hi', 3, 'shout')],
    [Uint8Array.of(7, 3, 1, 97, 0)],
    ['junk'],
    [wireOf('hi', 3), 'say'],
  ];
  test('better 13 under a wrapper that forgot onArrival the same comes of everything, a turn later', async () => {
    const { host: direct, echo } = await hearing();
    const other = new Echo();
    const { onArrival: _forgotten, ...forgetful } = wrap(other);
    const queued = new TestHost(forgetful);
    await queued.init();
    await queued.befriend(BOB);
    for (const [data, mark = 'gossip-rumor'] of copies) {
      const onReceipt = direct.arrive(data, BOB, mark);
      await direct.settle();
      const inTurn = await queued.sign(`${GOSSIP}/${BOB}`, { type: 'fact', mark, data }, BOB);
      expect(inTurn.effects).toEqual(onReceipt);
    }
    expect(other.heard).toEqual(echo.heard);
    expect(echo.heard).toHaveLength(3);
  });

  test('better 13 a first answer of a peer comes in by the same door', async () => {
    const { host: bob } = await hearing();
    const ann = await started({ onWatch: () => marks.answer('say', 'old') }, { tell: 'anybody' });
    const [given] = ofType((await ann.watch(GOSSIP, BOB)).effects, 'fact');
    bob.arrive(given?.data, CAT, given?.mark);
    expect(bob.seen.get(idOf('old'))).toEqual({ hops: 0, delivered: true, relayed: false });
  });
});

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

describe('passing', () => {
  /** Dice that always say pass, choose the first and wait as briefly as can be. */
  const eager: Random = { below: (bound) => (bound === 2 ** 32 ? bound - 1 : bound === 2 ? 1 : 0), fork: () => eager };
  const heldKeys = (host: TestHost): string[] => [...host.saved.keys()].filter((key) => key.startsWith('/~/gossip/held/'));
  const wakes = (host: TestHost, wire: string): ReturnType<TestHost['event']> => host.event((agent, bowl) => agent.onWake?.(wire, bowl));

  async function passing(pass: true | 'stem', before?: TestHost): Promise<{ host: TestHost; echo: Echo }> {
    const echo = new Echo();
    echo.does = ({ data }) => marks.invent('say', data as string);
    const host = new TestHost(wrap(echo, { hops: 3, pass }), before);
    host.random = eager;
    await (before === undefined ? host.init() : host.load());
    for (const peer of [BOB, CAT, DAN]) {
      await host.befriend(peer);
      await host.watch(GOSSIP, peer);
    }
    host.out.length = 0;
    return { host, echo };
  }

  test('W12 W13 ours is saved first, and then poked to one peer, the count unchanged', async () => {
    const { host } = await passing(true);
    const id = idOf('hi');
    const said = await host.poke('say', 'hi');
    expect(ofType(said.effects, 'save')).toEqual([save(`/~/gossip/held/${id}`, { rumor: wireOf('hi', 2), successor: null, deadlineMs: host.nowMs + 5_000 })]);
    expect(ofType(said.effects, 'wait')).toEqual([wait(`/~/gossip/embargo/${id}`, 5_000), wait(`/~/gossip/leave/${id}`, 0)]);
    expect(ofType(said.effects, 'fact')).toEqual([]);
    const left = await wakes(host, `/~/gossip/leave/${id}`);
    expect(left.effects).toEqual([save(`/~/gossip/held/${id}`, { rumor: wireOf('hi', 2), successor: BOB, deadlineMs: host.nowMs + 5_000 }), poke(`/~/gossip/pass/${id}`, BOB, 'rumors', 'gossip-rumor', wireOf('hi', 2))]);
  });

  test('W14 better 2 acknowledged: still held; refused: to another', async () => {
    const { host } = await passing('stem');
    const id = idOf('hi');
    await host.poke('say', 'hi');
    await wakes(host, `/~/gossip/leave/${id}`);
    expect((await host.sign(`/~/gossip/pass/${id}`, { type: 'poke-ack' }, BOB)).effects).toEqual([]);
    expect(heldKeys(host)).toHaveLength(1);
    expect((await host.sign(`/~/gossip/pass/${id}`, { type: 'poke-ack', refused: 'unreachable' }, BOB)).effects).toEqual([wait(`/~/gossip/leave/${id}`, 0)]);
    expect(ofType((await wakes(host, `/~/gossip/leave/${id}`)).effects, 'poke')).toMatchObject([{ peer: DAN }]);
  });

  test('W14 the embargo ends: published to all, and forgotten', async () => {
    const { host } = await passing('stem');
    const id = idOf('hi');
    await host.poke('say', 'hi');
    host.nowMs += 5_000;
    const { effects } = await wakes(host, `/~/gossip/embargo/${id}`);
    expect(ofType(effects, 'fact')).toEqual([tells('hi', 2)]);
    expect([heldKeys(host), host.seen.get(id)]).toEqual([[], { hops: 3, delivered: true, relayed: true }]);
  });

  test('W19 a rumor to pass on: from the hear set alone; of no known form or kind: refused', async () => {
    const { host, echo } = await passing(true);
    expect((await host.poke('gossip-rumor', wireOf('hi', 2), peerOf(0xe))).refused).toBe('gossip-rejected');
    for (const junk of ['hi', new Uint8Array(2), Uint8Array.of(9, 3, 1, 97, 0x61, 0x78)]) expect((await host.poke('gossip-rumor', junk, BOB)).refused).toBe('gossip-rejected');
    expect([echo.heard, host.seen.size]).toEqual([[], 0]);
    expect((await host.poke('gossip-rumor', wireOf('hi', 2), BOB)).refused).toBeUndefined();
    expect(echo.heard).toEqual([{ mark: 'say', data: 'hi', src: BOB }]);
  });

  test('research 4.3 on the disk our own and what was passed to us have one form, and nobody is named', async () => {
    for (const pass of [true, 'stem'] as const) {
      const forms: unknown[] = [];
      for (const own of [true, false]) {
        const { host } = await passing(pass);
        if (own) await host.poke('say', 'hi');
        else await host.poke('gossip-rumor', wireOf('hi', 2), CAT);
        forms.push([...host.saved].filter(([key]) => key !== CONFIG), [...host.seen]);
      }
      expect(forms.slice(0, 2)).toEqual(forms.slice(2));
      expect(JSON.stringify(forms)).not.toContain(CAT);
    }
  });

  test('better 2 after a restart the embargo goes on; what newer code finds invalid is dropped and told', async () => {
    const { host } = await passing('stem');
    await host.poke('gossip-rumor', wireOf('hi', 2), BOB);
    const again = await passing('stem', host);
    again.host.nowMs += 60_000;
    const { effects } = await wakes(again.host, `/~/gossip/embargo/${idOf('hi')}`);
    expect(ofType(effects, 'fact')).toEqual([tells('hi', 2)]);
    expect(again.echo.heard).toEqual([{ mark: 'say', data: 'hi', src: ANN }]);

    const { host: other } = await passing('stem');
    await other.poke('gossip-rumor', wireOf('hi', 2), BOB);
    const narrower = new TestHost(withGossip({}, { hops: 3, pass: 'stem', marks: defineMarks({ say: z.string().max(1) }) }), other);
    await narrower.load();
    expect([heldKeys(narrower), events(narrower, 'held-spoilt')]).toEqual([[], [{ type: 'event', event: { name: 'held-spoilt', count: 1 } }]]);
  });

  test('better 5 a header comes in and goes out as a fact of its own mark', async () => {
    const host = await started({}, { hops: 3 });
    for (const peer of [BOB, CAT]) {
      await host.befriend(peer);
      await host.watch(GOSSIP, peer);
    }
    host.arrive(wireOf('hi', 1), BOB);
    const effects = host.arrive(encodeUpgrade(idOf('hi'), 5), BOB, 'gossip-upgrade') ?? [];
    expect(ofType(effects, 'fact')).toEqual([{ ...fact([GOSSIP], 'gossip-upgrade', encodeUpgrade(idOf('hi'), 4)), only: [CAT] }]);
    expect(host.arrive(new Uint8Array(32), BOB, 'gossip-upgrade')).toEqual([{ type: 'report', report: { type: 'event', event: { name: 'bad-rumor', peer: BOB, reason: 'bad-upgrade' } } }]);
  });

  test('better 11 a refused peer is told when it may come, and one that is told comes', async () => {
    const host = await started({}, { tell: 'mutuals' });
    await host.pals('meet', BOB);
    expect((await host.watch(GOSSIP, BOB)).refused).toBe('gossip-forbidden');
    expect((await host.pals('near', BOB)).effects).toEqual([poke('/~/gossip/welcome', BOB, 'rumors', 'gossip-welcome', null)]);
    await host.sign(`${GOSSIP}/${BOB}`, { type: 'watch-ack', refused: 'gossip-forbidden' }, BOB);
    expect((await host.poke('gossip-welcome', null, BOB)).effects).toEqual([rest(`/~/gossip/retry/hear/${BOB}`), watch(`${GOSSIP}/${BOB}`, BOB, 'rumors', GOSSIP)]);
    expect((await host.poke('gossip-welcome', null, DAN)).refused).toBe('gossip-forbidden');
    expect((await host.sign('/~/gossip/welcome', { type: 'poke-ack' }, BOB)).effects).toEqual([]);
  });

  test('better 10 changes of one event are judged one after the other', async () => {
    const { host, outcome } = await returning([configure({ hops: 3 }), configure({ pass: true })], { hops: 1 });
    expect([outcome.error, readConfig(host.bowl()).pass]).toEqual([undefined, true]);
    const back = await returning([configure({ pass: false }), configure({ hops: 1 })], { hops: 3, pass: true });
    expect([back.outcome.error, readConfig(back.host.bowl()).hops]).toEqual([undefined, 1]);
  });
});

describe('the rest', () => {
  test('W22 a peek of the config gives what is in effect; others go to the inner agent', async () => {
    const host = await started({ onPeek: (path) => `peeked ${path}` });
    const peek = (path: string): unknown => host.agent.onPeek?.(path, host.bowl());
    expect(peek('/x/~/gossip/config')).toEqual(gossipConfig({ hops: 2, hear: 'targets', tell: 'targets' }, 15));
    expect(peek('/x/latest')).toBe('peeked /x/latest');
  });

  test('W23 pokes, facts, acks, timers, failures and other wires pass to the inner agent, and its effects are played', async () => {
    const got: unknown[] = [];
    const note = (what: unknown): Effect => {
      got.push(what);
      return marks.invent('say', String(got.length));
    };
    const host = await started({
      onPoke: (datum, { src }) => note([datum, src]),
      onAgent: (wire, sign) => note([wire, sign.type]),
      onWake: (wire) => note(wire),
      onFail: (error) => note(error.message),
    });
    await host.poke('any', 1, DAN);
    await host.sign('/mine', { type: 'kick', reason: 'why' }, DAN);
    await host.sign('/mine', { type: 'poke-ack' }, DAN);
    await host.event((agent, bowl) => agent.onWake?.('/soon', bowl));
    await host.event((agent, bowl) => agent.onFail?.(new Error('oh'), bowl));
    expect(got).toEqual([[{ mark: 'any', data: 1 }, DAN], ['/mine', 'kick'], ['/mine', 'poke-ack'], '/soon', 'oh']);
    expect(ofType(host.out, 'fact').map(({ data }) => data)).toEqual(['1', '2', '3', '4', '5'].map((text) => wireOf(text, 1)));
  });

  test('W23 what is ours and makes no sense does not reach the inner agent', async () => {
    const got: unknown[] = [];
    const host = await started({ onAgent: (wire) => void got.push(wire), onWake: (wire) => void got.push(wire) });
    for (const wire of ['/~/gossip/x', '/~/gossip/retry/hear/bob']) {
      await host.sign(wire, { type: 'poke-ack' }, DAN);
      await host.event((agent, bowl) => agent.onWake?.(wire, bowl));
    }
    expect(got).toEqual([]);
  });

  test('W23 a poke to an agent without onPoke is refused', async () => {
    expect((await (await started({})).poke('any', 1)).refused).toBe('not-open');
  });

  test('better 12 the config by poke: from our own process and from admins', async () => {
    const host = await started({});
    host.admins.add(CAT);
    await host.poke('gossip-config', { hops: 4 });
    await host.poke('gossip-config', { hear: 'anybody' }, CAT);
    expect(host.saved.get(CONFIG)).toEqual(gossipConfig({ hops: 4, hear: 'anybody', tell: 'targets' }, 15));
    expect(host.reports.filter(({ type }) => type === 'config')).toHaveLength(3);
  });

  test('better 12 the config by poke: nobody else', async () => {
    const host = await started({});
    await host.befriend(BOB);
    expect((await host.poke('gossip-config', { hops: 4 }, BOB)).refused).toBe('forbidden');
    expect(readConfig(host.bowl()).hops).toBe(2);
  });

  test('better 12 a bad config: our own process gets the error, an admin a refusal', async () => {
    const host = await started({});
    host.admins.add(CAT);
    expect(errorCode((await host.poke('gossip-config', { hops: 16 })).error)).toBe('HEARSAY_BAD_CONFIG');
    expect(await host.poke('gossip-config', { hops: 16 }, CAT)).toEqual({ effects: [], refused: 'bad-config' });
    expect(readConfig(host.bowl()).hops).toBe(2);
  });

  test('better 8 what was heard is answered with fewer hops than it came with, whatever the config', async () => {
    const host = await started({ onWatch: () => [marks.answer('say', 'near'), marks.answer('say', 'far'), marks.answer('say', 'mine')], onPoke: () => marks.invent('say', 'mine') }, { hops: 9, tell: 'anybody' });
    await host.pals('meet', BOB);
    host.arrive(wireOf('near', 0), BOB);
    host.arrive(wireOf('far', 3), BOB);
    await host.settle();
    await host.poke('do', null);
    const { effects } = await host.watch(GOSSIP, CAT);
    expect(ofType(effects, 'fact').map(({ data }) => data)).toEqual([wireOf('far', 2), wireOf('mine', 8)]);
  });

  test('readConfig works within the agent and around it, and nowhere else', async () => {
    const read: number[] = [];
    const host = await started({ onPoke: (_datum, bowl) => void read.push(readConfig(bowl).hops) });
    await host.poke('any', 1);
    read.push(readConfig(host.bowl()).hops);
    expect(read).toEqual([2, 2]);
    expect(() => readConfig({ ...host.bowl(), run: {} })).toThrow(expect.objectContaining({ code: 'HEARSAY_NOT_SUPPORTED' }));
  });
});

describe('wrappers around wrappers', () => {
  /** Counts what goes through it, and knows nothing of gossip. */
  function counting(agent: Agent, counts: { events: number; effects: number }): Agent {
    const count = (effects: Effects): Effects => {
      counts.events += 1;
      counts.effects += Array.isArray(effects) ? effects.length : effects === undefined ? 0 : 1;
      return effects;
    };
    return {
      ...(agent.open !== undefined && { open: agent.open }),
      onInit: (bowl) => count(agent.onInit?.(bowl)),
      onLoad: (bowl) => count(agent.onLoad?.(bowl)),
      onPoke: (datum, bowl) => count(agent.onPoke?.(datum, bowl)),
      onWatch: (path, bowl) => count(agent.onWatch?.(path, bowl)),
      onAgent: (wire, sign, bowl) => count(agent.onAgent?.(wire, sign, { ...bowl })),
    };
  }

  test('one around and one within: the same rumors go out and come in', async () => {
    const echo = new Echo();
    echo.does = ({ data }) => marks.invent('say', data as string);
    const [around, within] = [{ events: 0, effects: 0 }, { events: 0, effects: 0 }];
    const host = new TestHost(counting(wrap(counting(echo, within)), around));
    await host.init();
    await host.pals('meet', BOB);
    expect((await host.watch(GOSSIP, BOB)).refused).toBeUndefined();
    await host.poke('say', 'out');
    await host.sign(`${GOSSIP}/${BOB}`, { type: 'fact', mark: 'gossip-rumor', data: wireOf('in', 1) }, BOB);
    expect(ofType(host.out, 'fact').map(({ data }) => data)).toEqual([wireOf('out', 1), wireOf('in', 0)]);
    expect(echo.heard).toEqual([{ mark: 'say', data: 'in', src: BOB }]);
    // Within: start, subscriber, poke, rumor. Around: those, one pal, and the rumor once more, as a fact from its peer.
    expect([within, around]).toEqual([{ events: 4, effects: 1 }, { events: 6, effects: 15 }]);
  });

  test('an onArrival within gets what is not ours, and its effects are handled as any', async () => {
    const host = await started({ onArrival: (wire) => (wire === '/mine' ? [fact(['/~/gossip/source'], 'say', 'hi')] : undefined) });
    const { agent } = host;
    const sign: Sign = { type: 'fact', mark: 'any', data: 1 };
    expect(ofType(agent.onArrival?.('/mine', sign, host.bowl(BOB)) ?? [], 'fact')).toEqual([tells('hi', 1)]);
    expect(agent.onArrival?.('/other', sign, host.bowl(BOB))).toBeUndefined();
    expect(agent.onArrival?.('/~/gossip/pals/targets', sign, host.bowl())).toBeUndefined();
  });
});
