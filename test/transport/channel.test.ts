import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { primitives } from '../../src/crypto/index.ts';
import type { PeerId } from '../../src/ids.ts';
import { issueCertificate } from '../../src/transport/certificate.ts';
import { SecureChannel } from '../../src/transport/channel.ts';
import type { ChannelOptions } from '../../src/transport/channel.ts';
import { Direction, REKEY_AFTER } from '../../src/transport/channel/direction.ts';
import { handshakeError } from '../../src/transport/channel/fault.ts';
import type { ChannelFault } from '../../src/transport/channel/fault.ts';
import { AnsweringSide, DiallingSide } from '../../src/transport/channel/handshake.ts';
import type { Party } from '../../src/transport/channel/handshake.ts';
import { encodeHello, readHello, readRefusal } from '../../src/transport/channel/hello.ts';
import { MAX_MESSAGE_BYTES } from '../../src/transport/frames.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import type { Identity } from '../../src/transport/identity.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import { CipherState } from '../../src/transport/noise.ts';
import type { Connection } from '../../src/transport/transport.ts';

const NOW_MS = Date.UTC(2026, 10, 20);
const DAY_MS = 24 * 60 * 60 * 1000;
const annsIdentity = createIdentity();
const bobsIdentity = createIdentity();

interface Plan {
  readonly identity?: Identity;
  readonly networkId?: string;
  readonly key?: Uint8Array;
  readonly nowMs?: number;
  readonly expected?: PeerId;
  readonly rekeyAfter?: { readonly frames: number; readonly bytes: number };
  /** Runs in `onReady`. */
  readonly greet?: (channel: SecureChannel) => void;
  /** What is sent instead of each message. */
  readonly tamper?: (message: Uint8Array, index: number) => Uint8Array;
}

function party({ identity = annsIdentity, networkId = 'test', key, nowMs = NOW_MS }: Plan): Party {
  const staticSecret = primitives().randomBytes(32);
  const certificate = issueCertificate(identity, primitives().x25519PublicKey(staticSecret), nowMs);
  return { self: identity.id, network: { id: networkId, key }, staticSecret, certificate };
}

/** One end of a channel, and what it was told, in order. */
class End {
  readonly told: string[] = [];
  readonly messages: Uint8Array[] = [];
  readonly wire: Uint8Array[] = [];
  fault: ChannelFault | undefined;
  onMessage: (message: Uint8Array) => void = () => undefined;
  readonly channel: SecureChannel;

  constructor(connection: Connection, plan: Plan, dialled: boolean) {
    const options: ChannelOptions = {
      connection: tapped(connection, this.wire, plan.tamper),
      party: party(plan),
      dialled,
      expected: plan.expected,
      now: () => plan.nowMs ?? NOW_MS,
      listener: {
        onReady: (peer) => {
          this.told.push(`ready ${name(peer)}`);
          plan.greet?.(this.channel);
        },
        onMessage: (message) => {
          this.messages.push(message);
          this.told.push(`message of ${message.length}`);
          this.onMessage(message);
        },
        onGoaway: (reason) => this.told.push(`goaway ${reason}`),
        onClose: (fault) => {
          this.fault = fault;
          this.told.push(`close ${fault.reason}`);
        },
      },
      ...(plan.rekeyAfter && { rekeyAfter: plan.rekeyAfter }),
    };
    this.channel = new SecureChannel(options);
  }
}

function name(peer: PeerId): string {
  return peer === annsIdentity.id ? 'ann' : peer === bobsIdentity.id ? 'bob' : 'somebody';
}

function tapped(connection: Connection, wire: Uint8Array[], tamper: Plan['tamper']): Connection {
  return {
    remoteHost: connection.remoteHost,
    get bufferedBytes() {
      return connection.bufferedBytes;
    },
    listen: (listener) => connection.listen(listener),
    send: (message) => {
      const sent = tamper?.(message, wire.length) ?? message;
      wire.push(sent.slice());
      connection.send(sent);
    },
    close: () => connection.close(),
    terminate: () => connection.terminate(),
  };
}

