import { beforeEach, describe, expect, test } from '@jest/globals';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { encodeMessage } from '../../src/node/messages.ts';
import { OwedFeed } from '../../src/node/owed-feed.ts';
import { Router } from '../../src/node/router.ts';
import { Had, MAX_UNANSWERED, Received, Session } from '../../src/node/session.ts';
import type { Receipt, Watcher } from '../../src/node/session.ts';
import type { Subscriber, Tally } from '../../src/node/subscribers.ts';
import { OutgoingFact } from '../../src/node/outgoing-fact.ts';
import { ManualClock } from '../support/clock.ts';

const ANN = 'a'.repeat(64) as PeerId;
const BOB = 'b'.repeat(64) as PeerId;
const TOPIC = 'c'.repeat(64);

/** Two routers and a link between them that can be cut. What the far agents would answer is set by the test. */
class Pair {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  up = false;
  congested = false;
  served: Subscriber[] = [];
  answerWatch: (answer: (refused?: string) => void) => void = (answer) => answer();
  answerPoke: (answer: (refused?: string) => void) => void = (answer) => answer();
  barriers: (() => void)[] = [];
  holdBarriers = false;
  readonly ann: Router = this.#router('ann', BOB);
  readonly bob: Router = this.#router('bob', ANN);

  #router(name: 'ann' | 'bob', other: PeerId): Router {
    return new Router({
      clock: this.clock,
      limits: limits({ maxWatchesPerPeer: 2, maxPendingPokes: 2 }),
      send: (_peer, bytes, rest) => {
        if (this.up) this[name === 'ann' ? 'bob' : 'ann'].received(name === 'ann' ? ANN : BOB, rest === undefined ? bytes : Buffer.concat([bytes, rest]));
        return this.up;
      },
      congested: () => this.congested,
      want: (_peer, wanted) => this.log.push(`${name} ${wanted ? 'wants' : 'no longer wants'} ${other[0]}`),
      misbehaved: (_peer, reason) => this.log.push(`${name}: ${reason}`),
      dropped: () => this.log.push(`${name} dropped a fact`),
      watched: (_topic, subscriber, answer) => {
        this.served.push(subscriber);
        this.answerWatch(answer);
      },
      poked: (_topic, _src, mark, _payload, answer) => {
        this.log.push(`${name} poked ${mark}`);
        this.answerPoke(answer);
      },
      record: (_peer, record) => this.log.push(`${name} got a record of ${record.length}`),
      overlay: () => undefined,
      find: () => undefined,
      barrier: (done) => {
        if (this.holdBarriers) this.barriers.push(done);
        else done();
      },
    });
  }

  connect(): void {
    this.up = true;
    this.ann.linkUp(BOB);
    this.bob.linkUp(ANN);
  }

  cut(): void {
    this.up = false;
    this.ann.linkDown(BOB);
    this.bob.linkDown(ANN);
  }

  watcher(name: string): Watcher {
    return {
      acked: (refused) => this.log.push(`${name} acked ${refused ?? 'ok'}`),
      fact: (mark, message, payloadAt) => this.log.push(`${name} fact ${mark} ${message.length - payloadAt}`),
      offered: () => false,
      kicked: (reason) => this.log.push(`${name} kicked ${reason}`),
    };
  }
}

