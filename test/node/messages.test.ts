import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { GIVE_PAYLOAD_AT, MAX_HAVE_NUMBERS, MAX_MARK_BYTES, MAX_PATH_BYTES, decodeMessage, encodeMessage, factHead, giveHead, readFact } from '../../src/node/messages.ts';
import type { Message } from '../../src/node/messages.ts';

const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const topic = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const text = (maxBytes: number): fc.Arbitrary<string> => fc.string({ unit: 'grapheme', maxLength: maxBytes }).filter((value) => Buffer.byteLength(value) <= maxBytes);
const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes));

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('Watch' as const), sub: number, topic, path: text(MAX_PATH_BYTES) }),
  fc.record({ type: fc.constant('WatchAck' as const), sub: number, refused: text(256) }),
  fc.record({ type: fc.constant('Fact' as const), sub: number, mark: text(MAX_MARK_BYTES), payload }),
  fc.record({ type: fc.constant('Kick' as const), sub: number, reason: text(256) }),
  fc.record({ type: fc.constant('Leave' as const), sub: number }),
  fc.record({ type: fc.constant('Poke' as const), number, topic, mark: text(MAX_MARK_BYTES), payload }),
  fc.record({ type: fc.constant('PokeAck' as const), number, refused: text(256) }),
  fc.record({ type: fc.constant('Record' as const), record: payload }),
  fc.record({ type: fc.constant('Settle' as const), number }),
  fc.record({ type: fc.constant('Settled' as const), number }),
  fc.record({ type: fc.constant('Overlay' as const), topic, payload }),
  fc.record({ type: fc.constant('Find' as const), peer: topic.map((id) => id as PeerId) }),
  fc.record({ type: fc.constant('Ack' as const), sub: number, count: number }),
  fc.record({ type: fc.constant('Offer' as const), sub: number, number, id: topic.map((id) => id as RumorId), hops: fc.integer({ min: 0, max: 255 }), bytes: number }),
  fc.record({ type: fc.constant('Want' as const), sub: number, number }),
  fc.record({ type: fc.constant('Give' as const), sub: number, number, payload }),
  fc.record({ type: fc.constant('Have' as const), sub: number, numbers: fc.array(number, { minLength: 1, maxLength: MAX_HAVE_NUMBERS }) }),
);

/** Views of different buffers compare equal by content. */
function plain(value: Message): unknown {
  return JSON.parse(JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? Buffer.from(part).toString('hex') : (part as { type?: string; data?: number[] })?.type === 'Buffer' ? Buffer.from((part as { data: number[] }).data).toString('hex') : part)));
}

describe('messages between nodes', () => {
  test('every message survives the wire', () => {
    fc.assert(
      fc.property(message, (given) => {
        const decoded = decodeMessage(encodeMessage(given));
        expect(decoded.ok && plain(decoded.message)).toEqual(plain(given));
      }),
    );
  });

  test('a fact in two parts is the fact in one', () => {
    fc.assert(
      fc.property(number, text(MAX_MARK_BYTES), payload, (sub, mark, bytes) => {
        const parts = Buffer.concat([factHead(sub, mark), bytes]);
        expect(parts.equals(encodeMessage({ type: 'Fact', sub, mark, payload: bytes }))).toBe(true);
      }),
    );
  });

  test('what is given in two parts is a Give in one, and its payload begins where it is said to', () => {
    fc.assert(
      fc.property(number, number, payload, (sub, which, bytes) => {
        const parts = Buffer.concat([giveHead(sub, which), bytes]);
        expect(parts.equals(encodeMessage({ type: 'Give', sub, number: which, payload: bytes }))).toBe(true);
        expect(parts.subarray(GIVE_PAYLOAD_AT).equals(bytes)).toBe(true);
      }),
    );
  });

  test('no bytes make decoding throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => typeof decodeMessage(bytes).ok === 'boolean'), { numRuns: 2_000 });
  });

  test('every truncation is refused or is another whole message with a shorter tail', () => {
    fc.assert(
      fc.property(message, (given) => {
        const bytes = encodeMessage(given);
        const open = given.type === 'Fact' || given.type === 'Poke' || given.type === 'Record' || given.type === 'Overlay' || given.type === 'Give';
        const cut = decodeMessage(bytes.subarray(0, Math.max(0, bytes.length - 1)));
        if (!open) expect(cut.ok).toBe(false);
      }),
    );
  });

  test.each<{ name: string; bytes: number[]; reason: string }>([
    { name: 'nothing', bytes: [], reason: 'unknown-type' },
    { name: 'an unknown type', bytes: [200, 1, 2, 3], reason: 'unknown-type' },
    { name: 'bytes after the end', bytes: [5, 0, 0, 0, 1, 9], reason: 'trailing-bytes' },
    { name: 'a path over its limit', bytes: [1, 0, 0, 0, 1, ...Array<number>(32).fill(0), 1, 1, ...Array<number>(257).fill(47)], reason: 'text-too-long' },
    { name: 'a mark that is not UTF-8', bytes: [3, 0, 0, 0, 1, 1, 0xff], reason: 'bad-utf8' },
    { name: 'a Have of no number', bytes: [17, 0, 0, 0, 1], reason: 'truncated' },
    { name: 'a Have of too many', bytes: [17, 0, 0, 0, 1, ...Array<number>(4 * 257).fill(0)], reason: 'too-long' },
    { name: 'a record over its limit', bytes: [8, ...Array<number>(513).fill(0)], reason: 'too-long' },
  ])('$name is refused as $reason', ({ bytes, reason }) => {
    expect(decodeMessage(Uint8Array.from(bytes))).toEqual({ ok: false, reason });
  });

  test('a reason too long for the wire is cut at a character', () => {
    const decoded = decodeMessage(encodeMessage({ type: 'Kick', sub: 1, reason: 'ä'.repeat(200) }));
    expect(decoded).toEqual({ ok: true, message: { type: 'Kick', sub: 1, reason: 'ä'.repeat(128) } });
  });
});

test('a fact whose mark is too long, or does not end within it, is none', () => {
  const fact = encodeMessage({ type: 'Fact', sub: 7, mark: 'm'.repeat(65), payload: Uint8Array.of(1, 2) });
  expect(decodeMessage(fact)).toEqual({ ok: false, reason: 'text-too-long' });
  for (const end of [1, 5, 6, 20]) expect(decodeMessage(encodeMessage({ type: 'Fact', sub: 7, mark: 'm'.repeat(20), payload: Uint8Array.of(1) }).subarray(0, end))).toEqual({ ok: false, reason: 'truncated' });
});

describe('the head of a fact', () => {
  const head = { sub: 0, mark: '', payloadAt: 0 };

  test('is read as it was written, and the payload is what stands behind it', () => {
    fc.assert(
      fc.property(number, text(MAX_MARK_BYTES), payload, (sub, mark, bytes) => {
        const whole = encodeMessage({ type: 'Fact', sub, mark, payload: bytes });
        expect([readFact(whole, head), head.sub, head.mark]).toEqual([true, sub, mark]);
        expect(Buffer.from(bytes).equals(whole.subarray(head.payloadAt))).toBe(true);
      }),
    );
  });

  test('is a fact’s alone, and none that decoding would refuse', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), message.map(encodeMessage)), (bytes) => {
        const decoded = decodeMessage(bytes);
        expect(readFact(bytes, head)).toBe(decoded.ok && decoded.message.type === 'Fact');
      }),
      { numRuns: 500 },
    );
  });
});
