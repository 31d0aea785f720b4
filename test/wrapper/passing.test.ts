/**
 * Passing as tables of exact effects under loaded dice: W12 to W14, W19, and DESIGN 4 points 1, 2, 3 and 10. Worlds of cores: passing-net.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import type { Seen } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { seededRandom } from '../../src/random.ts';
import type { Random } from '../../src/random.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import type { GossipConfig } from '../../src/wrapper/config.ts';
import { GossipCore } from '../../src/wrapper/core.ts';
import type { CoreSetup } from '../../src/wrapper/core.ts';
import { EMBARGO_MAX_MS, EMBARGO_MEAN_MS, EMBARGO_MIN_MS, embargoMs, LEAVE_MAX_MS, LEAVE_MEAN_MS, leaveMs } from '../../src/wrapper/core/delays.ts';
import type { GossipEffect, Input } from '../../src/wrapper/core/messages.ts';
import { BLOCKED_MS, EPOCH_MIN_MS, EPOCH_SPREAD_MS, MISS_MS } from '../../src/wrapper/core/proxies.ts';
import { ANN, BOB, BOUNDS, CAT, DAN, NOW, peerOf, rumorOf } from './names.ts';

type In = Input<string>;
type Out = GossipEffect<string>;

const ID = rumorOf(1);
/** What {@link loaded} makes of every wait. */
const EMBARGO = EMBARGO_MIN_MS;
const DEADLINE = NOW + EMBARGO;

/** Dice that wait as briefly as can be, toss these coins in turn (1 passes, the last for ever), choose the first, and make nobody a diffuser. */
function loaded(...coins: readonly number[]): Random {
  const left = [...coins];
  let choosing = false;
  const toss = (): number => {
    choosing = (left.length > 1 ? left.shift() : (left[0] ?? 1)) === 1;
    return choosing ? 1 : 0;
  };
  const choose = (): number => {
    choosing = false;
    return 0;
  };
  const dice: Random = { below: (bound) => (bound === 2 ** 32 ? bound - 1 : bound === 2 && !choosing && coins.length > 0 ? toss() : bound === 5 ? 4 : choose()), fork: () => dice };
  return dice;
}

function coreOf(config: Partial<GossipConfig>, setup: Partial<CoreSetup<string>> = {}, pals: readonly PeerId[] = [BOB, CAT, DAN]): GossipCore<string> {
  const given = gossipConfig({ hops: 3, hear: 'targets', tell: 'targets', ...config }, 15);
  const core = new GossipCore<string>({ ...BOUNDS, our: ANN, maxHops: 15, given, persisted: given, random: given.pass === true ? loaded(1) : loaded(), ...setup });
  for (const peer of pals) {
    core.step({ type: 'PalChanged', change: 'meet', peer }, NOW);
    core.step({ type: 'WatchAsked', peer }, NOW);
  }
  return core;
}

const mine: In = { type: 'Published', id: ID, body: 'news', bytes: 4 };
const leaves: In = { type: 'TimerFired', timer: { of: 'leave', id: ID } };
const embargoed: In = { type: 'TimerFired', timer: { of: 'embargo', id: ID } };
const poked = (from: PeerId, hops = 2, seen?: Seen): In => ({ type: 'RumorPoked', id: ID, from, hops, seen, verdict: { type: 'valid' }, room: true, body: 'news', bytes: 4 });
const copy = (from: PeerId, hops = 2, seen?: Seen): In => ({ type: 'RumorArrived', id: ID, from, hops, seen, verdict: { type: 'valid' }, room: true, body: 'news', bytes: 4 });
const answered = (peer: PeerId, refused = false): In => ({ type: 'PassAnswered', id: ID, peer, refused });

