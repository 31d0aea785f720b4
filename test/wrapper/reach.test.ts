/**
 * Point 5 of DESIGN 4: the longer reach wins. Tables of exact effects, and a world in which first-copy-wins falls short.
 */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Seen } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { seededRandom } from '../../src/random.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import type { GossipConfig } from '../../src/wrapper/config.ts';
import { GossipCore } from '../../src/wrapper/core.ts';
import type { CoreSetup } from '../../src/wrapper/core.ts';
import type { GossipEffect, Input } from '../../src/wrapper/core/messages.ts';
import { Reach, RECENT_MS } from '../../src/wrapper/core/reach.ts';
import { encodeUpgrade, parseUpgrade } from '../../src/wrapper/upgrade.ts';
import { ModelNet } from './model-net.ts';
import { ANN, BOB, BOUNDS, CAT, DAN, NOW, peerOf, rumorOf } from './names.ts';

type In = Input<string>;
type Out = GossipEffect<string>;

const ID = rumorOf(1);
const EVE = peerOf(0xe);
const seenAs = (hops: number, relayed = true): Seen => ({ hops, delivered: true, relayed });

function coreOf(config: Partial<GossipConfig> = {}, setup: Partial<CoreSetup<string>> = {}): GossipCore<string> {
  const given = gossipConfig({ hops: 5, hear: 'targets', tell: 'targets', ...config }, 15);
  const core = new GossipCore<string>({ ...BOUNDS, our: ANN, maxHops: 15, given, persisted: given, ...setup });
  for (const peer of [BOB, CAT, DAN, EVE]) core.step({ type: 'PalChanged', change: 'meet', peer }, NOW);
  for (const peer of [BOB, CAT, DAN]) core.step({ type: 'WatchAsked', peer }, NOW);
  return core;
}

const copy = (from: PeerId, hops: number, seen?: Seen): In => ({ type: 'RumorArrived', id: ID, from, hops, seen, verdict: { type: 'valid' }, room: true, body: 'news', bytes: 4 });
const repeat = (from: PeerId, hops: number, seen: Seen): In => ({ type: 'RepeatArrived', id: ID, from, hops, seen });
const header = (from: PeerId, hops: number, seen: Seen | undefined): In => ({ type: 'UpgradeArrived', id: ID, from, hops, seen });
const remember = (hops: number): Out => ({ type: 'Remember', id: ID, hops, delivered: true, relayed: true });

interface Row {
  readonly name: string;
  readonly config?: Partial<GossipConfig>;
  readonly setup?: Partial<CoreSetup<string>>;
  readonly before: readonly In[];
  readonly atMs?: number;
  readonly input: In;
  readonly effects: readonly Out[];
}

