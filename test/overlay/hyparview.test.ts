/** The places where implementations of HyParView go wrong: one test each, by the numbers of research 1.2, and what goes beyond the paper. */
import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { overlayConfig } from '../../src/overlay/config.ts';
import { HyParView } from '../../src/overlay/hyparview.ts';
import type { OverlayEffect, OverlayMessage } from '../../src/overlay/messages.ts';
import { seededRandom } from '../../src/random.ts';
import { Bench, brief, contactOf, events, join, ME, MY_RECORD, neighbor, peerOf, sent } from './peers.ts';

const [ANN, BOB, CAT, DAN, EVE, FAY] = [1, 2, 3, 4, 5, 6] as const;

function gift(numbers: readonly number[]) {
  return { type: 'ShuffleReply', origin: ME, nonce: 0, contacts: numbers.map(contactOf) } as const;
}

function shuffle(origin: number, { ttlHops = 1, generation = origin, nonce = 7, contacts = [20, 21] }: { ttlHops?: number; generation?: number; nonce?: number; contacts?: number[] } = {}) {
  return { type: 'Shuffle', generation, origin: peerOf(origin), nonce, ttlHops, contacts: contacts.map(contactOf) } as const;
}

function disconnect(generation: number, { alive = true, offer = null }: { alive?: boolean; offer?: ReturnType<typeof contactOf> | null } = {}) {
  return { type: 'Disconnect', generation, alive, offer } as const;
}

/** A core that asked `number` for a link, and the generation of what it asked. */
function asking(number: number): { bench: Bench; generation: number } {
  const bench = new Bench();
  const effects = bench.step({ type: 'ProbeRequested', contact: contactOf(number) });
  return { bench, generation: sent(effects, 'Neighbor')[0]?.message.generation as number };
}

/** Says yes, as ann, to what she was asked. */
function answered(bench: Bench, asked: readonly OverlayEffect[]): readonly OverlayEffect[] {
  const [join] = sent(asked, 'Join');
  if (join !== undefined) return bench.hear(ANN, { type: 'JoinReply', generation: join.message.generation, accepted: true, contacts: [] });
  return bench.hear(ANN, { type: 'NeighborReply', generation: sent(asked, 'Neighbor')[0]?.message.generation as number, accepted: true, offer: null });
}

function fireShuffle(bench: Bench): readonly OverlayEffect[] {
  return bench.step({ type: 'TimerFired', timer: 'shuffle' });
}

