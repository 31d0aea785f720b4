import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fact, poke, refuse, save, wait, watch } from '../../src/agent.ts';
import type { Bowl, Effect } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { palsAgent } from '../../src/pals/pals-agent.ts';
import type { PalsAgent } from '../../src/pals/pals-agent.ts';
import { ANN, BOB, CAT, DAN, kept, leeche, life, NOW, steady, target } from './friends.ts';
import { bowl as anyBowl } from './tiny-host.ts';

const make = (): PalsAgent => palsAgent({ incarnation: life(1), random: steady, limits: limits() });
const bowl = (src: PeerId, saved: ReadonlyMap<string, unknown> = new Map(), run: object = saved): Bowl => anyBowl(ANN, src, { saved, run });
const gesture = (kind: 'hey' | 'bye', seq: number): unknown => ({ kind, seq, incarnation: life(2) });
const saved = new Map<string, unknown>([
  [`/pal/${BOB}`, target(1, ['a/b', 'work'])],
  [`/pal/${CAT}`, leeche(1)],
  [`/pal/${DAN}`, { ...target(1, ['work']), theirs: { kind: 'hey', seq: 1 } }],
  [`/invite/${'0'.repeat(64)}`, { expiresMs: NOW, used: false }],
]);
const fileOf = (peer: PeerId, record: object): Effect => {
  const effect = kept(peer, record);
  return effect.type === 'Save' ? save(`/pal/${peer}`, effect.record) : refuse('');
};

describe('P5 watches', () => {
  test('a local subscriber to /targets first gets the present set', () => {
    expect(make().onWatch('/targets', bowl(ANN, saved))).toEqual([BOB, DAN].map((peer) => fact([], 'pals-effect', { type: 'meet', peer })));
  });

  test('and one to /leeches', () => {
    expect(make().onWatch('/leeches', bowl(ANN, saved))).toEqual([CAT, DAN].map((peer) => fact([], 'pals-effect', { type: 'near', peer })));
  });

  test('then each change', () => {
    const agent = make();
    expect(agent.onPoke({ mark: 'pals-command', data: { type: 'part', peer: BOB, lists: [] } }, bowl(ANN, saved))).toContainEqual(fact(['/targets'], 'pals-effect', { type: 'part', peer: BOB }));
    expect(agent.onPoke({ mark: 'pals-gesture', data: gesture('bye', 2) }, bowl(CAT, saved))).toContainEqual(fact(['/leeches'], 'pals-effect', { type: 'away', peer: CAT }));
  });

  test.each(['/targets', '/leeches', '/redeems'])('%s is refused to others', (path) => {
    expect(make().onWatch(path, bowl(BOB, saved))).toEqual([refuse('forbidden')]);
  });

  test('no path is open to others, and an unknown one is refused to ourselves', () => {
    expect(make().open).toEqual({ pokes: ['pals-gesture', 'pals-hello', 'pals-redeem'] });
    expect(make().onWatch('/else', bowl(ANN, saved))).toEqual([refuse('no-such-path')]);
  });
});

describe('P6 reads', () => {
  test.each<[string, unknown]>([
    ['/targets', [BOB, DAN]],
    ['/targets/a/b', [BOB]],
    ['/targets/golf', []],
    ['/leeches', [CAT, DAN]],
    ['/mutuals', [DAN]],
    ['/mutuals/work', [DAN]],
    ['/lists', ['a/b', 'work']],
    ['/receipts', new Map([[BOB, true], [DAN, true]])],
    [`/is/target/${BOB}`, true],
    [`/is/leeche/${BOB}`, false],
    [`/is/mutual/${DAN}`, true],
    [`/is/mutual/${CAT}`, false],
    ['/is/target/nobody', undefined],
    [`/is/else/${BOB}`, undefined],
    ['/else', undefined],
  ])('%s', (path, value) => expect(make().onPeek(path, bowl(ANN, saved))).toEqual(value));
});

