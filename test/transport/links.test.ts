import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { HearsayError } from '../../src/errors.ts';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import type { Limits } from '../../src/limits.ts';
import { seededRandom } from '../../src/random.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import type { Identity } from '../../src/transport/identity.ts';
import { Links } from '../../src/transport/links.ts';
import type { LinksOptions } from '../../src/transport/links/options.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Connection, Transport } from '../../src/transport/transport.ts';
import { wsTransport } from '../../src/transport/ws.ts';

const NOW_MS = Date.UTC(2026, 10, 20);
const DAY_MS = 24 * 60 * 60 * 1000;
const FAR_FUTURE_MS = 10 * DAY_MS;

const opened: Links[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  jest.useRealTimers();
  await Promise.all(opened.splice(0).map((links) => links.close()));
});

interface Plan extends Partial<Pick<LinksOptions, 'networkId' | 'networkKey' | 'now' | 'rekeyAfter' | 'random'>> {
  readonly identity?: Identity;
  readonly limits?: Partial<Limits>;
}

/** A node's links, and what was told of them, in order. */
class Node {
  readonly identity: Identity;
  readonly links: Links;
  readonly told: string[] = [];
  readonly messages: Uint8Array[] = [];
  readonly errors: HearsayError[] = [];
  readonly book = new Map<PeerId, string[]>();
  onMessage: (peer: PeerId, message: Uint8Array) => void = () => undefined;
  onUp: (peer: PeerId) => void = () => undefined;

  constructor(transport: Transport, { identity = createIdentity(), limits: given, ...rest }: Plan = {}) {
    this.identity = identity;
    this.links = new Links({
      identity,
      networkId: 'test',
      transports: [transport],
      limits: limits(given),
      random: seededRandom(identity.id),
      now: () => NOW_MS,
      addressesOf: (peer) => this.book.get(peer) ?? [],
      events: {
        onUp: (peer, { dialled, host }) => {
          this.told.push(`up ${dialled ?? `from ${host}`}`);
          this.onUp(peer);
        },
        onDown: (_peer, reason) => this.told.push(`down ${reason}`),
        onMessage: (peer, message) => {
          this.messages.push(message);
          this.onMessage(peer, message);
        },
        onRefused: (reason, host) => this.told.push(`refused ${reason} from ${host}`),
        onDialFailed: (_peer, address, error) => {
          this.errors.push(error);
          this.told.push(`dial failed ${address}`);
        },
        onDrained: () => this.told.push('drained'),
      },
      ...rest,
    });
    opened.push(this.links);
  }

  get id(): PeerId {
    return this.identity.id;
  }
}

/** Lets the event loop turn until nothing is under way in memory. */
async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets the event loop turn until something holds. Jest's own timeout ends a wait in vain. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

async function errorOf(promise: Promise<unknown>): Promise<HearsayError> {
  return promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: HearsayError) => error,
  );
}

/** Ann and bob on one network; bob listens on memory://bob. */
async function pair(ann: Plan = {}, bob: Plan = {}): Promise<{ network: MemoryNetwork; ann: Node; bob: Node }> {
  const network = new MemoryNetwork();
  const nodes = { network, ann: new Node(network.transport('ann'), ann), bob: new Node(network.transport('bob'), bob) };
  await nodes.bob.links.listen('memory://bob');
  return nodes;
}

/** Somebody who speaks no hearsay. */
async function stranger(network: MemoryNetwork, host = 'mallory'): Promise<{ connection: Connection; told: string[] }> {
  const connection = await network.transport(host).dial('memory://bob', new AbortController().signal);
  const told: string[] = [];
  connection.listen({ onMessage: ({ length }) => told.push(`${length} bytes`), onClose: (reason) => told.push(reason) });
  return { connection, told };
}

/** Time that passes only when told to. What is under way in memory arrives between two steps. */
class Time {
  nowMs = 0;

