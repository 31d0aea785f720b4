/** One suite for every database: classic-level on disk, and memory-level, which is given and stays open over a restart. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import type { Limits } from '../../src/limits.ts';
import { MAX_IDS } from '../../src/store/id-ring.ts';
import { BUCKET_MS, logEnd, logKey } from '../../src/store/layout.ts';
import { openStore } from '../../src/store/level-store.ts';
import type { StorePlace } from '../../src/store/open.ts';
import { ID_RECORD_BYTES } from '../../src/store/packing.ts';
import { SEAL_BYTES } from '../../src/store/seal.ts';
import type { Changes, Remembered, Store } from '../../src/store/store.ts';
import { AGENT, event, idOf, numberBytes, payloadOf } from './fixtures/events.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Faulty {
  readonly level: MemoryLevel;
  /** The batches so far: what they do, and to keys of which letter. */
  readonly batches: string[][];
  /** How many of the next batches fail. */
  failures: number;
}

function faultyLevel(): Faulty {
  const level = new MemoryLevel();
  const batch = level.batch.bind(level) as (operations: unknown[], options: object) => Promise<void>;
  const faulty: Faulty = { level, batches: [], failures: 0 };
  const failing = async (operations: { type: string; key: Uint8Array }[], options: object): Promise<void> => {
    faulty.batches.push(operations.map(({ type, key }) => `${type} ${String.fromCharCode(key[0]!)}`));
    if (faulty.failures > 0) {
      faulty.failures -= 1;
      throw new Error('no space left on device');
    }
    await batch(operations, options);
  };
  level.batch = failing as unknown as typeof level.batch;
  return faulty;
}

/** Places to open a store in, and what to do when the test is over. */
const places = {
  'classic-level': async () => {
    const dir = await mkdtemp(join(tmpdir(), 'hearsay-store-'));
    return { place: { dir: join(dir, 'node') }, clean: () => rm(dir, { recursive: true }) };
  },
  'memory-level': () => Promise.resolve({ place: { level: new MemoryLevel() }, clean: () => Promise.resolve() }),
};

/** Open stores, and what cleans up, of the running test. */
const opened: Store[] = [];
const cleaners: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const clean of cleaners.splice(0)) await clean();
});

async function open(place: StorePlace, given: Partial<Limits> = {}, now: () => number = () => DAY_MS * 20_000): Promise<Store> {
  const store = await openStore(place, limits(given), now);
  opened.push(store);
  return store;
}

/** Resolves when it is on disk. */
function commit(store: Store, changes: Changes): Promise<void> {
  return new Promise((resolve, reject) => store.append(changes, (error) => (error === undefined ? resolve() : reject(error))));
}