describe('the shell', () => {
  test('saves one key per peer, tells the peer, sets its timer', () => {
    expect(make().onPoke({ mark: 'pals-command', data: { type: 'meet', peer: BOB, lists: ['chess'] } }, bowl(ANN))).toEqual([
      fact(['/targets'], 'pals-effect', { type: 'meet', peer: BOB }),
      poke(`/gesture/${NOW}`, BOB, 'pals', 'pals-gesture', { kind: 'hey', seq: NOW, incarnation: life(1) }),
      wait(`/retry/${BOB}`, 2_000),
      fileOf(BOB, { lists: ['chess'], mine: { kind: 'hey', seq: NOW, acked: false } }),
    ]);
  });

  test('P9 reports who added us', () => {
    expect(make().onPoke({ mark: 'pals-gesture', data: gesture('hey', 1) }, bowl(BOB))).toContainEqual({ type: 'report', report: { type: 'event', event: { name: 'pal-added', peer: BOB } } });
  });

  test('hands answers, timers and links to the core', () => {
    const agent = make();
    const context = bowl(ANN, new Map([[`/pal/${BOB}`, { ...target(NOW), receipt: null, mine: { kind: 'hey', seq: NOW, acked: false } }]]));
    expect(agent.onWake(`/retry/${BOB}`, context)).toContainEqual(wait(`/retry/${BOB}`, 2_000));
    const hello = { incarnation: life(1), mine: { kind: 'hey', seq: NOW }, held: null };
    expect(agent.onAgent('/links', { type: 'fact', mark: 'link', data: { type: 'up', peer: BOB } }, context)).toEqual([poke('/hello', BOB, 'pals', 'pals-hello', hello)]);
    expect(agent.onAgent('/hello', { type: 'poke-ack' }, { ...context, src: BOB })).toEqual([]);
    expect(agent.onAgent(`/gesture/${NOW}`, { type: 'poke-ack', refused: 'full' }, { ...context, src: BOB })).toEqual([save(`/pal/${BOB}`, { ...target(NOW), receipt: false, mine: { kind: 'hey', seq: NOW, acked: false } })]);
    expect(agent.onAgent(`/gesture/${NOW}`, { type: 'poke-ack' }, { ...context, src: BOB })).toEqual([save(`/pal/${BOB}`, target(NOW))]);
  });

  test('watches the links, again after a kick, and a minute after a refusal', () => {
    const agent = make();
    const asked = watch('/links', ANN, 'links', '/peers');
    expect(agent.onInit(bowl(ANN))).toEqual([asked]);
    expect(agent.onLoad(bowl(ANN))).toEqual([asked]);
    expect(agent.onAgent('/links', { type: 'kick', reason: '' }, bowl(ANN))).toEqual([asked]);
    expect(agent.onAgent('/links', { type: 'watch-ack' }, bowl(ANN))).toEqual([]);
    expect(agent.onAgent('/links', { type: 'watch-ack', refused: 'overloaded' }, bowl(ANN))).toEqual([wait('/links', 60_000)]);
    expect(agent.onWake('/links', bowl(ANN))).toEqual([asked]);
  });

  test('a new run starts from what is saved', () => {
    const agent = make();
    agent.onPoke({ mark: 'pals-command', data: { type: 'meet', peer: BOB, lists: [] } }, bowl(ANN, new Map(), {}));
    expect(agent.onPeek('/targets', bowl(ANN, new Map(), {}))).toEqual([]);
  });

  test('so does an agent whose event failed, and it asks anew which links are open', () => {
    const agent = make();
    const context = bowl(ANN);
    agent.onPoke({ mark: 'pals-command', data: { type: 'meet', peer: BOB, lists: [] } }, context);
    expect(agent.onFail(new Error('too large'), context).map(({ type }) => type)).toEqual(['leave', 'watch']);
    expect(agent.onPeek('/targets', context)).toEqual([]);
  });
});

describe('what peers say', () => {
  test.each<[string, string, unknown]>([
    ['a gesture with a seq below 0', 'pals-gesture', gesture('hey', -1)],
    ['a gesture with half a seq', 'pals-gesture', gesture('hey', 1.5)],
    ['a gesture with a seq past all safe numbers', 'pals-gesture', { kind: 'hey', seq: 2n ** 60n, incarnation: life(2) }],
    ['a gesture of unknown kind', 'pals-gesture', { kind: 'wave', seq: 1, incarnation: life(2) }],
    ['a gesture without incarnation', 'pals-gesture', { kind: 'hey', seq: 1 }],
    ['a gesture with more in it', 'pals-gesture', { kind: 'hey', seq: 1, incarnation: life(2), more: 1 }],
    ['no gesture', 'pals-gesture', null],
    ['a hello with an odd incarnation', 'pals-hello', { incarnation: 'x', mine: null, held: null }],
    ['a hello with half a register', 'pals-hello', { incarnation: life(2), mine: { kind: 'hey' }, held: null }],
    ['a hello that holds no number', 'pals-hello', { incarnation: life(2), mine: null, held: Number.NaN }],
    ['a token of 15 bytes', 'pals-redeem', { token: new Uint8Array(15) }],
    ['a token of text', 'pals-redeem', { token: 'x'.repeat(16) }],
  ])('%s is refused, and counted', (_name, mark, data) => {
    const agent = make();
    expect(agent.onPoke({ mark, data }, bowl(BOB))).toEqual([refuse('bad-form')]);
    expect(agent.onPeek('/refusals', bowl(ANN))).toEqual(new Map([['bad-form', 1]]));
  });

  test('commands are for our own process', () => {
    expect(make().onPoke({ mark: 'pals-command', data: { type: 'meet', peer: CAT, lists: [] } }, bowl(BOB))).toEqual([refuse('forbidden')]);
    expect(make().onPoke({ mark: 'pals-command', data: { type: 'meet', peer: 'nobody', lists: [] } }, bowl(ANN))).toEqual([refuse('bad-form')]);
    expect(make().onPoke({ mark: 'else', data: 1 }, bowl(BOB))).toEqual([refuse('not-open')]);
  });

  test('refusals are counted by reason', () => {
    const agent = make();
    const context = bowl(BOB);
    for (const seq of [5, 4, 3, NOW * 2]) agent.onPoke({ mark: 'pals-gesture', data: gesture('hey', seq) }, context);
    expect(agent.onPeek('/refusals', context)).toEqual(new Map([['stale', 2], ['clock-skew', 1]]));
  });

  test('nothing they say makes it throw, and a refusal stands alone', () => {
    const agent = make();
    const context = bowl(BOB);
    const data = fc.oneof(fc.anything(), fc.record({ kind: fc.constantFrom('hey', 'bye'), seq: fc.maxSafeNat(), incarnation: fc.constantFrom(life(2), life(3)) }), fc.record({ token: fc.uint8Array({ minLength: 16, maxLength: 16 }) }));
    fc.assert(
      fc.property(fc.constantFrom('pals-gesture', 'pals-hello', 'pals-redeem', 'pals-command', ''), data, (mark, said) => {
        const effects = agent.onPoke({ mark, data: said }, context);
        return effects.length <= 1 || effects.every(({ type }) => type !== 'refuse');
      }),
      { numRuns: 1_000 },
    );
  });
});