describe('the seventeen', () => {
  test('HyParView 1: a walk ends where only the sender and the joiner could be next', () => {
    const forward = { type: 'ForwardJoin', joiner: contactOf(CAT), ttlHops: 6 } as const;
    expect(brief(new Bench().befriend(ANN).hear(ANN, forward))).toContain('Connect Neighbor');
    const two = new Bench().befriend(ANN, CAT).hear(ANN, forward);
    expect(brief(two)).not.toContain('Send ForwardJoin');
    expect(sent(new Bench().befriend(ANN, BOB).hear(ANN, forward), 'ForwardJoin')).toMatchObject([{ to: peerOf(BOB) }]);
  });

  test('HyParView 2: ForwardJoin is tested before its TTL falls, Shuffle after, and both are clamped to ARWL', () => {
    const bench = new Bench().befriend(ANN, BOB);
    const forward = (ttlHops: number) => bench.hear(ANN, { type: 'ForwardJoin', joiner: contactOf(CAT), ttlHops });
    expect(sent(forward(1), 'ForwardJoin')).toMatchObject([{ message: { ttlHops: 0 } }]);
    expect(sent(forward(65_535), 'ForwardJoin')).toMatchObject([{ message: { ttlHops: 5 } }]);
    expect(sent(forward(0), 'Neighbor')).toHaveLength(1);
    expect(sent(bench.hear(ANN, shuffle(ANN, { ttlHops: 65_535 })), 'Shuffle')).toMatchObject([{ message: { ttlHops: 5 } }]);
    expect(sent(bench.hear(ANN, shuffle(ANN, { ttlHops: 1 })), 'ShuffleReply')).toHaveLength(1);
  });

  test('HyParView 3: who is asked enters the active view with its yes and not before', () => {
    const { bench, generation } = asking(ANN);
    expect(bench.core.activeView).toEqual([]);
    const effects = bench.hear(ANN, { type: 'NeighborReply', generation, accepted: true, offer: null });
    expect(events(effects, 'NeighborUp')).toEqual([{ type: 'NeighborUp', peer: peerOf(ANN), reason: 'probed' }]);
    expect(bench.core.activeView).toEqual([peerOf(ANN)]);
  });

  test.each([
    ['a refusal', (bench: Bench, generation: number) => bench.hear(ANN, { type: 'NeighborReply', generation, accepted: false, offer: null })],
    ['a dial that failed', (bench: Bench) => bench.step({ type: 'ConnectFailed', peer: peerOf(ANN) })],
    ['a link that closed', (bench: Bench) => bench.step({ type: 'LinkLost', peer: peerOf(ANN) })],
    [
      'silence',
      (bench: Bench) => {
        bench.nowMs += bench.config.requestTimeoutMs;
        return bench.step({ type: 'TimerFired', timer: 'requests' });
      },
    ],
  ])('HyParView 4: %s frees the place, and the next candidate is asked', (_, fail) => {
    const bench = new Bench({ activeViewSize: 2, maxAnchors: 1 }).befriend(99);
    // The one candidate is asked when the neighbour goes; the other comes to be known while it is.
    bench.know(ANN);
    const asked = sent(bench.hear(99, disconnect(99)), 'Neighbor');
    expect(asked.map(({ to }) => to)).toEqual([peerOf(ANN)]);
    bench.befriend(98);
    bench.hear(98, gift([BOB]));
    const next = sent(fail(bench, asked[0]?.message.generation as number), 'Neighbor');
    expect(next.map(({ to }) => to)).toEqual([peerOf(BOB)]);
  });

  test.each([
    ['a Join', (bench: Bench) => bench.step({ type: 'JoinRequested', contacts: [contactOf(ANN)] })],
    ['a welcome at the end of a walk', (bench: Bench) => bench.befriend(99).hear(99, { type: 'ForwardJoin', joiner: contactOf(ANN), ttlHops: 0 })],
    ['a probe', (bench: Bench) => bench.step({ type: 'ProbeRequested', contact: contactOf(ANN) })],
    ['a request for a place', (bench: Bench) => bench.befriend(99).know(ANN).step({ type: 'LinkLost', peer: peerOf(99) })],
  ])('HyParView 4: %s has a timer, and frees its one request when it ends', (_, ask) => {
    const bench = new Bench({ maxRequests: 1 });
    expect(brief(ask(bench))).toContain('SetTimer requests');
    const another = () => sent(bench.step({ type: 'ProbeRequested', contact: contactOf(BOB) }), 'Neighbor');
    expect(another()).toEqual([]);
    bench.nowMs += bench.config.requestTimeoutMs - 1;
    bench.step({ type: 'TimerFired', timer: 'requests' });
    expect(another()).toEqual([]);
    bench.nowMs += 1;
    expect(brief(bench.step({ type: 'TimerFired', timer: 'requests' }))).toContain('Close');
    expect(another()).toHaveLength(1);
  });

  test('HyParView 5: a Disconnect promotes another from the passive view, not who dropped us', () => {
    const bench = new Bench().befriend(ANN, 99).know(BOB);
    const effects = bench.hear(ANN, disconnect(ANN));
    expect(sent(effects, 'Neighbor').map(({ to }) => to)).toEqual([peerOf(BOB)]);
    expect(bench.passive).toContain(peerOf(ANN));
  });

  test('HyParView 6: who left politely stays known when its link closes, who left the topic does not', () => {
    const bench = new Bench().befriend(ANN, BOB);
    bench.hear(ANN, disconnect(ANN));
    bench.step({ type: 'LinkLost', peer: peerOf(ANN) });
    bench.hear(BOB, disconnect(BOB, { alive: false }));
    expect(bench.passive).toEqual([peerOf(ANN)]);
  });

  test('HyParView 7: who is displaced gets contacts first, then the Disconnect', () => {
    const bench = new Bench().befriend(ANN, BOB, CAT, DAN, EVE).know(20);
    const effects = bench.hear(FAY, join(FAY));
    const parted = brief(effects).slice(0, 4);
    expect(parted).toEqual(['Send ShuffleReply', 'Send Disconnect', 'NeighborDown displaced', 'Close']);
    expect(sent(effects, 'ShuffleReply')[0]?.message.contacts.length).toBeGreaterThan(0);
  });

  test('HyParView 8: a Shuffle names ourselves, three of the active and four of the passive view; its reply is used to fill the active view', () => {
    const bench = new Bench().befriend(ANN, BOB, CAT, DAN, 99).know(20, 21, 22, 23, 24);
    const [mine] = sent(fireShuffle(bench), 'Shuffle');
    expect(mine?.message.contacts[0]).toEqual({ peer: ME, record: MY_RECORD });
    const named = mine?.message.contacts.map(({ peer }) => peer) ?? [];
    expect(named.filter((peer) => bench.core.activeView.includes(peer))).toHaveLength(3);
    expect(named.filter((peer) => bench.passive.includes(peer))).toHaveLength(4);
    const lonely = new Bench().befriend(ANN);
    const nonce = sent(fireShuffle(lonely), 'Shuffle')[0]?.message.nonce as number;
    const effects = lonely.hear(ANN, { type: 'ShuffleReply', origin: ME, nonce, contacts: [contactOf(20)] });
    expect(sent(effects, 'Neighbor').map(({ to }) => to)).toEqual([peerOf(20)]);
  });

  test('HyParView 9: what we just sent away makes room first', () => {
    const bench = new Bench({ passiveViewSize: 10, shufflePassive: 2, shuffleActive: 0 }).befriend(ANN, BOB, CAT, DAN, 99).know(20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    const [mine] = sent(fireShuffle(bench), 'Shuffle');
    const away = mine?.message.contacts.slice(1).map(({ peer }) => peer) ?? [];
    bench.step({ type: 'MessageReceived', from: mine?.to ?? ME, message: { type: 'ShuffleReply', origin: ME, nonce: mine?.message.nonce as number, contacts: [contactOf(40), contactOf(41)] } });
    expect(away).toHaveLength(2);
    for (const peer of away) expect(bench.passive).not.toContain(peer);
    expect(bench.passive).toEqual(expect.arrayContaining([peerOf(40), peerOf(41)]));
  });

  test('HyParView 10: a link that closed is noticed and replaced without anything being sent on it', () => {
    const bench = new Bench().befriend(ANN, 99).know(20);
    const effects = bench.step({ type: 'LinkLost', peer: peerOf(ANN) });
    expect(brief(effects).slice(0, 2)).toEqual(['NeighborDown lost', 'Connect Neighbor']);
    expect(bench.passive).not.toContain(peerOf(ANN));
  });

  test.each([
    ['evicted', (bench: Bench) => bench.hear(ANN, disconnect(ANN))],
    ['left', (bench: Bench) => bench.hear(ANN, disconnect(ANN, { alive: false }))],
    ['lost', (bench: Bench) => bench.step({ type: 'LinkLost', peer: peerOf(ANN) })],
    ['displaced', (bench: Bench) => bench.hear(BOB, join(BOB))],
    ['leaving', (bench: Bench) => bench.step({ type: 'LeaveRequested' })],
  ] as const)('HyParView 11: NeighborDown says why (%s), and no cause makes us Join again', (reason, act) => {
    const bench = new Bench({ activeViewSize: 2, maxAnchors: 0 }).befriend(ANN, CAT);
    const effects = reason === 'displaced' ? [...act(bench), ...bench.hear(DAN, join(DAN)), ...bench.hear(EVE, join(EVE))] : act(bench);
    expect(events(effects, 'NeighborDown')).toContainEqual({ type: 'NeighborDown', peer: peerOf(ANN), reason });
    expect(sent(effects, 'Join')).toEqual([]);
  });

  test('HyParView 11: who is alone is told so again and again, ever more rarely, at most once a minute', () => {
    const bench = new Bench();
    const waits: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const effects = bench.step({ type: 'TimerFired', timer: 'repair' });
      expect(events(effects, 'Isolated')).toHaveLength(1);
      waits.push(...effects.flatMap((effect) => (effect.type === 'SetTimer' && effect.timer === 'repair' ? [effect.delayMs] : [])));
    }
    expect(waits).toHaveLength(12);
    expect(waits[0]).toBeLessThanOrEqual(6_000);
    for (const wait of waits.slice(6)) expect(wait).toBeGreaterThanOrEqual(30_000);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(90_000);
  });

  test('HyParView 12: a neighbour that joins anew is answered and walked for, though its old link seemed to live', () => {
    const bench = new Bench().befriend(ANN, BOB);
    const effects = bench.hear(ANN, join(ANN, { generation: 77 }));
    expect(sent(effects, 'JoinReply')).toMatchObject([{ message: { accepted: true, generation: 77 } }]);
    expect(sent(effects, 'ForwardJoin').map(({ to }) => to)).toEqual([peerOf(BOB)]);
    expect(events(effects, 'NeighborDown')).toEqual([]);
    expect(brief(bench.hear(ANN, disconnect(ANN)))).toEqual(['Ignored stale-generation']);
  });

  test('HyParView 13: a Disconnect of an older link is ignored, and a late yes brings nobody back', () => {
    const bench = new Bench().befriend(ANN);
    bench.hear(ANN, neighbor(ANN, { generation: 50 }));
    expect(brief(bench.hear(ANN, disconnect(ANN)))).toEqual(['Ignored stale-generation']);
    expect(bench.core.activeView).toEqual([peerOf(ANN)]);
    const late = bench.hear(BOB, { type: 'NeighborReply', generation: 4, accepted: true, offer: null });
    expect(brief(late)).toEqual(['Ignored unknown-reply', 'Send Disconnect', 'Close']);
    expect(sent(late, 'Disconnect')[0]?.message.generation).toBe(4);
    expect(bench.core.activeView).toEqual([peerOf(ANN)]);
  });

  test('HyParView 13: generations begin anywhere, so that those from before a restart do not fit', () => {
    const first = (seed: number) => sent(new Bench({}, 'member', seed).step({ type: 'ProbeRequested', contact: contactOf(ANN) }), 'Neighbor')[0]?.message.generation;
    expect(new Set([1, 2, 3, 4, 5].map(first)).size).toBe(5);
  });

  test('HyParView 14: a link is closed after all that was sent on it, and what still comes from it changes nothing', () => {
    const bench = new Bench().befriend(ANN);
    const effects = bench.step({ type: 'LeaveRequested' });
    expect(brief(effects)).toEqual(['Send ShuffleReply', 'Send Disconnect', 'NeighborDown leaving', 'Close']);
    expect(bench.hear(ANN, shuffle(ANN))).toEqual([]);
    const evicted = new Bench().befriend(ANN, BOB, CAT, DAN, EVE);
    evicted.hear(FAY, join(FAY));
    const gone = [ANN, BOB, CAT, DAN, EVE].find((number) => !evicted.core.activeView.includes(peerOf(number))) as number;
    expect(brief(evicted.hear(gone, { type: 'ForwardJoin', joiner: contactOf(30), ttlHops: 3 }))).toEqual(['Ignored not-a-neighbor']);
  });

  test('HyParView 15: a reply is filled from the active view when the passive one is short, and goes back the way the Shuffle came', () => {
    const bench = new Bench().befriend(ANN, BOB);
    const ended = sent(bench.hear(ANN, shuffle(30, { generation: ANN, contacts: [31, 32] })), 'ShuffleReply');
    expect(ended).toMatchObject([{ to: peerOf(ANN), message: { origin: peerOf(30), nonce: 7 } }]);
    expect(ended[0]?.message.contacts.map(({ peer }) => peer).sort()).toEqual([peerOf(ANN), peerOf(BOB)]);
    // One that passes: only the next peer's reply counts, once, for ten seconds.
    bench.hear(ANN, shuffle(40, { generation: ANN, ttlHops: 5 }));
    const reply = { type: 'ShuffleReply', origin: peerOf(40), nonce: 7, contacts: [contactOf(41)] } as const;
    expect(brief(bench.hear(ANN, reply))).toEqual(['Ignored unknown-reply']);
    expect(sent(bench.hear(BOB, reply), 'ShuffleReply')).toEqual([{ to: peerOf(ANN), message: reply }]);
    expect(brief(bench.hear(BOB, reply))).toEqual(['Ignored unknown-reply']);
    bench.hear(ANN, shuffle(40, { generation: ANN, ttlHops: 5, nonce: 8 }));
    bench.nowMs += bench.config.walkMemoryMs;
    expect(brief(bench.hear(BOB, { ...reply, nonce: 8 }))).toEqual(['Ignored unknown-reply']);
  });

  test('HyParView 15: who has no neighbour shuffles nothing and asks the address book', () => {
    const bench = new Bench();
    expect(brief(fireShuffle(bench))).toEqual(['SetTimer shuffle']);
    expect(brief(bench.step({ type: 'TimerFired', timer: 'repair' }))).toContain('Isolated');
  });

  test('HyParView 16: a Join is answered with up to eight contacts; the third in a second is sent on and evicts nobody', () => {
    const bench = new Bench().befriend(ANN, BOB, CAT, DAN, 99).know(20, 21, 22, 23, 24, 25, 26, 27, 28);
    const [first, second, third] = [30, 31, 32].map((number) => bench.hear(number, join(number)));
    expect(sent(first ?? [], 'JoinReply')[0]?.message).toMatchObject({ accepted: true });
    expect(sent(first ?? [], 'JoinReply')[0]?.message.contacts).toHaveLength(8);
    expect(sent(second ?? [], 'JoinReply')[0]?.message.accepted).toBe(true);
    expect(brief(third ?? [])).toEqual(['Send JoinReply']);
    expect(sent(third ?? [], 'JoinReply')[0]?.message).toMatchObject({ accepted: false });
    bench.nowMs += 1_000;
    expect(sent(bench.hear(33, join(33)), 'JoinReply')[0]?.message.accepted).toBe(true);
  });

  test('HyParView 16: who was sent on asks the next, and in the end anybody for a link', () => {
    const bench = new Bench({ maxRedirects: 1 });
    const ask = sent(bench.step({ type: 'JoinRequested', contacts: [contactOf(ANN)] }), 'Join');
    const refused = { type: 'JoinReply', accepted: false, contacts: [contactOf(BOB)] } as const;
    const again = sent(bench.hear(ANN, { ...refused, generation: ask[0]?.message.generation as number }), 'Join');
    expect(again.map(({ to }) => to)).toEqual([peerOf(BOB)]);
    const last = bench.hear(BOB, { ...refused, contacts: [contactOf(CAT)], generation: again[0]?.message.generation as number });
    expect(sent(last, 'Join')).toEqual([]);
    expect(sent(last, 'Neighbor')).toMatchObject([{ to: peerOf(CAT), message: { priority: 'high' } }]);
  });

  test('HyParView 16: whose contact dies before its walks end asks those whom the contact named, the first with high priority', () => {
    const bench = new Bench();
    const [ask] = sent(bench.step({ type: 'JoinRequested', contacts: [contactOf(ANN)] }), 'Join');
    bench.hear(ANN, { type: 'JoinReply', generation: ask?.message.generation as number, accepted: true, contacts: [contactOf(BOB), contactOf(CAT)] });
    const next = sent(bench.step({ type: 'LinkLost', peer: peerOf(ANN) }), 'Neighbor');
    expect(next.map(({ to }) => to).sort()).toEqual([peerOf(BOB), peerOf(CAT)]);
    expect(next.map(({ message }) => message.priority)).toEqual(['high', 'low']);
  });

  test('HyParView 17: requests that cross are each other’s yes, and both ends come to the same generation', () => {
    const { bench, generation } = asking(ANN);
    const larger = generation + 5;
    expect(brief(bench.hear(ANN, neighbor(ANN, { generation: larger })))).toEqual(['NeighborUp probed']);
    expect(brief(bench.hear(ANN, disconnect(generation)))).toEqual(['Ignored stale-generation']);
    expect(brief(bench.hear(ANN, disconnect(larger)))).toContain('NeighborDown evicted');
    // Nothing is left waiting: it can be asked again.
    expect(sent(bench.step({ type: 'ProbeRequested', contact: contactOf(ANN) }), 'Neighbor')).toHaveLength(1);
  });

  test('HyParView 17: a Join of whom we asked ourselves is not sent on', () => {
    const bench = new Bench().befriend(ANN, BOB, CAT, DAN, EVE);
    bench.step({ type: 'ProbeRequested', contact: contactOf(32) });
    const accepted = [30, 31, 32, 33].map((number) => sent(bench.hear(number, join(number)), 'JoinReply')[0]?.message.accepted);
    expect(accepted).toEqual([true, true, true, false]);
  });

  test.each<['Join' | 'Neighbor', 'Join' | 'Neighbor']>([
    ['Join', 'Join'],
    ['Join', 'Neighbor'],
    ['Neighbor', 'Join'],
    ['Neighbor', 'Neighbor'],
  ])('HyParView 17: %s and %s that cross leave one link of one generation', (first, second) => {
    const cores = [ANN, BOB].map((number, at) => new HyParView(peerOf(number), overlayConfig(), seededRandom(at)));
    const [ann, bob] = cores as [HyParView, HyParView];
    const mail: [HyParView, PeerId, OverlayMessage][] = [];
    const post = (from: number, effects: readonly OverlayEffect[]): void => {
      for (const effect of effects) {
        if (effect.type === 'Send' || effect.type === 'Connect') mail.push([from === ANN ? bob : ann, peerOf(from), effect.message]);
      }
    };
    const ask = (core: HyParView, to: number, type: 'Join' | 'Neighbor'): readonly OverlayEffect[] => {
      core.step({ type: 'Started', role: 'member', record: undefined }, 0);
      return core.step(type === 'Join' ? { type: 'JoinRequested', contacts: [contactOf(to)] } : { type: 'ProbeRequested', contact: contactOf(to) }, 0);
    };
    post(ANN, ask(ann, BOB, first));
    post(BOB, ask(bob, ANN, second));
    for (let next = mail.shift(); next !== undefined; next = mail.shift()) post(next[0] === ann ? ANN : BOB, next[0].step({ type: 'MessageReceived', from: next[1], message: next[2] }, 0));
    expect([ann.activeView, bob.activeView]).toEqual([[peerOf(BOB)], [peerOf(ANN)]]);
    // Whoever ends it, the other understands.
    post(ANN, ann.step({ type: 'LeaveRequested' }, 0));
    for (const [core, from, message] of mail) core.step({ type: 'MessageReceived', from, message }, 0);
    expect(bob.activeView).toEqual([]);
  });
});