const saves = (successor: PeerId | undefined, hops = 2): Out => ({ type: 'SaveHeld', id: ID, hops, successor, deadlineMs: DEADLINE, body: 'news' });
const held: readonly Out[] = [saves(undefined), { type: 'SetTimer', timer: { of: 'embargo', id: ID }, delayMs: EMBARGO }, { type: 'SetTimer', timer: { of: 'leave', id: ID }, delayMs: 0 }];
const waits: Out = { type: 'SetTimer', timer: { of: 'leave', id: ID }, delayMs: 0 };
const passes = (to: PeerId, hops = 2): readonly Out[] => [saves(to, hops), { type: 'Pass', id: ID, to, hops, body: 'news' }];
const dropped: readonly Out[] = [{ type: 'ForgetHeld', id: ID }, { type: 'CancelTimer', timer: { of: 'embargo', id: ID } }];
const remembers = (hops: number, delivered: boolean, relayed: boolean): Out => ({ type: 'Remember', id: ID, hops, delivered, relayed });
const reports = (what: 'relayed', src: PeerId, hops = 2): Out => ({ type: 'ReportRumor', what, id: ID, hops, src, body: 'news' });
const published: Out = { type: 'ReportPublished', id: ID, hops: 2, body: 'news', passed: true, refused: [] };
const sweeps: Out = { type: 'SetTimer', timer: { of: 'recent' }, delayMs: 120_000 };
const publishes = (hops = 2): readonly Out[] => [...dropped, remembers(hops + 1, true, true), { type: 'Keep', id: ID, hops: hops + 1, body: 'news' }, sweeps, { type: 'Send', id: ID, hops, body: 'news' }];
const delivers = (from: PeerId): Out => ({ type: 'Deliver', id: ID, from, body: 'news', replayed: false });

interface Row {
  readonly name: string;
  readonly config: Partial<GossipConfig>;
  readonly setup?: Partial<CoreSetup<string>>;
  readonly pals?: readonly PeerId[];
  readonly before?: readonly In[];
  readonly atMs?: number;
  readonly input: In;
  readonly effects: readonly Out[];
}

function rows(title: string, table: readonly Row[]): void {
  describe(title, () => {
    test.each(table)('$name', ({ config, setup, pals, before = [], atMs = NOW, input, effects }) => {
      const core = coreOf(config, setup, pals);
      for (const past of before) core.step(past, NOW);
      expect(core.step(input, atMs)).toEqual(effects);
    });
  });
}

const COIN = { pass: true } as const;
const STEM = { pass: 'stem' } as const;
const publishing = { random: loaded(0) };
const any = (effect: object): Out => expect.objectContaining(effect) as unknown as Out;

rows('W12 emitting', [
  { name: 'W12 a coin: ours is held before anything else happens', config: COIN, input: mine, effects: [remembers(0, true, false), ...held, published] },
  { name: 'W12 a stem: the same, and nothing says that the agent has it', config: STEM, input: mine, effects: [...held, published] },
  { name: 'W12 the coin says publish', config: COIN, setup: publishing, before: [mine], input: leaves, effects: publishes() },
  { name: 'W12 W13 the coin says pass: to one peer, the count unchanged', config: COIN, before: [mine], input: leaves, effects: passes(BOB) },
  { name: 'W12 not back to whom it came from', config: COIN, before: [poked(BOB)], input: leaves, effects: passes(CAT) },
  { name: 'W12 not to one outside the tell set', config: { ...COIN, tell: 'mutuals' }, before: [{ type: 'PalChanged', change: 'near', peer: CAT }, { type: 'WatchAsked', peer: CAT }, mine], input: leaves, effects: passes(CAT) },
  { name: 'W12 none left: published', config: COIN, pals: [BOB], before: [poked(BOB)], input: leaves, effects: [...publishes(), reports('relayed', BOB)] },
  { name: 'better 11 a pal that does not run the agent is never chosen', config: COIN, pals: [CAT], before: [{ type: 'PalChanged', change: 'meet', peer: BOB }, mine], input: leaves, effects: passes(CAT) },
  // With one that is away the datum would lie with us alone until the embargo, and the origin would be the one who publishes it.
  { name: 'better 11 nor one that runs it and is away', config: STEM, pals: [BOB, CAT], before: [{ type: 'WatchAcked', peer: BOB }, { type: 'SubscriberLeft', peer: BOB }, mine], input: leaves, effects: passes(CAT) },
  // The reference publishes to nobody, and the datum is lost.
  { name: 'W12 nobody listens, as right after a start: it waits for the embargo', config: COIN, pals: [], before: [mine], input: leaves, effects: [] },
  { name: 'W12 after the embargo it goes out, whoever listens', config: COIN, pals: [], before: [mine, leaves], atMs: DEADLINE, input: embargoed, effects: publishes() },
  { name: 'W12 a stem: ours takes a hop, whatever the epoch', config: STEM, setup: { random: seededRandom('any') }, pals: [BOB], before: [mine], input: leaves, effects: [any({ type: 'SaveHeld', successor: BOB }), any({ type: 'Pass', to: BOB })] },
  { name: 'research 4.3 a stem ends with the hops of the code, not with personal ones', config: STEM, before: [{ type: 'Configured', change: { hops: 7 } }, mine], input: leaves, effects: passes(BOB) },
  { name: 'W12 a coin: the config counts', config: COIN, before: [{ type: 'Configured', change: { hops: 7 } }, mine], input: leaves, effects: passes(BOB, 6) },
  { name: 'said again while it is held: it is on its way', config: STEM, before: [mine], input: mine, effects: [published] },
  { name: 'a leave timer of an earlier run: nothing', config: COIN, input: leaves, effects: [] },
]);