describe('better 5: the longer reach wins', () => {
  // The reference does nothing in any of these: what is in its memory and shared is dropped, whatever its hops.
  test.each<Row>([
    { name: 'a later copy with more hops: header only to those who have it with fewer, never to the one it came from', before: [copy(EVE, 3)], input: repeat(CAT, 6, seenAs(3)), effects: [remember(6), { type: 'SendUpgrade', id: ID, hops: 5, only: [BOB, DAN] }] },
    { name: 'the payload to those not known to have it', before: [copy(BOB, 3), { type: 'SubscriberLeft', peer: DAN }, { type: 'WatchAsked', peer: DAN }], input: repeat(BOB, 6, seenAs(3)), effects: [remember(6), { type: 'Send', id: ID, hops: 5, body: 'news', only: [DAN], except: BOB }, { type: 'SendUpgrade', id: ID, hops: 5, only: [CAT] }] },
    { name: 'hops 0 first and more later: the payload is still at hand', before: [copy(EVE, 0)], input: repeat(BOB, 4, seenAs(0, false)), effects: [remember(4), { type: 'Send', id: ID, hops: 3, body: 'news', except: BOB }, { type: 'ReportRumor', what: 'relayed', id: ID, hops: 3, src: BOB, body: 'news' }] },
    { name: 'hops 0 first and a header later: the payload is still at hand', before: [copy(BOB, 0)], input: header(EVE, 4, seenAs(0, false)), effects: [remember(4), { type: 'Send', id: ID, hops: 3, body: 'news', only: [CAT, DAN], except: EVE }, { type: 'SendUpgrade', id: ID, hops: 3, only: [BOB] }, { type: 'ReportRumor', what: 'relayed', id: ID, hops: 3, src: EVE, body: 'news' }] },
    { name: 'a header with more hops goes on as a header', before: [copy(EVE, 3)], input: header(CAT, 6, seenAs(3)), effects: [remember(6), { type: 'SendUpgrade', id: ID, hops: 5, only: [BOB, DAN] }] },
    { name: 'who has it with as many hops is told nothing', before: [copy(EVE, 3), repeat(BOB, 6, seenAs(3)), repeat(DAN, 6, seenAs(6))], input: repeat(EVE, 7, seenAs(6)), effects: [remember(7), { type: 'SendUpgrade', id: ID, hops: 6, only: [CAT] }] },
    { name: 'as many hops as before: nothing', before: [copy(EVE, 3)], input: repeat(BOB, 3, seenAs(3)), effects: [] },
    { name: 'fewer hops: nothing', before: [copy(EVE, 3)], input: header(BOB, 2, seenAs(3)), effects: [] },
    { name: 'more hops than the code allows are clamped first', before: [copy(EVE, 14)], input: header(BOB, 255, seenAs(14)), effects: [] },
    { name: 'two minutes later the body is gone: remembered, not passed on', before: [copy(EVE, 3)], atMs: NOW + RECENT_MS, input: header(BOB, 6, seenAs(3)), effects: [remember(6)] },
    { name: 'a copy that was read again goes on as if its body had been at hand', before: [], input: copy(EVE, 6, seenAs(3)), effects: [remember(6), { type: 'Send', id: ID, hops: 5, body: 'news', except: EVE }] },
    { name: 'a header for what we do not know is ignored, and counted', before: [header(EVE, 9, undefined)], input: header(BOB, 4, undefined), effects: [{ type: 'Notice', event: { name: 'upgrade-ignored', peer: BOB, reason: 'unknown-id', count: 2 } }] },
    { name: 'a header of one whom we do not hear is dropped', before: [copy(EVE, 3), { type: 'Kicked', peer: BOB, reason: 'why' }], input: header(BOB, 6, seenAs(3)), effects: [{ type: 'Notice', event: { name: 'bad-rumor', peer: BOB, reason: 'not-heard' } }] },
    { name: 'our own, said again: nobody who has it gets it twice', before: [{ type: 'Published', id: ID, body: 'news', bytes: 4 }, { type: 'SubscriberLeft', peer: DAN }, { type: 'WatchAsked', peer: DAN }], input: { type: 'Published', id: ID, body: 'news', bytes: 4 }, effects: [remember(5), { type: 'Keep', id: ID, hops: 5, body: 'news' }, { type: 'Send', id: ID, hops: 4, body: 'news', only: [DAN] }, { type: 'ReportPublished', id: ID, hops: 4, body: 'news', passed: false, refused: [] }] },
    { name: 'relay first: the most hops are remembered, and nothing goes on', config: { relay: 'first' }, before: [copy(EVE, 3)], input: repeat(CAT, 6, seenAs(3)), effects: [remember(6)] },
    { name: 'relay first: a header too is only remembered', config: { relay: 'first' }, before: [copy(EVE, 3)], input: header(CAT, 6, seenAs(3)), effects: [remember(6)] },
    { name: 'hops 0 in the config: nothing goes on', before: [copy(EVE, 3), { type: 'Configured', change: { hops: 0 } }], input: repeat(CAT, 6, seenAs(3)), effects: [remember(6)] },
    { name: 'invalid data go no further with more hops', before: [{ ...copy(EVE, 3), verdict: { type: 'invalid', reason: 'odd' } } as In], input: header(CAT, 6, seenAs(3, false)), effects: [{ type: 'Remember', id: ID, hops: 6, delivered: true, relayed: false }] },
    { name: 'past the limit the oldest is no longer at hand', setup: { maxRecent: 1 }, before: [copy(EVE, 3), { ...copy(EVE, 3), id: rumorOf(2) } as In], input: header(CAT, 6, seenAs(3)), effects: [remember(6)] },
  ])('$name', ({ config, setup, before, atMs = NOW, input, effects }) => {
    const core = coreOf(config, setup);
    for (const past of before) core.step(past, NOW);
    expect(core.step(input, atMs)).toEqual(effects);
  });

  test('a datum is relayed or upgraded at most once for each hop there is, whatever comes', () => {
    const arrivals = fc.array(fc.record({ from: fc.constantFrom(BOB, CAT, DAN, EVE), hops: fc.integer({ min: 0, max: 255 }), header: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 15 }), (steps, maxHops) => {
        const core = coreOf({ hops: 1 }, { maxHops });
        let seen: Seen | undefined;
        const passedOn: number[] = [];
        for (const { from, hops, header: asHeader } of steps) {
          const input = asHeader ? header(from, hops, seen) : seen !== undefined && !core.mustRead(ID, hops, seen) ? repeat(from, hops, seen) : copy(from, hops, seen);
          const effects = core.step(input, NOW);
          for (const effect of effects) {
            if (effect.type === 'Remember') seen = effect;
            if ((effect.type === 'Send' || effect.type === 'SendUpgrade') && effect.hops !== passedOn.at(-1)) passedOn.push(effect.hops);
            if (effect.type === 'Send' && (effect.except ?? from) !== from) return false;
            if ('only' in effect && effect.only?.includes(from) === true) return false;
          }
        }
        return passedOn.length < maxHops && passedOn.every((hops, i) => hops < maxHops - 1 && hops > (passedOn[i - 1] ?? -1));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Small-world: a ring in which each knows its k nearest, a tenth of the edges thrown anew (Watts and Strogatz). */
function smallWorld(n: number, k: number, seed: string): [number, number][] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, a) =>
    Array.from({ length: k / 2 }, (_none, i): [number, number] => {
      const other = random.below(10) === 0 ? random.below(n) : (a + i + 1) % n;
      return [a, other === a ? (a + 1) % n : other];
    }),
  ).flat();
}

function ballOf(net: ModelNet, origin: number, hops: number): Set<PeerId> {
  const ball = new Set([net.nodes[origin]!.id]);
  let edge = [...ball];
  for (let i = 0; i < hops; i += 1) {
    edge = [...new Set(edge.flatMap((peer) => [...net.at(peer).pals]))].filter((peer) => !ball.has(peer));
    for (const peer of edge) ball.add(peer);
  }
  return ball.size > 1 ? (ball.delete(net.nodes[origin]!.id), ball) : ball;
}

describe('better 5: the share of the true ball that is reached', () => {
  const HOPS = 4;
  function reachOf(relay: 'farthest' | 'first', latencyMs: readonly [number, number]): { share: number; outside: number; copies: number } {
    const net = new ModelNet({ nodes: 200, edges: smallWorld(200, 6, 'world'), config: { hops: HOPS, relay }, random: seededRandom('latencies'), latencyMs });
    let [inside, reached, outside] = [0, 0, 0];
    const copies = { sent: 0 };
    for (const node of net.nodes) {
      const { hears } = node;
      node.hears = (...args) => {
        copies.sent += 1;
        return hears.apply(node, args);
      };
    }
    for (let n = 1; n <= 20; n += 1) {
      const id = net.say(n * 7, n);
      net.runFor(60_000);
      const ball = ballOf(net, n * 7, HOPS);
      inside += ball.size;
      for (const node of net.nodes) {
        if (!node.given.has(id)) continue;
        if (ball.has(node.id)) reached += 1;
        else outside += 1;
      }
    }
    return { share: reached / inside, outside, copies: copies.sent };
  }

  // What the reference does is `first`: the shortest path loses against a faster one.
  test('under random latencies: all with farthest, less with first; no more copies than a flood of equal latencies; nobody outside', () => {
    const farthest = reachOf('farthest', [5, 200]);
    const flood = reachOf('first', [50, 50]);
    expect(farthest.share).toBe(1);
    expect(flood.share).toBe(1);
    expect(reachOf('first', [5, 200]).share).toBeLessThan(0.9);
    expect(farthest.copies).toBeLessThanOrEqual(flood.copies);
    expect([farthest.outside, flood.outside]).toEqual([0, 0]);
  });
});

describe('what is at hand', () => {
  const known = (reach: Reach<string>): boolean[] => [1, 2, 3].map((n) => reach.find(rumorOf(n)) >= 0);

  test('is bounded in number and in bytes: the oldest go', () => {
    const byNumber = new Reach<string>({ maxRecent: 2, maxRecentBytes: 100 });
    for (const n of [1, 2, 3]) byNumber.put(rumorOf(n), 'x', 10, NOW);
    expect(known(byNumber)).toEqual([false, true, true]);
    const byBytes = new Reach<string>({ maxRecent: 9, maxRecentBytes: 100 });
    for (const n of [1, 2, 3]) byBytes.put(rumorOf(n), 'x', 40, NOW);
    expect(known(byBytes)).toEqual([false, true, true]);
    byBytes.put(rumorOf(1), 'x', 101, NOW);
    expect(known(byBytes)).toEqual([false, true, true]);
  });

  test('of a peer that is gone nothing is known, nor of whoever has its place, and the others keep theirs', () => {
    const reach = new Reach<string>({ maxRecent: 10, maxRecentBytes: 100 });
    reach.put(ID, 'news', 4, NOW);
    const hopsOf = (...peers: readonly PeerId[]): readonly number[] => peers.map((peer) => reach.hopsOf(reach.find(ID), peer));
    reach.know(ID, BOB, 3);
    reach.know(ID, CAT, 2);
    reach.forget(BOB);
    expect(hopsOf(BOB, CAT)).toEqual([-1, 2]);
    reach.put(rumorOf(2), 'other', 5, NOW);
    reach.know(rumorOf(2), DAN, 1);
    expect(hopsOf(BOB, CAT, DAN)).toEqual([-1, 2, -1]);
    reach.know(ID, BOB, 0);
    reach.know(ID, DAN, 4);
    expect(hopsOf(BOB, CAT, DAN)).toEqual([0, 2, 4]);
  });

  test('grows with rumors and peers, and keeps what it knew; empty, it is small again and as good', () => {
    const reach = new Reach<string>({ maxRecent: 100, maxRecentBytes: 10_000 });
    const all = Array.from({ length: 150 }, (_, n) => n);
    for (const round of [0, 1]) {
      const nowMs = NOW + round * RECENT_MS;
      reach.expire(nowMs);
      expect(reach.size).toBe(0);
      for (const n of all) {
        reach.put(rumorOf(n), `news ${n}`, 10, nowMs);
        reach.know(rumorOf(n), peerOf(n % 40), n % 15);
      }
      expect(all.map((n) => reach.bodyOf(rumorOf(n)))).toEqual(all.map((n) => (n < 50 ? undefined : `news ${n}`)));
      expect(all.every((n) => reach.hopsOf(reach.find(rumorOf(n)), peerOf(n % 40)) === (n < 50 ? -1 : n % 15))).toBe(true);
      const knowing = (n: number): number => Array.from({ length: 40 }, (_, peer) => reach.hopsOf(reach.find(rumorOf(n)), peerOf(peer))).filter((hops) => hops >= 0).length;
      expect(all.map(knowing)).toEqual(all.map((n) => (n < 50 ? 0 : 1)));
    }
  });

  test('past 1,024 peers all is forgotten, so that at worst something goes out once more', () => {
    const reach = new Reach<string>({ maxRecent: 10, maxRecentBytes: 100 });
    reach.put(ID, 'news', 4, NOW);
    for (let n = 1; n <= 1_024; n += 1) reach.know(ID, peerOf(n), 1);
    expect([1, 1_024].map((n) => reach.hopsOf(reach.find(ID), peerOf(n)))).toEqual([1, 1]);
    reach.know(ID, peerOf(1_025), 0);
    expect([1, 2, 1_024, 1_025].map((n) => reach.hopsOf(reach.find(ID), peerOf(n)))).toEqual([-1, -1, -1, 0]);
  });

  test('is forgotten after two minutes, and at once when the clock is set back', () => {
    for (const [atMs, left] of [[NOW + RECENT_MS - 1, true], [NOW + RECENT_MS, false], [NOW - 1, false]] as const) {
      const reach = new Reach<string>({ maxRecent: 9, maxRecentBytes: 100 });
      reach.put(rumorOf(1), 'x', 1, NOW);
      reach.expire(atMs);
      expect([reach.find(rumorOf(1)) >= 0, reach.size]).toEqual([left, left ? 1 : 0]);
    }
  });
});

describe('a header on the wire', () => {
  test('is 32 bytes of id and one of hops', () => {
    const bytes = encodeUpgrade(rumorOf(0xabcd), 7);
    expect([bytes.length, ...bytes.subarray(30)]).toEqual([33, 0xab, 0xcd, 7]);
    expect(parseUpgrade(bytes)).toEqual({ id: rumorOf(0xabcd), hops: 7 });
  });

  test.each([undefined, null, 'x'.repeat(33), new Uint8Array(32), new Uint8Array(34), [1]])('anything else is none: %p', (data) => {
    expect(parseUpgrade(data)).toBeUndefined();
  });
});