describe('the paper', () => {
  test('a Join always gets a place, and every other neighbour a ForwardJoin with ARWL hops', () => {
    const bench = new Bench().befriend(ANN, BOB, CAT, DAN, EVE);
    const effects = bench.hear(FAY, join(FAY));
    expect(bench.core.activeView).toContain(peerOf(FAY));
    expect(bench.core.activeView).toHaveLength(5);
    expect(sent(effects, 'ForwardJoin')).toHaveLength(4);
    for (const { message } of sent(effects, 'ForwardJoin')) expect(message).toEqual({ type: 'ForwardJoin', joiner: contactOf(FAY), ttlHops: 6 });
  });

  test('a ForwardJoin with PRWL hops left is noted in the passive view', () => {
    const bench = new Bench().befriend(ANN, BOB);
    for (const [number, ttlHops] of [[20, 4], [21, 3], [22, 2]] as const) bench.hear(ANN, { type: 'ForwardJoin', joiner: contactOf(number), ttlHops });
    expect(bench.passive).toEqual([peerOf(21)]);
  });

  test.each([
    ['low', 4, true],
    ['low', 5, false],
    ['high', 5, true],
    ['probe', 5, true],
  ] as const)('a Neighbor of priority %s at %i neighbours: %s', (priority, count, accepted) => {
    const bench = new Bench().befriend(...[ANN, BOB, CAT, DAN, EVE].slice(0, count));
    const effects = bench.hear(FAY, neighbor(FAY, { priority }));
    expect(sent(effects, 'NeighborReply')[0]?.message.accepted).toBe(accepted);
    expect(bench.core.activeView).toHaveLength(5);
  });

  test('the first to be asked by one that has nobody is asked with high priority, others with low', () => {
    const bench = new Bench().befriend(99).know(20, 21, 22);
    const asked = sent(bench.step({ type: 'LinkLost', peer: peerOf(99) }), 'Neighbor').map(({ message }) => message.priority);
    expect(asked).toEqual(['high', 'low', 'low']);
  });
});