rows('W14 the proxy answers', [
  // In the reference an ack ends it: what a black hole acks is lost.
  { name: 'better 2 an ack is no publication: it stays held', config: COIN, before: [mine, leaves], input: answered(BOB), effects: [] },
  { name: 'W14 refused: another, after a new coin', config: COIN, before: [mine, leaves, answered(BOB, true)], input: leaves, effects: passes(CAT) },
  { name: 'W14 refused: waits like everything that leaves', config: COIN, before: [mine, leaves], input: answered(BOB, true), effects: [waits] },
  { name: 'W14 refused by another than the one that has it: nothing', config: COIN, before: [mine, leaves], input: answered(CAT, true), effects: [] },
  { name: 'W14 an answer for what is no longer held: nothing', config: COIN, input: answered(BOB, true), effects: [] },
]);

rows('better 2: the embargo', [
  { name: 'it runs out: published, with one hop more remembered than it goes out with', config: COIN, before: [mine, leaves], atMs: DEADLINE, input: embargoed, effects: publishes() },
  { name: 'the same for what was passed to us', config: COIN, before: [poked(DAN), leaves], atMs: DEADLINE, input: embargoed, effects: [...publishes(), reports('relayed', DAN)] },
  { name: 'W14 early: it is waited for again', config: COIN, before: [mine, leaves], atMs: DEADLINE - 1, input: embargoed, effects: [{ type: 'SetTimer', timer: { of: 'embargo', id: ID }, delayMs: 1 }] },
  { name: 'the clock was set back by more than any embargo: published', config: COIN, before: [mine, leaves], atMs: DEADLINE - EMBARGO_MAX_MS - 1, input: embargoed, effects: publishes() },
  { name: 'W14 for what is no longer held: nothing', config: COIN, input: embargoed, effects: [] },
  { name: 'another publishes it: held no longer, and relayed', config: COIN, before: [mine, leaves], input: copy(CAT, 2, { hops: 0, delivered: true, relayed: false }), effects: [...dropped, remembers(2, true, false), { type: 'Keep', id: ID, hops: 2, body: 'news' }, sweeps, waits] },
  // Else the origin would have to publish it in the end. It is relayed like any copy: who waited would be seen to have held it.
  { name: 'the proxy publishes it: held no longer, and relayed', config: COIN, before: [mine, leaves], input: copy(BOB, 2, { hops: 0, delivered: true, relayed: false }), effects: [...dropped, remembers(2, true, false), { type: 'Keep', id: ID, hops: 2, body: 'news' }, sweeps, waits] },
  { name: 'the same with half of its hops', config: COIN, before: [mine, leaves], input: copy(BOB, 1, { hops: 0, delivered: true, relayed: false }), effects: [...dropped, remembers(1, true, false), { type: 'Keep', id: ID, hops: 1, body: 'news' }, sweeps, waits] },
  { name: 'the proxy tells us with few hops, perhaps us alone: relayed, and still held', config: COIN, before: [mine, leaves], input: copy(BOB, 0, { hops: 0, delivered: true, relayed: false }), effects: [{ type: 'Keep', id: ID, hops: 0, body: 'news' }, sweeps, waits] },
  { name: 'after few hops of the proxy, its header with more is enough', config: COIN, before: [mine, leaves, copy(BOB, 0, { hops: 0, delivered: true, relayed: false }), leaves], input: { type: 'UpgradeArrived', id: ID, from: BOB, hops: 2, seen: { hops: 0, delivered: true, relayed: true } }, effects: [...dropped, remembers(2, true, true), waits] },
  { name: 'after few hops of the proxy, a header of another is enough', config: COIN, before: [mine, leaves, copy(BOB, 0, { hops: 0, delivered: true, relayed: false }), leaves], input: { type: 'UpgradeArrived', id: ID, from: CAT, hops: 0, seen: { hops: 0, delivered: true, relayed: true } }, effects: dropped },
  { name: 'after few hops of the proxy the embargo goes on, as a longer reach', config: COIN, before: [mine, leaves, copy(BOB, 0, { hops: 0, delivered: true, relayed: false }), leaves], atMs: DEADLINE, input: embargoed, effects: [...dropped, remembers(3, true, true), { type: 'Keep', id: ID, hops: 3, body: 'news' }, { type: 'Send', id: ID, hops: 2, body: 'news', only: [] }, { type: 'SendUpgrade', id: ID, hops: 2, only: [BOB, CAT, DAN] }] },
  { name: 'after few hops of the proxy, relay first: there is no more to do', config: { ...COIN, relay: 'first' }, before: [mine, leaves, copy(BOB, 0, { hops: 0, delivered: true, relayed: false }), leaves], atMs: DEADLINE, input: embargoed, effects: dropped },
  { name: 'hops 0 by now: nothing is sent', config: COIN, before: [mine, leaves, { type: 'Configured', change: { pass: false, hops: 0 } }], atMs: DEADLINE, input: embargoed, effects: [...dropped, remembers(0, true, false)] },
]);