const seen = (n: number, hops = 1, delivered = true, relayed = false): Remembered => ({ id: idOf(n), hops, delivered, relayed });
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe.each(['classic-level', 'memory-level'] as const)('the store on %s', (kind) => {
  async function somewhere(): Promise<StorePlace> {
    const { place, clean } = await places[kind]();
    cleaners.push(clean);
    return place;
  }

  async function reopen(store: Store, place: StorePlace, given: Partial<Limits> = {}, now?: () => number): Promise<Store> {
    await store.close();
    return open(place, given, now);
  }

  test('an event is there after a restart: values, timers, ids, payloads', async () => {
    const place = await somewhere();
    const before = await open(place);
    await commit(before, event(5));
    const store = await reopen(before, place);
    expect(await store.readAgent(AGENT)).toEqual({ saved: new Map([['count', numberBytes(5)]]), timers: new Map([['tick', 5]]) });
    expect([store.seen(idOf(5)), store.seenCount]).toEqual([{ hops: 5, delivered: true, relayed: false }, 1]);
    expect(await store.payload(idOf(5))).toEqual({ id: idOf(5), mark: 'rumor', payload: payloadOf(5), hops: 5 });
  });

  test('an agent that never ran has no state; one that ran and saved nothing has an empty one', async () => {
    const place = await somewhere();
    const before = await open(place);
    await commit(before, { agent: 'idle' });
    expect(await before.readAgent('idle')).toEqual({ saved: new Map(), timers: new Map() });
    const store = await reopen(before, place);
    expect([await store.readAgent('idle'), await store.readAgent('never'), await store.readAgent('')]).toEqual([{ saved: new Map(), timers: new Map() }, undefined, undefined]);
  });

  test('saved values and timers change and go; the last change of a group is the one that counts', async () => {
    const place = await somewhere();
    const before = await open(place);
    await commit(before, { agent: 'a', saves: [{ key: 'x', value: numberBytes(1) }, { key: 'y', value: numberBytes(1) }], timers: [{ wire: 'w', atMs: 1 }, { wire: 'v', atMs: 1.5 }] });
    before.append({ agent: 'a', saves: [{ key: 'x', value: numberBytes(2) }], timers: [{ wire: 'w', atMs: undefined }] }, () => undefined);
    before.append({ agent: 'a', saves: [{ key: 'y', value: undefined }, { key: 'x', value: undefined }, { key: 'x', value: numberBytes(3) }] }, () => undefined);
    const state = { saved: new Map([['x', numberBytes(3)]]), timers: new Map([['v', 1.5]]) };
    expect(await before.readAgent('a')).toEqual(state);
    const store = await reopen(before, place);
    expect(await store.readAgent('a')).toEqual(state);
  });

  test('names, keys and wires may be any string, and do not meet', async () => {
    const place = await somewhere();
    const store = await open(place);
    const names = ['', 'a', 'a\0', 'aa', '\ud800', '\ud801', 'ü', '😀'];
    for (const name of names) {
      const saves = names.map((key) => ({ key, value: new TextEncoder().encode(`${names.indexOf(name)} ${names.indexOf(key)}`) }));
      await commit(store, { agent: name, saves, timers: names.map((wire) => ({ wire, atMs: names.indexOf(name) })) });
    }
    for (const name of names) {
      const state = await store.readAgent(name);
      expect([...(state?.saved ?? [])].map(([key, value]) => [key, new TextDecoder().decode(value)])).toHaveLength(names.length);
      for (const key of names) expect(new TextDecoder().decode(state?.saved.get(key))).toBe(`${names.indexOf(name)} ${names.indexOf(key)}`);
      expect(new Set(state?.timers.values())).toEqual(new Set([names.indexOf(name)]));
    }
  });

  test('ids merge over restarts: hops rise, flags are only set', async () => {
    const place = await somewhere();
    let store = await open(place);
    await commit(store, { agent: 'a', remember: [seen(1, 3, false, true)] });
    store = await reopen(store, place);
    await commit(store, { agent: 'a', remember: [seen(1, 2, true, false)] });
    expect(store.seen(idOf(1))).toEqual({ hops: 3, delivered: true, relayed: true });
    store = await reopen(store, place);
    expect([store.seen(idOf(1)), store.seenCount]).toEqual([{ hops: 3, delivered: true, relayed: true }, 1]);
  });

  test('what was only marked is in RAM at once, and not there after a restart', async () => {
    const place = await somewhere();
    const before = await open(place);
    before.markSeen(seen(1));
    before.append({ agent: 'a', remember: [seen(2)] }, () => undefined);
    expect([before.seen(idOf(1))?.hops, before.seen(idOf(2))?.hops, before.seenCount]).toEqual([1, 1, 2]);
    const store = await reopen(before, place);
    expect([store.seen(idOf(1)), store.seen(idOf(2))?.hops]).toEqual([undefined, 1]);
  });

  test('acknowledgements come in the order of the calls, over several groups', async () => {
    const store = await open(await somewhere());
    const order: number[] = [];
    for (const n of range(0, 300)) {
      store.append({ agent: 'a', saves: [{ key: 'k', value: new Uint8Array(3_000) }] }, () => order.push(n));
      if (n % 50 === 0) await new Promise(setImmediate);
    }
    await store.flush();
    expect(order).toEqual(range(0, 300));
  });

  test('node-wide values: shown at once, there after a restart, and no agent’s', async () => {
    const place = await somewhere();
    const before = await open(place);
    before.writeMeta('pals', numberBytes(1));
    expect([await before.readMeta('pals'), await before.readMeta('other')]).toEqual([numberBytes(1), undefined]);
    before.writeMeta('pals', numberBytes(2));
    await before.flush();
    const store = await reopen(before, place);
    expect([await store.readMeta('pals'), await store.readAgent('pals')]).toEqual([numberBytes(2), undefined]);
  });

  test('the incarnation stays, and is another one elsewhere', async () => {
    const place = await somewhere();
    const before = await open(place);
    const store = await reopen(before, place);
    expect(store.incarnation).toMatch(/^[0-9a-f]{32}$/);
    expect(store.incarnation).toBe(before.incarnation);
    expect((await open(await somewhere())).incarnation).not.toBe(store.incarnation);
  });

  test('close writes what was appended, is safe twice and at once, and ends what comes later with HEARSAY_CLOSED', async () => {
    const place = await somewhere();
    const before = await open(place);
    const settled: unknown[] = [];
    before.append({ agent: 'a', remember: [seen(1)] }, (error) => settled.push(error));
    before.writeMeta('m', numberBytes(1));
    const closing = [before.close(), before.close()];
    before.append({ agent: 'a', remember: [seen(2)] }, (error) => settled.push((error as { code?: string }).code));
    const closed = expect.objectContaining({ code: 'HEARSAY_CLOSED' });
    expect(() => before.writeMeta('m', numberBytes(2))).toThrow(closed);
    await Promise.all(closing);
    await before.close();
    await before.flush();
    expect(settled).toEqual([undefined, 'HEARSAY_CLOSED']);
    for (const read of [before.readMeta('m'), before.readAgent('a'), before.payload(idOf(1))]) await expect(read).rejects.toEqual(closed);
    const store = await open(place);
    expect([store.seen(idOf(1))?.hops, store.seen(idOf(2)), await store.readMeta('m')]).toEqual([1, undefined, numberBytes(1)]);
  });

  describe('the seen-set’s bounds', () => {
    test('at `maxSeen` the oldest go, in RAM and after a restart', async () => {
      const place = await somewhere();
      const before = await open(place, { maxSeen: 100 });
      for (const n of range(0, 250)) before.append({ agent: 'a', remember: [seen(n)] }, () => undefined);
      expect([before.seenCount, before.seen(idOf(149)), before.seen(idOf(150))?.hops]).toEqual([100, undefined, 1]);
      const store = await reopen(before, place, { maxSeen: 100 });
      expect([store.seenCount, store.seen(idOf(149)), store.seen(idOf(150))?.hops]).toEqual([100, undefined, 1]);
    });

    test('the log on disk is shortened as the ids go, not at the next start', async () => {
      const place = await somewhere();
      const before = await open(place, { maxSeen: 128 });
      for (const n of range(0, 2_000)) await commit(before, { agent: 'a', remember: [seen(n)] });
      const store = await reopen(before, place, { maxSeen: 1_000_000 });
      expect(store.seenCount).toBeGreaterThanOrEqual(128);
      // A step of 2 ids more, and what came while the last delete ran.
      expect(store.seenCount).toBeLessThan(1_000);
    });

    /** Expiry follows the clock by six hours a start. */
    async function settle(store: Store, place: StorePlace, given: Partial<Limits>, now: () => number, steps: number): Promise<Store> {
      for (let i = 0; i < steps; i += 1) store = await reopen(store, place, given, now);
      return store;
    }

    test('ids are remembered for their time, rounded up to six hours, and expire at start', async () => {
      const place = await somewhere();
      let now = DAY_MS * 20_000;
      let store = await open(place, {}, () => now);
      await commit(store, { agent: 'a', remember: [seen(1)] });
      now += DAY_MS;
      await commit(store, { agent: 'a', remember: [seen(2)] });
      now += 13 * DAY_MS;
      store = await reopen(store, place, {}, () => now);
      expect(store.seenCount).toBe(2);
      now += BUCKET_MS;
      store = await settle(store, place, {}, () => now, 15 * 4);
      expect([store.seen(idOf(1)), store.seen(idOf(2))?.hops]).toEqual([undefined, 1]);
      // It is gone from the disk as well: a longer memory does not bring it back.
      store = await reopen(store, place, { seenRetentionMs: 100 * DAY_MS }, () => now);
      expect([store.seen(idOf(1)), store.seen(idOf(2))?.hops]).toEqual([undefined, 1]);
    });

    test('a clock that goes back expires nothing, and what comes then is remembered with the latest', async () => {
      const place = await somewhere();
      let now = DAY_MS * 20_000;
      let store = await open(place, {}, () => now);
      await commit(store, { agent: 'a', remember: [seen(1)] });
      now -= 5 * DAY_MS;
      await commit(store, { agent: 'a', remember: [seen(2)] });
      now += 18 * DAY_MS;
      store = await settle(store, place, {}, () => now, 14 * 4);
      expect(store.seenCount).toBe(2);
      now += DAY_MS + BUCKET_MS;
      store = await settle(store, place, {}, () => now, 5);
      expect(store.seenCount).toBe(0);
    });

    test('a clock that jumps a day ahead and back expires nothing, neither ids nor payloads', async () => {
      const place = await somewhere();
      let now = DAY_MS * 20_000;
      let store = await open(place, {}, () => now);
      await commit(store, event(1));
      now += DAY_MS + 2 * BUCKET_MS;
      await commit(store, event(2));
      store = await settle(store, place, {}, () => now, 2);
      expect([store.seenCount, (await store.payload(idOf(1)))?.hops]).toEqual([2, 1]);
      now -= DAY_MS;
      await commit(store, event(3));
      store = await settle(store, place, {}, () => now, 4);
      expect([store.seenCount, (await store.payload(idOf(1)))?.hops]).toEqual([3, 1]);
    });
  });

  describe('the payload window', () => {
    const keep = (n: number, bytes = 1_000): Changes => ({ agent: 'a', keep: [{ id: idOf(n), mark: 'm', payload: new Uint8Array(bytes).fill(n), hops: 2 }] });

    test('a payload is there while its group is still being written', async () => {
      const store = await open(await somewhere());
      store.append(event(1), () => undefined);
      expect((await store.payload(idOf(1)))?.payload).toEqual(payloadOf(1));
      expect(await store.payload(idOf(2))).toBeUndefined();
    });

    test('an id that only starts like a kept one has no payload', async () => {
      const store = await open(await somewhere());
      await commit(store, event(1));
      expect(await store.payload(`${idOf(1).slice(0, 32)}${'0'.repeat(32)}` as RumorId)).toBeUndefined();
    });

    test('all of many in one group and over groups read back', async () => {
      const place = await somewhere();
      let store = await open(place);
      for (const n of range(0, 50)) store.append(event(n), () => undefined);
      await store.flush();
      for (const n of range(50, 60)) await commit(store, event(n));
      store = await reopen(store, place);
      for (const n of range(0, 60)) expect((await store.payload(idOf(n)))?.payload).toEqual(payloadOf(n));
    });

    test('at its bytes the oldest go, in RAM and on disk', async () => {
      const place = await somewhere();
      const maxPayloadWindowBytes = 20_000;
      let store = await open(place, { maxPayloadWindowBytes });
      for (const n of range(0, 100)) await commit(store, keep(n));
      // 17 of 1,000 bytes, a mark of one and 128 beside them are 19,193.
      expect(await store.payload(idOf(82))).toBeUndefined();
      expect((await store.payload(idOf(83)))?.payload[0]).toBe(83);
      store = await reopen(store, place, { maxPayloadWindowBytes: 1_000_000 });
      const left = (await Promise.all(range(0, 100).map((n) => store.payload(idOf(n))))).filter((kept) => kept !== undefined);
      expect(left.length).toBeGreaterThanOrEqual(17);
      // More by what came while the last delete ran.
      expect(left.length).toBeLessThan(60);
    });

    test('payloads are kept for their time, rounded up to six hours', async () => {
      const place = await somewhere();
      let now = DAY_MS * 20_000;
      let store = await open(place, {}, () => now);
      await commit(store, keep(1));
      now += BUCKET_MS;
      await commit(store, keep(2));
      now += DAY_MS - 1;
      store = await reopen(store, place, {}, () => now);
      expect([(await store.payload(idOf(1)))?.hops, (await store.payload(idOf(2)))?.hops]).toEqual([2, 2]);
      now += 1;
      for (let i = 0; i < 5; i += 1) store = await reopen(store, place, {}, () => now);
      expect([(await store.payload(idOf(1)))?.hops, (await store.payload(idOf(2)))?.hops]).toEqual([undefined, 2]);
    });
  });

  test('limits past what the arrays can hold are refused by name', async () => {
    const place = await somewhere();
    await expect(open(place, { maxSeen: MAX_IDS + 1 })).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'limits.maxSeen', value: MAX_IDS + 1 });
    await expect(open(place, { maxPayloadWindowBytes: 2 ** 40 })).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'limits.maxPayloadWindowBytes' });
  });
});

