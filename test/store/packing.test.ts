import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { RumorId } from '../../src/ids.ts';
import { Growing } from '../../src/store/growing.ts';
import { SEAL_BYTES } from '../../src/store/seal.ts';
import { ID_RECORD_BYTES, isPackedIds, packSeen, writeIdRecord } from '../../src/store/packing.ts';
import { packPayload, payloadEnd, unpackPayload } from '../../src/store/payload-packing.ts';
import type { Kept } from '../../src/store/store.ts';
import { idOf } from './fixtures/events.ts';

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex') as RumorId);
const kept = fc.record({ id, mark: fc.string({ unit: 'grapheme', maxLength: 16 }), payload: fc.uint8Array({ maxLength: 300 }), hops: fc.integer({ min: 0, max: 15 }) });

function packPayloads(group: readonly Kept[]): Uint8Array {
  const bytes = new Growing();
  for (const each of group) packPayload(bytes, each);
  return bytes.view;
}

describe('a group of payloads', () => {
  test('reads back record by record', () => {
    fc.assert(
      fc.property(fc.array(kept, { minLength: 1, maxLength: 8 }), (group) => {
        const packed = packPayloads(group);
        const read: (Kept | undefined)[] = [];
        for (let at = 0; at < packed.length; at = payloadEnd(packed, at)!) read.push(unpackPayload(packed, at));
        expect(read).toEqual(group);
      }),
    );
  });

  test('is read from a view into a larger buffer as well', () => {
    const one: Kept = { id: idOf(1), mark: 'rumor', payload: Uint8Array.of(1, 2, 3), hops: 4 };
    const packed = packPayloads([one]);
    const larger = new Uint8Array(packed.length + 20);
    larger.set(packed, 10);
    const read = unpackPayload(larger.subarray(10, 10 + packed.length), 0);
    expect(read).toEqual(one);
    // A copy: one payload does not hold its whole group in memory.
    expect(read?.payload.buffer.byteLength).toBe(3);
  });

  test('cut off anywhere, it has no last record, and nothing throws', () => {
    const packed = packPayloads([{ id: idOf(1), mark: 'rumor', payload: Uint8Array.of(1, 2, 3), hops: 4 }]);
    for (let length = 0; length < packed.length; length += 1) expect(unpackPayload(packed.subarray(0, length), 0)).toBeUndefined();
  });

  test('whatever the bytes are, nothing throws and no record ends outside', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(120), (bytes, at) => {
        const end = payloadEnd(bytes, at);
        expect(end === undefined || (end > at && end <= bytes.length)).toBe(true);
        expect(unpackPayload(bytes, at) === undefined).toBe(end === undefined);
      }),
    );
  });
});

describe('a group of ids', () => {
  test('is 36 bytes an id: the id, then hops and flags, who brought it, and whose it is', () => {
    const packed = new Uint8Array(ID_RECORD_BYTES);
    writeIdRecord(packed, 0, idOf(7), packSeen({ hops: 15, delivered: true, relayed: false }), 0x1234, 0x56);
    expect(Buffer.from(packed).toString('hex')).toBe(`${idOf(7)}f1123456`);
  });

  test.each([
    { name: 'nothing', bytes: new Uint8Array(0), good: false },
    { name: 'a cut record', bytes: new Uint8Array(ID_RECORD_BYTES - 1), good: false },
    { name: 'a record and a half', bytes: new Uint8Array(ID_RECORD_BYTES + 5), good: false },
    { name: 'a state with a reserved flag', bytes: new Uint8Array(ID_RECORD_BYTES).fill(4, ID_RECORD_BYTES - 4), good: false },
    { name: 'two records', bytes: new Uint8Array(2 * ID_RECORD_BYTES), good: true },
  ])('$name: whole is $good', ({ bytes, good }) => {
    expect(isPackedIds(bytes)).toBe(good);
  });
});

test('bytes that are appended to grow, and are given away with room for a seal: as they are, or copied when they are less than half of their array', () => {
  const bytes = new Growing();
  for (let n = 0; n < 1_000; n += 1) {
    const at = bytes.extend(10);
    bytes.bytes.fill(n, at, at + 10);
  }
  expect([bytes.length, bytes.view.length]).toEqual([10_000, 10_000]);
  expect(Array.from({ length: 1_000 }, (_, n) => bytes.view[10 * n + 9])).toEqual(Array.from({ length: 1_000 }, (_, n) => n % 256));
  const { buffer } = bytes.bytes;
  const taken = bytes.take();
  expect([taken.length, taken[9_999], taken.buffer === buffer, bytes.length]).toEqual([10_000 + SEAL_BYTES, 999 % 256, true, 0]);
  bytes.bytes.fill(0, bytes.extend(1));
  expect([bytes.view.length, taken[9_999]]).toEqual([1, 999 % 256]);
  const little = bytes.take();
  expect([little.length, little.buffer.byteLength]).toEqual([1 + SEAL_BYTES, 1 + SEAL_BYTES]);
  bytes.extend(1);
  bytes.take();
  expect(bytes.bytes.length).toBe(taken.length);
  const { length } = (bytes.extend(1_000_000), bytes.bytes);
  bytes.take();
  bytes.extend(1);
  expect([length, bytes.bytes.length]).toEqual([1_000_000 + SEAL_BYTES, 384 * 1024]);
});
