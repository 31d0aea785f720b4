/**
 * The rules of the gossip core as tables of exact effects. The wrapper's shell has its own tests in with-gossip.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import type { Seen } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import type { GossipConfig } from '../../src/wrapper/config.ts';
import { GossipCore } from '../../src/wrapper/core.ts';
import type { CoreSetup } from '../../src/wrapper/core.ts';
import type { GossipEffect, Input } from '../../src/wrapper/core/messages.ts';
import { ANN, BOB, BOUNDS, CAT, DAN, NOW, rumorOf } from './names.ts';

type In = Input<string>;
type Out = GossipEffect<string>;

interface Row {
  readonly name: string;
  readonly config?: Partial<GossipConfig>;
  readonly setup?: Partial<CoreSetup<string>>;
  readonly before?: readonly In[];
  readonly input: In;
  readonly effects: readonly Out[];
}

const ID = rumorOf(1);
const NEVER: Seen | undefined = undefined;
const MINUTE = 60_000;

const meet = (peer: typeof BOB): In => ({ type: 'PalChanged', change: 'meet', peer });
const part = (peer: typeof BOB): In => ({ type: 'PalChanged', change: 'part', peer });
const near = (peer: typeof BOB): In => ({ type: 'PalChanged', change: 'near', peer });
const away = (peer: typeof BOB): In => ({ type: 'PalChanged', change: 'away', peer });
const asks = (peer: typeof BOB): In => ({ type: 'WatchAsked', peer });
const left = (peer: typeof BOB): In => ({ type: 'SubscriberLeft', peer });
const refused = (peer: typeof BOB): In => ({ type: 'WatchRefused', peer, reason: 'gossip-forbidden' });
const kicked = (peer: typeof BOB): In => ({ type: 'Kicked', peer, reason: 'gossip-forbidden' });
const retries = (peer: typeof BOB): In => ({ type: 'TimerFired', timer: { of: 'hear', peer } });
const configured = (change: Partial<GossipConfig>): In => ({ type: 'Configured', change });

const watchOf = (peer: typeof BOB): Out => ({ type: 'Watch', peer });
const leaveOf = (peer: typeof BOB): Out => ({ type: 'Leave', peer });
const kickOf = (peer: typeof BOB): Out => ({ type: 'Kick', peer, reason: 'gossip-forbidden' });
const notice = (event: Extract<Out, { type: 'Notice' }>['event']): Out => ({ type: 'Notice', event });

type Arrived = Extract<In, { type: 'RumorArrived' }>;
function arrives(parts: Partial<Arrived> = {}): In {
  return { type: 'RumorArrived', id: ID, from: BOB, hops: 3, seen: NEVER, verdict: { type: 'valid' }, room: true, body: 'news', bytes: 4, ...parts };
}

function newCore({ config = {}, setup = {} }: Pick<Row, 'config' | 'setup'>): GossipCore<string> {
  const given = gossipConfig(config, 15);
  return new GossipCore({ our: ANN, maxHops: 15, given, persisted: given, ...BOUNDS, ...setup });
}

function rows(title: string, table: readonly Row[]): void {
  describe(title, () => {
    test.each(table)('$name', ({ before = [], input, effects, ...rest }) => {
      const core = newCore(rest);
      for (const past of before) core.step(past, NOW);
      expect(core.step(input, NOW)).toEqual(effects);
    });
  });
}

const BOTH_PALS: readonly Out[] = [
  { type: 'WatchPals', list: 'targets' },
  { type: 'WatchPals', list: 'leeches' },
];
const joins = (role: 'member' | 'leaf'): Out => ({ type: 'WatchOverlay', role });
const leavesOverlay: Out = { type: 'LeaveOverlay' };
const GIVEN = gossipConfig({ hops: 2 }, 15);
const SAVED = gossipConfig({ hops: 7, hear: 'anybody' }, 15);

rows('life cycle', [
  {
    name: 'W1 first start: the given config is saved, pals are watched, the config is told',
    setup: { given: GIVEN, persisted: undefined },
    input: { type: 'Started' },
    effects: [{ type: 'SaveConfig', config: GIVEN }, ...BOTH_PALS, { type: 'ReportConfig', config: GIVEN }],
  },
  {
    name: 'W2 later start: the saved config counts, and that the code says otherwise is told',
    setup: { given: GIVEN, persisted: SAVED },
    input: { type: 'Started' },
    effects: [notice({ name: 'config-differs', detail: { code: GIVEN, persisted: SAVED } }), ...BOTH_PALS, joins('leaf'), { type: 'ReportConfig', config: SAVED }],
  },
  {
    name: 'W2 later start with nothing to tell apart',
    setup: { given: GIVEN, persisted: { ...GIVEN } },
    input: { type: 'Started' },
    effects: [...BOTH_PALS, { type: 'ReportConfig', config: GIVEN }],
  },
  {
    name: 'W2 a saved value that newer code forbids is clamped in effect and told, and not written over',
    setup: { given: GIVEN, persisted: { ...GIVEN, hops: 12 }, maxHops: 5 },
    input: { type: 'Started' },
    effects: [
      notice({ name: 'config-differs', detail: { code: GIVEN, persisted: { ...GIVEN, hops: 12 } } }),
      notice({ name: 'config-clamped', reason: 'hops', detail: { persisted: { ...GIVEN, hops: 12 }, inEffect: { ...GIVEN, hops: 5 } } }),
      ...BOTH_PALS,
      { type: 'ReportConfig', config: { ...GIVEN, hops: 5 } },
    ],
  },
]);

const ALL_PALS = [meet(BOB), near(BOB), meet(CAT), near(DAN)]; // bob is mutual, cat a target, dan a leeche
const base = gossipConfig({}, 15);

rows('W7 the config changes at once', [
  {
    name: 'W7 hear wider: those newly wanted are watched, each once',
    before: ALL_PALS,
    input: configured({ hear: 'anybody' }),
    effects: [{ type: 'SaveConfig', config: { ...base, hear: 'anybody' } }, { type: 'ReportConfig', config: { ...base, hear: 'anybody' } }, joins('leaf'), watchOf(CAT), watchOf(DAN)],
  },
  {
    name: 'W7 hear narrower: those no longer wanted are left',
    config: { hear: 'anybody' },
    before: ALL_PALS,
    input: configured({ hear: 'targets' }),
    effects: [{ type: 'SaveConfig', config: { ...base, hear: 'targets' } }, { type: 'ReportConfig', config: { ...base, hear: 'targets' } }, leavesOverlay, leaveOf(DAN)],
  },
  {
    name: 'W7 tell narrower: subscribers no longer allowed are kicked, with the reason; those who left are not',
    config: { tell: 'anybody' },
    before: [...ALL_PALS, asks(BOB), asks(CAT), asks(DAN), left(DAN)],
    input: configured({ tell: 'mutuals' }),
    effects: [{ type: 'SaveConfig', config: base }, { type: 'ReportConfig', config: base }, leavesOverlay, kickOf(CAT)],
  },
  {
    name: 'W7 a stranger is kicked too, once for all its subscriptions',
    config: { tell: 'anybody' },
    before: [asks(DAN), asks(DAN), left(DAN)],
    input: configured({ tell: 'targets' }),
    effects: [{ type: 'SaveConfig', config: { ...base, tell: 'targets' } }, { type: 'ReportConfig', config: { ...base, tell: 'targets' } }, leavesOverlay, kickOf(DAN)],
  },
  {
    name: 'W7 tell wider: nothing to do but to be found',
    before: [...ALL_PALS, asks(BOB)],
    input: configured({ tell: 'anybody' }),
    effects: [{ type: 'SaveConfig', config: { ...base, tell: 'anybody' } }, { type: 'ReportConfig', config: { ...base, tell: 'anybody' } }, joins('leaf')],
  },
  {
    name: 'W7 a peer that waits for another try and is no longer wanted waits no more',
    config: { hear: 'targets' },
    before: [meet(BOB), refused(BOB)],
    input: configured({ hear: 'mutuals' }),
    effects: [{ type: 'SaveConfig', config: base }, { type: 'ReportConfig', config: base }, { type: 'CancelTimer', timer: { of: 'hear', peer: BOB } }],
  },
  { name: 'W7 the same config again: nothing', before: ALL_PALS, input: configured({ hops: 1 }), effects: [] },
  {
    name: 'W7 a change keeps what newer code forbids as it was saved',
    setup: { persisted: { ...base, hops: 12 }, maxHops: 5 },
    input: configured({ relay: 'first' }),
    effects: [
      { type: 'SaveConfig', config: { ...base, hops: 12, relay: 'first' } },
      { type: 'ReportConfig', config: { ...base, hops: 5, relay: 'first' } },
    ],
  },
]);

rows('who hears us', [
  { name: 'W9 a watch by a mutual is accepted', before: ALL_PALS, input: asks(BOB), effects: [] },
  { name: 'W9 a watch by a target is refused when we tell mutuals', before: ALL_PALS, input: asks(CAT), effects: [{ type: 'Refuse', reason: 'gossip-forbidden' }] },
  { name: 'W9 a watch by a target is accepted when we tell targets', config: { tell: 'targets' }, before: ALL_PALS, input: asks(CAT), effects: [] },
  { name: 'W9 a watch by a leeche is refused when we tell targets', config: { tell: 'targets' }, before: ALL_PALS, input: asks(DAN), effects: [{ type: 'Refuse', reason: 'gossip-forbidden' }] },
  { name: 'W9 a watch by anyone is accepted when we tell anybody', config: { tell: 'anybody' }, input: asks(DAN), effects: [] },
]);

const answers = (seen: Seen | undefined): In => ({ type: 'FirstAnswerGiven', to: BOB, id: ID, seen, body: 'latest' });
const remembered = (hops: number): Seen => ({ hops, delivered: true, relayed: true });

rows('W10 first answers', [
  { name: 'W10 goes out with one hop less than it had', config: { hops: 9, tell: 'anybody' }, input: answers(remembered(3)), effects: [{ type: 'Answer', hops: 2, body: 'latest' }] },
  { name: 'W10 with hops 0 it is dropped', config: { hops: 0, tell: 'anybody' }, input: answers(remembered(3)), effects: [] },
  { name: 'W10 to one who may not hear us any more: nothing', config: { hops: 3 }, input: answers(remembered(3)), effects: [] },
  { name: 'better 8 our own counts with the config of its publication', config: { hops: 2, tell: 'anybody' }, input: answers(remembered(2)), effects: [{ type: 'Answer', hops: 1, body: 'latest' }] },
  { name: 'better 8 with no hops left it is not given', config: { hops: 9, tell: 'anybody' }, input: answers(remembered(0)), effects: [] },
  { name: 'better 8 what is not remembered is given with 0', config: { hops: 9, tell: 'anybody' }, input: answers(undefined), effects: [{ type: 'Answer', hops: 0, body: 'latest' }] },
  { name: 'better 8 and 6 more than the code allows counts as what it allows', config: { hops: 2, tell: 'anybody' }, setup: { maxHops: 3 }, input: answers(remembered(14)), effects: [{ type: 'Answer', hops: 2, body: 'latest' }] },
]);

rows('W12 emitting (passing is refused by the config: config.test.ts)', [
  {
    name: 'W12 publishing goes to all subscribers with one hop less, and counts as relayed',
    config: { hops: 2 },
    input: { type: 'Published', id: ID, body: 'mine', bytes: 4 },
    effects: [
      { type: 'Remember', id: ID, hops: 2, delivered: true, relayed: true },
      { type: 'Keep', id: ID, hops: 2, body: 'mine' },
      { type: 'Send', id: ID, hops: 1, body: 'mine', eager: true },
      { type: 'ReportPublished', id: ID, hops: 1, body: 'mine', passed: false, refused: [] },
    ],
  },
  {
    name: 'W6 and better 7 with hops 0 it is remembered, and nothing is sent',
    config: { hops: 0 },
    input: { type: 'Published', id: ID, body: 'mine', bytes: 4 },
    effects: [{ type: 'Remember', id: ID, hops: 0, delivered: true, relayed: false }],
  },
]);

rows('whom we hear', [
  { name: 'W15 a peer of the hear set is watched', config: { hear: 'targets' }, input: meet(BOB), effects: [watchOf(BOB)] },
  { name: 'W15 once only', config: { hear: 'anybody' }, before: [meet(BOB)], input: near(BOB), effects: [] },
  {
    name: 'W16 refused: again after 30 minutes',
    config: { hear: 'targets' },
    before: [meet(BOB)],
    input: refused(BOB),
    effects: [notice({ name: 'watch-refused', peer: BOB, reason: 'gossip-forbidden' }), { type: 'SetTimer', timer: { of: 'hear', peer: BOB }, delayMs: 30 * MINUTE }],
  },
  {
    name: 'W16 kicked: again after 15 seconds',
    config: { hear: 'targets' },
    before: [meet(BOB)],
    input: kicked(BOB),
    effects: [notice({ name: 'kicked', peer: BOB, reason: 'gossip-forbidden' }), { type: 'SetTimer', timer: { of: 'hear', peer: BOB }, delayMs: 15_000 }],
  },
  { name: 'W16 the timer fires: watched again', config: { hear: 'targets' }, before: [meet(BOB), kicked(BOB)], input: retries(BOB), effects: [watchOf(BOB)] },
  { name: 'W16 the timer fires for one who is no longer wanted: nothing', config: { hear: 'targets' }, before: [meet(BOB), kicked(BOB), part(BOB)], input: retries(BOB), effects: [] },
  { name: 'W16 a timer of an earlier run fires for one who is watched: nothing', config: { hear: 'targets' }, before: [meet(BOB)], input: retries(BOB), effects: [] },
  { name: 'W16 a refusal by one we do not watch: nothing', input: refused(BOB), effects: [] },
  { name: 'better 11 a second watch-ack, after a lost link, does no harm', config: { hear: 'targets' }, before: [meet(BOB), { type: 'WatchAcked', peer: BOB }], input: { type: 'WatchAcked', peer: BOB }, effects: [] },
  {
    name: 'better 11 after a second watch-ack a rumor is heard as before, and only a kick is a kick',
    config: { hear: 'targets', hops: 0 },
    before: [meet(BOB), { type: 'WatchAcked', peer: BOB }, { type: 'WatchAcked', peer: BOB }],
    input: arrives({ seen: { hops: 0, delivered: true, relayed: false } }),
    effects: [{ type: 'Remember', id: ID, hops: 3, delivered: true, relayed: false }],
  },
  { name: 'W17 what is no rumor is ignored with a notice', input: { type: 'RumorRejected', from: BOB, reason: 'wrong-mark' }, effects: [notice({ name: 'bad-rumor', peer: BOB, reason: 'wrong-mark' })] },
]);

const HEARS_BOB = { config: { hear: 'targets', hops: 1 }, before: [meet(BOB)] } as const;
const remember = (hops: number, delivered: boolean, relayed: boolean): Out => ({ type: 'Remember', id: ID, hops, delivered, relayed });
const keepsAt = (hops: number): Out => ({ type: 'Keep', id: ID, hops, body: 'news' });
const relaysWith = (hops: number): readonly Out[] => [
  { type: 'Send', id: ID, hops, body: 'news', except: BOB },
  { type: 'ReportRumor', what: 'relayed', id: ID, hops, src: BOB, body: 'news' },
];
const delivers: Out = { type: 'Deliver', id: ID, from: BOB, body: 'news', replayed: false };

rows('W18 a rumor arrives', [
  { ...HEARS_BOB, name: 'W18 new: remembered, kept, relayed with one hop less to all but the sender, delivered', input: arrives(), effects: [remember(3, true, true), keepsAt(3), ...relaysWith(2), delivers] },
  { ...HEARS_BOB, name: 'W18 new with no hops left: delivered, not relayed', input: arrives({ hops: 0 }), effects: [remember(0, true, false), keepsAt(0), delivers] },
  { ...HEARS_BOB, name: 'W18 delivered before and never relayed: relayed, not delivered', input: arrives({ seen: { hops: 0, delivered: true, relayed: false } }), effects: [remember(3, true, true), ...relaysWith(2)] },
  { ...HEARS_BOB, name: 'W18 relayed before and never delivered: delivered, not relayed', input: arrives({ seen: { hops: 3, delivered: false, relayed: true } }), effects: [remember(3, true, true), delivers] },
  { ...HEARS_BOB, name: 'W18 the most hops stay remembered when a copy with fewer is the one delivered', input: arrives({ hops: 1, seen: { hops: 9, delivered: false, relayed: true } }), effects: [remember(9, true, true), delivers] },
  { ...HEARS_BOB, name: 'W18 a repeat with no more hops: nothing', input: { type: 'RepeatArrived', id: ID, from: BOB, hops: 3, seen: remembered(3) }, effects: [] },
  { ...HEARS_BOB, name: 'W18 a repeat with more hops: the most are remembered, nothing is relayed yet', input: { type: 'RepeatArrived', id: ID, from: BOB, hops: 5, seen: remembered(3) }, effects: [remember(5, true, true)] },
  { name: 'W18 from a peer that we do not hear: dropped, with a notice', before: [meet(BOB)], input: arrives(), effects: [notice({ name: 'bad-rumor', peer: BOB, reason: 'not-heard' })] },
  { ...HEARS_BOB, name: 'W18 from a peer that kicked us: dropped', before: [meet(BOB), kicked(BOB)], input: arrives(), effects: [notice({ name: 'bad-rumor', peer: BOB, reason: 'not-heard' })] },
  { name: 'W18 a repeat from a peer that we do not hear raises no hops', input: { type: 'RepeatArrived', id: ID, from: BOB, hops: 9, seen: remembered(3) }, effects: [notice({ name: 'bad-rumor', peer: BOB, reason: 'not-heard' })] },
  { ...HEARS_BOB, name: 'W18 no room: relayed, not delivered, told', input: arrives({ room: false }), effects: [remember(3, false, true), keepsAt(3), ...relaysWith(2), notice({ name: 'lagged', peer: BOB, count: 1 })] },
  { ...HEARS_BOB, name: 'W18 no room again: counted', before: [meet(BOB), arrives({ id: rumorOf(2), room: false })], input: arrives({ room: false, hops: 0 }), effects: [remember(0, false, false), keepsAt(0), notice({ name: 'lagged', peer: BOB, count: 2 })] },
  { ...HEARS_BOB, name: 'W18 no room for one that had no room before: not counted twice', before: [meet(BOB), arrives({ room: false })], input: arrives({ room: false, seen: { hops: 3, delivered: false, relayed: true } }), effects: [] },
  { ...HEARS_BOB, name: 'W18 room again: the count starts anew', before: [meet(BOB), arrives({ room: false }), arrives({ id: rumorOf(2) })], input: arrives({ id: ID, room: false, hops: 0 }), effects: [remember(0, false, false), keepsAt(0), notice({ name: 'lagged', peer: BOB, count: 1 })] },
  { ...HEARS_BOB, name: 'better 6 hops are clamped on receipt', input: arrives({ hops: 255 }), effects: [remember(14, true, true), keepsAt(14), ...relaysWith(13), delivers] },
  { ...HEARS_BOB, name: 'better 6 to the ceiling that the code gives', setup: { maxHops: 3 }, input: arrives({ hops: 9 }), effects: [remember(2, true, true), keepsAt(2), ...relaysWith(1), delivers] },
  { ...HEARS_BOB, name: 'better 6 a ceiling of 1 relays nothing', setup: { maxHops: 1 }, input: arrives({ hops: 9 }), effects: [remember(0, true, false), keepsAt(0), delivers] },
  { ...HEARS_BOB, name: 'better 6 a repeat is clamped as well', input: { type: 'RepeatArrived', id: ID, from: BOB, hops: 200, seen: remembered(3) }, effects: [remember(14, true, true)] },
  { ...HEARS_BOB, config: { hear: 'targets', hops: 0 }, name: 'better 7 with hops 0 nothing is relayed', input: arrives(), effects: [remember(3, true, false), keepsAt(3), delivers] },
]);

rows('W21 and better 4: what cannot be read', [
  {
    ...HEARS_BOB,
    name: 'W21 a mark without a validator: delivered, relayed, quarantined',
    input: arrives({ verdict: { type: 'unknown' } }),
    effects: [remember(3, true, true), keepsAt(3), ...relaysWith(2), delivers, { type: 'Quarantine', from: BOB, body: 'news' }],
  },
  {
    ...HEARS_BOB,
    name: 'better 4 invalid data: delivered as unknown, remembered, not kept, not relayed, told',
    input: arrives({ verdict: { type: 'invalid', reason: 'too long' } }),
    effects: [remember(3, true, false), notice({ name: 'invalid-data', peer: BOB, reason: 'too long' }), delivers],
  },
  {
    ...HEARS_BOB,
    name: 'better 4 invalid data that come again with hops left: neither delivered nor relayed',
    input: arrives({ verdict: { type: 'invalid', reason: 'too long' }, seen: { hops: 3, delivered: true, relayed: false } }),
    effects: [notice({ name: 'invalid-data', peer: BOB, reason: 'too long' })],
  },
]);

const strange = (room: boolean): In => ({ type: 'StrangeRumorArrived', id: ID, from: BOB, room, body: 'v9' });
const quarantined = (n: number, bytes: number): In => ({ type: 'Quarantined', id: rumorOf(n), from: BOB, unknown: 'kind', bytes, body: `v9-${n}` });
const saved = (n: number, order: number): Out => ({ type: 'SaveQuarantined', id: rumorOf(n), order, from: BOB, unknown: 'kind', body: `v9-${n}` });
const TWO = { maxQuarantined: 2, maxQuarantinedBytes: 100 };
const readAgain = (parts: Partial<Extract<In, { type: 'QuarantineRead' }>>): In => ({ ...arrives(), ...parts, type: 'QuarantineRead', unknown: parts.unknown ?? 'mark' } as In);

rows('W20 quarantine', [
  { ...HEARS_BOB, name: 'W20 an unknown kind is quarantined: not delivered, not relayed, not remembered', input: strange(true), effects: [{ type: 'Quarantine', from: BOB, body: 'v9' }] },
  { ...HEARS_BOB, name: 'W20 once each', before: [meet(BOB), quarantined(1, 10)], input: strange(true), effects: [] },
  { ...HEARS_BOB, name: 'W20 once each, also when two copies were on their way', before: [quarantined(1, 10)], input: quarantined(1, 10), effects: [] },
  { ...HEARS_BOB, name: 'W20 no room: told', input: strange(false), effects: [notice({ name: 'lagged', peer: BOB, count: 1 })] },
  { name: 'W20 from a peer that we do not hear: dropped', input: strange(true), effects: [notice({ name: 'bad-rumor', peer: BOB, reason: 'not-heard' })] },
  { name: 'W20 its turn came: saved', input: quarantined(1, 10), effects: [saved(1, 0)] },
  { name: 'W20 the order goes on after a restart', setup: { quarantined: [{ id: rumorOf(8), order: 41, bytes: 1 }, { id: rumorOf(9), order: 7, bytes: 1 }] }, input: quarantined(1, 10), effects: [saved(1, 42)] },
  { name: 'W20 too many: the oldest goes, and is counted', setup: TWO, before: [quarantined(1, 10), quarantined(2, 10)], input: quarantined(3, 10), effects: [{ type: 'ForgetQuarantined', id: rumorOf(1) }, saved(3, 2), notice({ name: 'quarantine-full', count: 1 })] },
  {
    name: 'W20 too many bytes: as many of the oldest go as must',
    setup: TWO,
    before: [quarantined(1, 40), quarantined(2, 40)],
    input: quarantined(3, 100),
    effects: [{ type: 'ForgetQuarantined', id: rumorOf(1) }, { type: 'ForgetQuarantined', id: rumorOf(2) }, saved(3, 2), notice({ name: 'quarantine-full', count: 2 })],
  },
  { name: 'W20 larger than all the room there is: it goes itself, and the others stay', setup: TWO, before: [quarantined(1, 10)], input: quarantined(2, 101), effects: [notice({ name: 'quarantine-full', count: 1 })] },
  { name: 'W20 the oldest is the one saved first, also after a restart', setup: { ...TWO, quarantined: [{ id: rumorOf(8), order: 5, bytes: 1 }, { id: rumorOf(9), order: 4, bytes: 1 }] }, input: quarantined(1, 10), effects: [{ type: 'ForgetQuarantined', id: rumorOf(9) }, saved(1, 6), notice({ name: 'quarantine-full', count: 1 })] },
  {
    name: 'W20 new code knows the mark: delivered as replayed, and forgotten',
    input: readAgain({ seen: remembered(3) }),
    effects: [{ type: 'ForgetQuarantined', id: ID }, { ...delivers, replayed: true }],
  },
  {
    name: 'W20 new code knows the kind: taken in as new, and forgotten',
    input: readAgain({ unknown: 'kind' }),
    effects: [{ type: 'ForgetQuarantined', id: ID }, remember(3, true, true), keepsAt(3), ...relaysWith(2), { ...delivers, replayed: true }],
  },
  {
    name: 'W20 new code knows the kind of what came again meanwhile: forgotten, not delivered twice',
    input: readAgain({ unknown: 'kind', seen: remembered(3) }),
    effects: [{ type: 'ForgetQuarantined', id: ID }],
  },
]);

const palsKicked: In = { type: 'PalsKicked', list: 'targets' };
const palsRefused: In = { type: 'PalsRefused', list: 'leeches', reason: 'no-such-agent' };
const palsTimer: In = { type: 'TimerFired', timer: { of: 'pals', list: 'leeches' } };

rows('W24 our subscription to pals', [
  { name: 'W24 refused: told, and again after a minute', input: palsRefused, effects: [notice({ name: 'pals-refused', reason: 'no-such-agent' }), { type: 'SetTimer', timer: { of: 'pals', list: 'leeches' }, delayMs: MINUTE }] },
  { name: 'W24 the minute is over: watched again', before: [palsRefused], input: palsTimer, effects: [{ type: 'WatchPals', list: 'leeches' }] },
  { name: 'W24 a timer of an earlier run: nothing', input: palsTimer, effects: [] },
  { name: 'W24 kicked: again at once', input: palsKicked, effects: [{ type: 'WatchPals', list: 'targets' }] },
  { name: 'W24 kicked: whom pals no longer vouches for is neither heard nor told', config: { hear: 'anybody', tell: 'targets' }, before: [meet(BOB), asks(BOB), near(CAT)], input: palsKicked, effects: [leaveOf(BOB), kickOf(BOB), { type: 'WatchPals', list: 'targets' }] },
]);

rows('W25 pals come and go', [
  { name: 'W25 meet, hear anybody: watched', config: { hear: 'anybody' }, input: meet(BOB), effects: [watchOf(BOB)] },
  { name: 'W25 meet, hear targets: watched', config: { hear: 'targets' }, input: meet(BOB), effects: [watchOf(BOB)] },
  { name: 'W25 meet, hear mutuals, no leeche: nothing', input: meet(BOB), effects: [] },
  { name: 'W25 meet, hear mutuals, a leeche: watched', before: [near(BOB)], input: meet(BOB), effects: [watchOf(BOB)] },
  { name: 'W25 near, hear anybody: watched', config: { hear: 'anybody' }, input: near(BOB), effects: [watchOf(BOB)] },
  { name: 'W25 near, hear targets: nothing', config: { hear: 'targets' }, input: near(BOB), effects: [] },
  { name: 'W25 near, hear mutuals, no target: nothing', input: near(BOB), effects: [] },
  { name: 'W25 near, hear mutuals, a target: watched', before: [meet(BOB)], input: near(BOB), effects: [watchOf(BOB)] },
  { name: 'W25 part, hear anybody, a leeche: not left', config: { hear: 'anybody' }, before: [meet(BOB), near(BOB)], input: part(BOB), effects: [] },
  { name: 'W25 part, hear anybody, no leeche: left', config: { hear: 'anybody' }, before: [meet(BOB)], input: part(BOB), effects: [leaveOf(BOB)] },
  { name: 'W25 part, hear targets: left', config: { hear: 'targets' }, before: [meet(BOB), near(BOB)], input: part(BOB), effects: [leaveOf(BOB)] },
  { name: 'W25 part, hear and tell mutuals: left and kicked', before: [meet(BOB), near(BOB), asks(BOB)], input: part(BOB), effects: [leaveOf(BOB), kickOf(BOB)] },
  { name: 'W25 part, tell targets: kicked', config: { tell: 'targets' }, before: [meet(BOB), asks(BOB)], input: part(BOB), effects: [kickOf(BOB)] },
  { name: 'W25 part, tell anybody: not kicked', config: { tell: 'anybody' }, before: [meet(BOB), asks(BOB)], input: part(BOB), effects: [] },
  { name: 'W25 away, tell targets: not kicked', config: { tell: 'targets' }, before: [meet(BOB), near(BOB), asks(BOB)], input: away(BOB), effects: [leaveOf(BOB)] },
  { name: 'W25 away, tell mutuals: left and kicked', before: [meet(BOB), near(BOB), asks(BOB)], input: away(BOB), effects: [leaveOf(BOB), kickOf(BOB)] },
  { name: 'W25 away, hear anybody, a target: not left', config: { hear: 'anybody' }, before: [meet(BOB), near(BOB)], input: away(BOB), effects: [] },
  { name: 'W25 away, hear anybody, no target: left', config: { hear: 'anybody' }, before: [near(BOB)], input: away(BOB), effects: [leaveOf(BOB)] },
  { name: 'W25 our own id among the pals: nothing', config: { hear: 'anybody' }, input: meet(ANN), effects: [] },
]);

const open = { hear: 'anybody', tell: 'anybody' } as const;
const up = (peer: PeerId): In => ({ type: 'NeighborChanged', change: 'up', peer });
const down = (peer: PeerId): In => ({ type: 'NeighborChanged', change: 'down', peer });
const overlayRefused: In = { type: 'OverlayRefused', reason: 'no-such-agent' };
const overlayKicked: In = { type: 'OverlayKicked' };
const overlayTimer: In = { type: 'TimerFired', timer: { of: 'overlay' } };
const changed = (change: Partial<GossipConfig>): readonly Out[] => [{ type: 'SaveConfig', config: { ...base, ...change } }, { type: 'ReportConfig', config: { ...base, ...change } }];

rows('the overlay of the topic', [
  { name: 'hear and tell anybody: a member from the start', setup: { given: { ...base, ...open }, persisted: { ...base, ...open } }, input: { type: 'Started' }, effects: [...BOTH_PALS, joins('member'), { type: 'ReportConfig', config: { ...base, ...open } }] },
  { name: 'a leaf becomes a member', config: { hear: 'anybody' }, input: configured({ tell: 'anybody' }), effects: [...changed(open), joins('member')] },
  { name: 'a member becomes a leaf and knows nobody there yet', config: open, before: [up(BOB), asks(BOB)], input: configured({ hear: 'mutuals' }), effects: [...changed({ tell: 'anybody' }), leaveOf(BOB), joins('leaf')] },
  { name: 'of the two kinds of leaf one becomes the other where it is', config: { hear: 'anybody' }, input: configured({ hear: 'mutuals', tell: 'anybody' }), effects: changed({ tell: 'anybody' }) },
  { name: 'neither: out, and the neighbours are left and kicked', config: open, before: [up(BOB), asks(BOB)], input: configured({ hear: 'mutuals', tell: 'mutuals' }), effects: [...changed({}), leavesOverlay, leaveOf(BOB), kickOf(BOB)] },
  { name: 'a neighbour is heard under anybody', config: open, input: up(BOB), effects: [watchOf(BOB)] },
  { name: 'and under nothing else', config: { hear: 'targets', tell: 'anybody' }, input: up(BOB), effects: [] },
  { name: 'one that is a pal is heard already', config: open, before: [near(BOB)], input: up(BOB), effects: [] },
  { name: 'one that goes is left', config: open, before: [up(BOB)], input: down(BOB), effects: [leaveOf(BOB)] },
  { name: 'but not a pal', config: open, before: [up(BOB), meet(BOB)], input: down(BOB), effects: [] },
  { name: 'nor is one that goes kicked: anybody may hear us', config: { tell: 'anybody' }, before: [up(BOB), asks(BOB)], input: down(BOB), effects: [] },
  { name: 'a neighbour is not told because it is one', config: { hear: 'anybody' }, before: [up(BOB)], input: asks(BOB), effects: [{ type: 'Refuse', reason: 'gossip-forbidden' }] },
  { name: 'refused: told, and again after a minute', config: open, before: [up(BOB)], input: overlayRefused, effects: [leaveOf(BOB), notice({ name: 'overlay-refused', reason: 'no-such-agent' }), { type: 'SetTimer', timer: { of: 'overlay' }, delayMs: MINUTE }] },
  { name: 'the minute is over: joined again', config: open, before: [overlayRefused], input: overlayTimer, effects: [joins('member')] },
  { name: 'a timer of an earlier run: nothing', config: open, input: overlayTimer, effects: [] },
  { name: 'no longer wanted while it waits: the timer is given back', config: open, before: [overlayRefused], input: configured({ hear: 'mutuals', tell: 'mutuals' }), effects: [...changed({}), { type: 'CancelTimer', timer: { of: 'overlay' } }, leavesOverlay] },
  { name: 'kicked: again at once, without those who were there', config: open, before: [up(BOB)], input: overlayKicked, effects: [leaveOf(BOB), joins('member')] },
  { name: 'our own id among the neighbours: nothing', config: open, input: up(ANN), effects: [] },
]);

describe('what has to be read', () => {
  test.each([
    { name: 'never delivered', hops: 0, seen: { hops: 3, delivered: false, relayed: true }, read: true },
    { name: 'would be relayed', hops: 1, seen: { hops: 0, delivered: true, relayed: false }, read: true },
    { name: 'no hops left to relay with', hops: 0, seen: { hops: 0, delivered: true, relayed: false }, read: false },
    { name: 'delivered and relayed, with as many hops', hops: 9, seen: { hops: 9, delivered: true, relayed: true }, read: false },
    { name: 'would go further, and is not at hand', hops: 9, seen: { hops: 8, delivered: true, relayed: true }, read: true },
  ])('W18 $name: $read', ({ hops, seen, read }) => {
    expect(newCore({}).mustRead(ID, hops, seen)).toBe(read);
  });

  test('better 7 with hops 0 nothing is read only to be relayed', () => {
    expect(newCore({ config: { hops: 0 } }).mustRead(ID, 9, { hops: 0, delivered: true, relayed: false })).toBe(false);
  });
});