describe('the batches', () => {
  test('one a group: one value for its ids, one for its payloads, one for each key that it changed', async () => {
    const faulty = faultyLevel();
    const { level } = faulty;
    const store = await open({ level });
    for (const n of range(1, 101)) store.append(event(n), () => undefined);
    await store.flush();
    await commit(store, event(101));
    await commit(store, { agent: AGENT });
    // The first two are the header's; an agent's mark is written once; an event that changes nothing writes nothing.
    expect(faulty.batches.slice(2)).toEqual([
      ['put a', 'put a', 'put a', 'put s', 'put p'],
      ['put a', 'put a', 'put s', 'put p'],
    ]);
  });

  test('a failed one: every event of the group hears of it, nothing of it is on disk, RAM keeps what was seen', async () => {
    const faulty = faultyLevel();
    const { level } = faulty;
    let store = await open({ level });
    await commit(store, event(1));
    faulty.failures = 1;
    const failed = [commit(store, event(2)), commit(store, event(3))];
    for (const each of failed) await expect(each).rejects.toMatchObject({ code: 'HEARSAY_STORE_FAILED', rule: 'to take 2 events' });
    expect([store.seen(idOf(2))?.delivered, (await store.readAgent(AGENT))?.saved.get('count'), await store.payload(idOf(2))]).toEqual([true, numberBytes(1), undefined]);
    await commit(store, event(4));
    await store.close();
    store = await open({ level });
    expect([1, 2, 3, 4].map((n) => store.seen(idOf(n))?.delivered)).toEqual([true, undefined, undefined, true]);
    expect((await store.readAgent(AGENT))?.saved.get('count')).toEqual(numberBytes(4));
    expect([await store.payload(idOf(2)), (await store.payload(idOf(4)))?.hops]).toEqual([undefined, 4]);
  });

  test('a payload that could not be written is written when it comes again', async () => {
    const faulty = faultyLevel();
    const { level } = faulty;
    const store = await open({ level });
    faulty.failures = 1;
    await expect(commit(store, event(1))).rejects.toMatchObject({ code: 'HEARSAY_STORE_FAILED' });
    await commit(store, event(1));
    expect((await store.payload(idOf(1)))?.payload).toEqual(payloadOf(1));
  });

  test('an agent whose first group failed is marked by the next one', async () => {
    const faulty = faultyLevel();
    const { level } = faulty;
    const store = await open({ level });
    faulty.failures = 1;
    await expect(commit(store, { agent: 'a' })).rejects.toMatchObject({ code: 'HEARSAY_STORE_FAILED' });
    expect(await store.readAgent('a')).toBeUndefined();
    await commit(store, { agent: 'a' });
    expect(await store.readAgent('a')).toBeDefined();
  });

  test('a node-wide value survives a failed write and is on disk when the store closes', async () => {
    const faulty = faultyLevel();
    const { level } = faulty;
    const store = await open({ level });
    faulty.failures = 1;
    store.writeMeta('m', numberBytes(1));
    await store.flush();
    await store.close();
    expect(await (await open({ level })).readMeta('m')).toEqual(numberBytes(1));
  });
});

