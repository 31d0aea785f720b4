import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Level } from 'level';
import { MemoryLevel } from 'memory-level';
import type { HearsayError } from '../../src/errors.ts';
import { limits } from '../../src/limits.ts';
import { logKey, SCHEMA_KEY, SCHEMA_VERSION } from '../../src/store/layout.ts';
import { openStore } from '../../src/store/level-store.ts';
import type { AnyLevel } from '../../src/store/database.ts';
import type { StorePlace } from '../../src/store/open.ts';
import type { Rescue } from '../../src/store/repair.ts';
import { seal } from '../../src/store/seal.ts';
import type { Changes, Store } from '../../src/store/store.ts';
import { spawnFixture } from '../support/child.ts';
import { AGENT, event, idOf, numberBytes } from './fixtures/events.ts';

const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (place: StorePlace, damaged: (error: HearsayError) => void = () => undefined): Promise<Store> => openStore(place, limits(), Date.now, { damaged });
const put = async (level: AnyLevel, key: Uint8Array, value: Uint8Array): Promise<void> => level.put(key, seal(key, value), VIEW);

const commit = (store: Store, changes: Changes): Promise<void> =>
  new Promise((resolve, reject) => store.append(changes, (error) => (error === undefined ? resolve() : reject(error))));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearsay-open-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

describe('one process at a time', () => {
  const locked = { code: 'HEARSAY_LOCKED', field: 'dir' };

  test('a second process gets HEARSAY_LOCKED naming the directory, until the first is gone', async () => {
    const holder = spawnFixture('store/fixtures/hold', [dir]);
    const { incarnation } = (await holder.next()) as { incarnation: string };
    await expect(open({ dir })).rejects.toMatchObject({ ...locked, value: dir });
    await holder.kill();
    const store = await open({ dir });
    expect(store.incarnation).toBe(incarnation);
    await store.close();
  });

  test('so does a second one in the same process', async () => {
    const store = await open({ dir });
    await expect(open({ dir })).rejects.toMatchObject({ ...locked, value: dir });
    await store.close();
    await (await open({ dir })).close();
  });

  test('so does a second one on a database that is given', async () => {
    const level = new MemoryLevel();
    const store = await open({ level });
    await expect(open({ level })).rejects.toMatchObject({ code: 'HEARSAY_LOCKED', field: 'store' });
    await store.close();
    expect(level.status).toBe('open');
    await (await open({ level })).close();
  });
});

