import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PeerId } from '../../src/ids.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { MAX_OVERLAY_BYTES } from '../../src/node/messages.ts';
import { checkedOverlay, decodeOverlay, encodeOverlay } from '../../src/node/overlay-messages.ts';
import type { Contact, OverlayMessage } from '../../src/overlay/messages.ts';

const hex = (n: number): PeerId => n.toString(16).padStart(64, '0') as PeerId;
/** In these tests a record is the number of its peer; 0 is a bad one. */
const contactOf = (n: number): Contact => ({ peer: hex(n), record: Uint8Array.of(n) });
const check = (record: Uint8Array): Contact | undefined => ((record[0] ?? 0) === 0 ? undefined : contactOf(record[0] ?? 0));
const recordOf = ({ record }: Contact): Uint8Array | undefined => record;

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const contact = fc.integer({ min: 1, max: 200 }).map(contactOf);
const contacts = fc.array(contact, { maxLength: 8 });
const offer = fc.option(contact);
const message: fc.Arbitrary<OverlayMessage> = fc.oneof(
  fc.record({ type: fc.constant('Join' as const), generation: u32, leaf: fc.boolean(), record: fc.constant(Uint8Array.of(9)) }),
  fc.record({ type: fc.constant('JoinReply' as const), generation: u32, accepted: fc.boolean(), contacts }),
  fc.record({ type: fc.constant('ForwardJoin' as const), joiner: contact, ttlHops: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ type: fc.constant('Neighbor' as const), generation: u32, priority: fc.constantFrom('low' as const, 'high' as const, 'probe' as const), leaf: fc.boolean(), record: fc.constant(Uint8Array.of(9)) }),
  fc.record({ type: fc.constant('NeighborReply' as const), generation: u32, accepted: fc.boolean(), offer }),
  fc.record({ type: fc.constant('Disconnect' as const), generation: u32, alive: fc.boolean(), offer }),
  fc.record({ type: fc.constant('Shuffle' as const), generation: u32, origin: contact.map(({ peer }) => peer), nonce: u32.map((n) => Math.max(1, n)), ttlHops: fc.integer({ min: 0, max: 255 }), contacts }),
  fc.record({ type: fc.constant('ShuffleReply' as const), origin: contact.map(({ peer }) => peer), nonce: u32, contacts }),
);

/** As `from` says it and a receiver understands it. */
function understood(from: PeerId, said: OverlayMessage): OverlayMessage | undefined {
  const decoded = decodeOverlay(encodeOverlay(said, recordOf) ?? new Uint8Array());
  return decoded.ok ? checkedOverlay(from, decoded.message, check) : undefined;
}

describe('overlay messages', () => {
  test('what is said is what is understood', () => {
    fc.assert(
      fc.property(message, (said) => {
        expect(understood(hex(9), said)).toEqual(said);
      }),
      { numRuns: 300 },
    );
  });

  test('the largest one fits', () => {
    const full = Array.from({ length: 8 }, (_, i) => ({ peer: hex(i + 1), record: new Uint8Array(512) }));
    const bytes = encodeOverlay({ type: 'Shuffle', generation: 2 ** 32 - 1, origin: hex(1), nonce: 2 ** 32 - 1, ttlHops: 255, contacts: full }, recordOf);
    expect(bytes?.length).toBeLessThanOrEqual(MAX_OVERLAY_BYTES);
    expect(decodeOverlay(bytes ?? new Uint8Array()).ok).toBe(true);
  });

  test('who has no record is not named to others', () => {
    const nobody: Contact = { peer: hex(5), record: undefined };
    expect(encodeOverlay({ type: 'ForwardJoin', joiner: nobody, ttlHops: 3 }, recordOf)).toBeUndefined();
    expect(understood(hex(9), { type: 'JoinReply', generation: 1, accepted: true, contacts: [nobody, contactOf(3)] })).toMatchObject({ contacts: [contactOf(3)] });
    expect(understood(hex(9), { type: 'Disconnect', generation: 1, alive: true, offer: nobody })).toMatchObject({ offer: null });
  });

  test('contacts with bad records are left out, and a walk for one ends', () => {
    const bad: Contact = { peer: hex(7), record: Uint8Array.of(0) };
    expect(understood(hex(9), { type: 'ShuffleReply', origin: hex(1), nonce: 1, contacts: [bad, contactOf(3)] })).toMatchObject({ contacts: [contactOf(3)] });
    expect(understood(hex(9), { type: 'NeighborReply', generation: 1, accepted: false, offer: bad })).toMatchObject({ offer: null });
    expect(understood(hex(9), { type: 'ForwardJoin', joiner: bad, ttlHops: 1 })).toBeUndefined();
  });

  test.each<{ name: string; from: number; record: Uint8Array | undefined }>([
    { name: 'no record', from: 9, record: undefined },
    { name: 'a bad record', from: 9, record: Uint8Array.of(0) },
    { name: 'the record of another', from: 8, record: Uint8Array.of(9) },
  ])('who asks with $name is a leaf, whatever it says', ({ from, record }) => {
    for (const type of ['Join', 'Neighbor'] as const) {
      expect(understood(hex(from), (type === 'Join' ? { type, generation: 1, leaf: false, record } : { type, generation: 1, priority: 'high', leaf: false, record }) as OverlayMessage)).toMatchObject({ leaf: true, record: undefined });
    }
  });
});

describe('what peers send', () => {
  const join = { type: 'Join', generation: 1, leaf: false, record: null };
  const shuffle = { type: 'Shuffle', generation: 1, origin: new Uint8Array(32), nonce: 1, ttlHops: 3, contacts: [] };
  test.each<{ name: string; value: unknown; ok: boolean }>([
    { name: 'as it should be', value: join, ok: true },
    { name: 'another type', value: { ...join, type: 'Leave' }, ok: false },
    { name: 'a key too many', value: { ...join, more: 1 }, ok: false },
    { name: 'a key missing', value: { type: 'Join', generation: 1, leaf: false }, ok: false },
    { name: 'a generation past u32', value: { ...join, generation: 2 ** 32 }, ok: false },
    { name: 'a negative generation', value: { ...join, generation: -1 }, ok: false },
    { name: 'a record of 513 bytes', value: { ...join, record: new Uint8Array(513) }, ok: false },
    { name: 'eight contacts', value: { ...shuffle, contacts: Array.from({ length: 8 }, () => new Uint8Array(1)) }, ok: true },
    { name: 'nine contacts', value: { ...shuffle, contacts: Array.from({ length: 9 }, () => new Uint8Array(1)) }, ok: false },
    { name: 'a ttl of 256', value: { ...shuffle, ttlHops: 256 }, ok: false },
    { name: 'an origin of 31 bytes', value: { ...shuffle, origin: new Uint8Array(31) }, ok: false },
    { name: 'a Shuffle that would be a parting gift', value: { ...shuffle, nonce: 0 }, ok: false },
    { name: 'no map', value: [1, 2], ok: false },
  ])('$name: $ok', ({ value, ok }) => {
    expect(decodeOverlay(encodePayload(value)).ok).toBe(ok);
  });

  test('no bytes make it throw', () => {
    const nearly = fc.tuple(message, fc.nat(), fc.nat(255)).map(([said, at, byte]) => {
      const bytes = (encodeOverlay(said, recordOf) ?? new Uint8Array(1)).slice();
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), nearly), (bytes) => {
        const decoded = decodeOverlay(bytes);
        if (decoded.ok) checkedOverlay(hex(9), decoded.message, check);
      }),
      { numRuns: 1_000 },
    );
  });
});