  constructor() {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });
    jest.spyOn(performance, 'now').mockImplementation(() => this.nowMs);
  }

  async pass(ms: number, stepMs = 50): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      this.nowMs += Math.min(leftMs, stepMs);
      jest.advanceTimersByTime(Math.min(leftMs, stepMs));
      await settle(8);
    }
  }

  /** The loop hangs: timers that came due fire at its end, before any socket is read. */
  hang(ms: number): void {
    this.nowMs += ms;
    jest.advanceTimersByTime(ms);
  }
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('connect', () => {
  test('resolves with who answers, and both are up', async () => {
    const { ann, bob } = await pair();
    expect(await ann.links.connect('memory://bob')).toBe(bob.id);
    expect([ann.told, bob.told]).toEqual([['up memory://bob'], ['up from ann']]);
    expect([ann.links.peers(), bob.links.peers()]).toEqual([[bob.id], [ann.id]]);
    expect([ann.links.isUp(bob.id), ann.links.isUp(ann.id)]).toEqual([true, false]);
  });

  test('messages go both ways, in order', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    for (let i = 0; i < 10; i += 1) {
      expect(ann.links.send(bob.id, bytes(i))).toBe(true);
      expect(bob.links.send(ann.id, bytes(i, i))).toBe(true);
    }
    await settle();
    expect(bob.messages).toEqual(Array.from({ length: 10 }, (_, i) => bytes(i)));
    expect(ann.messages).toEqual(Array.from({ length: 10 }, (_, i) => bytes(i, i)));
  });

  test('with a peer id only that peer will do; a link that exists counts', async () => {
    const { ann, bob } = await pair();
    expect(await ann.links.connect(`memory://bob#${bob.id}`)).toBe(bob.id);
    expect(await ann.links.connect(`memory://nowhere#${bob.id}`)).toBe(bob.id);
    expect(ann.told).toEqual(['up memory://bob#' + bob.id]);
  });

  test('a second one to the same peer renews the link, and nobody sees it go', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    expect(await ann.links.connect('memory://bob')).toBe(bob.id);
    await settle();
    ann.links.send(bob.id, bytes(1));
    bob.links.send(ann.id, bytes(2));
    await settle();
    expect([ann.told, bob.told]).toEqual([['up memory://bob'], ['up from ann']]);
    expect([ann.messages, bob.messages]).toEqual([[bytes(2)], [bytes(1)]]);
  });

  const failures: { name: string; address?: string; ann?: Plan; bob?: Plan; code: string; value?: unknown; refused?: string }[] = [
    { name: 'another network', bob: { networkId: 'other' }, code: 'HEARSAY_HANDSHAKE_FAILED', value: 'wrong-network', refused: 'wrong-network' },
    {
      name: 'another password',
      ann: { networkKey: new Uint8Array(32).fill(1) },
      bob: { networkKey: new Uint8Array(32).fill(2) },
      code: 'HEARSAY_HANDSHAKE_FAILED',
      value: 'wrong-key',
      refused: 'wrong-key',
    },
    { name: 'somebody else', address: `memory://bob#${'7'.repeat(64)}`, code: 'HEARSAY_HANDSHAKE_FAILED', value: 'wrong-peer', refused: 'lost' },
    { name: 'clocks that differ', ann: { now: () => NOW_MS - 9 * DAY_MS }, code: 'HEARSAY_CLOCK_SKEW', refused: 'lost' },
    { name: 'nobody there', address: 'memory://nowhere', code: 'HEARSAY_UNREACHABLE' },
    { name: 'a scheme that no transport serves', address: 'ws://127.0.0.1:1', code: 'HEARSAY_BAD_ADDRESS' },
  ];
  test.each(failures)('fails: $name', async ({ address = 'memory://bob', ann: annsPlan, bob: bobsPlan, code, value, refused }) => {
    const { ann, bob } = await pair(annsPlan, bobsPlan);
    const error = await errorOf(ann.links.connect(address));
    expect(error.code).toBe(code);
    if (value !== undefined) expect(error.value).toBe(value);
    await settle();
    expect(ann.errors).toEqual([error]);
    expect([ann.told, bob.told]).toEqual([[`dial failed ${address}`], refused === undefined ? [] : [`refused ${refused} from ann`]]);
  });

  test('fails: an address that does not parse', async () => {
    const { ann } = await pair();
    expect((await errorOf(ann.links.connect('bob'))).code).toBe('HEARSAY_BAD_ADDRESS');
  });

  test('fails: ourselves, by id or by finding out', async () => {
    const { bob } = await pair();
    for (const address of [`memory://bob#${bob.id}`, 'memory://bob']) {
      expect(await errorOf(bob.links.connect(address))).toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED', value: 'self' });
    }
    await settle();
    expect(bob.links.peers()).toEqual([]);
  });

  test('fails: something that is not hearsay answers, or nothing does', async () => {
    const time = new Time();
    const { ann, network } = await pair();
    await network.transport('mallory').listen('memory://garbage', (connection) => connection.send(new Uint8Array(500)));
    await network.transport('mallory').listen('memory://silence', () => undefined);
    expect(await errorOf(ann.links.connect('memory://garbage'))).toMatchObject({ value: 'not-hearsay' });
    const slow = errorOf(ann.links.connect('memory://silence'));
    await time.pass(4990);
    expect(ann.told).toEqual(['dial failed memory://garbage']);
    await time.pass(10);
    expect(await slow).toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED', value: 'timeout' });
  });

  test('fails: a dial that hangs', async () => {
    const time = new Time();
    const hanging: Transport = {
      schemes: ['memory'],
      listen: () => Promise.reject(new Error('not here')),
      dial: (_address, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    };
    const ann = new Node(hanging);
    const dial = errorOf(ann.links.connect('memory://bob'));
    await time.pass(5000);
    expect((await dial).code).toBe('HEARSAY_UNREACHABLE');
  });

  test('a signal ends it at any stage', async () => {
    const { ann, bob, network } = await pair();
    const reason = new Error('changed my mind');
    expect((await errorOf(ann.links.connect('memory://bob', { signal: AbortSignal.abort(reason) }))).cause).toBe(reason);
    network.stall('bob');
    for (const turns of [0, 1, 2, 5]) {
      const controller = new AbortController();
      const dial = errorOf(ann.links.connect('memory://bob', { signal: controller.signal }));
      await settle(turns);
      controller.abort(reason);
      expect(await dial).toMatchObject({ code: 'HEARSAY_UNREACHABLE', cause: reason });
    }
    network.unstall('bob');
    await settle();
    expect([ann.links.peers(), bob.links.peers()]).toEqual([[], []]);
    await ann.links.connect('memory://bob', { signal: new AbortController().signal });
  });

  test('at maxLinks: nobody is dialled, and who dials is told', async () => {
    const { ann, bob, network } = await pair({}, { limits: { maxLinks: 1 } });
    const cat = new Node(network.transport('cat'));
    await cat.links.listen('memory://cat');
    await ann.links.connect('memory://bob');
    expect((await errorOf(bob.links.connect('memory://cat'))).code).toBe('HEARSAY_OVERLOADED');
    expect(await errorOf(cat.links.connect('memory://bob'))).toMatchObject({ code: 'HEARSAY_REFUSED', value: 'full' });
    await settle();
    expect(bob.told).toEqual(['up from ann', 'dial failed memory://cat', 'refused full from cat']);
    expect(cat.told).toEqual(['dial failed memory://bob']);
  });
});

