/** Who is asked for a rumor that several peers offer. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { DISTRUST_MS, MAX_OFFERS, MAX_OFFERS_PER_PEER, Offers, patienceMs } from '../../src/node/offers.ts';
import type { Offer, Reach } from '../../src/node/offers.ts';

const peerOf = (n: number): PeerId => n.toString(16).padStart(64, '0') as PeerId;
const [ANN, BOB, CAT, DAN] = [1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];
const KIB = 1024;

/** Of rumor `n` on the only subscription of that peer. */
function offer(peer: PeerId, n: number, number = n): Offer {
  return { peer, sub: 1, number, id: peerOf(n) as string as RumorId, hops: 2, bytes: 16 * KIB };
}
const whom = (offers: readonly Pick<Offer, 'peer'>[]): readonly PeerId[] => offers.map(({ peer }) => peer);

describe('a rumor that several offer', () => {
  test('is asked of the first; the others are looked at again when it has given', () => {
    const offers = new Offers();
    expect([ANN, BOB, CAT].map((peer) => offers.offered(offer(peer, 1), 0))).toEqual([true, false, false]);
    expect(whom(offers.given(ANN, 1, 1))).toEqual([BOB, CAT]);
    expect(offers.size).toBe(0);
  });

  test('is asked of each in turn when what was given was something else', () => {
    const offers = new Offers();
    for (const peer of [ANN, BOB, CAT]) offers.offered(offer(peer, 1), 0);
    const again = offers.given(ANN, 1, 1) as readonly Offer[];
    expect(again.map((one) => offers.offered(one, 0))).toEqual([true, false]);
    expect(whom(offers.given(BOB, 1, 1))).toEqual([CAT]);
  });

  test('is asked of the next when the link of who was asked is lost', () => {
    const offers = new Offers();
    for (const peer of [ANN, BOB, CAT]) offers.offered(offer(peer, 1), 0);
    expect(whom(offers.lost(ANN, 0))).toEqual([BOB]);
    expect(whom(offers.lost(CAT, 0))).toEqual([]);
    expect(whom(offers.lost(BOB, 0))).toEqual([]);
    expect(offers.size).toBe(0);
  });

  test('is asked of nobody else when one that waits is lost; and the next has all its time', () => {
    const offers = new Offers();
    for (const peer of [ANN, BOB, CAT, DAN]) offers.offered(offer(peer, 1), 0);
    expect(whom(offers.lost(BOB, 500))).toEqual([]);
    expect(whom(offers.lost(ANN, 900))).toEqual([CAT]);
    expect(whom(offers.due(1_915))).toEqual([]);
    expect(whom(offers.due(1_916))).toEqual([DAN]);
  });

  test('is asked of all others when who was asked keeps us waiting: a second, and a millisecond for each KiB', () => {
    const offers = new Offers();
    for (const peer of [ANN, BOB, CAT]) offers.offered(offer(peer, 1), 0);
    expect(patienceMs(16 * KIB)).toBe(1_016);
    expect(whom(offers.due(1_015))).toEqual([]);
    expect(whom(offers.due(1_016))).toEqual([BOB, CAT]);
    expect(whom(offers.due(1_017))).toEqual([]);
  });

  test('who kept us waiting is asked, but beside others, for ten minutes', () => {
    const offers = new Offers();
    offers.offered(offer(ANN, 1), 0);
    offers.due(1_016);
    const asked = (n: number, nowMs: number): boolean[] => [ANN, BOB, CAT].map((peer) => offers.offered(offer(peer, n), nowMs));
    expect(asked(2, 2_000)).toEqual([true, true, false]);
    expect(asked(3, 1_015 + DISTRUST_MS)).toEqual([true, true, false]);
    expect(asked(4, 1_016 + DISTRUST_MS)).toEqual([true, false, false]);
  });

  test('nothing is left of those that are never given', () => {
    const offers = new Offers();
    for (const peer of [ANN, BOB, CAT, DAN]) for (let n = 0; n < 50; n += 1) offers.offered(offer(peer, n), 0);
    for (const nowMs of [2_000, 4_000, 6_000]) offers.due(nowMs);
    expect(offers.size).toBe(0);
  });

  test('and may go further, as they say meanwhile, is looked at for that when it was given: the last word of each', () => {
    const offers = new Offers();
    const reach = (peer: PeerId, hops: number): Reach => ({ ...offer(peer, 1), number: undefined, hops });
    expect(offers.longer(reach(ANN, 5))).toBe(false);
    offers.offered(offer(ANN, 1), 0);
    offers.offered(offer(BOB, 1), 0);
    expect([reach(BOB, 4), reach(CAT, 5), reach(BOB, 6)].map((one) => offers.longer(one))).toEqual([true, true, true]);
    expect(offers.given(ANN, 1, 1).map(({ peer, number, hops }) => [peer, number, hops])).toEqual([[BOB, 1, 2], [CAT, undefined, 5], [BOB, undefined, 6]]);
    expect(offers.longer(reach(ANN, 5))).toBe(false);
  });

  test('what was not offered, or was given before, is not noted', () => {
    const offers = new Offers();
    expect(offers.given(ANN, 1, 1)).toEqual([]);
    offers.offered(offer(ANN, 1), 0);
    offers.given(ANN, 1, 1);
    expect(offers.given(ANN, 1, 1)).toEqual([]);
  });
});

