import { beforeEach, describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { encodeMessage } from '../../src/node/messages.ts';
import { Router } from '../../src/node/router.ts';
import type { Watcher } from '../../src/node/router.ts';
import type { Subscriber } from '../../src/node/subscribers.ts';
import { OutgoingFact } from '../../src/node/subscribers.ts';
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
      send: (_peer, bytes) => {
        if (this.up) this[name === 'ann' ? 'bob' : 'ann'].received(name === 'ann' ? ANN : BOB, bytes);
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
      fact: (mark, payload) => this.log.push(`${name} fact ${mark} ${payload.length}`),
      kicked: (reason) => this.log.push(`${name} kicked ${reason}`),
    };
  }
}

let pair: Pair;
beforeEach(() => {
  pair = new Pair();
});

describe('a watch across a link', () => {
  test('waits for the link, is answered, and carries facts', () => {
    pair.ann.watch(BOB, TOPIC, '/p', pair.watcher('w'));
    expect(pair.log).toEqual(['ann wants b']);
    pair.connect();
    pair.served[0]?.give(new OutgoingFact('m', 'hi', 1_000), false);
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
    pair.served[0]?.give(new OutgoingFact('m', 'hi', 1_000), false);
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
    expect(pair.log).toEqual(['ann wants b', 'p2 overloaded']);
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

  test('answers nobody asked for are ignored', () => {
    pair.connect();
    for (const type of ['WatchAck', 'Kick', 'Fact', 'Leave', 'PokeAck', 'Settled'] as const) {
      pair.ann.received(BOB, encodeMessage({ type, sub: 5, number: 5, refused: '', reason: '', mark: 'm', payload: new Uint8Array(1) } as never));
    }
    expect(pair.log).toEqual([]);
  });
});