rows('better 3: held is not heard', [
  { name: 'heard with no hops left: its own pals hear it all the same', config: COIN, before: [poked(BOB), leaves, copy(DAN, 0, { hops: 0, delivered: true, relayed: false })], input: leaves, effects: [remembers(0, true, true), { type: 'Send', id: ID, hops: 0, body: 'news', except: DAN }, reports('relayed', DAN, 0)] },
  { name: 'not held and heard with no hops left: not relayed', config: COIN, input: copy(DAN, 0), effects: [remembers(0, true, false), { type: 'Keep', id: ID, hops: 0, body: 'news' }, sweeps, delivers(DAN)] },
  { name: 'a stem: the agent has it when it is published', config: STEM, before: [poked(BOB), leaves], input: copy(DAN, 2), effects: [...dropped, remembers(2, true, false), { type: 'Keep', id: ID, hops: 2, body: 'news' }, sweeps, waits, delivers(DAN)] },
  { name: 'a stem: or when the embargo ends', config: STEM, before: [poked(BOB), leaves], atMs: DEADLINE, input: embargoed, effects: [...publishes(), reports('relayed', BOB), delivers(BOB)] },
  { name: 'a stem: our own is not told to us', config: STEM, before: [mine, leaves], input: copy(DAN, 2), effects: [...dropped, remembers(2, true, false), { type: 'Keep', id: ID, hops: 2, body: 'news' }, sweeps, waits] },
  { name: 'a header for what is held: as if we did not know it', config: STEM, before: [poked(BOB)], input: { type: 'UpgradeArrived', id: ID, from: CAT, hops: 9, seen: undefined }, effects: [{ type: 'Notice', event: { name: 'upgrade-ignored', peer: CAT, reason: 'unknown-id', count: 1 } }] },
  { name: 'better 8 a first answer is not given', config: COIN, before: [mine], input: { type: 'FirstAnswerGiven', to: BOB, id: ID, seen: { hops: 9, delivered: true, relayed: false }, body: 'news' }, effects: [] },
]);

