/** What authenticated peers can do to a node: a raw peer on real channels, against a node with an honest pal. */
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { defineMarks, withGossip, wsTransport } from '../../src/index.ts';
import type { Agent, AgentEvent, GossipApp, HearsayNode, Limits, NodeEvent } from '../../src/index.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { encodeMessage } from '../../src/node/messages.ts';
import type { Message } from '../../src/node/messages.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, befriend, next } from '../support/nodes.ts';
import { encodeRumor, withHops } from '../../src/wrapper/rumor.ts';

const marks = defineMarks({ line: z.string().max(100) });
type LineApp = GossipApp<{ readonly line: z.ZodString }>;
const WATCH_PATH = '/~/gossip/gossip';

interface Scene {
  readonly network: TestNetwork;
  readonly victim: HearsayNode;
  readonly app: LineApp;
  readonly honest: LineApp;
  readonly eve: HostilePeer;
  readonly events: NodeEvent[];
  readonly appEvents: AgentEvent[];
  readonly clock: ManualClock;
}

const peers: HostilePeer[] = [];
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});

const lines: Agent = { onPoke: ({ data }) => marks.invent('line', data as string) };

/** A victim, its pal, and eve with a link to it. */
async function scene({ inner = lines, limits = {}, hops = 3, tell = 'mutuals' }: { inner?: Agent; limits?: Partial<Limits>; hops?: number; tell?: 'mutuals' | 'anybody' } = {}): Promise<Scene> {
  const network = new TestNetwork();
  const clock = new ManualClock(Date.now());
  const victim = await network.node('victim', { limits, clock });
  const app = await victim.run('lines', withGossip(inner, { hops, tell, marks }));
  const pal = await network.node('pal', { clock });
  const honest = await pal.run('lines', withGossip(lines, { hops, marks }));
  await befriend(victim, pal);
  const events: NodeEvent[] = [];
  victim.events$.subscribe((event) => events.push(event));
  const appEvents: AgentEvent[] = [];
  app.events$.subscribe((event) => appEvents.push(event));
  const eve = new HostilePeer(network.memory.transport('eve'), victim.addresses[0] ?? '');
  peers.push(eve);
  await eve.connect();
  return { network, victim, app, honest, eve, events, appEvents, clock };
}

/** The victim lives: what it says reaches its pal, and what the pal says reaches it. */
async function expectWell({ app, honest }: Scene): Promise<void> {
  for (const [from, to] of [[app, honest], [honest, app]] as const) {
    const line = `well ${Math.floor(performance.now() * 1_000)}`;
    const heard = next(to.received$, ({ data }) => data === line);
    await from.poke('say', line);
    await heard;
  }
}

/** Makes eve a pal, whom the victim watches. @returns the number of its watch */
async function makePal({ victim, eve }: Scene): Promise<number> {
  await victim.pals.meet(eve.id);
  eve.hey();
  const { sub } = await eve.next('Watch');
  eve.send({ type: 'WatchAck', sub, refused: '' });
  return sub;
}

function rumor(text: string, hops = 0, mark = 'line'): Uint8Array {
  return encodePayload(withHops(encodeRumor(mark, encodePayload(text)).bytes, hops));
}

const u32 = fc.oneof(fc.constantFrom(0, 1, 2, 2 ** 32 - 1), fc.nat());
const text = fc.oneof(fc.string({ maxLength: 64 }), fc.constantFrom('', '/~/gossip/gossip', '/targets', '__proto__', 'gossip-rumor', 'pals-gesture', 'pals-hello', 'pals-redeem', 'gossip-config'));
const payload = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(rumor('x', 255), encodePayload({ kind: 'hey', seq: 1, incarnation: '0'.repeat(32) }), Uint8Array.from({ length: 5_000 }, () => 0x81)));