describe('the ids’ log is merged', () => {
  async function ids(level: MemoryLevel): Promise<number[]> {
    const values = await level.values<Uint8Array, Uint8Array>({ gte: logKey('ids', { bucket: 0, sequence: 0 }), lt: logEnd('ids'), keyEncoding: 'view', valueEncoding: 'view' }).all();
    return values.map((value) => (value.length - SEAL_BYTES) / ID_RECORD_BYTES);
  }

  test('every hour: the groups of past six hours become one, each id once; those of now stay', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'setTimeout', 'performance', 'hrtime'] });
    try {
      let now = DAY_MS * 20_000;
      const level = new MemoryLevel();
      let store = await open({ level }, {}, () => now);
      for (const n of range(0, 50)) await commit(store, { agent: 'a', remember: [seen(n, 1, false)] });
      for (const n of range(0, 50)) await commit(store, { agent: 'a', remember: [seen(n, 2, true)] });
      now += BUCKET_MS;
      for (const n of range(50, 60)) await commit(store, { agent: 'a', remember: [seen(n)] });
      expect((await ids(level)).length).toBe(110);
      jest.advanceTimersByTime(HOUR_MS);
      await store.close();
      expect(await ids(level)).toEqual([50, ...range(0, 10).map(() => 1)]);
      store = await open({ level }, {}, () => now);
      expect([store.seenCount, store.seen(idOf(7)), store.seen(idOf(55))?.hops]).toEqual([60, { hops: 2, delivered: true, relayed: false }, 1]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('as they come, so many at once: nobody has to read a million of small groups', async () => {
    const level = new MemoryLevel();
    const store = await open({ level });
    const write = async (from: number, groups: number): Promise<void> => {
      for (let group = 0; group < groups; group += 1) {
        for (const n of range(0, 100)) store.append({ agent: 'a', remember: [seen(from + group * 100 + n)] }, () => undefined);
        await store.flush();
      }
    };
    await write(0, 80);
    expect((await ids(level)).length).toBe(80);
    await write(8_000, 20);
    await store.close();
    const merged = await ids(level);
    expect([merged.length < 30, merged.reduce((sum, count) => sum + count, 0)]).toEqual([true, 10_000]);
    const after = await open({ level });
    expect([after.seenCount, after.seen(idOf(1))?.hops, after.seen(idOf(9_999))?.hops]).toEqual([10_000, 1, 1]);
  });

  test('when a flooder makes it long: it has no more than four records for each id that there may be', async () => {
    const level = new MemoryLevel();
    const store = await open({ level }, { maxSeen: 100 });
    const from = '1'.repeat(64) as PeerId;
    for (const n of range(0, 20)) await commit(store, { agent: 'a', remember: [seen(n)] });
    for (let round = 0; round < 20; round += 1) {
      for (const n of range(0, 100)) store.append({ agent: 'a', remember: [{ ...seen(1_000 + round * 100 + n), from }] }, () => undefined);
      await store.flush();
    }
    await store.close();
    const records = (await ids(level)).reduce((sum, count) => sum + count, 0);
    expect(records).toBeLessThan(4 * 100 + 2 * 100);
    const after = await open({ level }, { maxSeen: 100 });
    for (const n of range(0, 20)) expect(after.seen(idOf(n))?.hops).toBe(1);
  });
});

describe('in the course of time', () => {
  test('expiry runs every hour, follows the clock by six hours each time, and not after closing', async () => {
    // Only the interval: the database needs the rest.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'setTimeout', 'performance', 'hrtime'] });
    try {
      let now = DAY_MS * 20_000;
      const store = await open({ level: new MemoryLevel() }, {}, () => now);
      await commit(store, event(1));
      now += 14 * DAY_MS + BUCKET_MS;
      jest.advanceTimersByTime(57 * HOUR_MS - 1);
      expect(store.seenCount).toBe(1);
      jest.advanceTimersByTime(1);
      expect([store.seenCount, await store.payload(idOf(1))]).toEqual([0, undefined]);
      await store.close();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

test('the directory is made with mode 0700, and the database is in `db`', async () => {
  const { place, clean } = await places['classic-level']();
  cleaners.push(clean);
  await open(place);
  expect((await stat(place.dir)).mode & 0o777).toBe(0o700);
  expect((await stat(join(place.dir, 'db', 'CURRENT'))).isFile()).toBe(true);
});