const twice: Partial<CoreSetup<string>> = { maxHeld: 1 };
rows('W19 a rumor to pass on', [
  { name: 'W19 not from the hear set: refused', config: COIN, pals: [], input: poked(BOB), effects: [{ type: 'Refuse', reason: 'gossip-rejected' }] },
  { name: 'W19 with hops 0 nothing is passed: refused, so that it finds another way', config: { hops: 0 }, input: poked(BOB), effects: [{ type: 'Refuse', reason: 'gossip-rejected' }] },
  { name: 'W19 a coin: the agent has it at once', config: COIN, input: poked(BOB), effects: [remembers(0, true, false), ...held, delivers(BOB)] },
  { name: 'W19 a stem: nothing but held', config: STEM, input: poked(BOB), effects: held },
  { name: 'W19 passing off: published as it came, no hop used up', config: {}, input: poked(BOB), effects: [remembers(3, true, true), { type: 'Keep', id: ID, hops: 3, body: 'news' }, { type: 'Send', id: ID, hops: 2, body: 'news', eager: true }, reports('relayed', BOB), delivers(BOB)] },
  { name: 'W19 and better 6 a huge count is clamped', config: STEM, before: [poked(BOB, 255)], input: leaves, effects: passes(CAT, 14) },
  { name: 'W19 published long ago: nothing more', config: COIN, input: poked(BOB, 2, { hops: 3, delivered: true, relayed: true }), effects: [] },
  { name: 'W19 invalid: told, not passed on', config: COIN, input: { ...poked(BOB), verdict: { type: 'invalid', reason: 'odd' } } as In, effects: [remembers(2, true, false), { type: 'Notice', event: { name: 'invalid-data', peer: BOB, reason: 'odd' } }, delivers(BOB)] },
  // In the reference the datum is in the memory of whoever had it, and is lost: 12.5 % of all in a triangle of pals.
  { name: 'better 1 a loop, a coin: it goes another way', config: COIN, before: [mine, leaves, poked(CAT)], input: leaves, effects: passes(DAN) },
  { name: 'better 1 a loop, a stem: it goes another way', config: STEM, before: [mine, leaves, poked(CAT)], input: leaves, effects: passes(DAN) },
  { name: 'better 1 a loop by the same peer, a stem: not the fixed way again', config: STEM, before: [poked(BOB), leaves, poked(BOB)], input: leaves, effects: passes(DAN) },
  { name: 'better 1 a loop with no other way: published', config: STEM, pals: [BOB, CAT], before: [mine, leaves, poked(CAT)], input: leaves, effects: [...publishes(), reports('relayed', CAT)] },
  { name: 'better 1 a loop that the coin ends', config: COIN, setup: { random: loaded(1, 0) }, before: [mine, leaves, poked(CAT)], input: leaves, effects: [...publishes(), reports('relayed', CAT)] },
  { name: 'limits.maxHeld: the oldest is published', config: STEM, setup: twice, before: [{ ...poked(BOB), id: rumorOf(2) } as In], input: poked(BOB), effects: expect.arrayContaining([{ type: 'ForgetHeld', id: rumorOf(2) }, { type: 'Send', id: rumorOf(2), hops: 2, body: 'news' }, ...held]) as unknown as Out[] },
  { name: 'limits.maxHeldBytes: the oldest is published', config: STEM, setup: { maxHeldBytes: 7 }, before: [{ ...poked(BOB), id: rumorOf(2) } as In], input: poked(BOB), effects: expect.arrayContaining([{ type: 'ForgetHeld', id: rumorOf(2) }, ...held]) as unknown as Out[] },
  { name: 'limits.maxHeldBytes: what is larger than all the room is published', config: STEM, setup: { maxHeldBytes: 3 }, input: mine, effects: [remembers(3, true, true), { type: 'Keep', id: ID, hops: 3, body: 'news' }, sweeps, { type: 'Send', id: ID, hops: 2, body: 'news' }, published] },
]);