describe.each(['classic-level', 'memory-level'] as const)('what is not ours, on %s', (kind) => {
  /** Puts entries into an empty database, and returns where it is. */
  async function prepare(entries: readonly (readonly [Uint8Array, Uint8Array])[]): Promise<StorePlace> {
    const level: AnyLevel = kind === 'memory-level' ? new MemoryLevel() : new Level(join(dir, 'db'));
    for (const [key, value] of entries) await level.put(key, value, VIEW);
    if (kind === 'memory-level') return { level };
    await level.close();
    return { dir };
  }

  async function entriesOf(place: StorePlace): Promise<unknown[]> {
    const level: AnyLevel = 'level' in place ? place.level : new Level(join(dir, 'db'));
    const entries = await level.iterator(VIEW).all();
    if ('dir' in place) await level.close();
    return entries.map((entry: Uint8Array[]) => entry.map((each) => Buffer.from(each).toString('latin1')));
  }

  /** What is found. A database that is given is refused, and let go of; a directory is repaired or set aside, and works again. */
  async function damageOf(place: StorePlace): Promise<unknown> {
    if ('level' in place) {
      await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_STORE_DAMAGED' });
      return ((await open(place).catch((error: unknown) => error)) as HearsayError).value;
    }
    const told: HearsayError[] = [];
    await (await open(place, (error) => told.push(error))).close();
    await (await open(place, (error) => told.push(error))).close();
    expect(told.length).toBe(1);
    return (told[0]?.value as Rescue).found;
  }

  test('a newer schema is refused with both versions, and left as it is', async () => {
    const place = await prepare([[SCHEMA_KEY, bytes(String(SCHEMA_VERSION + 41))], [bytes('zzz'), bytes('of the future')]]);
    const before = await entriesOf(place);
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_NEWER_SCHEMA', value: SCHEMA_VERSION + 41, message: expect.stringMatching(/2 at most.*43/) });
    expect(await entriesOf(place)).toEqual(before);
  });

  test('somebody else’s database is refused, and left as it is', async () => {
    const place = await prepare([[bytes('user:1'), bytes('{}')]]);
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'store', rule: 'to be empty or a database of hearsay' });
    expect(await entriesOf(place)).toEqual([['user:1', '{}']]);
  });

  test.each(['', '0', '-1', '1.5', 'one', '1'.repeat(20)])('a schema version of %p is damage', async (version) => {
    const place = await prepare([[SCHEMA_KEY, bytes(version)]]);
    expect(await damageOf(place)).toBe('a schema version that is no number');
  });

  test('a database without its incarnation is damaged', async () => {
    const place = await prepare([[SCHEMA_KEY, bytes('2')]]);
    expect(await damageOf(place)).toBe('no incarnation');
  });

  test.each(['ids', 'payloads'] as const)('a group of %s that is not whole is damage', async (log) => {
    const place = await prepare([]);
    await (await open(place)).close();
    const level: AnyLevel = 'level' in place ? place.level : new Level(join(dir, 'db'));
    await put(level, logKey(log, { bucket: 1, sequence: 1 }), new Uint8Array(17));
    if ('dir' in place) await level.close();
    expect(await damageOf(place)).toBe(`a group of ${log} of 17 bytes`);
  });

  test('a key in the log that is none of its own is damage', async () => {
    const place = await prepare([]);
    await (await open(place)).close();
    const level: AnyLevel = 'level' in place ? place.level : new Level(join(dir, 'db'));
    await put(level, logKey('ids', { bucket: 1, sequence: 1 }).subarray(0, 5), new Uint8Array(36));
    if ('dir' in place) await level.close();
    expect(await damageOf(place)).toBe('a key of 5 bytes in the log');
  });
});