/** Everything that has the form of a message, whatever it says. */
function message(topics: readonly string[]): fc.Arbitrary<Message> {
  const topic = fc.constantFrom(...topics);
  const shortText = text.filter((value) => Buffer.byteLength(value) < 200);
  return fc.oneof(
    fc.record({ type: fc.constant('Watch' as const), sub: u32, topic, path: shortText }),
    fc.record({ type: fc.constant('WatchAck' as const), sub: u32, refused: shortText }),
    fc.record({ type: fc.constant('Fact' as const), sub: u32, mark: shortText, payload }),
    fc.record({ type: fc.constant('Kick' as const), sub: u32, reason: shortText }),
    fc.record({ type: fc.constant('Leave' as const), sub: u32 }),
    fc.record({ type: fc.constant('Poke' as const), number: u32, topic, mark: shortText, payload }),
    fc.record({ type: fc.constant('PokeAck' as const), number: u32, refused: shortText }),
    fc.record({ type: fc.constant('Record' as const), record: payload }),
    fc.record({ type: fc.constant('Settle' as const), number: u32 }),
    fc.record({ type: fc.constant('Settled' as const), number: u32 }),
  );
}

describe('whatever a peer says', () => {
  test('in bytes that are none of ours, or ours and changed, the node lives and serves its pals', async () => {
    const the = await scene({ tell: 'anybody' });
    const { eve, victim } = the;
    await makePal(the);
    const topics = ['lines', 'pals', 'links', 'nothing'].map((agent) => eve.topic(agent));
    const bytes = fc.oneof({ weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) }, { weight: 6, arbitrary: message(topics).map(encodeMessage) });
    const cut = fc.tuple(bytes, fc.double({ min: 0, max: 1, noNaN: true })).map(([whole, part]) => whole.subarray(0, Math.ceil(whole.length * part)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof({ weight: 5, arbitrary: bytes }, { weight: 1, arbitrary: cut }), { maxLength: 40 }), async (all) => {
        await eve.connect();
        for (const each of all) eve.raw(each);
        await eve.heard();
        eve.inbox.length = 0;
      }),
      { numRuns: 150 },
    );
    await expectWell(the);
    expect(victim.pals.mutuals()).toHaveLength(2);
  });

  test.each<{ name: string; bytes: Uint8Array[]; reason: string }>([
    { name: 'a type that there is not', bytes: [Uint8Array.of(200, 1, 2, 3)], reason: 'unknown-type' },
    { name: 'nothing', bytes: [new Uint8Array(0)], reason: 'unknown-type' },
    { name: 'half a message', bytes: [encodeMessage({ type: 'Watch', sub: 1, topic: 'a'.repeat(64), path: '/p' }).subarray(0, 20)], reason: 'truncated' },
    { name: 'a path of 300 bytes', bytes: [encodeMessage({ type: 'Watch', sub: 1, topic: 'a'.repeat(64), path: '/'.repeat(300) })], reason: 'text-too-long' },
    { name: 'bytes behind the end', bytes: [Buffer.concat([encodeMessage({ type: 'Leave', sub: 1 }), Buffer.alloc(1)])], reason: 'trailing-bytes' },
    { name: 'a record of a kilobyte', bytes: [encodeMessage({ type: 'Record', record: new Uint8Array(1_024) })], reason: 'too-long' },
  ])('against the protocol ends the link, counted, and it may come back: $name', async ({ bytes, reason }) => {
    const the = await scene();
    const { eve, events } = the;
    for (let times = 1; times <= 2; times += 1) {
      await eve.connect();
      for (const each of bytes) eve.raw(each);
      await eve.down();
      expect(events.filter(({ type }) => type === 'misbehaved')).toHaveLength(times);
      expect(events.findLast(({ type }) => type === 'misbehaved')).toEqual({ type: 'misbehaved', peer: eve.id, reason, count: times });
    }
    await expectWell(the);
  });

  test('a subscription number that is in use ends the link', async () => {
    const the = await scene({ tell: 'anybody' });
    const watch = { type: 'Watch', sub: 7, topic: the.eve.topic('lines'), path: WATCH_PATH } as const;
    the.eve.send(watch);
    expect((await the.eve.next('WatchAck')).refused).toBe('');
    the.eve.send(watch);
    await the.eve.down();
    expect(the.events).toContainEqual({ type: 'misbehaved', peer: the.eve.id, reason: 'subscription-number-in-use', count: 1 });
    await expectWell(the);
  });

  test('answers to what nobody asked, facts for nobody: ignored, the link stays', async () => {
    const the = await scene();
    const { eve } = the;
    for (const number of [0, 1, 77, 2 ** 32 - 1]) {
      eve.send({ type: 'WatchAck', sub: number, refused: '' });
      eve.send({ type: 'Fact', sub: number, mark: 'gossip-rumor', payload: rumor('unasked') });
      eve.send({ type: 'Kick', sub: number, reason: 'out' });
      eve.send({ type: 'Leave', sub: number });
      eve.send({ type: 'PokeAck', number, refused: 'no' });
      eve.send({ type: 'Settled', number });
    }
    await eve.heard();
    expect([eve.isUp, the.appEvents, the.victim.seenCount]).toEqual([true, [], 0]);
  });
});

