/** What a router says of facts and offers that are on our disk, and to whom it offers. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { RumorId } from '../../src/ids.ts';
import { encodeMessage } from '../../src/node/messages.ts';
import { OutgoingFact } from '../../src/node/outgoing-fact.ts';
import { OwedFeed } from '../../src/node/owed-feed.ts';
import { MAX_UNANSWERED } from '../../src/node/session.ts';
import type { Receipt, Watcher } from '../../src/node/session.ts';
import type { Tally } from '../../src/node/subscribers.ts';
import { ANN, BOB, RouterPair, TOPIC } from '../support/router-pair.ts';

let pair: RouterPair;
beforeEach(() => {
  pair = new RouterPair();
});

describe('an acknowledgement', () => {
  const GOSSIP = '/~/gossip/gossip';

  /** Ann watches a path of Bob's. What is on its disk, and what Bob is told of it, the test sees. */
  function watched(path: string): { give(count: number): void; readonly commits: (() => void)[]; readonly acks: number[] } {
    const commits: (() => void)[] = [];
    const acks: number[] = [];
    const fact = (_mark: string, _message: Uint8Array, _payloadAt: number, receipt: Receipt): void => {
      const { count } = receipt;
      commits.push(() => receipt.committed(count));
    };
    pair.ann.watch(BOB, TOPIC, path, { ...pair.watcher('w'), fact });
    const subscriber = pair.served.at(-1)!;
    Object.assign(subscriber, { acknowledged: (count: number) => acks.push(count) });
    return { give: (count) => Array.from({ length: count }, () => subscriber.give(new OutgoingFact({ mark: 'm', data: 'hi' }, 1_000), false)), commits, acks };
  }

  test('counts what is on disk, not what has come; those of a second share one', () => {
    pair.connect();
    const { give, commits, acks } = watched(GOSSIP);
    give(5);
    pair.clock.advance(1_000);
    expect([commits.length, acks]).toEqual([5, []]);
    commits[0]?.();
    pair.clock.advance(999);
    commits[1]?.();
    expect(acks).toEqual([]);
    pair.clock.advance(1);
    expect(acks).toEqual([2]);
    for (const committed of commits.slice(2)) committed();
    pair.clock.advance(1_000);
    expect(acks).toEqual([2, 5]);
    pair.clock.advance(1_000);
    expect([acks, pair.clock.timers]).toEqual([[2, 5], 0]);
  });

  test('does not wait when 256 facts do', () => {
    pair.connect();
    const { give, commits, acks } = watched(GOSSIP);
    give(600);
    for (const committed of commits) committed();
    expect(acks).toEqual([256, 512]);
    pair.clock.advance(1_000);
    expect(acks).toEqual([256, 512, 600]);
  });

  test('is of one subscription: what is committed when its link is gone is not said on the next one', () => {
    pair.connect();
    const { give, commits, acks } = watched(GOSSIP);
    give(3);
    commits[0]?.();
    pair.cut();
    expect(pair.clock.timers).toBe(0);
    commits[1]?.();
    pair.connect();
    Object.assign(pair.served.at(-1)!, { acknowledged: (count: number) => acks.push(count) });
    commits[2]?.();
    pair.clock.advance(1_000);
    expect(acks).toEqual([]);
  });

  test('is for what is owed: of other paths there is none', async () => {
    pair.connect();
    const { give, commits, acks } = watched('/p');
    give(1);
    commits[0]?.();
    await Promise.resolve();
    expect(acks).toEqual([]);
  });
});

