/** What proxies remember is bounded: strangers can be proxies, and hand us data, under `anybody`. DESIGN 4 points 2 and 11. */
import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { seededRandom } from '../../src/random.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import { Context } from '../../src/wrapper/core/context.ts';
import type { HeldRumor } from '../../src/wrapper/core/held.ts';
import { MAX_FAILURES, MAX_REMEMBERED, Proxies } from '../../src/wrapper/core/proxies.ts';
import { ANN, BOB, NOW, peerOf, rumorOf } from './names.ts';

const STRANGERS: readonly PeerId[] = Array.from({ length: MAX_REMEMBERED + 1 }, (_, n) => peerOf(1_000 + n));

function rumorFrom(from: PeerId): HeldRumor<string> {
  return { id: rumorOf(1), body: 'news', bytes: 4, unknown: false, deadlineMs: NOW, hops: 1, from, successor: undefined, tried: new Set(), delivered: false, heard: false, leaving: true };
}

/** @param seed whose first epoch passes on what it is passed */
function proxiesAmong(peers: readonly PeerId[], seed: number | string = 1): Proxies<string> {
  const given = gossipConfig({ hops: 3, hear: 'anybody', tell: 'anybody', pass: 'stem' }, 15);
  const context = new Context<string>({ our: ANN, maxHops: 15, given, random: seededRandom(seed) }, given);
  context.nowMs = NOW;
  for (const peer of peers) {
    context.circle.applyNeighbor('up', peer);
    context.subscribers.set(peer, 1);
  }
  return new Proxies(context);
}

describe('Proxies', () => {
  test('remembers 1,000 that refused, and asks the one that refused first again', () => {
    const proxies = proxiesAmong([BOB]);
    proxies.missed(BOB);
    for (const peer of STRANGERS.slice(0, MAX_REMEMBERED - 1)) proxies.missed(peer);
    expect(proxies.next(rumorFrom(ANN))).toBeUndefined();
    for (const peer of STRANGERS.slice(-2)) proxies.missed(peer);
    expect(proxies.next(rumorFrom(ANN))).toBe(BOB);
  });

  test('remembers 1,000 that failed, and forgets the one that failed first', () => {
    const proxies = proxiesAmong([BOB]);
    for (let n = 0; n < MAX_FAILURES; n += 1) proxies.failed(BOB);
    for (const peer of STRANGERS.slice(0, MAX_REMEMBERED - 1)) proxies.failed(peer);
    expect(proxies.next(rumorFrom(ANN))).toBeUndefined();
    for (const peer of STRANGERS.slice(-2)) proxies.failed(peer);
    expect(proxies.next(rumorFrom(ANN))).toBe(BOB);
  });

  test('who asks again is remembered anew: it is not the oldest any more', () => {
    const proxies = proxiesAmong([BOB]);
    proxies.missed(BOB);
    for (const peer of STRANGERS.slice(0, MAX_REMEMBERED - 1)) proxies.missed(peer);
    proxies.missed(BOB);
    proxies.missed(STRANGERS[MAX_REMEMBERED] as PeerId);
    expect(proxies.next(rumorFrom(ANN))).toBeUndefined();
  });

  test('1,000 inbound edges have a fixed successor in an epoch; no flood of them takes ours away', () => {
    const others = Array.from({ length: 50 }, (_, n) => peerOf(100 + n));
    const proxies = proxiesAmong(others);
    const of = (from: PeerId): Set<PeerId | undefined> => new Set(Array.from({ length: 20 }, () => proxies.next(rumorFrom(from))));
    const ours = of(ANN);
    expect(ours.size).toBe(1);
    for (const peer of STRANGERS.slice(0, MAX_REMEMBERED - 1)) expect(of(peer).size).toBe(1);
    for (const peer of STRANGERS.slice(-2)) expect(of(peer).size).toBeGreaterThan(1);
    expect(of(ANN)).toEqual(ours);
    expect(of(STRANGERS[0] as PeerId).size).toBe(1);
  });
});