describe('floods', () => {
  const COUNT = 100_000;
  const flood = (eve: HostilePeer, make: (n: number) => Message): void => {
    for (let n = 0; n < COUNT; n += 1) eve.send(make(n));
  };

  test.each<{ name: string; make: (n: number, topic: string) => Message; check?: (eve: HostilePeer) => void }>([
    {
      name: 'watches',
      make: (sub, topic) => ({ type: 'Watch', sub, topic, path: WATCH_PATH }),
      check: ({ inbox }) => {
        const acks = inbox.filter((message) => message.type === 'WatchAck');
        expect(acks).toHaveLength(COUNT);
        expect(acks.filter(({ refused }) => refused === '')).toHaveLength(1_000);
        expect(acks.filter(({ refused }) => refused === 'overloaded')).toHaveLength(COUNT - 1_000);
      },
    },
    { name: 'watches and leaves', make: (n, topic) => (n % 2 === 0 ? { type: 'Watch', sub: n, topic, path: WATCH_PATH } : { type: 'Leave', sub: n - 1 }) },
    {
      name: 'pokes at pals',
      make: (number) => ({ type: 'Poke', number, topic: '', mark: 'pals-gesture', payload: encodePayload(null) }),
      check: ({ inbox }) => expect(inbox.filter((message) => message.type === 'PokeAck' && ['forbidden', 'overloaded', 'bad-form'].includes(message.refused))).toHaveLength(COUNT),
    },
    { name: 'questions whether we settled', make: (number) => ({ type: 'Settle', number }) },
  ])('of $name: answered within the bounds, and the pal is served', async ({ make, check }) => {
    const the = await scene({ tell: 'anybody', limits: { maxStalledBytes: 2 ** 26 } });
    const { eve } = the;
    const topic = eve.topic('lines');
    const pals = eve.topic('pals');
    flood(eve, (n) => {
      const made = make(n, topic);
      return made.type === 'Poke' ? { ...made, topic: pals } : made;
    });
    const served = expectWell(the);
    await eve.heard();
    await served;
    check?.(eve);
    expect(eve.isUp).toBe(true);
  }, 20_000);

  test('of address records: a thousand bad ones are counted, then the link ends', async () => {
    const the = await scene();
    flood(the.eve, () => ({ type: 'Record', record: new Uint8Array(100) }));
    await the.eve.down();
    expect(the.events.filter((event) => event.type === 'misbehaved' && event.reason === 'record: malformed')).toHaveLength(1_000);
    expect(the.events.filter((event) => event.type === 'misbehaved' && event.reason === 'too-many-records')).toHaveLength(1);
    await expectWell(the);
  });

  test('of rumors past maxQueuedEvents: all are relayed, those over the bound are not admitted, and it is said how many', async () => {
    let release: () => void = () => undefined;
    const stuck: Agent = { ...lines, onAgent: () => new Promise<void>((resolve) => (release = resolve)) };
    const the = await scene({ inner: stuck, limits: { maxQueuedEvents: 50 } });
    const { eve, app, honest, appEvents } = the;
    const sub = await makePal(the);
    const received: unknown[] = [];
    app.received$.subscribe(({ data }) => received.push(data));
    const heard: unknown[] = [];
    const all = new Promise<void>((resolve) => honest.received$.subscribe(({ data }) => heard.push(data) === 500 && resolve()));
    for (let n = 0; n < 500; n += 1) eve.send({ type: 'Fact', sub, mark: 'gossip-rumor', payload: rumor(`n${n}`, 2) });
    await all;
    const lagged = appEvents.filter(({ name }) => name === 'lagged');
    // One is with the arm when the queue fills, and a word of pals may be among the fifty.
    expect(500 - lagged.length).toBeLessThanOrEqual(51);
    expect(500 - lagged.length).toBeGreaterThan(45);
    expect(lagged.at(-1)).toMatchObject({ peer: eve.id, count: lagged.length });
    while (received.length < 500 - lagged.length) {
      release();
      await new Promise(setImmediate);
    }
    expect(received).toEqual(Array.from({ length: received.length }, (_, n) => `n${n}`));
  });
});