const restored = { id: ID, body: 'news', bytes: 4, unknown: false, deadlineMs: DEADLINE + 20_000, hops: 2, successor: BOB, delivered: false, heard: false };
rows('after a restart', [
  { name: 'the embargo goes on', config: STEM, setup: { held: [restored] }, pals: [], input: { type: 'Started' }, effects: expect.arrayContaining([{ type: 'SetTimer', timer: { of: 'embargo', id: ID }, delayMs: EMBARGO + 20_000 }]) as unknown as Out[] },
  { name: 'an overdue one leaves subscribers the time to come back', config: STEM, setup: { held: [{ ...restored, deadlineMs: NOW - 1 }] }, pals: [], input: { type: 'Started' }, effects: expect.arrayContaining([{ type: 'SetTimer', timer: { of: 'embargo', id: ID }, delayMs: EMBARGO_MIN_MS }]) as unknown as Out[] },
  { name: 'what a lower limit has no room for goes out', config: STEM, setup: { held: [restored, { ...restored, id: rumorOf(2) }], maxHeld: 1 }, pals: [], input: { type: 'Started' }, effects: expect.arrayContaining([{ type: 'ForgetHeld', id: ID }]) as unknown as Out[] },
  { name: 'few hops of the proxy are still not enough', config: STEM, setup: { held: [restored] }, input: copy(BOB, 0), effects: [remembers(0, true, false), { type: 'Keep', id: ID, hops: 0, body: 'news' }, sweeps, waits, delivers(BOB)] },
  { name: 'it is published, and told to the agent: nothing says any more whose it was', config: STEM, setup: { held: [restored] }, atMs: NOW + 60_000, input: embargoed, effects: [...publishes(), delivers(ANN)] },
  { name: 'what the agent had is not told again', config: STEM, setup: { held: [{ ...restored, delivered: true }] }, atMs: NOW + 60_000, input: embargoed, effects: publishes() },
]);

/** Through whom one of our data goes, or `published`. */
function wayOf(core: GossipCore<string>, n: number, nowMs: number, from?: PeerId): PeerId | 'published' | 'waits' {
  const id = rumorOf(n);
  core.step(from === undefined ? { ...(mine as object), id } as In : { ...(poked(from) as object), id } as In, nowMs);
  const effects = core.step({ type: 'TimerFired', timer: { of: 'leave', id } }, nowMs);
  const pass = effects.find((effect) => effect.type === 'Pass');
  return pass?.type === 'Pass' ? pass.to : effects.some(({ type }) => type === 'Send') ? 'published' : 'waits';
}

describe('better 2 and 11: whom we no longer ask', () => {
  const fails = (core: GossipCore<string>, n: number, nowMs: number): unknown => [wayOf(core, n, nowMs), core.step({ type: 'TimerFired', timer: { of: 'embargo', id: rumorOf(n) } }, nowMs + EMBARGO_MAX_MS)];

  test('a proxy that fails three embargoes is left alone for 24 h', () => {
    const core = coreOf(COIN);
    for (const n of [1, 2, 3]) fails(core, n, NOW);
    const blockedMs = NOW + EMBARGO_MAX_MS;
    expect([wayOf(core, 4, blockedMs), wayOf(core, 5, blockedMs + BLOCKED_MS - 1), wayOf(core, 6, blockedMs + BLOCKED_MS)]).toEqual([CAT, CAT, BOB]);
  });

  test('a publication by others in between makes it good', () => {
    const core = coreOf(COIN);
    for (const n of [1, 2]) fails(core, n, NOW);
    wayOf(core, 3, NOW);
    core.step({ ...(copy(CAT) as object), id: rumorOf(3) } as In, NOW);
    fails(core, 4, NOW);
    expect(wayOf(core, 5, NOW + EMBARGO_MAX_MS)).toBe(BOB);
  });

  test.each([0, 2])('one that told us has not failed, with %i hops left', (hops) => {
    const core = coreOf(COIN);
    for (const n of [1, 2, 3]) {
      wayOf(core, n, NOW);
      core.step({ ...(copy(BOB, hops) as object), id: rumorOf(n) } as In, NOW);
      core.step({ type: 'TimerFired', timer: { of: 'embargo', id: rumorOf(n) } }, NOW + EMBARGO_MAX_MS);
    }
    expect(wayOf(core, 4, NOW + EMBARGO_MAX_MS)).toBe(BOB);
  });

  test('W14 misses expire after half an hour', () => {
    const core = coreOf(COIN);
    core.step(answered(BOB, true), NOW);
    expect([wayOf(core, 1, NOW), wayOf(core, 2, NOW + MISS_MS - 1), wayOf(core, 3, NOW + MISS_MS)]).toEqual([CAT, CAT, BOB]);
  });

  test.each([
    { name: 'W14 an ack', sign: answered(BOB) },
    { name: 'W18 a rumor', sign: { ...(copy(BOB) as object), id: rumorOf(9) } as In },
    { name: 'W19 a poke', sign: { ...(poked(BOB) as object), id: rumorOf(9) } as In },
  ])('$name ends a miss', ({ sign }) => {
    const core = coreOf(COIN);
    core.step(answered(BOB, true), NOW);
    core.step(sign, NOW);
    expect(wayOf(core, 1, NOW)).toBe(BOB);
  });
});

