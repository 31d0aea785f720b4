import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Seen } from '../../src/agent.ts';
import type { RumorId } from '../../src/ids.ts';
import { randomHashKey } from '../../src/store/hash-key.ts';
import { IdRing, MAX_IDS, placeOf } from '../../src/store/id-ring.ts';
import type { HashKey } from '../../src/store/id-ring.ts';
import { ID_RECORD_BYTES, packSeen, unpackSeen, writeIdRecord } from '../../src/store/packing.ts';
import { SeenSet } from '../../src/store/seen-set.ts';
import type { Remembered } from '../../src/store/store.ts';

const KEY: HashKey = [0x9e3779b1, 0x85ebca77];

const idOf = (n: number): RumorId => createHash('sha256').update(String(n)).digest('hex') as RumorId;
const entry = (id: RumorId, hops: number, delivered = false, relayed = false): Remembered => ({ id, hops, delivered, relayed });

describe('the seen-set', () => {
  test('an id that never came is not remembered', () => {
    const set = new SeenSet(10, KEY);
    expect([set.get(idOf(1)), set.size, set.added, set.dropped]).toEqual([undefined, 0, 0, 0]);
  });

  test('hops rise to the maximum, flags are only ever set', () => {
    const set = new SeenSet(10, KEY);
    set.merge(entry(idOf(1), 3, true, false), 0, 0);
    set.merge(entry(idOf(1), 1, false, false), 0, 0);
    expect(set.get(idOf(1))).toEqual({ hops: 3, delivered: true, relayed: false });
    set.merge(entry(idOf(1), 15, false, true), 0, 0);
    expect(set.get(idOf(1))).toEqual({ hops: 15, delivered: true, relayed: true });
    expect(set.size).toBe(1);
  });

  test('equal states are one frozen object: a hit allocates nothing', () => {
    const set = new SeenSet(10, KEY);
    set.merge(entry(idOf(1), 3, true), 0, 0);
    set.merge(entry(idOf(2), 3, true), 0, 0);
    expect(set.get(idOf(1))).toBe(set.get(idOf(2)));
    expect(Object.isFrozen(set.get(idOf(1)))).toBe(true);
  });

  test('at the bound the oldest makes room, in the order in which they came', () => {
    const set = new SeenSet(3, KEY);
    for (let n = 0; n < 3; n += 1) set.merge(entry(idOf(n), n), 0, 0);
    // What is merged later makes an id no younger.
    set.merge(entry(idOf(0), 9), 0, 1);
    set.merge(entry(idOf(3), 3), 0, 1);
    expect([0, 1, 2, 3].map((n) => set.get(idOf(n))?.hops)).toEqual([undefined, 1, 2, 3]);
    expect([set.size, set.added, set.dropped]).toEqual([3, 4, 1]);
  });

  test('a bucket expires whole, the later ones stay', () => {
    const set = new SeenSet(5_000, KEY);
    for (let n = 0; n < 3_000; n += 1) set.merge(entry(idOf(n), 1), 0, Math.floor(n / 1_000));
    set.expireBefore(2);
    expect(set.size).toBe(1_000);
    expect([0, 999, 1_999].map((n) => set.get(idOf(n)))).toEqual([undefined, undefined, undefined]);
    expect([2_000, 2_999].map((n) => set.get(idOf(n))?.hops)).toEqual([1, 1]);
    set.expireBefore(9);
    expect(set.size).toBe(0);
    set.merge(entry(idOf(1), 2), 0, 9);
    expect(set.get(idOf(1))?.hops).toBe(2);
  });

  test('below 24 h the ids of whoever brought most go first: a flooder pushes out nobody else’s', () => {
    const set = new SeenSet(1_000, KEY);
    for (let n = 0; n < 200; n += 1) set.merge(entry(idOf(n), 1), 1 + (n % 2), 10);
    for (let n = 1_000; n < 9_000; n += 1) set.merge(entry(idOf(n), 2), 3, 11);
    expect(set.size).toBe(1_000);
    for (let n = 0; n < 200; n += 1) if (set.get(idOf(n)) === undefined) throw new Error(`lost ${n}`);
    // Of the flooder's, the latest are left.
    expect([8_199, 8_200, 8_999].map((n) => set.get(idOf(n))?.hops)).toEqual([undefined, 2, 2]);
  });

  test('of ids that are 24 h old the oldest goes, whoever brought it', () => {
    const set = new SeenSet(1_000, KEY);
    for (let n = 0; n < 200; n += 1) set.merge(entry(idOf(n), 1), 1, 10);
    for (let n = 1_000; n < 1_900; n += 1) set.merge(entry(idOf(n), 2), 3, 14);
    expect([99, 100].map((n) => set.get(idOf(n))?.hops)).toEqual([undefined, 1]);
  });

  test('another flooder is found when the first is gone, and many small ones cost no more than a bounded look', () => {
    const set = new SeenSet(5_000, KEY);
    for (let n = 0; n < 3_000; n += 1) set.merge(entry(idOf(n), 1), 1, 10);
    for (let n = 3_000; n < 12_000; n += 1) set.merge(entry(idOf(n), 1), n < 8_000 ? 2 : 10 + (n % 2_000), 10);
    expect(set.size).toBe(5_000);
    // The newest is always remembered.
    expect(set.get(idOf(11_999))?.hops).toBe(1);
  });

  test('it grows past its first size with its oldest in the middle of the ring', () => {
    const set = new SeenSet(5_000, KEY);
    for (let n = 0; n < 1_000; n += 1) set.merge(entry(idOf(n), 1), 0, 0);
    for (let n = 1_000; n < 1_020; n += 1) set.merge(entry(idOf(n), 2), 0, 1);
    set.expireBefore(1);
    for (let n = 1_020; n < 4_000; n += 1) set.merge(entry(idOf(n), n % 16), 0, 2);
    expect(set.get(idOf(999))).toBeUndefined();
    for (let n = 1_020; n < 4_000; n += 1) if (set.get(idOf(n))?.hops !== n % 16) throw new Error(`lost ${n}`);
    expect(set.get(idOf(1_000))?.hops).toBe(2);
  });

  test('at most 40 bytes an id at a million ids', () => {
    // An eighth of a million: the arrays' sizes are in the same proportion, to the byte.
    const set = new SeenSet(125_000, KEY);
    const id = new Uint8Array(36);
    const view = new DataView(id.buffer);
    for (let n = 0; n < 125_000; n += 1) {
      view.setUint32(0, Math.imul(n, 0x9e3779b1));
      set.mergeRecord(id, 0, 0);
    }
    expect(set.size).toBe(125_000);
    expect(set.byteLength / set.size).toBeLessThan(28);
  });

  test('an id is told by its first 16 bytes', () => {
    const set = new SeenSet(10, KEY);
    const at15 = idOf(1).slice(0, 30);
    set.merge(entry(`${at15}${'0'.repeat(34)}` as RumorId, 1), 0, 0);
    expect(set.get(`${at15}00${'f'.repeat(32)}` as RumorId)?.hops).toBe(1);
    expect(set.get(`${at15}01${'0'.repeat(32)}` as RumorId)).toBeUndefined();
  });

  test('ids made to start alike do not pile up: their places depend on a secret', () => {
    // 10,000 ids that agree in their first 32 bits, which their author can afford, in a table of 2^15 places.
    const seconds = Array.from({ length: 10_000 }, (_, n) => createHash('sha256').update(String(n)).digest().readUInt32BE());
    const placesUnder = (key: HashKey): number[] => seconds.map((second) => placeOf(0, second, key, 32 - 15));
    const key = randomHashKey();
    // Thrown at random they take 8,620 places or so.
    expect(new Set(placesUnder(key)).size).toBeGreaterThan(7_000);
    const other = placesUnder([key[0] ^ 0x5a5a5a5a, key[1] ^ 0x5a5a5a5a]);
    const same = placesUnder(key).filter((place, n) => place === other[n]);
    expect(same.length).toBeLessThan(100);
  });

  test('each process has its own hash key', () => {
    expect(randomHashKey()).not.toEqual(randomHashKey());
  });

  test('a ring has room for one id at least and 2^27 at most', () => {
    const make = (maxIds: number): unknown => new IdRing(maxIds, KEY, () => ({}));
    expect(() => make(0)).toThrow(expect.objectContaining({ code: 'HEARSAY_INVARIANT' }));
    expect(() => make(MAX_IDS + 1)).toThrow(expect.objectContaining({ code: 'HEARSAY_INVARIANT' }));
    expect(make(1)).toBeDefined();
  });
});