describe('strangers', () => {
  test('garbage is refused, counted and not answered', async () => {
    const { bob, network } = await pair();
    const { connection, told } = await stranger(network);
    connection.send(new TextEncoder().encode('GET / HTTP/1.1'));
    await settle();
    expect([told, bob.told]).toEqual([['lost'], ['refused not-hearsay from mallory']]);
  });

  test('an opening of more than 1 KiB is refused', async () => {
    const { bob, network } = await pair();
    const { connection, told } = await stranger(network);
    connection.send(new Uint8Array(1025).fill(1));
    await settle();
    expect([told, bob.told]).toEqual([['lost'], ['refused not-hearsay from mallory']]);
  });

  test('a slow handshake is given up; half-open ones are bounded by prefix and in all; friends get in meanwhile', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair({}, { limits: { maxHalfOpen: 10 } });
    const slow = [];
    for (let i = 0; i < 9; i += 1) slow.push(await stranger(network, 'mallory'));
    await settle();
    expect(bob.told).toEqual(['refused half-open from mallory']);
    await ann.links.connect('memory://bob');
    for (let i = 0; i < 3; i += 1) slow.push(await stranger(network, `eve-${i}`));
    await settle();
    expect(bob.told).toEqual(['refused half-open from mallory', 'up from ann', 'refused half-open from eve-2']);
    await time.pass(5000);
    for (const { told } of slow) expect(told).toContain('lost');
    expect(bob.told.filter((what) => what.startsWith('refused timeout'))).toHaveLength(10);
    expect(bob.links.peers()).toEqual([ann.id]);
  });
});

