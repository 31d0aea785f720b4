/** Owed facts: what a pal misses on a lost link, as a slow reader, or while either side is gone, it gets once, later. */
import { describe, expect, test } from '@jest/globals';
import { filter, firstValueFrom, scan } from 'rxjs';
import * as z from 'zod';
import { defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, GossipApp, HearsayNode } from '../../src/index.ts';
import type { RumorId } from '../../src/ids.ts';
import type { Owed } from '../../src/store/store.ts';
import { OwedFeed } from '../../src/node/owed-feed.ts';
import { OutgoingFact } from '../../src/node/outgoing-fact.ts';
import { Note, Settled } from '../../src/node/settled.ts';
import { LinkedHosts } from '../support/linked-hosts.ts';
import { TestNetwork, befriend, next } from '../support/nodes.ts';

const marks = defineMarks({ line: z.number() });
type LineApp = GossipApp<{ readonly line: z.ZodNumber }>;
const lines: Agent = { onPoke: ({ data }) => marks.invent('line', data as number) };
const run = (node: HearsayNode): Promise<LineApp> => node.run('lines', withGossip(lines, { hops: 2, marks }));

async function hears(app: LineApp, count: number): Promise<number[]> {
  const all$ = app.received$.pipe(scan((all: number[], { data }) => [...all, data as number], []), filter((all) => all.length >= count));
  return firstValueFrom(all$);
}

