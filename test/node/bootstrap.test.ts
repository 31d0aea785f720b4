import { expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { Bootstrap } from '../../src/node/bootstrap.ts';
import { handshakeError } from '../../src/transport/channel/fault.ts';
import { ManualClock } from '../support/clock.ts';

const PEER = 'a'.repeat(64) as PeerId;

function make(connect: () => Promise<PeerId>, redialMaxMs = 5_000): { bootstrap: Bootstrap; clock: ManualClock; dials: number[]; found: PeerId[]; up: Set<PeerId>; turn(): Promise<void> } {
  const clock = new ManualClock();
  const began = clock.now();
  const dials: number[] = [];
  const found: PeerId[] = [];
  const up = new Set<PeerId>();
  const bootstrap = new Bootstrap(['memory://a'], {
    clock,
    random: { below: () => 0, fork: () => ({ below: () => 0, fork: () => boom() }) },
    limits: limits({ redialMaxMs }),
    connect: () => {
      dials.push(clock.now() - began);
      return connect();
    },
    isUp: (peer) => up.has(peer),
    found: (peer) => found.push(peer),
  });
  return { bootstrap, clock, dials, found, up, turn: () => new Promise(setImmediate) };
}

test('a failed dial is tried again, later and later up to redialMaxMs, until the node closes', async () => {
  const { bootstrap, clock, dials, turn } = make(() => Promise.reject(new Error('nobody')));
  bootstrap.start();
  for (let seconds = 0; seconds < 20; seconds += 1) {
    await turn();
    clock.advance(1_000);
  }
  expect(dials).toEqual([0, 2_000, 6_000, 11_000, 16_000]);
  bootstrap.close();
  expect(clock.timers).toBe(0);
});

test('a link that is lost is dialled again; one to somebody else is not ours', async () => {
  const { bootstrap, clock, dials, up, turn } = make(() => Promise.resolve(PEER));
  up.add(PEER);
  bootstrap.start();
  await turn();
  bootstrap.lost('b'.repeat(64) as PeerId, 'lost');
  expect(clock.timers).toBe(0);
  clock.advance(5_000);
  bootstrap.lost(PEER, 'lost');
  clock.advance(1_000);
  expect(dials).toEqual([0, 6_000]);
});

test('one that lets us in and drops us at once is asked less and less, until a link holds', async () => {
  const { bootstrap, clock, dials, up, turn } = make(() => Promise.resolve(PEER));
  up.add(PEER);
  bootstrap.start();
  for (let seconds = 0; seconds < 11; seconds += 1) {
    await turn();
    bootstrap.lost(PEER, 'lost');
    clock.advance(1_000);
  }
  // The link that came up at 11 s holds for 5 s.
  await turn();
  clock.advance(5_000);
  bootstrap.lost(PEER, 'lost');
  clock.advance(1_000);
  expect(dials).toEqual([0, 2_000, 6_000, 11_000, 17_000]);
});

test.each([
  { how: 'because the line flaps is dialled again within 6 s', reason: 'lost', dials: [0, 2_000, 6_000, 12_000, 14_000, 18_000, 24_000] },
  { how: 'with a goodbye is dialled again less and less', reason: 'full', dials: [0, 2_000, 6_000, 14_000] },
])('a link that ends at once $how', async ({ reason, dials: expected }) => {
  const { bootstrap, clock, dials, up, turn } = make(() => Promise.resolve(PEER), 600_000);
  up.add(PEER);
  bootstrap.start();
  for (let seconds = 0; seconds < 25; seconds += 1) {
    await turn();
    bootstrap.lost(PEER, reason);
    clock.advance(1_000);
  }
  expect(dials).toEqual(expected);
});

test('one that has too many links is left alone for as long as may be', async () => {
  const { bootstrap, clock, dials, up, turn } = make(() => Promise.resolve(PEER));
  up.add(PEER);
  bootstrap.start();
  await turn();
  clock.advance(60_000);
  bootstrap.lost(PEER, 'crowded');
  clock.advance(4_999);
  expect(dials).toEqual([0]);
  clock.advance(1);
  expect(dials).toEqual([0, 65_000]);
});

test('who is up is told, and is among the peers as long as it is', async () => {
  const { bootstrap, found, up, turn } = make(() => Promise.resolve(PEER));
  up.add(PEER);
  bootstrap.start();
  await turn();
  expect([found, bootstrap.peers]).toEqual([[PEER], [PEER]]);
  bootstrap.lost(PEER, 'lost');
  expect(bootstrap.peers).toEqual([]);
});

test('a link that is gone before we hear that it was there is dialled again, too, as after a failure', async () => {
  const { bootstrap, clock, dials, turn } = make(() => Promise.resolve(PEER));
  bootstrap.start();
  await turn();
  clock.advance(2_000);
  expect(dials).toEqual([0, 2_000]);
});

function boom(): never {
  throw new Error('boom');
}

test('what answers and is not hearsay is left alone for as long as may be', async () => {
  const { bootstrap, clock, dials, turn } = make(() => Promise.reject(handshakeError({ reason: 'not-hearsay' }, 'memory://a')));
  bootstrap.start();
  await turn();
  clock.advance(4_999);
  expect(dials).toEqual([0]);
  clock.advance(1);
  expect(dials).toEqual([0, 5_000]);
  bootstrap.close();
});

test('whoever has another password is asked again: it may be one of ours tomorrow', async () => {
  const { bootstrap, clock, dials, turn } = make(() => Promise.reject(handshakeError({ reason: 'wrong-key' }, 'memory://a')));
  bootstrap.start();
  await turn();
  clock.advance(2_000);
  await turn();
  expect(dials).toHaveLength(2);
  bootstrap.close();
});