describe('a stem', () => {
  const FRIENDS = [BOB, CAT, DAN, peerOf(0xe), peerOf(0xf)];
  const dice = (seed: string, diffuses = false): Random => {
    const random = seededRandom(seed);
    const rolled: Random = { below: (bound) => (bound === 5 ? Number(!diffuses) : random.below(bound)), fork: () => rolled };
    return rolled;
  };

  // In the reference each datum goes through another: ten of them give the origin away.
  test('has one way for our own data for an epoch, and one for each edge', () => {
    const core = coreOf(STEM, { random: dice('edges') }, FRIENDS.slice(0, 4));
    const own = new Set([1, 2, 3, 4, 5, 6, 7, 8].map((n) => wayOf(core, n, NOW)));
    const ofBob = new Set([11, 12, 13, 14, 15].map((n) => wayOf(core, n, NOW, BOB)));
    expect([own.size, ofBob.size, ofBob.has(BOB)]).toEqual([1, 1, false]);
  });

  test('turns after ten to eleven minutes', () => {
    const ways = new Set<unknown>();
    for (let seed = 0; seed < 40; seed += 1) {
      const core = coreOf(STEM, { random: dice(`turns ${seed}`) }, FRIENDS.slice(0, 4));
      const [first, last, next] = [wayOf(core, 1, NOW), wayOf(core, 2, NOW + EPOCH_MIN_MS - 1), wayOf(core, 3, NOW + EPOCH_MIN_MS + EPOCH_SPREAD_MS)];
      expect(last).toBe(first);
      ways.add(next === first);
    }
    expect(ways).toEqual(new Set([true, false]));
  });

  test('prefers mutuals, then those we added, as the next', () => {
    const anybody = { ...STEM, hear: 'anybody', tell: 'anybody' } as const;
    for (let seed = 0; seed < 20; seed += 1) {
      const core = coreOf(anybody, { random: dice(`pals ${seed}`) }, [BOB, CAT]);
      core.step({ type: 'PalChanged', change: 'near', peer: DAN }, NOW);
      core.step({ type: 'WatchAsked', peer: DAN }, NOW);
      expect(wayOf(core, 1, NOW)).not.toBe(DAN);
      core.step({ type: 'PalChanged', change: 'near', peer: CAT }, NOW);
      core.step({ type: 'PalChanged', change: 'part', peer: BOB }, NOW);
      expect(wayOf(core, 2, NOW)).toBe(CAT);
    }
  });

  test('a diffuser publishes what it is passed, for the epoch, and still passes on its own', () => {
    const core = coreOf(STEM, { random: dice('diffuser', true) }, FRIENDS.slice(0, 4));
    expect([1, 2, 3].map((n) => wayOf(core, n, NOW, BOB))).toEqual(['published', 'published', 'published']);
    expect(FRIENDS).toContain(wayOf(core, 4, NOW));
  });

  test('one epoch in five is a diffuser\'s', () => {
    const random = seededRandom('share');
    let diffused = 0;
    for (let n = 1; n <= 2_000; n += 1) {
      if (wayOf(coreOf(STEM, { random }, [BOB, CAT]), n, NOW, BOB) === 'published') diffused += 1;
    }
    expect(Math.abs(diffused / 2_000 - 0.2)).toBeLessThan(0.03);
  });
});