test('what is said while the link is away arrives when it is back, once', async () => {
  const network = new TestNetwork();
  const [ann, bob] = [await network.node('ann'), await network.node('bob')];
  const [atAnn, atBob] = [await run(ann), await run(bob)];
  await befriend(ann, bob);
  const first = hears(atBob, 1);
  await atAnn.poke('say', 0);
  await first;
  const heard: number[] = [];
  atBob.received$.subscribe(({ data }) => heard.push(data as number));
  const down = next(ann.events$, ({ type }) => type === 'link-down');
  network.memory.cut('ann', 'bob');
  await down;
  const rest = hears(atBob, 50);
  for (let n = 1; n <= 50; n += 1) await atAnn.poke('say', n);
  await rest;
  await atAnn.poke('say', 51);
  while (heard.length < 51) await new Promise(setImmediate);
  expect([...heard].sort((a, b) => a - b)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
});

test('what is said while the pal’s process is gone arrives after its restart; so does what our own process said before ours', async () => {
  const network = new TestNetwork();
  const ann = await network.node('ann');
  const bob = await network.node('bob');
  const atAnn = await run(ann);
  await run(bob);
  await befriend(ann, bob);
  await bob.close();
  for (let n = 0; n < 20; n += 1) await atAnn.poke('say', n);
  await ann.close();
  const again = await network.node('bob', {}, bob.remains);
  const heard = hears(await run(again), 20);
  await run(await network.node('ann', {}, ann.remains));
  expect((await heard).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('a relay owes what it relays', async () => {
  const network = new TestNetwork();
  const [ann, bob, cat] = [await network.node('ann'), await network.node('bob'), await network.node('cat')];
  const [atAnn, atBob] = [await run(ann), await run(bob)];
  await run(cat);
  await befriend(ann, bob);
  await befriend(bob, cat);
  await cat.close();
  const there = hears(atBob, 5);
  for (let n = 0; n < 5; n += 1) await atAnn.poke('say', n);
  await there;
  const again = await network.node('cat', {}, cat.remains);
  expect((await hears(await run(again), 5)).sort()).toEqual([0, 1, 2, 3, 4]);
});

test('a pal that asks before the app runs is told once it does', async () => {
  const network = new TestNetwork();
  const [ann, bob] = [await network.node('ann'), await network.node('bob')];
  const atBob = await run(bob);
  await befriend(ann, bob);
  const heard = hears(atBob, 1);
  const atAnn = await run(ann);
  // The watch comes a round later.
  for (let n = 0; ; n += 1) {
    await atAnn.poke('say', n);
    const first = await Promise.race([heard, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))]);
    if (first !== undefined) break;
  }
});

test('who is dropped is owed nothing when it comes back', async () => {
  const network = new TestNetwork();
  const [ann, bob] = [await network.node('ann'), await network.node('bob')];
  const [atAnn, atBob] = [await run(ann), await run(bob)];
  await befriend(ann, bob);
  await ann.pals.part(bob.id);
  await atAnn.poke('say', 1);
  const heard: number[] = [];
  atBob.received$.subscribe(({ data }) => heard.push(data as number));
  await befriend(ann, bob);
  const one = hears(atBob, 1);
  await atAnn.poke('say', 2);
  await one;
  expect(heard).toEqual([2]);
});

test('facts of one event have numbers of their own: what is acknowledged is not sent again, and what is not is, once', async () => {
  const many = withGossip({ onPoke: ({ data }) => (data as number[]).map((n) => marks.invent('line', n)) }, { hops: 1, marks });
  const net = await LinkedHosts.make(2, () => ({ lines: many }));
  const [a, b] = net.hosts as [LinkedHosts['hosts'][number], LinkedHosts['hosts'][number]];
  const facts = (): number => net.sent.filter(({ from, message }) => from === a.id && message.type === 'Fact' && message.mark === 'gossip-rumor').length;
  for (const [one, other] of [[a, b], [b, a]] as const) await one.host.poke('pals', 'pals-command', { type: 'meet', peer: other.id, lists: [] });
  net.up(a, b);
  await net.quiet();
  await a.host.poke('lines', 'say', [1, 2, 3]);
  await net.quiet();
  expect(facts()).toBe(3);
  net.clock.advance(1_000);
  await net.quiet();
  net.down(a, b);
  net.up(a, b);
  await net.quiet();
  expect(facts()).toBe(3);
  // Lost on the wire.
  await a.host.poke('lines', 'say', [4, 5]);
  await a.quiet();
  expect(facts()).toBe(5);
  net.down(a, b);
  net.up(a, b);
  await net.quiet();
  expect(facts()).toBe(7);
  await net.close();
});

test('what is not so after all is not counted: a number past the cursor is noted, and cleared, any number of times', () => {
  const settled = new Settled(10, 64);
  settled.set(12, Note.sent);
  settled.set(13, Note.offered);
  for (let i = 0; i < 3; i += 1) settled.clear(12);
  expect([settled.size, settled.of(12), settled.of(13)]).toEqual([1, Note.none, Note.offered]);
  settled.clear(1_000);
  expect(settled.size).toBe(1);
});

describe('the feed of one pal', () => {
  const idOf = (n: number): RumorId => n.toString(16).padStart(8, '0').padEnd(64, '0') as RumorId;
  class Pal {
    readonly log: Owed[] = [];
    readonly got: number[] = [];
    readonly moves: number[] = [];
    /** Under which numbers. */
    readonly given: number[] = [];
    readonly atHand = new Map<number, OutgoingFact>();
    room = true;
    missing = 0;
    lost = 0;
    feed!: OwedFeed;

    open(cursor: number): void {
      this.feed = new OwedFeed(cursor, {
        last: () => this.log.length,
        entry: (number) => (number <= this.missing ? undefined : this.log[number - 1]),
        payload: ({ id }) => Promise.resolve({ id, mark: 'm', payload: new Uint8Array(0), hops: 1 }),
        atHand: (number) => this.atHand.get(number),
        fact: ({ number }) => new OutgoingFact({ mark: 'm', data: null }, 1_000, number),
        send: ({ number }, offer) => {
          if (offer !== undefined && this.room) this.given.push(offer);
          return this.send(number!);
        },
        concerns: ({ except }) => except === undefined,
        moved: (number) => void this.moves.push(number),
        lost: (count) => void (this.lost += count),
      });
    }

    say(count: number): void {
      for (let i = 0; i < count; i += 1) this.log.push({ number: this.log.length + 1, id: idOf(this.log.length), hops: 1 });
    }

    send(number: number): boolean {
      if (!this.room) return false;
      this.got.push(number);
      this.feed.sent(number, true);
      return true;
    }

    live(number: number): void {
      if (!this.feed.admits(number)) return;
      if (!this.send(number)) this.feed.fellBehind();
    }

    async pumped(): Promise<void> {
      this.feed.pump();
      for (let i = 0; i < 1_000; i += 1) await Promise.resolve();
    }
  }

  test('what leaves out of order is acknowledged only up to what left', async () => {
    const pal = new Pal();
    pal.open(0);
    await pal.pumped();
    pal.say(3);
    pal.live(2);
    pal.live(3);
    pal.feed.acknowledged(2);
    expect(pal.moves).toEqual([]);
    pal.live(1);
    pal.feed.acknowledged(3);
    expect([pal.got, pal.moves]).toEqual([[2, 3, 1], [3]]);
  });

  test('a slow reader is sent the rest when it has room, each once', async () => {
    const pal = new Pal();
    pal.open(0);
    await pal.pumped();
    pal.say(10);
    pal.live(1);
    pal.room = false;
    for (let n = 2; n <= 10; n += 1) pal.live(n);
    await pal.pumped();
    expect(pal.got).toEqual([1]);
    pal.room = true;
    await pal.pumped();
    pal.feed.acknowledged(10);
    expect([pal.got, pal.moves.at(-1)]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10]);
  });

  test('what the pal has from elsewhere is not sent, and holds nothing up', async () => {
    const pal = new Pal();
    pal.open(0);
    await pal.pumped();
    pal.say(3);
    pal.live(1);
    pal.feed.skipped(2);
    pal.live(3);
    pal.feed.acknowledged(2);
    expect([pal.got, pal.moves]).toEqual([[1, 3], [3]]);
    pal.feed.skipped(2);
    expect(pal.moves).toEqual([3]);
  });

  test('facts that are not in the log count for the acknowledgement', async () => {
    const pal = new Pal();
    pal.open(0);
    await pal.pumped();
    pal.say(2);
    expect(pal.feed.admits(undefined)).toBe(true);
    pal.feed.sent(undefined, true);
    pal.live(1);
    pal.feed.acknowledged(1);
    expect(pal.moves).toEqual([]);
    pal.feed.acknowledged(2);
    expect(pal.moves).toEqual([1]);
  });

  test('what is past the log is counted, and holds nothing up; hostile counts do nothing', async () => {
    const pal = new Pal();
    pal.say(10);
    pal.missing = 4;
    pal.open(1);
    await pal.pumped();
    expect([pal.got, pal.lost]).toEqual([[5, 6, 7, 8, 9, 10], 3]);
    pal.feed.acknowledged(2 ** 32 - 1);
    pal.feed.acknowledged(0);
    expect(pal.moves).toEqual([4, 10]);
  });

  test('at 10,000 unacknowledged it waits for the pal', async () => {
    const pal = new Pal();
    pal.say(10_050);
    pal.open(0);
    pal.feed.pump();
    while (pal.got.length < 10_000) await new Promise(setImmediate);
    await pal.pumped();
    expect(pal.got.length).toBe(10_000);
    pal.feed.acknowledged(10_000);
    await new Promise(setImmediate);
    expect(pal.got.length).toBe(10_050);
  });

  test('a gap of more than that is gone over at once', async () => {
    const pal = new Pal();
    pal.say(50_000);
    pal.missing = 49_990;
    pal.open(0);
    await pal.pumped();
    expect([pal.lost, pal.moves, pal.got.length]).toEqual([49_990, [49_990], 10]);
  });

  test('what is so far past the cursor that nothing is noted of it comes again from the log', async () => {
    const pal = new Pal();
    pal.open(0);
    await pal.pumped();
    pal.say(40_000);
    pal.live(40_000);
    pal.live(2);
    expect(pal.got).toEqual([40_000]);
    await pal.pumped();
    expect(pal.got.slice(0, 3)).toEqual([40_000, 1, 2]);
  });

  describe('what is offered', () => {
    /** So many were said and offered, behind three that the pal had before. */
    async function offering(count: number): Promise<Pal> {
      const pal = new Pal();
      pal.say(3);
      pal.open(3);
      await pal.pumped();
      pal.say(count);
      for (let number = 4; number <= 3 + count; number += 1) pal.feed.offered(number);
      return pal;
    }

    test('is numbered from where the subscription began, and given once to who wants it', async () => {
      const pal = await offering(3);
      expect([pal.feed.offerOf(4), pal.feed.offerOf(6), pal.feed.offerOf(4 + 2 ** 32)]).toEqual([1, 3, undefined]);
      for (const offer of [2, 2, 1, 9, 0]) pal.feed.wanted(offer);
      await pal.pumped();
      expect([pal.got, pal.given]).toEqual([[5, 4], [2, 1]]);
    });

    test('is not sent as well', async () => {
      const pal = await offering(3);
      await pal.pumped();
      expect(pal.got).toEqual([]);
    });

    test('counts as acknowledged when the pal has it, or, given, when it says so; in whatever order', async () => {
      const pal = await offering(3);
      pal.feed.had(2);
      pal.feed.wanted(1);
      await pal.pumped();
      expect(pal.moves).toEqual([]);
      pal.feed.acknowledged(1);
      expect(pal.moves).toEqual([5]);
      pal.feed.had(3);
      expect(pal.moves).toEqual([5, 6]);
    });

    test('is what was never offered, or answered before, to no hostile peer', async () => {
      const pal = await offering(1);
      pal.say(1);
      pal.live(5);
      for (const offer of [0, 2, 7, 2 ** 32 - 1]) {
        pal.feed.had(offer);
        pal.feed.wanted(offer);
      }
      pal.feed.had(1);
      pal.feed.had(1);
      pal.feed.wanted(1);
      await pal.pumped();
      expect([pal.got, pal.given, pal.moves]).toEqual([[5], [], [4]]);
    });

    test('comes from RAM while it is at hand there, ahead of nothing that was asked for before', async () => {
      const pal = await offering(3);
      pal.atHand.set(5, new OutgoingFact({ mark: 'm', data: null }, 1_000, 5));
      pal.feed.wanted(2);
      expect(pal.got).toEqual([5]);
      pal.atHand.set(6, new OutgoingFact({ mark: 'm', data: null }, 1_000, 6));
      pal.feed.wanted(1);
      pal.feed.wanted(3);
      expect(pal.got).toEqual([5]);
      await pal.pumped();
      expect(pal.got).toEqual([5, 4, 6]);
    });

    test('comes later to a slow reader, as what it is owed', async () => {
      const pal = await offering(2);
      pal.room = false;
      pal.feed.wanted(1);
      await pal.pumped();
      pal.room = true;
      await pal.pumped();
      expect([pal.got, pal.given]).toEqual([[4], []]);
      pal.feed.had(2);
      pal.feed.acknowledged(1);
      expect(pal.moves.at(-1)).toBe(5);
    });

    test('whose payload is gone is counted as lost, and holds nothing up', async () => {
      const pal = await offering(2);
      pal.missing = 4;
      pal.feed.wanted(1);
      pal.feed.wanted(2);
      await pal.pumped();
      pal.feed.acknowledged(1);
      expect([pal.got, pal.lost, pal.moves.at(-1)]).toEqual([[5], 1, 5]);
    });

    test('at 10,000 without an answer it waits for the pal', async () => {
      const pal = await offering(10_000);
      pal.say(1);
      expect(pal.feed.admits(10_004)).toBe(false);
      for (let offer = 1; offer <= 10_000; offer += 1) pal.feed.had(offer);
      await pal.pumped();
      expect(pal.got).toEqual([10_004]);
    });
  });
});
