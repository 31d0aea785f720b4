import { expect, test } from '@jest/globals';
import { makeAddressRecord, MAX_RECORD_LIFE_MS, RECORD_LIFE_MS } from '../../src/node/address-record.ts';
import type { AddressRecord, ReadRecord } from '../../src/node/address-record.ts';
import { MAX_KNOWN_RECORDS, RecordReader } from '../../src/node/record-reader.ts';
import { identityFromSeed } from '../../src/transport/identity.ts';

const NOW = 1_800_000_000_000;
const EXPIRY = NOW + RECORD_LIFE_MS;
const identity = identityFromSeed(new Uint8Array(32).fill(7));
const recordOf = (seq: number): Uint8Array => makeAddressRecord(identity, { seq, expiresMs: EXPIRY, addresses: ['ws://192.0.2.1:7700'], dialable: true });
const good = (read: ReadRecord): AddressRecord | undefined => (read.ok ? read.record : undefined);

test('a record that was good is known by its bytes: it is not checked again', () => {
  const reader = new RecordReader();
  const first = good(reader.read(recordOf(1), NOW));
  expect(first).toMatchObject({ id: identity.id, seq: 1 });
  expect(good(reader.read(recordOf(1), NOW))).toBe(first);
  expect(good(reader.read(recordOf(2), NOW))).toMatchObject({ seq: 2 });
});

test('one that is known still has its time', () => {
  const reader = new RecordReader();
  reader.read(recordOf(1), NOW);
  expect(reader.read(recordOf(1), EXPIRY)).toEqual({ ok: false, reason: 'expired' });
  expect(reader.read(recordOf(1), EXPIRY - MAX_RECORD_LIFE_MS - 1)).toEqual({ ok: false, reason: 'too-far-ahead' });
});

test('what is no record is none each time, and neither is a known one with another byte', () => {
  const reader = new RecordReader();
  reader.read(recordOf(1), NOW);
  const altered = recordOf(1);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  for (let n = 0; n < 2; n += 1) expect(reader.read(altered, NOW)).toEqual({ ok: false, reason: 'bad-signature' });
  expect(reader.read(new Uint8Array(513), NOW)).toEqual({ ok: false, reason: 'too-large' });
});

test(`of more than ${MAX_KNOWN_RECORDS} the one that was read longest ago is checked anew`, () => {
  const reader = new RecordReader();
  const [first, second] = [good(reader.read(recordOf(0), NOW)), good(reader.read(recordOf(1), NOW))];
  for (let seq = 2; seq < MAX_KNOWN_RECORDS; seq += 1) reader.read(recordOf(seq), NOW);
  expect(good(reader.read(recordOf(0), NOW))).toBe(first);
  reader.read(recordOf(MAX_KNOWN_RECORDS), NOW);
  expect(good(reader.read(recordOf(0), NOW))).toBe(first);
  expect(good(reader.read(recordOf(1), NOW))).not.toBe(second);
});