describe('payloads', () => {
  test('a poke of a mebibyte, of garbage, or too deep, is refused', async () => {
    const the = await scene({ inner: { ...lines, open: { pokes: ['ask'] } } });
    const { eve } = the;
    const topic = eve.topic('lines');
    for (const [number, bytes] of [Buffer.alloc(2 ** 20), Buffer.alloc(50, 0xff), Buffer.alloc(40, 0x81)].entries()) eve.send({ type: 'Poke', number, topic, mark: 'ask', payload: bytes });
    const answers = [await eve.next('PokeAck'), await eve.next('PokeAck'), await eve.next('PokeAck')];
    // A stranger learns nothing from the answer.
    expect(answers.map(({ refused }) => refused)).toEqual(['forbidden', 'forbidden', 'forbidden']);
    await expectWell(the);
  });

  test.each<{ name: string; fact: Uint8Array; mark?: string; event: object }>([
    { name: 'no CBOR', fact: Buffer.alloc(9, 0xff), event: { name: 'bad-payload' } },
    { name: 'too deep', fact: Buffer.alloc(99, 0x81), event: { name: 'bad-payload' } },
    { name: 'a claim of 2^31 elements', fact: Buffer.from('9a80000000', 'hex'), event: { name: 'bad-payload' } },
    { name: 'larger than a datum may be', fact: encodePayload('x'.repeat(80_000)), event: { name: 'bad-payload', reason: 'too-large' } },
    { name: 'no rumor', fact: encodePayload('text'), event: { name: 'bad-rumor', reason: 'not-bytes' } },
    { name: 'a rumor cut short', fact: encodePayload(Uint8Array.of(0, 1, 9)), event: { name: 'bad-rumor', reason: 'truncated' } },
    { name: 'another mark', fact: rumor('x'), mark: 'line', event: { name: 'bad-rumor', reason: 'wrong-mark' } },
    { name: 'a datum that the schema refuses', fact: rumor('x'.repeat(101)), event: { name: 'invalid-data' } },
  ])('of a pal, in a fact: $name, is reported and goes no further', async ({ fact, mark = 'gossip-rumor', event }) => {
    const the = await scene();
    const { eve, appEvents, honest } = the;
    const sub = await makePal(the);
    const heard: unknown[] = [];
    honest.received$.subscribe(({ data }) => heard.push(data));
    eve.send({ type: 'Fact', sub, mark, payload: fact });
    await eve.heard();
    expect(appEvents).toMatchObject([{ ...event, peer: eve.id }]);
    await expectWell(the);
    expect(heard).toHaveLength(1);
  });

  test('255 hops are clamped', async () => {
    const the = await scene();
    const sub = await makePal(the);
    const received = next(the.honest.received$);
    the.eve.send({ type: 'Fact', sub, mark: 'gossip-rumor', payload: rumor('far', 255) });
    expect(await received).toMatchObject({ data: 'far', hops: 13 });
  });
});

describe('a peer that never reads', () => {
  test('is not sent rumors past maxBufferedBytes, but later, each once; others are at once', async () => {
    const the = await scene({ tell: 'anybody', limits: { maxBufferedBytes: 2_000 } });
    const { eve, network, app, events } = the;
    eve.send({ type: 'Watch', sub: 1, topic: eve.topic('lines'), path: WATCH_PATH });
    await eve.next('WatchAck');
    network.memory.stall('eve');
    for (let n = 0; n < 60; n += 1) await app.poke('say', `${n} ${'x'.repeat(90)}`);
    await expectWell(the);
    network.memory.unstall('eve');
    // Sixty lines, one more of each side.
    for (let n = 0; n < 62; n += 1) await eve.next('Fact');
    await eve.heard();
    expect(eve.inbox.filter(({ type }) => type === 'Fact')).toEqual([]);
    expect(events.filter(({ type }) => type === 'dropped')).toEqual([]);
  });

  test('and makes us answer without end, is cut off', async () => {
    const the = await scene({ limits: { maxBufferedBytes: 8_000, maxStalledBytes: 32_000 } });
    const { eve, network, victim, events } = the;
    network.memory.stall('eve');
    const gone = next(victim.events$, ({ type }) => type === 'link-down');
    for (let number = 0; number < 50_000; number += 1) eve.poke('nothing', 'm', null, number);
    expect(await gone).toMatchObject({ peer: eve.id, reason: 'stalled' });
    await expectWell(the);
    network.memory.unstall('eve');
    expect(events.filter(({ type }) => type === 'link-down')).toHaveLength(1);
  });
});