describe('an offer that need not be taken', () => {
  const ID = 'd'.repeat(64) as RumorId;

  /** Ann watches Bob, who offers; what is on her disk the test sees, and what he is told. */
  function offering(path = '/~/gossip/gossip'): { offer(from: number, count: number, hops?: number): void; readonly commits: (() => void)[]; readonly haves: (readonly number[])[]; leave(): void } {
    const commits: (() => void)[] = [];
    const haves: (readonly number[])[] = [];
    const offered: Watcher['offered'] = ({ hops }, receipt) => {
      if (hops === 2) return false;
      const { count } = receipt;
      commits.push(() => receipt.committed(count));
      return true;
    };
    const leave = pair.ann.watch(BOB, TOPIC, path, { ...pair.watcher('w'), offered });
    Object.assign(pair.served.at(-1)!, { had: (numbers: readonly number[]) => haves.push(numbers) });
    const offer = (from: number, count: number, hops = 1): void => {
      for (let number = from; number < from + count; number += 1) pair.ann.received(BOB, encodeMessage({ type: 'Offer', sub: 1, number, id: ID, hops, bytes: 9_000 }));
    };
    return { offer, commits, haves, leave };
  }

  test('is answered once it is on disk that it need not; those of a second share an answer', () => {
    pair.connect();
    const { offer, commits, haves } = offering();
    offer(7, 3);
    pair.clock.advance(1_000);
    expect([commits.length, haves]).toEqual([3, []]);
    commits[1]?.();
    pair.clock.advance(999);
    expect(haves).toEqual([]);
    pair.clock.advance(1);
    expect(haves).toEqual([[7, 8]]);
    commits[2]?.();
    pair.clock.advance(1_000);
    expect([haves, pair.clock.timers]).toEqual([[[7, 8], [9]], 0]);
  });

  test('is not mixed up with one that is taken', () => {
    pair.connect();
    const { offer, commits, haves } = offering();
    offer(1, 2, 2);
    offer(3, 1);
    offer(4, 1, 2);
    offer(5, 1);
    commits[0]?.();
    pair.clock.advance(1_000);
    expect(haves).toEqual([[3]]);
    commits[1]?.();
    pair.clock.advance(1_000);
    expect(haves).toEqual([[3], [5]]);
  });

  test('does not wait when 256 do, and an answer has no more of them', () => {
    pair.connect();
    const { offer, commits, haves } = offering();
    offer(1, 600);
    commits.at(-1)?.();
    expect(haves.map(({ length }) => length)).toEqual([256, 256, 88]);
    expect(haves.flat()).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
  });

  test('is answered on its link only', () => {
    pair.connect();
    const { offer, commits, haves } = offering();
    offer(1, 2);
    commits[0]?.();
    pair.cut();
    pair.connect();
    Object.assign(pair.served.at(-1)!, { had: (numbers: readonly number[]) => haves.push(numbers) });
    commits[1]?.();
    pair.clock.advance(1_000);
    expect(haves).toEqual([]);
  });

  test('past 10,000 without an answer is not listened to, until some are answered', () => {
    pair.connect();
    const { offer, commits, haves } = offering();
    offer(1, MAX_UNANSWERED + 1);
    expect(commits.length).toBe(MAX_UNANSWERED);
    commits.at(-1)?.();
    expect(haves.flat().length).toBe(MAX_UNANSWERED);
    offer(20_000, 1);
    expect(commits.length).toBe(MAX_UNANSWERED + 1);
  });

  test('of a watch that was left meanwhile is not answered', () => {
    pair.connect();
    const { offer, commits, haves, leave } = offering();
    offer(1, 1);
    commits[0]?.();
    leave();
    const before = pair.log.length;
    Object.assign(pair.bob, { received: () => pair.log.push('a message') });
    pair.clock.advance(1_000);
    expect([haves, pair.log.slice(before)]).toEqual([[], []]);
  });

  test('on another path than that of rumors is ignored', () => {
    pair.connect();
    const { offer, commits } = offering('/p');
    offer(1, 1);
    expect(commits).toEqual([]);
  });
});

test('nothing is offered to a slow reader', () => {
  pair.connect();
  pair.ann.watch(BOB, TOPIC, '/~/gossip/gossip', pair.watcher('w'));
  const given: string[] = [];
  Object.assign(pair.ann, { received: () => given.push('a message') });
  const moved = (): void => undefined;
  const feed = new OwedFeed(0, { last: () => 0, entry: () => undefined, payload: () => Promise.resolve(undefined), atHand: () => undefined, fact: () => fail(), send: () => true, concerns: () => true, moved, lost: moved });
  Object.assign(feed, { admits: () => true });
  pair.served[0]?.owe(feed);
  const rumor = (number: number): OutgoingFact => new OutgoingFact({ mark: 'm', data: 'hi' }, 1_000, number, { id: 'd'.repeat(64) as RumorId, hops: 1, bytes: 9_000 });
  pair.congested = true;
  const tally: Tally = { sent: [], refused: [] };
  pair.served[0]?.give(rumor(1), false, tally);
  expect([given, tally.refused]).toEqual([[], [{ peer: ANN, reason: 'owed' }]]);
  pair.congested = false;
  pair.served[0]?.give(rumor(2), false, tally);
  expect([given, tally.sent]).toEqual([['a message'], [ANN]]);
});

function fail(): never {
  throw new Error('not asked for');
}
