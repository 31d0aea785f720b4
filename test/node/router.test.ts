import { beforeEach, describe, expect, test } from '@jest/globals';
import { encodeMessage } from '../../src/node/messages.ts';
import { OutgoingFact } from '../../src/node/outgoing-fact.ts';
import { Had, Received, Session } from '../../src/node/session.ts';
import { ANN, BOB, RouterPair, TOPIC } from '../support/router-pair.ts';

let pair: RouterPair;
beforeEach(() => {
  pair = new RouterPair();
});

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