describe('an agent that is stuck', () => {
  test('in a promise: rumors are relayed meanwhile, and after armTimeoutMs it goes on', async () => {
    let stuck = true;
    const the = await scene({ inner: { ...lines, onAgent: () => (stuck ? new Promise(() => undefined) : undefined) } });
    const { eve, honest, app, appEvents, clock } = the;
    const sub = await makePal(the);
    for (const line of ['one', 'two']) {
      const relayed = next(honest.received$, ({ data }) => data === line);
      eve.send({ type: 'Fact', sub, mark: 'gossip-rumor', payload: rumor(line, 2) });
      await relayed;
    }
    stuck = false;
    const two = next(app.received$, ({ data }) => data === 'two');
    clock.advance(30_000);
    await two;
    expect(appEvents).toMatchObject([{ name: 'failed', error: { code: 'HEARSAY_TIMEOUT', field: 'lines.onAgent' } }]);
    await expectWell(the);
  });
});

describe('a peer whose link flaps', () => {
  test('fifty times, with watches and pokes on their way, leaves nothing behind and is served in the end', async () => {
    const the = await scene({ tell: 'anybody' });
    const { eve, app, network } = the;
    for (let times = 0; times < 50; times += 1) {
      await eve.connect();
      eve.hey(times);
      eve.send({ type: 'Watch', sub: 1, topic: eve.topic('lines'), path: WATCH_PATH });
      if (times % 3 === 0) await eve.heard();
      network.memory.cut('eve', 'victim');
      await eve.down();
    }
    await eve.connect();
    eve.inbox.length = 0;
    eve.send({ type: 'Watch', sub: 1, topic: eve.topic('lines'), path: WATCH_PATH });
    expect(await eve.next('WatchAck')).toMatchObject({ sub: 1, refused: '' });
    await app.poke('say', 'once');
    await eve.heard();
    expect(eve.inbox.filter(({ type }) => type === 'Fact')).toHaveLength(1);
    await expectWell(the);
  });
});

describe('over real sockets', () => {
  test('garbage on a finished channel ends the link, counted; the node lives, and closes in the middle of a flood', async () => {
    const network = new TestNetwork();
    const transports = [wsTransport()];
    const victim = await network.node('victim', { transports, listen: 'ws://127.0.0.1:0' });
    const events: NodeEvent[] = [];
    victim.events$.subscribe((event) => events.push(event));
    const eve = new HostilePeer(wsTransport(), victim.addresses[0] ?? '');
    peers.push(eve);
    await eve.connect();
    eve.raw(Uint8Array.of(200));
    await eve.down();
    expect(events).toContainEqual({ type: 'misbehaved', peer: eve.id, reason: 'unknown-type', count: 1 });
    await eve.connect();
    for (let number = 0; number < 20_000; number += 1) eve.poke('pals', 'pals-gesture', null, number);
    await eve.next('PokeAck');
    await victim.close();
    await eve.down();
  });
});

test('a node closes in the middle of a flood, and what was asked of it is answered', async () => {
  const the = await scene({ tell: 'anybody' });
  const { eve, victim, app } = the;
  for (let n = 0; n < 20_000; n += 1) {
    eve.poke('pals', 'pals-gesture', null, n);
    eve.send({ type: 'Watch', sub: n, topic: eve.topic('lines'), path: WATCH_PATH });
  }
  const asked = [app.poke('say', 'last'), victim.pals.meet(eve.id)].map((each) => each.then(() => 'done', (error: { code: string }) => error.code));
  await victim.close();
  for (const answer of await Promise.all(asked)) expect(['done', 'HEARSAY_CLOSED']).toContain(answer);
  await eve.down();
});