describe('wanted peers', () => {
  test('are dialled, and dialled again within 200 ms of a cut', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair();
    ann.book.set(bob.id, ['memory://bob']);
    ann.links.want(bob.id);
    await settle();
    expect(ann.told).toEqual(['up memory://bob']);
    network.cut('ann', 'bob');
    await settle();
    expect(ann.told).toEqual(['up memory://bob', 'down lost']);
    await time.pass(200, 10);
    expect(ann.told).toEqual(['up memory://bob', 'down lost', 'up memory://bob']);
    expect(bob.told).toEqual(['up from ann', 'down lost', 'up from ann']);
  });

  test('are tried at each address in turn, with whom we expect', async () => {
    const { ann, bob } = await pair();
    const other = '7'.repeat(64);
    ann.book.set(bob.id, ['memory://nowhere', 'nonsense', `memory://bob#${other}`, 'memory://bob']);
    ann.links.want(bob.id);
    await settle();
    expect(ann.told).toEqual(['dial failed memory://nowhere', 'dial failed nonsense', `dial failed memory://bob#${other}`, 'up memory://bob']);
    expect(ann.errors.map(({ code }) => code)).toEqual(['HEARSAY_UNREACHABLE', 'HEARSAY_BAD_ADDRESS', 'HEARSAY_HANDSHAKE_FAILED']);
  });

  test('somebody else at their address is not them', async () => {
    const { ann, bob } = await pair();
    const other = createIdentity().id;
    ann.book.set(other, ['memory://bob']);
    ann.links.want(other);
    await settle();
    expect([ann.told, ann.errors[0]?.value]).toEqual([['dial failed memory://bob'], 'wrong-peer']);
    expect(bob.told).toEqual(['refused lost from ann']);
  });

  test('without an address wait for a nudge, or for the backoff', async () => {
    const time = new Time();
    const { ann, bob } = await pair();
    ann.links.want(bob.id);
    await time.pass(60_000, 500);
    expect(ann.told).toEqual([]);
    ann.book.set(bob.id, ['memory://bob']);
    ann.links.nudge(bob.id);
    await settle();
    expect(ann.told).toEqual(['up memory://bob']);
  });

  test('that are unwanted keep their link and are not dialled again', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair();
    ann.book.set(bob.id, ['memory://bob']);
    ann.links.want(bob.id);
    await settle();
    ann.links.unwant(bob.id);
    await settle();
    expect(ann.links.isUp(bob.id)).toBe(true);
    network.cut('ann', 'bob');
    await time.pass(10_000, 500);
    expect(ann.told).toEqual(['up memory://bob', 'down lost']);
  });

  test('are at most maxPals', async () => {
    const { ann, bob } = await pair({ limits: { maxPals: 1 } });
    ann.links.want(bob.id);
    ann.links.want(bob.id);
    expect(() => ann.links.want(createIdentity().id)).toThrow(expect.objectContaining({ code: 'HEARSAY_OVERLOADED' }));
  });
});