describe('against a model', () => {
  // Few ids, and most of them alike at the start: they pile up in one place and wrap around the table's end.
  const ALL = ['0000000000000000', 'ffffffffffffffff', '0000000000000001'].flatMap((head) =>
    Array.from({ length: 40 }, (_, n) => `${head}${n.toString(16).padStart(16, '0')}${'a'.repeat(32)}` as RumorId),
  );
  const stateOf = (seen: Seen | undefined): number => (seen === undefined ? -1 : packSeen(seen));
  const id = fc.constantFrom(...ALL);
  const odd = fc.nat(0x7fffffff).map((n) => 2 * n + 1);
  const remembered = fc.record({ id, hops: fc.integer({ min: 0, max: 15 }), delivered: fc.boolean(), relayed: fc.boolean() });
  const command = fc.oneof(
    { weight: 12, arbitrary: remembered.map((value) => ({ type: 'merge' as const, value })) },
    { weight: 4, arbitrary: remembered.map((value) => ({ type: 'restore' as const, value })) },
    { weight: 2, arbitrary: fc.constant({ type: 'nextBucket' as const }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }).map((back) => ({ type: 'expire' as const, back })) },
  );

  const recordOf = (entry_: Remembered): Uint8Array => {
    const record = new Uint8Array(ID_RECORD_BYTES);
    writeIdRecord(record, 0, entry_.id, packSeen(entry_), 0, 0);
    return record;
  };

  /** The same by the simplest means: a Map is in order of arrival. */
  class Model {
    readonly entries = new Map<RumorId, { bucket: number; seen: Seen }>();
    bucket = 0;
    readonly maxIds: number;

    constructor(maxIds: number) {
      this.maxIds = maxIds;
    }

    merge({ id: key, ...given }: Remembered): void {
      const before = this.entries.get(key);
      if (before === undefined && this.entries.size === this.maxIds) this.entries.delete([...this.entries.keys()][0]!);
      const { hops, delivered, relayed } = before?.seen ?? { hops: 0, delivered: false, relayed: false };
      const seen = { hops: Math.max(hops, given.hops), delivered: delivered || given.delivered, relayed: relayed || given.relayed };
      this.entries.set(key, { bucket: before?.bucket ?? this.bucket, seen });
    }

    expireBefore(bucket: number): void {
      for (const [key, entry_] of this.entries) if (entry_.bucket < bucket) this.entries.delete(key);
    }
  }

  test('it holds what a Map in order of arrival holds, through merges, evictions and expiry', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.tuple(odd, odd), fc.array(command, { maxLength: 300 }), (maxIds, key, commands) => {
        const set = new SeenSet(maxIds, key);
        const model = new Model(maxIds);
        const sizes = commands.map((step) => {
          if (step.type === 'nextBucket') model.bucket += 1;
          else if (step.type === 'expire') for (const each of [set, model]) each.expireBefore(model.bucket - step.back);
          else if (step.type === 'merge') set.merge(step.value, 0, model.bucket);
          else set.mergeRecord(recordOf(step.value), 0, model.bucket);
          if ('value' in step) model.merge(step.value);
          return set.size - model.entries.size;
        });
        const differing = ALL.filter((each) => stateOf(set.get(each)) !== stateOf(model.entries.get(each)?.seen));
        expect([differing, sizes.filter((difference) => difference !== 0)]).toEqual([[], []]);
      }),
      { numRuns: 300 },
    );
  });

  test('each of the 64 states fits its byte', () => {
    for (let hops = 0; hops <= 15; hops += 1) {
      for (const delivered of [false, true]) {
        for (const relayed of [false, true]) expect(unpackSeen(packSeen({ hops, delivered, relayed }))).toEqual({ hops, delivered, relayed });
      }
    }
  });

  test.each([-1, 16, 1.5, NaN])('%p hops are a bug of ours', (hops) => {
    expect(() => packSeen({ hops, delivered: false, relayed: false })).toThrow(expect.objectContaining({ code: 'HEARSAY_INVARIANT' }));
  });
});