describe('research 4.1: waits are exponential', () => {
  const drawn = (draw: (random: Random) => number): number[] => {
    const random = seededRandom('waits');
    return Array.from({ length: 20_000 }, () => draw(random)).sort((a, b) => a - b);
  };
  /** The largest distance from the exponential distribution below the cap, after Kolmogorov. */
  const fromExponential = (sorted: readonly number[], minMs: number, meanMs: number, maxMs: number): number =>
    Math.max(...sorted.map((x, i) => (x >= maxMs ? 0 : Math.abs((i + 1) / sorted.length - (1 - Math.exp(-(x - minMs) / meanMs))))));

  test('the embargo: 5 s and 15 s more on average, at most 110 s; a Poisson count would not do', () => {
    const all = drawn(embargoMs);
    expect(fromExponential(all, EMBARGO_MIN_MS, EMBARGO_MEAN_MS, EMBARGO_MAX_MS)).toBeLessThan(0.012);
    expect([all[0]! >= 5_000, all.at(-1)! <= 110_000]).toEqual([true, true]);
    // Its spread is as large as its mean; that of a Poisson count of 15 would be a quarter of it.
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
    const spread = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length);
    expect(Math.abs(spread - 15_000)).toBeLessThan(1_000);
  });

  test('what leaves: 250 ms on average, at most 2 s', () => {
    const all = drawn(leaveMs);
    expect(fromExponential(all, 0, LEAVE_MEAN_MS, LEAVE_MAX_MS)).toBeLessThan(0.012);
    expect(all.at(-1)! <= 2_000).toBe(true);
  });

  test('the longest throw is finite', () => {
    const zeros: Random = { below: () => 0, fork: () => zeros };
    expect([embargoMs(zeros), leaveMs(zeros)]).toEqual([EMBARGO_MAX_MS, LEAVE_MAX_MS]);
  });
});

describe('the queue of what is relayed', () => {
  test('at the limit the oldest leaves at once', () => {
    const core = coreOf(STEM, { maxHeld: 2 });
    const sent: (string | undefined)[] = [];
    for (const n of [1, 2, 3]) {
      for (const effect of core.step({ ...(copy(BOB) as object), id: rumorOf(n), body: `b${n}` } as In, NOW)) if (effect.type === 'Send') sent.push(effect.body);
    }
    expect(sent).toEqual(['b1']);
  });

  test('a copy with more hops that comes while the first waits goes out instead, once', () => {
    const core = coreOf(STEM);
    core.step(copy(BOB, 2), NOW);
    expect(core.step(copy(CAT, 5, { hops: 2, delivered: true, relayed: false }), NOW)).toEqual([remembers(5, true, false)]);
    expect(core.step(leaves, NOW)).toEqual([remembers(4, true, true), { type: 'Send', id: ID, hops: 4, body: 'news', only: [DAN], except: CAT }, { type: 'SendUpgrade', id: ID, hops: 4, only: [BOB] }, reports('relayed', CAT, 4)]);
    expect(core.step(leaves, NOW)).toEqual([]);
  });

  test('two minutes later what was at hand is forgotten, whether or not anything happens', () => {
    const core = coreOf(STEM);
    expect(core.step(copy(BOB, 0), NOW)).toContainEqual(sweeps);
    expect(core.step({ ...(copy(BOB, 0) as object), id: rumorOf(2) } as In, NOW + 1)).not.toContainEqual(sweeps);
    expect(core.step({ type: 'TimerFired', timer: { of: 'recent' } }, NOW + 120_000)).toEqual([sweeps]);
    expect(core.step({ type: 'TimerFired', timer: { of: 'recent' } }, NOW + 240_000)).toEqual([]);
  });
});