describe('beyond the paper', () => {
  test('a Join displaces only links younger than two shuffle intervals, or else the one that is no anchor', () => {
    const bench = new Bench().befriend(ANN, BOB, CAT, DAN, EVE);
    bench.nowMs += bench.config.anchorAgeMs;
    for (let number = 10; number < 40; number += 1) {
      bench.hear(number, join(number));
      bench.nowMs += 1_000;
    }
    expect(bench.core.activeView).toEqual([ANN, BOB, CAT, DAN, 39].map(peerOf));
    const young = new Bench().befriend(ANN, BOB, CAT, DAN, EVE);
    young.nowMs += young.config.anchorAgeMs - 40_000;
    for (let number = 10; number < 40; number += 1) {
      young.hear(number, join(number));
      young.nowMs += 1_000;
    }
    expect(young.core.activeView).not.toEqual(expect.arrayContaining([ANN, BOB, CAT, DAN].map(peerOf)));
  });

  test('a probe swaps out the youngest link at both ends, and those two are brought together', () => {
    const asked = new Bench().befriend(ANN, BOB, CAT, DAN, EVE);
    const reply = sent(asked.hear(FAY, neighbor(FAY, { priority: 'probe' })), 'NeighborReply')[0]?.message;
    expect(reply).toMatchObject({ accepted: true, offer: { peer: peerOf(EVE) } });
    expect(asked.core.activeView).toEqual([ANN, BOB, CAT, DAN, FAY].map(peerOf));

    const asker = new Bench().befriend(ANN, BOB, CAT, DAN, EVE);
    const generation = sent(asker.step({ type: 'ProbeRequested', contact: contactOf(FAY) }), 'Neighbor')[0]?.message.generation as number;
    const effects = asker.hear(FAY, { type: 'NeighborReply', generation, accepted: true, offer: contactOf(20) });
    expect(sent(effects, 'Disconnect')).toEqual([{ to: peerOf(EVE), message: disconnect(EVE, { offer: contactOf(20) }) }]);
    expect(asker.core.activeView).toEqual([ANN, BOB, CAT, DAN, FAY].map(peerOf));

    const displaced = new Bench().befriend(ANN);
    const next = sent(displaced.hear(ANN, disconnect(ANN, { offer: contactOf(20) })), 'Neighbor');
    expect(next.map(({ to }) => to)).toEqual([peerOf(20)]);
  });

  test('two that ask a full peer in vain within a minute are brought together', () => {
    const bench = new Bench().befriend(ANN, BOB, CAT, DAN, EVE);
    const ask = (number: number) => sent(bench.hear(number, neighbor(number)), 'NeighborReply')[0]?.message.offer;
    expect([ask(20), ask(20), ask(21), ask(22)]).toEqual([null, null, contactOf(20), null]);
    bench.nowMs += bench.config.repairMaxMs;
    expect([ask(23), ask(24)]).toEqual([null, contactOf(23)]);

    const asker = new Bench().befriend(ANN, 99).know(20);
    const generation = sent(asker.hear(ANN, disconnect(ANN)), 'Neighbor')[0]?.message.generation as number;
    const next = asker.hear(20, { type: 'NeighborReply', generation, accepted: false, offer: contactOf(21) });
    expect(sent(next, 'Neighbor').map(({ to }) => to)).toEqual([peerOf(21)]);
  });

  test.each<[string, (bench: Bench) => readonly OverlayEffect[]]>([
    ['joined', (bench) => bench.hear(ANN, join(ANN))],
    ['asked', (bench) => bench.hear(ANN, neighbor(ANN, { priority: 'high' }))],
    ['probed', (bench) => bench.hear(ANN, neighbor(ANN, { priority: 'probe' }))],
    ['let-in', (bench) => answered(bench, bench.step({ type: 'JoinRequested', contacts: [contactOf(ANN)] }))],
    ['probed', (bench) => answered(bench, bench.step({ type: 'ProbeRequested', contact: contactOf(ANN) }))],
    ['welcomed', (bench) => answered(bench, bench.befriend(99).hear(99, { type: 'ForwardJoin', joiner: contactOf(ANN), ttlHops: 0 }))],
    ['filled', (bench) => answered(bench, bench.befriend(99).know(ANN).step({ type: 'LinkLost', peer: peerOf(99) }))],
  ])('NeighborUp says why: %s', (reason, act) => {
    expect(events(act(new Bench()), 'NeighborUp')).toEqual([{ type: 'NeighborUp', peer: peerOf(ANN), reason }]);
  });

  test('a neighbour or ourselves is not probed', () => {
    const bench = new Bench().befriend(ANN);
    expect(bench.step({ type: 'ProbeRequested', contact: contactOf(ANN) })).toEqual([]);
    expect(bench.step({ type: 'ProbeRequested', contact: { peer: ME, record: undefined } })).toEqual([]);
  });

  test('one Shuffle a neighbour and half interval is taken in, and eight are passed on', () => {
    const bench = new Bench().befriend(ANN, BOB);
    expect(brief(bench.hear(ANN, shuffle(ANN)))).toContain('Send ShuffleReply');
    expect(brief(bench.hear(ANN, shuffle(ANN, { nonce: 8 })))).toEqual(['Ignored too-many-shuffles']);
    expect(brief(bench.hear(BOB, shuffle(BOB)))).toContain('Send ShuffleReply');
    bench.nowMs += bench.config.shuffleIntervalMs / 2;
    expect(brief(bench.hear(ANN, shuffle(ANN, { nonce: 9 })))).toContain('Send ShuffleReply');
    const passed = Array.from({ length: 10 }, (_, nonce) => brief(bench.hear(ANN, shuffle(ANN, { nonce: 20 + nonce, ttlHops: 6 })))[0]);
    expect(passed).toEqual([...Array(8).fill('Send Shuffle'), ...Array(2).fill('Ignored too-many-shuffles')]);
  });

  test('a Shuffle over a link that we do not know is answered with a Disconnect of that link', () => {
    const bench = new Bench().befriend(ANN);
    expect(sent(bench.hear(BOB, shuffle(BOB, { generation: 9 })), 'Disconnect')).toMatchObject([{ to: peerOf(BOB), message: { generation: 9 } }]);
    expect(brief(bench.hear(ANN, shuffle(ANN, { generation: 9 })))).toEqual(['Send Disconnect', 'Ignored stale-generation']);
  });

  test('a Shuffle that claims to be ours is ignored', () => {
    expect(brief(new Bench().befriend(ANN, BOB).hear(ANN, { ...shuffle(ANN), origin: ME }))).toEqual(['Ignored own-shuffle']);
  });

  test('a neighbour’s parting gift counts once', () => {
    const bench = new Bench().befriend(ANN);
    bench.hear(ANN, gift([20]));
    expect(bench.passive).toEqual([peerOf(20)]);
    expect(brief(bench.hear(ANN, gift([21])))).toEqual(['Ignored unknown-reply']);
    expect(brief(bench.hear(BOB, gift([22])))).toEqual(['Ignored unknown-reply']);
  });

  test('leaves have places of their own, take part in no walk and are named to nobody', () => {
    const bench = new Bench({ maxLeaves: 2 }).befriend(ANN, BOB);
    expect(brief(bench.hear(20, join(20, { leaf: true })))).toEqual(['NeighborUp joined', 'Send JoinReply']);
    bench.hear(21, neighbor(21, { leaf: true }));
    expect(sent(bench.hear(22, neighbor(22, { leaf: true, priority: 'high' })), 'NeighborReply')[0]?.message.accepted).toBe(false);
    expect(bench.core.leaves).toEqual([peerOf(20), peerOf(21)]);
    expect(sent(bench.hear(CAT, join(CAT)), 'ForwardJoin').map(({ to }) => to)).not.toContain(peerOf(20));
    bench.hear(20, disconnect(20));
    bench.step({ type: 'LinkLost', peer: peerOf(21) });
    expect(bench.passive).toEqual([]);
  });

  test('as a leaf we say so, name ourselves to nobody, admit nobody and ask at once whom the contact named', () => {
    const bench = new Bench({}, 'leaf');
    const [ask] = sent(bench.step({ type: 'JoinRequested', contacts: [contactOf(ANN)] }), 'Join');
    expect(ask?.message.leaf).toBe(true);
    const effects = bench.hear(ANN, { type: 'JoinReply', generation: ask?.message.generation as number, accepted: true, contacts: [contactOf(BOB)] });
    expect(sent(effects, 'Neighbor')).toMatchObject([{ to: peerOf(BOB), message: { leaf: true } }]);
    expect(sent(fireShuffle(bench), 'Shuffle')[0]?.message.contacts.map(({ peer }) => peer)).not.toContain(ME);
    expect(sent(bench.hear(CAT, neighbor(CAT, { priority: 'high' })), 'NeighborReply')[0]?.message.accepted).toBe(false);
  });

  test('who leaves says goodbye to all, and that it left', () => {
    const bench = new Bench().befriend(ANN, BOB);
    const effects = bench.step({ type: 'LeaveRequested' });
    expect(sent(effects, 'ShuffleReply').map(({ to }) => to)).toEqual([peerOf(ANN), peerOf(BOB)]);
    for (const { message } of sent(effects, 'Disconnect')) expect(message.alive).toBe(false);
    expect(bench.step({ type: 'TimerFired', timer: 'shuffle' })).toEqual([]);
  });

  test('a record that changed is the one we show', () => {
    const bench = new Bench().befriend(ANN);
    bench.step({ type: 'RecordChanged', record: Uint8Array.of(7) });
    expect(sent(fireShuffle(bench), 'Shuffle')[0]?.message.contacts[0]?.record).toEqual(Uint8Array.of(7));
  });

  test.each([
    ['as old as an anchor', 120_000],
    ['two seconds old', 2_000],
  ])('walks go by neighbours that are %s, if there are any', (_, ageMs) => {
    const bench = new Bench().befriend(ANN);
    bench.nowMs += ageMs;
    bench.befriend(BOB, CAT, DAN);
    bench.nowMs += ageMs - 1;
    const walks = [20, 21, 22, 23, 24, 25].flatMap((number) => sent(bench.hear(DAN, { type: 'ForwardJoin', joiner: contactOf(number), ttlHops: 6 }), 'ForwardJoin'));
    expect(walks.map(({ to }) => to)).toEqual(Array(6).fill(peerOf(ANN)));
    // Of a Join still as many as there are other neighbours.
    expect(sent(bench.hear(EVE, join(EVE)), 'ForwardJoin').map(({ to }) => to)).toEqual(Array(4).fill(peerOf(ANN)));
  });

  test('a yes to a low request that comes when the place is filled is declined, and displaces nobody', () => {
    const bench = new Bench().befriend(ANN, 99).know(20);
    const [asked] = sent(bench.hear(ANN, disconnect(ANN)), 'Neighbor');
    bench.befriend(BOB, CAT, DAN, EVE);
    const effects = bench.hear(20, { type: 'NeighborReply', generation: asked?.message.generation as number, accepted: true, offer: null });
    expect(brief(effects)).toEqual(['Send Disconnect', 'Close', 'Learned']);
    expect(bench.core.activeView).toEqual([99, BOB, CAT, DAN, EVE].map(peerOf));
  });

  test('at the bound of those we leave alone the oldest may be asked again', () => {
    const bench = new Bench({ passiveViewSize: 2 });
    const evictors = Array.from({ length: 11 }, (_, at) => at + 1);
    for (const number of evictors) bench.befriend(number).hear(number, disconnect(number));
    bench.befriend(99).know(1);
    expect(sent(bench.step({ type: 'LinkLost', peer: peerOf(99) }), 'Neighbor').map(({ to }) => to)).toEqual([peerOf(1)]);
  });

  test('at the bound of requests a joiner is noted instead of welcomed', () => {
    const bench = new Bench({ maxRequests: 2 }).befriend(ANN);
    const ends = [20, 21, 22].map((number) => sent(bench.hear(ANN, { type: 'ForwardJoin', joiner: contactOf(number), ttlHops: 0 }), 'Neighbor').length);
    expect(ends).toEqual([1, 1, 0]);
    expect(bench.passive).toEqual([peerOf(22)]);
  });

  test('at the bound of walks the oldest way back is forgotten', () => {
    const bench = new Bench({ maxWalks: 1 }).befriend(ANN, BOB);
    for (const nonce of [1, 2]) bench.hear(ANN, shuffle(30, { generation: ANN, nonce, ttlHops: 5 }));
    const reply = (nonce: number) => brief(bench.hear(BOB, { type: 'ShuffleReply', origin: peerOf(30), nonce, contacts: [] }));
    expect(reply(1)).toEqual(['Ignored unknown-reply']);
    expect(reply(2)).toEqual(['Send ShuffleReply']);
  });
});