describe('simultaneous dials', () => {
  test('of 200 pairs in any order leave one link each, seen up once, and lose nothing sent after the up', async () => {
    new Time(); // which stands still: however slow this machine is, no handshake times out
    const dice = seededRandom('dials');
    const inTurns = (turns: number, run: () => void): void => void setImmediate(() => (turns === 0 ? run() : inTurns(turns - 1, run)));
    const network = new MemoryNetwork({ schedule: (run) => inTurns(dice.below(8), run) });
    const pairs = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const both = [0, 1].map((side) => new Node(network.transport(`${side}-${i}`)));
        await Promise.all(both.map((node, side) => node.links.listen(`memory://${side}-${i}`)));
        return both as [Node, Node];
      }),
    );
    const sent = new Map<Node, number>();
    const talk = (from: Node, to: Node): void => {
      const count = sent.get(from) ?? 0;
      if (from.links.send(to.id, bytes(count))) sent.set(from, count + 1);
    };
    const dialled = pairs.map(([a, b], i) => {
      a.onUp = () => talk(a, b);
      b.onUp = () => talk(b, a);
      return Promise.all([a.links.connect(`memory://1-${i}`), b.links.connect(`memory://0-${i}`)]);
    });
    for (let turn = 0; turn < 60; turn += 1) {
      for (const [a, b] of pairs) {
        talk(a, b);
        talk(b, a);
      }
      await settle(1);
    }
    await Promise.all(dialled);
    await settle(100);
    for (const [a, b] of pairs) {
      // Both agree on who dialled the connection that is left.
      expect(a.links.isDialled(b.id)).not.toBe(b.links.isDialled(a.id));
      for (const [from, to] of [[a, b], [b, a]] as const) {
        expect(to.told).toEqual([expect.stringMatching(/^up /)]);
        expect(to.messages.map(([value]) => value).sort((x = 0, y = 0) => x - y)).toEqual(Array.from({ length: sent.get(from) ?? 0 }, (_, i) => i));
      }
    }
    // One link each: cut it and nothing is left.
    pairs.forEach((_, i) => network.cut(`0-${i}`, `1-${i}`));
    await settle(100);
    for (const node of pairs.flat()) expect(node.told).toEqual([expect.stringMatching(/^up /), 'down lost']);
  });
});

