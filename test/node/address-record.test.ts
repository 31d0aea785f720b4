import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeAddressRecord, MAX_RECORD_LIFE_MS, readAddressRecord, RECORD_LIFE_MS } from '../../src/node/address-record.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { identityFromSeed } from '../../src/transport/identity.ts';

const NOW = 1_800_000_000_000;
const identity = identityFromSeed(new Uint8Array(32).fill(7));
const addresses = ['ws://192.0.2.1:7700', 'wss://ann.example'];
const given = { seq: 3, expiresMs: NOW + RECORD_LIFE_MS, addresses, dialable: true };
const bytes = makeAddressRecord(identity, given);

/** A record of our choice under a good signature. */
function signed(body: Record<string, unknown>): Uint8Array {
  const signature = identity.sign(Buffer.concat([Buffer.from('hearsay/1 address record'), encodePayload(body)]));
  return encodePayload({ ...body, signature });
}

const body = { addresses, dialable: true, expiresMs: NOW + RECORD_LIFE_MS, id: identity.publicKey, seq: 3 };

describe('an address record', () => {
  test('comes back as it was made', () => expect(readAddressRecord(bytes, NOW)).toEqual({ ok: true, record: { id: identity.id, ...given } }));

  test('has the form that others build, one for equal contents', () => {
    expect(Buffer.from(signed(body))).toEqual(Buffer.from(bytes));
    expect(Buffer.from(makeAddressRecord(identity, { ...given, addresses: ['ws://192.0.2.1:7700/', `wss://ANN.example:443#${identity.id}`] }))).toEqual(Buffer.from(bytes));
  });

  test('may have no address', () => expect(readAddressRecord(makeAddressRecord(identity, { ...given, addresses: [], dialable: false }), NOW)).toMatchObject({ ok: true }));

  test('of eight addresses of 40 characters fits', () => {
    const eight = Array.from({ length: 8 }, (_, n) => `wss://node-number-${n}.somewhere.example:7700`.slice(0, 40));
    expect(makeAddressRecord(identity, { ...given, addresses: eight }).length).toBeLessThanOrEqual(512);
  });

  test('larger than 512 bytes, or with nine addresses, is not made', () => {
    const long = Array.from({ length: 4 }, (_, n) => `ws://${'x'.repeat(60)}.${'y'.repeat(40)}${n}.example`);
    expect(() => makeAddressRecord(identity, { ...given, addresses: long })).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE' }));
    expect(() => makeAddressRecord(identity, { ...given, addresses: Array.from({ length: 9 }, () => 'ws://a.b') })).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE', value: 9 }));
    expect(() => makeAddressRecord(identity, { ...given, addresses: ['nowhere'] })).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_ADDRESS' }));
  });

  test.each<[string, Uint8Array, number, string]>([
    ['at its expiry', bytes, given.expiresMs, 'expired'],
    ['72 h and 1 ms before its expiry', bytes, given.expiresMs - MAX_RECORD_LIFE_MS - 1, 'too-far-ahead'],
    ['of 513 bytes', new Uint8Array(513), NOW, 'too-large'],
    ['of nothing', new Uint8Array(0), NOW, 'malformed'],
    ['with a byte behind it', Buffer.concat([bytes, Uint8Array.of(0)]), NOW, 'malformed'],
    ['with a further field', signed({ ...body, more: 1 }), NOW, 'malformed'],
    ['with a seq below 0', signed({ ...body, seq: -1 }), NOW, 'malformed'],
    ['with nine addresses', signed({ ...body, addresses: Array.from({ length: 9 }, () => 'ws://a.b') }), NOW, 'malformed'],
    ['with an address that is none', signed({ ...body, addresses: ['nowhere'] }), NOW, 'bad-address'],
    ['with an address for somebody else', signed({ ...body, addresses: [`ws://a.b#${'a'.repeat(64)}`] }), NOW, 'bad-address'],
    ['with the signature of somebody else', signed({ ...body, id: identityFromSeed(new Uint8Array(32).fill(8)).publicKey }), NOW, 'bad-signature'],
    ['with half a signature', encodePayload({ ...body, signature: new Uint8Array(32) }), NOW, 'bad-signature'],
  ])('%s is refused', (_name, record, nowMs, reason) => expect(readAddressRecord(record, nowMs)).toEqual({ ok: false, reason }));

  test('is good up to 72 h before its expiry', () => expect(readAddressRecord(bytes, given.expiresMs - MAX_RECORD_LIFE_MS)).toMatchObject({ ok: true }));

  test('altered in any bit is refused', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (index, bit) => {
        const altered = bytes.slice();
        altered[index] = (altered[index] ?? 0) ^ (1 << bit);
        return !readAddressRecord(altered, NOW).ok;
      }),
      { numRuns: 300 },
    );
  });

  test('no bytes make reading throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 520 }), (any) => !readAddressRecord(any, NOW).ok), { numRuns: 1_000 });
  });
});