async function pipe(): Promise<[Connection, Connection]> {
  const network = new MemoryNetwork();
  const accepted: Connection[] = [];
  await network.transport('bob').listen('memory://bob', (connection) => accepted.push(connection));
  const near = await network.transport('ann').dial('memory://bob', new AbortController().signal);
  const [far] = accepted;
  if (far === undefined) throw new Error('no connection');
  return [near, far];
}

/** Lets the event loop turn until nothing is under way in memory. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Ann dials bob. */
async function pair(ann: Plan = {}, bob: Plan = {}): Promise<[End, End]> {
  const [near, far] = await pipe();
  const ends: [End, End] = [new End(near, ann, true), new End(far, { identity: bobsIdentity, ...bob }, false)];
  await settle();
  return ends;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

describe('handshake', () => {
  test('both sides know who is there', async () => {
    const [ann, bob] = await pair({ expected: bobsIdentity.id });
    expect([ann.told, bob.told]).toEqual([['ready bob'], ['ready ann']]);
    expect([ann.channel.peer, bob.channel.peer]).toEqual([bobsIdentity.id, annsIdentity.id]);
    expect(bob.channel.remoteHost).toBe('ann');
  });

  test('with the same network key too', async () => {
    const [ann, bob] = await pair({ key: key(7) }, { key: key(7) });
    expect([ann.told, bob.told]).toEqual([['ready bob'], ['ready ann']]);
  });

  test('three messages and the frame that lets in, none of 1 KiB, and no identity in the clear', async () => {
    const [ann, bob] = await pair();
    expect([ann.wire.length, bob.wire.length]).toEqual([2, 2]);
    const all = [...ann.wire, ...bob.wire].map((message) => Buffer.from(message));
    for (const message of all) {
      expect(message.length).toBeLessThan(1024);
      for (const { publicKey } of [annsIdentity, bobsIdentity]) expect(message.includes(Buffer.from(publicKey))).toBe(false);
    }
  });

  const differing: { name: string; ann: Plan; bob: Plan; told: [string, string] }[] = [
    { name: 'another network', ann: {}, bob: { networkId: 'other' }, told: ['close wrong-network', 'close wrong-network'] },
    { name: 'only bob has a password', ann: {}, bob: { key: key(7) }, told: ['close wrong-key', 'close wrong-key'] },
    { name: 'only ann has a password', ann: { key: key(7) }, bob: {}, told: ['close wrong-key', 'close wrong-key'] },
    { name: 'another password', ann: { key: key(7) }, bob: { key: key(8) }, told: ['close wrong-key', 'close wrong-key'] },
    { name: 'another network with another password', ann: { networkId: 'other', key: key(7) }, bob: { key: key(8) }, told: ['close wrong-network', 'close wrong-network'] },
    { name: 'ourselves', ann: {}, bob: { identity: annsIdentity }, told: ['close self', 'close lost'] },
    { name: 'somebody else than expected', ann: { expected: createIdentity().id }, bob: {}, told: ['close wrong-peer', 'close lost'] },
    { name: 'ann lives in the past', ann: { nowMs: NOW_MS - 9 * DAY_MS }, bob: {}, told: ['close clock-skew', 'close lost'] },
    { name: 'ann lives in the future', ann: { nowMs: NOW_MS + 9 * DAY_MS }, bob: {}, told: ['close clock-skew', 'close lost'] },
    { name: 'ann is three days ahead: bob notices', ann: { nowMs: NOW_MS + 3 * DAY_MS }, bob: {}, told: ['close clock-skew', 'close clock-skew'] },
  ];
  test.each(differing)('refused: $name', async ({ ann, bob, told }) => {
    const [a, b] = await pair(ann, bob);
    expect([a.told, b.told]).toEqual([[told[0]], [told[1]]]);
  });

  test('to who is not expected nothing is sent but the hello', async () => {
    const [ann] = await pair({ expected: createIdentity().id });
    expect(ann.wire).toHaveLength(1);
  });

  test('clock skew tells both clocks, whoever noticed', async () => {
    const [past] = await pair({ nowMs: NOW_MS - 9 * DAY_MS });
    expect(past.fault?.clocks).toEqual({ oursMs: NOW_MS - 9 * DAY_MS, theirsMs: NOW_MS });
    const [ahead, bob] = await pair({ nowMs: NOW_MS + 3 * DAY_MS });
    expect(ahead.fault?.clocks).toEqual({ oursMs: NOW_MS + 3 * DAY_MS, theirsMs: NOW_MS });
    expect(bob.fault?.reason).toBe('clock-skew');
    const error = handshakeError(past.fault ?? { reason: '' }, 'memory://bob');
    expect(error.code).toBe('HEARSAY_CLOCK_SKEW');
    expect(error.message).toContain('2026-11-11T00:00:00.000Z');
    expect(error.message).toContain('2026-11-20T00:00:00.000Z');
  });

  test('a clock that has no date is shown as it is', () => {
    const { message } = handshakeError({ reason: 'clock-skew', clocks: { oursMs: NOW_MS, theirsMs: 2 ** 64 } }, 'memory://bob');
    expect(message).toContain(`${2 ** 64} ms since 1970`);
  });

  test('the dialler is told by code: refused, or the handshake failed', () => {
    expect(handshakeError({ reason: 'refused', detail: 'full' }, 'memory://bob')).toMatchObject({ code: 'HEARSAY_REFUSED', value: 'full' });
    for (const reason of ['wrong-network', 'wrong-version', 'wrong-key', 'not-hearsay', 'lost']) {
      expect(handshakeError({ reason }, 'memory://bob')).toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED', value: reason });
    }
  });

  test('who is let in is told so; who is not is told why, and was never ready', async () => {
    const [ann, bob] = await pair({}, { greet: (channel) => channel.close('full') });
    expect(ann.told).toEqual(['close refused']);
    expect(ann.fault).toEqual({ reason: 'refused', detail: 'full' });
    expect(bob.told).toEqual(['ready ann', 'close full']);
  });
});

describe('what is no handshake', () => {
  const hello = encodeHello({ id: 'test', key: undefined }, new Uint8Array(32).fill(9));
  const openings: { name: string; message: Uint8Array; fault?: string; answer?: Uint8Array }[] = [
    { name: 'nothing', message: bytes() },
    { name: 'HTTP', message: new TextEncoder().encode('GET / HTTP/1.1\r\nHost: example\r\n\r\n'.repeat(3)) },
    { name: 'no versions', message: bytes(0, ...hello.subarray(2)) },
    { name: 'versions in no order', message: bytes(2, 2, 1, ...hello.subarray(2)) },
    { name: 'too many versions', message: bytes(9, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...hello.subarray(2)) },
    { name: 'a hello that is cut off', message: hello.subarray(0, 49) },
    { name: 'a message of more than 1 KiB', message: new Uint8Array(1025).fill(1) },
    { name: 'a message of 64 KiB', message: new Uint8Array(65_535).fill(1) },
    { name: 'a weak key', message: encodeHello({ id: 'test', key: undefined }, new Uint8Array(32)) },
    { name: 'versions that we do not speak', message: bytes(2, 2, 3, ...hello.subarray(2)), fault: 'wrong-version', answer: bytes(1) },
    { name: 'a check of another network', message: encodeHello({ id: 'other', key: undefined }, new Uint8Array(32).fill(9)), fault: 'wrong-network', answer: bytes(2) },
    { name: 'a hello that was changed on the way', message: hello.map((byte, i) => (i === 20 ? byte ^ 1 : byte)), fault: 'wrong-network', answer: bytes(2) },
  ];
  test.each(openings)('an opening: $name', async ({ message, fault = 'not-hearsay', answer }) => {
    const [near, far] = await pipe();
    const heard: Uint8Array[] = [];
    near.listen({ onMessage: (one) => heard.push(one), onClose: () => undefined });
    const bob = new End(far, { identity: bobsIdentity }, false);
    near.send(message);
    await settle();
    expect(bob.told).toEqual([`close ${fault}`]);
    expect(heard).toEqual(answer === undefined ? [] : [answer]);
  });

  test('what was offered is part of the handshake: a version struck out on the way breaks it', () => {
    const side = new AnsweringSide(party({ identity: bobsIdentity }));
    const dialler = new DiallingSide(party({}), undefined);
    const sent = dialler.hello();
    const read = readHello({ id: 'test', key: undefined }, sent);
    const noise = read.ok ? read.noise : bytes();
    // As a go-between would: [1] becomes [1, 2], with a check that fits.
    const checked = bytes(2, 1, 2, ...noise);
    const { hmacSha256, sha256 } = primitives();
    const tag = hmacSha256(sha256(bytes(...new TextEncoder().encode('hearsay/1 hello'), 0, ...new TextEncoder().encode('test'))), checked).subarray(0, 16);
    const reply = side.receive(bytes(...checked, ...tag), NOW_MS);
    expect(reply.type).toBe('reply');
    expect(dialler.receive(reply.type === 'reply' ? reply.message : bytes(), NOW_MS)).toEqual({ type: 'failed', fault: { reason: 'not-hearsay' }, refusal: undefined });
  });

  test.each([
    { name: 'garbage', tamper: (message: Uint8Array) => message.map((byte) => byte ^ 0x55) },
    { name: 'more than 1 KiB', tamper: () => new Uint8Array(1025) },
    { name: 'nothing', tamper: () => bytes() },
  ])('an answer: $name', async ({ tamper }) => {
    const [ann] = await pair({}, { tamper });
    expect(ann.told).toEqual(['close not-hearsay']);
  });

  test.each([
    { name: 'garbage', tamper: (message: Uint8Array, i: number) => (i === 1 ? message.map((byte) => byte ^ 0x55) : message) },
    { name: 'more than 1 KiB', tamper: (message: Uint8Array, i: number) => (i === 1 ? new Uint8Array(1025) : message) },
  ])('a third message: $name', async ({ tamper }) => {
    const [ann, bob] = await pair({ tamper });
    expect([ann.told, bob.told]).toEqual([['close lost'], ['close not-hearsay']]);
  });

  test('a certificate over another key', async () => {
    const [near, far] = await pipe();
    const bob = new End(far, { identity: bobsIdentity }, false);
    const stolen = { ...party({}), certificate: party({}).certificate };
    const dialler = new DiallingSide(stolen, undefined);
    near.send(dialler.hello());
    near.listen({
      onMessage: (message) => {
        const step = dialler.receive(message, NOW_MS);
        if (step.type === 'done' && step.message !== undefined) near.send(step.message);
      },
      onClose: () => undefined,
    });
    await settle();
    expect(bob.told).toEqual(['close bad-certificate']);
  });

  test('no bytes make either side throw', () => {
    const answering = party({ identity: bobsIdentity });
    const opening = fc.oneof(
      fc.uint8Array({ maxLength: 1100 }),
      fc.uint8Array({ minLength: 32, maxLength: 300 }).map((noise) => encodeHello({ id: 'test', key: undefined }, noise)),
    );
    fc.assert(
      fc.property(opening, fc.uint8Array({ maxLength: 400 }), (first, second) => {
        const side = new AnsweringSide(answering);
        if (side.receive(first, NOW_MS).type === 'reply') side.receive(second, NOW_MS);
        const dialler = new DiallingSide(answering, undefined);
        dialler.hello();
        dialler.receive(second, NOW_MS);
        readRefusal(second, NOW_MS);
      }),
      { numRuns: 200 },
    );
  });
});

describe('messages', () => {
  test('a hundred small sends of one turn are one message on the wire', async () => {
    const [ann, bob] = await pair();
    const before = ann.wire.length;
    for (let i = 0; i < 100; i += 1) ann.channel.send(bytes(i, i));
    expect(ann.wire.length).toBe(before);
    await settle();
    expect(ann.wire.length - before).toBe(1);
    expect(bob.messages).toEqual(Array.from({ length: 100 }, (_, i) => bytes(i, i)));
  });

  test('messages of the greeting share the frame that lets in, and come after ready', async () => {
    const [ann, bob] = await pair({}, { greet: (channel) => channel.send(bytes(1, 2, 3)) });
    expect(ann.told).toEqual(['ready bob', 'message of 3']);
    expect(bob.wire).toHaveLength(2);
  });

  test('the longest message comes whole', async () => {
    const [ann, bob] = await pair();
    const sent = primitives().randomBytes(MAX_MESSAGE_BYTES);
    ann.channel.send(bytes(1));
    ann.channel.send(sent);
    ann.channel.send(bytes(2));
    await settle();
    expect(bob.messages.map(({ length }) => length)).toEqual([1, MAX_MESSAGE_BYTES, 1]);
    expect(Buffer.from(sent).equals(bob.messages[1] ?? bytes())).toBe(true);
  });

  test('what waits is counted, and a turn that piles up more than a longest message does not wait', async () => {
    const [ann] = await pair();
    ann.channel.send(new Uint8Array(1000));
    expect(ann.channel.bufferedBytes).toBe(1000);
    const before = ann.wire.length;
    ann.channel.send(new Uint8Array(MAX_MESSAGE_BYTES));
    expect(ann.wire.length).toBeGreaterThan(before);
  });

  test('frames are counted as signs of life; many pings of a turn have one answer', async () => {
    const [ann, bob] = await pair();
    const { frames } = ann.channel;
    const before = bob.wire.length;
    for (let i = 0; i < 50; i += 1) ann.channel.ping();
    await settle();
    expect(ann.channel.frames).toBe(frames + 1);
    expect(bob.wire.slice(before).map(({ length }) => length)).toEqual([2 + 16]);
  });

  test.each([
    { name: 'a changed bit', tamper: (message: Uint8Array, i: number) => (i === 3 ? message.map((byte, at) => (at === 5 ? byte ^ 1 : byte)) : message) },
    { name: 'a message that is too short for a seal', tamper: (message: Uint8Array, i: number) => (i === 3 ? bytes(1) : message) },
  ])('$name ends the channel, and nothing of it is delivered', async ({ tamper }) => {
    const [ann, bob] = await pair({ tamper });
    ann.channel.send(bytes(1));
    await settle();
    ann.channel.send(bytes(2));
    await settle();
    expect(bob.told).toEqual(['ready ann', 'message of 1', 'close bad-seal']);
    expect(ann.told).toEqual(['ready bob', 'close lost']);
  });

  test('a frame that comes again ends the channel', async () => {
    let first = bytes();
    const tamper = (message: Uint8Array, i: number): Uint8Array => {
      if (i === 2) first = message.slice();
      return i === 3 ? first : message;
    };
    const [ann, bob] = await pair({ tamper });
    for (const value of [1, 2]) {
      ann.channel.send(bytes(value));
      await settle();
    }
    expect(bob.told).toEqual(['ready ann', 'message of 1', 'close bad-seal']);
  });

  test('a frame that is sealed well and made badly ends the channel', async () => {
    const [near, far] = await pipe();
    const bob = new End(far, { identity: bobsIdentity }, false);
    const dialler = new DiallingSide(party({}), undefined);
    near.send(dialler.hello());
    near.listen({
      onMessage: (message) => {
        if (bob.channel.peer !== undefined) return;
        const step = dialler.receive(message, NOW_MS);
        if (step.type !== 'done') return;
        near.send(step.message ?? bytes());
        near.send(step.send.seal(bytes(7, 0)));
      },
      onClose: () => undefined,
    });
    await settle();
    expect(bob.told).toEqual(['ready ann', 'close bad-kind']);
  });

  test('a listener that terminates hears nothing more of the same frame', async () => {
    const [ann, bob] = await pair();
    bob.onMessage = () => bob.channel.terminate('enough');
    for (let i = 0; i < 5; i += 1) ann.channel.send(bytes(i));
    await settle();
    expect(bob.told).toEqual(['ready ann', 'message of 1', 'close enough']);
  });
});

describe('rekey', () => {
  test('2^16 frames or 1 GiB', () => {
    expect(REKEY_AFTER).toEqual({ frames: 65_536, bytes: 1_073_741_824 });
  });

  test.each([
    { name: 'frames', rekeyAfter: { frames: 3, bytes: 2 ** 30 } },
    { name: 'bytes', rekeyAfter: { frames: 2 ** 16, bytes: 100 } },
  ])('both directions go on over new keys: $name', async ({ rekeyAfter }) => {
    const [ann, bob] = await pair({ rekeyAfter }, { rekeyAfter });
    for (let i = 0; i < 20; i += 1) {
      ann.channel.send(bytes(i));
      bob.channel.send(new Uint8Array(30).fill(i));
      await settle();
    }
    expect(bob.messages).toEqual(Array.from({ length: 20 }, (_, i) => bytes(i)));
    expect(ann.messages).toEqual(Array.from({ length: 20 }, (_, i) => new Uint8Array(30).fill(i)));
  });

  test.each([
    { name: 'after so many frames', rekeyAfter: { frames: 2, bytes: 1000 }, sizes: [1, 1, 1] },
    { name: 'after so many sealed bytes', rekeyAfter: { frames: 100, bytes: 64 }, sizes: [16, 16, 16] },
  ])('the key changes $name, and not before', ({ rekeyAfter, sizes }) => {
    const direction = new Direction(new CipherState(key(3)), rekeyAfter);
    const plain = new CipherState(key(3));
    expect(sizes.map((size) => plain.open(direction.seal(new Uint8Array(size))) !== undefined)).toEqual([true, true, false]);
  });
});

describe('the end', () => {
  test('close sends what was said before, then goaway, then nothing', async () => {
    const [ann, bob] = await pair();
    ann.channel.send(bytes(1, 2));
    ann.channel.close('closing');
    ann.channel.send(bytes(3));
    await settle();
    expect(bob.told).toEqual(['ready ann', 'message of 2', 'goaway closing', 'close closed']);
    expect(ann.told).toEqual(['ready bob', 'close closing']);
  });

  test('after goaway we go on reading, and say nothing more', async () => {
    const [ann, bob] = await pair();
    ann.channel.send(bytes(1));
    ann.channel.goaway('duplicate');
    ann.channel.goaway('duplicate');
    ann.channel.send(bytes(2));
    ann.channel.ping();
    await settle();
    bob.channel.send(bytes(3, 4));
    bob.channel.ping();
    await settle();
    expect(bob.told).toEqual(['ready ann', 'message of 1', 'goaway duplicate']);
    expect(ann.told).toEqual(['ready bob', 'message of 2']);
  });

  test('closing, what still comes is dropped', async () => {
    const [ann, bob] = await pair();
    bob.channel.send(bytes(9));
    ann.channel.close('closing');
    await settle();
    expect(ann.told).toEqual(['ready bob', 'close closing']);
  });

  test('terminate loses what was not sent, and leaves nothing behind', async () => {
    const [ann, bob] = await pair();
    ann.channel.send(bytes(1));
    ann.channel.terminate('stalled');
    await settle();
    expect(bob.told).toEqual(['ready ann', 'close lost']);
    expect(ann.told).toEqual(['ready bob', 'close stalled']);
  });

  test('close before the handshake is done says nothing', async () => {
    const [near, far] = await pipe();
    const ann = new End(near, {}, true);
    ann.channel.close('closing');
    const bob = new End(far, { identity: bobsIdentity }, false);
    await settle();
    expect(bob.wire).toEqual([]);
    expect(ann.told).toEqual(['close closing']);
  });
});