describe('liveness', () => {
  test('a peer that stops reading is silent, and lost', async () => {
    const time = new Time();
    // Bob himself must not lose patience first: he hears as little.
    const { ann, bob, network } = await pair({}, { limits: { heartbeatMs: 600_000 } });
    await ann.links.connect('memory://bob');
    await time.pass(60_000, 1250);
    expect([ann.told, bob.told]).toEqual([['up memory://bob'], ['up from ann']]);
    network.stall('bob');
    // At once there may be a ping under way; at most, a whole silence and a quarter more precede it.
    await time.pass(12_500, 1250);
    expect(ann.told).toEqual(['up memory://bob']);
    await time.pass(22_500, 1250);
    expect(ann.told).toEqual(['up memory://bob', 'down silent']);
  });

  test('a busy event loop is not the silence of the peer', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair({}, { limits: { heartbeatMs: 600_000 } });
    await ann.links.connect('memory://bob');
    network.stall('bob');
    await time.pass(17_500, 1250); // a ping is out
    network.unstall('bob');
    time.hang(20_000); // its answer would have come
    await settle();
    await time.pass(60_000, 1250);
    expect([ann.told, bob.told]).toEqual([['up memory://bob'], ['up from ann']]);
  });

  test('a full link says so, once, and says when it has drained', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair();
    await ann.links.connect('memory://bob');
    network.stall('bob');
    ann.links.send(bob.id, new Uint8Array(1024 * 1024 - 1));
    expect(ann.links.congested(bob.id)).toBe(false);
    ann.links.send(bob.id, bytes(1, 2));
    expect(ann.links.congested(bob.id)).toBe(true);
    await time.pass(1000);
    expect(ann.told).toEqual(['up memory://bob']);
    network.unstall('bob');
    await settle();
    expect(ann.links.congested(bob.id)).toBe(false);
    await time.pass(20, 20);
    expect(ann.told).toEqual(['up memory://bob', 'drained']);
    expect(bob.messages.map(({ length }) => length)).toEqual([1024 * 1024 - 1, 2]);
  });

  test('a slow reader with more than maxStalledBytes is dropped after stalledMs', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair();
    await ann.links.connect('memory://bob');
    network.stall('bob');
    for (let i = 0; i < 5; i += 1) ann.links.send(bob.id, new Uint8Array(1024 * 1024));
    await time.pass(9_900, 100);
    expect(ann.told).toEqual(['up memory://bob']);
    await time.pass(200, 100);
    expect(ann.told).toEqual(['up memory://bob', 'down stalled']);
    expect(ann.links.send(bob.id, bytes(1))).toBe(false);
  });

  test('one with four times that is dropped at once, and not from within the call', async () => {
    const { ann, bob, network } = await pair();
    await ann.links.connect('memory://bob');
    network.stall('bob');
    for (let i = 0; i < 17; i += 1) ann.links.send(bob.id, new Uint8Array(1024 * 1024));
    expect([ann.links.isUp(bob.id), ann.told]).toEqual([false, ['up memory://bob']]);
    await settle();
    expect(ann.told).toEqual(['up memory://bob', 'down stalled']);
  });
});

describe('sending', () => {
  test('a hundred small messages of one turn are one message on the wire', async () => {
    const network = new MemoryNetwork();
    const wire: number[] = [];
    const plain = network.transport('ann');
    const counting: Transport = {
      ...plain,
      dial: async (address, signal) => {
        const connection = await plain.dial(address, signal);
        const send = connection.send.bind(connection);
        connection.send = (message) => {
          wire.push(message.length);
          send(message);
        };
        return connection;
      },
    };
    const ann = new Node(counting);
    const bob = new Node(network.transport('bob'));
    await bob.links.listen('memory://bob');
    await ann.links.connect('memory://bob');
    const before = wire.length;
    for (let i = 0; i < 100; i += 1) ann.links.send(bob.id, new Uint8Array(200));
    await settle();
    expect(wire.slice(before)).toEqual([100 * (200 + 2) + 16]);
    expect(bob.messages).toHaveLength(100);
  });

  test('keys change under way, and nobody notices', async () => {
    const rekeyAfter = { frames: 3, bytes: 100_000 };
    const { ann, bob } = await pair({ rekeyAfter }, { rekeyAfter });
    await ann.links.connect('memory://bob');
    for (let i = 0; i < 30; i += 1) {
      ann.links.send(bob.id, new Uint8Array(i * 1000).fill(i));
      bob.links.send(ann.id, bytes(i));
      await settle(3);
    }
    expect(bob.messages.every((message, i) => message.length === i * 1000 && message.every((byte) => byte === i))).toBe(true);
    expect(bob.messages).toHaveLength(30);
    expect(ann.messages).toEqual(Array.from({ length: 30 }, (_, i) => bytes(i)));
  });

  test('to nobody is false; too much is an error that names both sizes', async () => {
    const { ann, bob } = await pair();
    expect(ann.links.send(bob.id, bytes(1))).toBe(false);
    expect(ann.links.congested(bob.id)).toBe(false);
    await ann.links.connect('memory://bob');
    const most = 1024 * 1024 + 4096;
    expect(() => ann.links.send(bob.id, new Uint8Array(most + 1))).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE', value: most + 1 }));
    expect(ann.links.send(bob.id, new Uint8Array(most))).toBe(true);
    await until(() => bob.messages.length === 1);
  });
});