let pair: Pair;
beforeEach(() => {
  pair = new Pair();
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

describe('a watch across a link', () => {
  test('waits for the link, is answered, and carries facts', () => {
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    expect(pair.log).toEqual(['ann wants b']);
    pair.connect();
    pair.served[0]?.give(new OutgoingFact({ mark: 'm', data: 'hi' }, 1_000), false);
    expect(pair.log).toEqual(['ann wants b', 'w acked ok', 'w fact m 3']);
  });

  test('a lost link is no kick: it is asked again by itself', () => {
    pair.connect();
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    pair.cut();
    expect(pair.served[0]?.ended).toBe(true);
    pair.connect();
    expect(pair.log).toEqual(['ann wants b', 'w acked ok', 'w acked ok']);
    expect(pair.served).toHaveLength(2);
  });

  test('that is refused is gone, and so is the wish for a link', () => {
    pair.answerWatch = (answer) => answer('forbidden');
    pair.connect();
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    pair.cut();
    pair.connect();
    expect(pair.log).toEqual(['ann wants b', 'w acked forbidden', 'ann no longer wants b']);
  });

  test('that is kicked is told why, once, and is not asked again', () => {
    pair.connect();
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    pair.served[0]?.end('policy');
    pair.cut();
    pair.connect();
    expect(pair.log).toEqual(['ann wants b', 'w acked ok', 'w kicked policy', 'ann no longer wants b']);
  });

  test('that is left ends on the other side', () => {
    pair.connect();
    const leave = pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    leave();
    leave();
    expect(pair.served[0]?.ended).toBe(true);
    expect(pair.log).toEqual(['ann wants b', 'w acked ok', 'ann no longer wants b']);
  });

  test('past maxWatchesPerPeer is refused as overloaded', () => {
    pair.connect();
    for (let i = 0; i < 3; i += 1) pair.ann.watch(BOB, TOPIC, `/${i}`, pair.watcher(`w${i}`));
    expect(pair.log.at(-1)).toBe('w2 acked overloaded');
    expect(pair.served).toHaveLength(2);
  });

  test('a peer that reads too slowly is not sent facts, and that is counted', () => {
    pair.connect();
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    pair.congested = true;
    pair.served[0]?.give(new OutgoingFact({ mark: 'm', data: 'hi' }, 1_000), false);
    expect(pair.log.at(-1)).toBe('bob dropped a fact');
  });
});

describe('a poke across a link', () => {
  const answered = (name: string) => (refused: string | undefined) => void pair.log.push(`${name} ${refused ?? 'ok'}`);

  test('waits for the link and is answered', () => {
    pair.ann.poke(BOB, TOPIC, 'm', new Uint8Array(3), answered('p'));
    pair.connect();
    expect(pair.log).toEqual(['ann wants b', 'bob poked m', 'p ok', 'ann no longer wants b']);
  });

  test('without a link is unreachable after pokeTimeoutMs', () => {
    pair.ann.poke(BOB, TOPIC, 'm', new Uint8Array(3), answered('p'));
    pair.clock.advance(29_999);
    expect(pair.log).toEqual(['ann wants b']);
    pair.clock.advance(1);
    expect(pair.log).toEqual(['ann wants b', 'p unreachable', 'ann no longer wants b']);
    expect(pair.clock.timers).toBe(0);
  });

  test('on its way when the link is lost is unreachable, and not sent twice', () => {
    pair.answerPoke = () => undefined;
    pair.connect();
    pair.ann.poke(BOB, TOPIC, 'm', new Uint8Array(3), answered('p'));
    pair.cut();
    pair.connect();
    expect(pair.log).toEqual(['ann wants b', 'bob poked m', 'p unreachable', 'ann no longer wants b']);
  });

  test('past maxPendingPokes is overloaded', () => {
    for (let i = 0; i < 3; i += 1) pair.ann.poke(BOB, TOPIC, 'm', new Uint8Array(3), answered(`p${i}`));
    // A link is wanted for each while there is none: the peer may have become warm.
    expect(pair.log).toEqual(['ann wants b', 'ann wants b', 'p2 overloaded']);
  });
});

describe('settling', () => {
  test('waits until the watches of both sides on each other are answered', () => {
    let answerLater: (() => void) | undefined;
    pair.connect();
    pair.answerWatch = (answer) => {
      answerLater = answer;
    };
    pair.bob.watch(ANN, TOPIC, '/p', pair.watcher('w'));
    let settled = false;
    pair.ann.settle(BOB, () => (settled = true));
    expect(settled).toBe(false);
    answerLater?.();
    expect(settled).toBe(true);
    expect(pair.clock.timers).toBe(0);
  });

  test('waits for the events that were there before', () => {
    pair.connect();
    pair.holdBarriers = true;
    let settled = false;
    pair.ann.settle(BOB, () => (settled = true));
    for (let round = 0; round < 3; round += 1) {
      expect(settled).toBe(false);
      pair.barriers.splice(0).forEach((done) => done());
    }
    expect(settled).toBe(true);
  });

  test('asked again before the answer: the later answer covers both', () => {
    pair.connect();
    pair.holdBarriers = true;
    let settled = 0;
    pair.ann.settle(BOB, () => (settled += 1));
    pair.ann.settle(BOB, () => (settled += 1));
    for (let rounds = 0; rounds < 5; rounds += 1) pair.barriers.splice(0).forEach((done) => done());
    expect([settled, pair.log, pair.clock.timers]).toEqual([2, [], 0]);
  });

  test('a peer that does not answer is a timeout', () => {
    const errors: unknown[] = [];
    pair.ann.settle(BOB, (error) => errors.push(error?.code));
    pair.clock.advance(30_000);
    expect(errors).toEqual(['HEARSAY_TIMEOUT']);
  });
});

describe('a peer that breaks the protocol', () => {
  test.each<{ name: string; bytes: Uint8Array[]; reason: string }>([
    { name: 'garbage', bytes: [Uint8Array.of(99)], reason: 'unknown-type' },
    {
      name: 'a subscription number used twice',
      bytes: [encodeMessage({ type: 'Watch', sub: 7, topic: TOPIC, path: '/p' }), encodeMessage({ type: 'Watch', sub: 7, topic: TOPIC, path: '/q' })],
      reason: 'subscription-number-in-use',
    },
  ])('$name is told to the node', ({ bytes, reason }) => {
    for (const each of bytes) pair.ann.received(BOB, each);
    expect(pair.log).toContain(`ann: ${reason}`);
  });

  test('watches that it leaves again count until they are answered', () => {
    pair.connect();
    let waiting: ((refused?: string) => void)[] = [];
    pair.answerWatch = (answer) => void waiting.push(answer);
    for (let sub = 0; sub < 100; sub += 1) {
      pair.ann.received(BOB, encodeMessage({ type: 'Watch', sub, topic: TOPIC, path: '/p' }));
      pair.ann.received(BOB, encodeMessage({ type: 'Leave', sub }));
    }
    expect([waiting.length, pair.served.length]).toEqual([2, 2]);
    waiting.forEach((answer) => answer());
    waiting = [];
    pair.ann.received(BOB, encodeMessage({ type: 'Watch', sub: 7, topic: TOPIC, path: '/p' }));
    expect(waiting).toHaveLength(1);
  });

  test('pokes that nobody has answered yet are bounded', () => {
    pair.connect();
    const waiting: ((refused?: string) => void)[] = [];
    pair.answerPoke = (answer) => void waiting.push(answer);
    const poke = (number: number): void => pair.ann.received(BOB, encodeMessage({ type: 'Poke', number, topic: TOPIC, mark: 'm', payload: new Uint8Array(1) }));
    for (let number = 0; number < 100; number += 1) poke(number);
    expect(waiting).toHaveLength(2);
    waiting.splice(0).forEach((answer) => answer());
    poke(7);
    expect(waiting).toHaveLength(1);
  });

  test('records past a thousand on one link are the end of it; another link has a thousand again', () => {
    const record = encodeMessage({ type: 'Record', record: new Uint8Array(9) });
    pair.connect();
    for (let count = 0; count < 1_000; count += 1) pair.ann.received(BOB, record);
    expect(pair.log.filter((line) => line !== 'ann got a record of 9')).toEqual([]);
    pair.ann.received(BOB, record);
    expect(pair.log.at(-1)).toBe('ann: too-many-records');
    pair.cut();
    pair.ann.received(BOB, record);
    expect(pair.log.at(-1)).toBe('ann got a record of 9');
  });

  test('asking to settle over and over costs one barrier at a time, and the last question is answered', () => {
    pair.connect();
    pair.holdBarriers = true;
    for (let number = 0; number < 100; number += 1) pair.ann.received(BOB, encodeMessage({ type: 'Settle', number }));
    expect(pair.barriers).toHaveLength(1);
    const settled: number[] = [];
    const received = pair.bob.received.bind(pair.bob);
    pair.bob.received = (peer, bytes) => {
      if (bytes[0] === 10) settled.push(bytes[4] ?? 0);
      received(peer, bytes);
    };
    for (let rounds = 0; rounds < 5; rounds += 1) pair.barriers.splice(0).forEach((done) => done());
    expect(settled).toEqual([99]);
    expect(pair.log).toEqual([]);
  });

  test('answering over and over that it has settled costs one barrier', () => {
    pair.connect();
    let settled = 0;
    pair.bob.received = () => undefined;
    pair.ann.settle(BOB, () => (settled += 1));
    pair.holdBarriers = true;
    for (let times = 0; times < 10; times += 1) pair.ann.received(BOB, encodeMessage({ type: 'Settled', number: 1 }));
    expect(pair.barriers).toHaveLength(1);
    pair.barriers.forEach((done) => done());
    expect(settled).toBe(1);
  });

  test('answers nobody asked for are ignored', () => {
    pair.connect();
    for (const type of ['WatchAck', 'Kick', 'Fact', 'Leave', 'PokeAck', 'Settled'] as const) {
      pair.ann.received(BOB, encodeMessage({ type, sub: 5, number: 5, refused: '', reason: '', mark: 'm', payload: new Uint8Array(1) } as never));
    }
    expect(pair.log).toEqual([]);
  });
});

describe('numbers', () => {
  test('come round after 2^32, past those still in use', () => {
    const session = new Session(2 ** 32 - 3);
    const watch = { topic: TOPIC, path: '/p', watcher: pair.watcher('w'), answered: true, received: new Received(undefined), had: new Had(() => undefined) };
    expect(session.number()).toBe(2 ** 32 - 2);
    session.watches.set(2 ** 32 - 1, watch);
    session.watches.set(1, watch);
    session.pokes.set(2, { message: undefined, answer: () => undefined, cancel: () => undefined });
    session.settles.set(3, { finish: () => undefined, answered: false });
    expect([session.number(), session.number()]).toEqual([0, 4]);
  });
});

describe('a subscriber that is kicked while its watch is being answered', () => {
  test('is told of the end, and not that it was accepted', () => {
    let answer: (refused?: string) => void = () => undefined;
    pair.connect();
    pair.answerWatch = (given) => (answer = given);
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    pair.served[0]?.end('policy');
    answer();
    expect(pair.log).toEqual(['ann wants b', 'w kicked policy', 'ann no longer wants b']);
  });
});

describe('a router that is closed', () => {
  test('tells everybody who waits, and leaves no timer', () => {
    pair.connect();
    pair.answerPoke = () => undefined;
    pair.bob.received = () => undefined;
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    pair.ann.poke(BOB, TOPIC, 'm', new Uint8Array(1), (refused) => pair.log.push(`poke ${refused}`));
    pair.ann.settle(BOB, (error) => pair.log.push(`settle ${error?.code}`));
    pair.ann.close();
    expect(pair.log.slice(1)).toEqual(['poke unreachable', 'ann no longer wants b', 'settle HEARSAY_CLOSED']);
    expect(pair.clock.timers).toBe(0);
  });

  test('does nothing more, nor does it say how the last pokes of peers ended', () => {
    let answer: (refused?: string) => void = () => undefined;
    pair.connect();
    pair.answerPoke = (given) => (answer = given);
    pair.bob.poke(ANN, TOPIC, 'm', new Uint8Array(1), (refused) => pair.log.push(`bob's poke ${refused}`));
    pair.log.length = 0;
    pair.ann.close();
    answer('failed');
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'))();
    pair.ann.poke(BOB, TOPIC, 'm', new Uint8Array(1), (refused) => pair.log.push(`poke ${refused}`));
    pair.ann.settle(BOB, (error) => pair.log.push(`settle ${error?.code}`));
    pair.ann.received(BOB, encodeMessage({ type: 'Watch', sub: 7, topic: TOPIC, path: '/p' }));
    pair.ann.received(BOB, Uint8Array.of(99));
    expect([pair.log, pair.served]).toEqual([['poke unreachable', 'settle HEARSAY_CLOSED'], []]);
  });
});