describe('at the limit', () => {
  test('of one peer what it offers is asked for at once, and nobody else notices', () => {
    const offers = new Offers();
    for (let n = 0; n < MAX_OFFERS_PER_PEER; n += 1) offers.offered(offer(ANN, n), 0);
    expect(offers.offered(offer(BOB, 1), 0)).toBe(false);
    expect(offers.offered(offer(ANN, 5_000), 0)).toBe(true);
    expect([offers.offered(offer(BOB, 5_000), 0), offers.offered(offer(CAT, 5_000), 0)]).toEqual([true, false]);
    expect(offers.size).toBe(MAX_OFFERS_PER_PEER + 3);
  });

  test('of all everything is asked for at once', () => {
    const offers = new Offers();
    for (let peer = 10; offers.size < MAX_OFFERS; peer += 1) for (let n = 0; n < MAX_OFFERS_PER_PEER; n += 1) offers.offered(offer(peerOf(peer), n), 0);
    expect(offers.offered(offer(ANN, 1), 0)).toBe(true);
    expect(offers.size).toBe(MAX_OFFERS);
  });

  test('the same number twice is asked for at once', () => {
    const offers = new Offers();
    offers.offered(offer(ANN, 1), 0);
    offers.offered(offer(BOB, 1), 0);
    expect(offers.offered(offer(BOB, 1), 0)).toBe(true);
    expect(offers.size).toBe(2);
  });
});

test('whatever peers do: somebody is always being asked for what is sought, and everything ends', () => {
  const peer = fc.integer({ min: 1, max: 5 }).map(peerOf);
  const rumor = fc.integer({ min: 0, max: 4 });
  const step = fc.oneof(
    fc.record({ do: fc.constant('offer' as const), peer, rumor, number: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ do: fc.constant('give' as const), peer, number: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ do: fc.constant('lose' as const), peer }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const offers = new Offers();
      /** Those that were asked since they offered, and those that still wait, by peer and number. */
      const waiting = new Map<string, Offer>();
      const asked = new Map<string, Offer>();
      let nowMs = 0;
      const ref = ({ peer: of, number }: Pick<Offer, 'peer' | 'number'>): string => `${of} ${number}`;
      const ask = (one: Offer): void => {
        waiting.delete(ref(one));
        asked.set(ref(one), one);
      };
      const look = (one: Offer): void => {
        if (offers.offered(one, nowMs)) ask(one);
        else waiting.set(ref(one), one);
      };
      for (const each of steps) {
        if (each.do === 'offer') {
          if (!waiting.has(ref(each)) && !asked.has(ref(each))) look(offer(each.peer, each.rumor, each.number));
        } else if (each.do === 'give') {
          const others = offers.given(each.peer, 1, each.number) as readonly Offer[];
          if (!waiting.has(ref(each))) asked.delete(ref(each));
          for (const other of others) waiting.delete(ref(other));
          for (const other of others) look(other);
        } else if (each.do === 'lose') {
          for (const map of [waiting, asked]) for (const [key, one] of map) if (one.peer === each.peer) map.delete(key);
          for (const one of offers.lost(each.peer, nowMs)) ask(one);
        } else {
          nowMs += each.ms;
          for (const one of offers.due(nowMs)) ask(one);
        }
        for (const { id } of waiting.values()) expect([...asked.values()].some((one) => one.id === id)).toBe(true);
      }
      for (let rounds = 0; rounds < 4; rounds += 1) for (const one of offers.due((nowMs += 5_000))) ask(one);
      expect([offers.size, waiting.size]).toEqual([0, 0]);
    }),
  );
});