describe('events', () => {
  test('are never told from within a call, also not to who calls from within an event', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    let within = false;
    const told: string[] = [];
    bob.onMessage = (peer) => {
      within = true;
      const before = bob.told.length;
      bob.links.disconnect(peer, 'parted');
      told.push(`${bob.told.length - before} within`);
      within = false;
    };
    bob.onUp = () => expect(within).toBe(false);
    ann.links.send(bob.id, bytes(1));
    ann.links.send(bob.id, bytes(2));
    await settle();
    expect(told).toEqual(['0 within']);
    expect(bob.told).toEqual(['up from ann', 'down parted']);
    expect(ann.told).toEqual(['up memory://bob', 'down parted']);
  });

  test('a link that was ended delivers what was sent before', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    ann.links.send(bob.id, bytes(1));
    ann.links.disconnect(bob.id, 'parted');
    expect(ann.links.send(bob.id, bytes(2))).toBe(false);
    await settle();
    expect(bob.messages).toEqual([bytes(1)]);
  });
});

test('a network key of another length is refused at once', () => {
  expect(() => new Node(new MemoryNetwork().transport(), { networkKey: new Uint8Array(31) })).toThrow(
    expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field: 'networkKey', value: 31 }),
  );
});

describe('certificates', () => {
  test('are renewed: a node that runs for long meets one that just started', async () => {
    let nowMs = NOW_MS;
    const now = (): number => nowMs;
    const { ann, network } = await pair({ now }, { now });
    nowMs += FAR_FUTURE_MS;
    const cat = new Node(network.transport('cat'), { now });
    await cat.links.connect('memory://bob');
    await ann.links.connect('memory://bob');
  });
});

describe('close', () => {
  test('says goodbye, delivers what was sent, and ends everything', async () => {
    new Time();
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    expect(jest.getTimerCount()).toBe(2);
    ann.links.send(bob.id, bytes(1));
    await Promise.all([ann.links.close(), ann.links.close()]);
    expect(jest.getTimerCount()).toBe(1); // bob's
    await settle();
    expect([ann.told, bob.told]).toEqual([['up memory://bob', 'down closing'], ['up from ann', 'down closing']]);
    expect(bob.messages).toEqual([bytes(1)]);
  });

  test('does not wait longer than 2 s for who does not read', async () => {
    const time = new Time();
    const { ann, network } = await pair();
    await ann.links.connect('memory://bob');
    network.stall('bob');
    let done = false;
    const closed = ann.links.close().then(() => (done = true));
    await time.pass(1950);
    expect(done).toBe(false);
    await time.pass(50);
    await closed;
    expect(jest.getTimerCount()).toBe(1); // bob's
  });

  test('ends dials and handshakes', async () => {
    const { ann, bob, network } = await pair();
    const { told } = await stranger(network);
    network.stall('bob');
    const shaking = errorOf(ann.links.connect('memory://bob'));
    await settle();
    const dialling = errorOf(ann.links.connect('memory://nowhere'));
    await Promise.all([ann.links.close(), bob.links.close()]);
    expect([(await shaking).code, (await dialling).code]).toEqual(['HEARSAY_CLOSED', 'HEARSAY_CLOSED']);
    await settle();
    expect(told).toEqual(['lost']);
  });

  test('afterwards calls say so, or do nothing', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    await ann.links.close();
    expect((await errorOf(ann.links.connect('memory://bob'))).code).toBe('HEARSAY_CLOSED');
    expect((await errorOf(ann.links.listen('memory://ann'))).code).toBe('HEARSAY_CLOSED');
    ann.links.want(bob.id);
    ann.links.disconnect(bob.id, 'parted');
    expect([ann.links.send(bob.id, bytes(1)), ann.links.peers()]).toEqual([false, []]);
  });

  test('an address that was being opened is closed again', async () => {
    const { network } = await pair();
    const cat = new Node(network.transport('cat'));
    const listening = errorOf(cat.links.listen('memory://cat'));
    await cat.links.close();
    expect((await listening).code).toBe('HEARSAY_CLOSED');
    const dan = new Node(network.transport('dan'));
    expect(await dan.links.listen('memory://cat')).toBe('memory://cat');
  });

  test('nobody is let in', async () => {
    const { ann, bob } = await pair();
    await bob.links.close();
    expect((await errorOf(ann.links.connect('memory://bob'))).code).toBe('HEARSAY_UNREACHABLE');
  });
});