describe('damaged files', () => {
  const db = (): string => join(dir, 'db');
  const files = (pattern: RegExp): string[] => readdirSync(db()).filter((file) => pattern.test(file)).map((file) => join(db(), file));

  /** A database with a table: a second start makes one of the first one's log. */
  beforeEach(async () => {
    const store = await open({ dir });
    for (let n = 0; n < 200; n += 1) store.append(event(n), () => undefined);
    await store.close();
    await (await open({ dir })).close();
  });

  const flip = (file: string, at: (length: number) => number): void => {
    const content = readFileSync(file);
    content[at(content.length)]! ^= 0xff;
    writeFileSync(file, content);
  };
  const largest = (pattern: RegExp): string => files(pattern).sort((a, b) => statSync(b).size - statSync(a).size)[0]!;

  async function rescue(): Promise<{ told: Rescue[]; seen: number; payloads: number; saved: unknown }> {
    const told: Rescue[] = [];
    const store = await open({ dir }, ({ code, value }) => {
      expect(code).toBe('HEARSAY_STORE_DAMAGED');
      told.push(value as Rescue);
    });
    let payloads = 0;
    for (let n = 0; n < 200; n += 1) if ((await store.payload(idOf(n))) !== undefined) payloads += 1;
    const saved = (await store.readAgent(AGENT))?.saved.get('count');
    await commit(store, event(1_000));
    const seen = store.seenCount;
    await store.close();
    // It is whole again.
    const again = await open({ dir }, () => told.push({ found: 'again', outcome: 'repaired', lost: [], kept: undefined }));
    expect(again.seenCount).toBe(seen);
    await again.close();
    return { told, seen: seen - 1, payloads, saved };
  }

  test.each([
    { name: 'CURRENT missing', says: /without a file named CURRENT/, damage: () => rmSync(join(db(), 'CURRENT')) },
    { name: 'CURRENT with garbage', says: /CURRENT/, damage: () => writeFileSync(join(db(), 'CURRENT'), 'x') },
    { name: 'MANIFEST missing', says: /MANIFEST.*No such file/, damage: () => files(/MANIFEST/).forEach((file) => rmSync(file)) },
    { name: 'a byte of MANIFEST flipped', says: /checksum mismatch/, damage: () => files(/MANIFEST/).forEach((file) => flip(file, (length) => length >> 1)) },
  ])('$name: repaired, nothing is lost, and it is reported', async ({ damage, says }) => {
    expect(files(/\.ldb$/).length).toBeGreaterThan(0);
    damage();
    const { told, ...left } = await rescue();
    expect(told).toEqual([{ found: expect.stringMatching(says), outcome: 'repaired', lost: [], kept: undefined }]);
    expect(left).toEqual({ seen: 200, payloads: 200, saved: numberBytes(199) });
  });

  test('a table cut off: what can be read is kept or all of it is set aside, and either is reported with what was lost', async () => {
    truncateSync(largest(/\.ldb$/), 1_000);
    const { told } = await rescue();
    expect(told).toEqual([{ found: expect.stringMatching(/ldb/), outcome: expect.stringMatching(/repaired|set-aside/), lost: expect.arrayContaining([expect.anything()]), kept: expect.stringContaining(dir) }]);
  });

  test('the only table missing: nothing is left to repair, and the rest is set aside under a dated name', async () => {
    files(/\.ldb$/).forEach((file) => rmSync(file));
    const { told, seen } = await rescue();
    expect([told.length, told[0]?.outcome, seen]).toEqual([1, 'set-aside', 0]);
    expect(told[0]?.kept).toMatch(/db\.damaged-[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9-]+Z$/);
    expect(readdirSync(told[0]?.kept ?? '').length).toBeGreaterThan(0);
  });

  test('a byte of a table flipped anywhere is found, and the rest is there', async () => {
    const found: string[] = [];
    for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const copy = join(dir, `copy-${part}`);
      cpSync(db(), join(copy, 'db'), { recursive: true });
      const table = readdirSync(join(copy, 'db')).find((file) => file.endsWith('.ldb'))!;
      flip(join(copy, 'db', table), (length) => Math.floor(length * part));
      const told: Rescue[] = [];
      const store = await open({ dir: copy }, ({ value }) => told.push(value as Rescue));
      expect(told.length).toBe(1);
      expect(told[0]?.lost.length).toBeGreaterThan(0);
      found.push(told[0]!.outcome);
      await store.close();
    }
    expect(found.length).toBe(5);
  });

  test('the log missing is found, though LevelDB does not', async () => {
    files(/\.log$/).forEach((file) => rmSync(file));
    const { told, seen } = await rescue();
    expect([told.map(({ found }) => found), seen]).toEqual([['no file of the log'], 200]);
  });

  test('a byte of the log flipped: what LevelDB leaves out is reported', async () => {
    const store = await open({ dir });
    for (let n = 200; n < 300; n += 1) await commit(store, event(n));
    await store.close();
    flip(largest(/\.log$/), (length) => length >> 1);
    const told: Rescue[] = [];
    const after = await open({ dir }, ({ value }) => told.push(value as Rescue));
    expect(told).toEqual([{ found: expect.stringMatching(/dropping [0-9]+ bytes/), outcome: 'repaired', lost: ['some of the last commits'], kept: undefined }]);
    expect(after.seenCount).toBeLessThan(300);
    await after.close();
  });

  test('a place where no directory can be is not damage', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(open({ dir: join(dir, 'file') })).rejects.toMatchObject({ code: 'HEARSAY_STORE_FAILED' });
  });
});

test('a start that was killed before LevelDB was made can be made again', async () => {
  await mkdir(join(dir, 'db'));
  await writeFile(join(dir, 'db', 'MANIFEST-000001'), '');
  await writeFile(join(dir, 'db', 'LOCK'), '');
  const store = await open({ dir });
  expect(store.seenCount).toBe(0);
  await store.close();
});