describe('over WebSockets', () => {
  const sockets = (): string[] => process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP'));
  /** Left by other files that ran in this process. */
  const atStart = sockets().length;

  async function wsPair(ann: Plan = {}, bob: Plan = {}): Promise<{ ann: Node; bob: Node; address: string }> {
    const nodes = { ann: new Node(wsTransport(), ann), bob: new Node(wsTransport(), bob) };
    return { ...nodes, address: await nodes.bob.links.listen('ws://127.0.0.1:0') };
  }

  test('handshake, messages of all sizes, goodbye', async () => {
    const { ann, bob, address } = await wsPair();
    expect(await ann.links.connect(address)).toBe(bob.id);
    const sizes = [0, 1, 16_384, 16_385, 65_519, 200_000, 1024 * 1024];
    for (const size of sizes) ann.links.send(bob.id, new Uint8Array(size).fill(size));
    await until(() => bob.messages.length === sizes.length);
    expect(bob.messages.map(({ length }) => length)).toEqual(sizes);
    expect(bob.told).toEqual(['up from 127.0.0.1']);
    await ann.links.close();
    await until(() => bob.told.includes('down closing'));
  });

  test('a password that differs is refused on both ends', async () => {
    const { ann, bob, address } = await wsPair({ networkKey: new Uint8Array(32).fill(1) }, { networkKey: new Uint8Array(32).fill(2) });
    expect(await errorOf(ann.links.connect(address))).toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED', value: 'wrong-key' });
    await until(() => bob.told.includes('refused wrong-key from 127.0.0.1'));
  });

  test('both dial at once: one link is left, and everything arrives', async () => {
    const { ann, bob, address } = await wsPair();
    const back = await ann.links.listen('ws://127.0.0.1:0');
    ann.onUp = () => void ann.links.send(bob.id, bytes(1));
    bob.onUp = () => void bob.links.send(ann.id, bytes(2));
    await Promise.all([ann.links.connect(address), bob.links.connect(back)]);
    await until(() => ann.messages.length === 1 && bob.messages.length === 1);
    expect([ann.told.length, bob.told.length]).toEqual([1, 1]);
  });

  test('a wanted peer that restarts is found again', async () => {
    const { ann, bob, address } = await wsPair();
    ann.book.set(bob.id, [address]);
    ann.links.want(bob.id);
    await until(() => ann.links.isUp(bob.id));
    await bob.links.close();
    await until(() => !ann.links.isUp(bob.id));
    const again = new Node(wsTransport(), { identity: bob.identity });
    await again.links.listen(address);
    await until(() => ann.links.isUp(bob.id) && again.links.isUp(ann.id));
    expect(ann.told.filter((what) => !what.startsWith('dial failed'))).toEqual([`up ${address}`, 'down closing', `up ${address}`]);
  });

  test('close leaves no socket', async () => {
    await until(() => sockets().length <= atStart); // of the tests before
    const { ann, bob, address } = await wsPair();
    await ann.links.connect(address);
    expect(sockets().length).toBeGreaterThan(atStart);
    await Promise.all([ann.links.close(), bob.links.close()]);
    await until(() => sockets().length <= atStart);
  });
});
