import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Level } from 'level';
import { MemoryLevel } from 'memory-level';
import { limits } from '../../src/limits.ts';
import { logKey, SCHEMA_KEY, SCHEMA_VERSION } from '../../src/store/layout.ts';
import { openStore } from '../../src/store/level-store.ts';
import type { AnyLevel, StorePlace } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { spawnFixture } from '../support/child.ts';
import { event } from './fixtures/events.ts';

const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (place: StorePlace): Promise<Store> => openStore(place, limits(), Date.now);

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

  test('a newer schema is refused with both versions, and left as it is', async () => {
    const place = await prepare([[SCHEMA_KEY, bytes(String(SCHEMA_VERSION + 41))], [bytes('zzz'), bytes('of the future')]]);
    const before = await entriesOf(place);
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_NEWER_SCHEMA', value: SCHEMA_VERSION + 41, message: expect.stringMatching(/1 at most.*42/) });
    expect(await entriesOf(place)).toEqual(before);
  });

  test('somebody else’s database is refused, and left as it is', async () => {
    const place = await prepare([[bytes('user:1'), bytes('{}')]]);
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'store', rule: 'to be empty or a database of hearsay' });
    expect(await entriesOf(place)).toEqual([['user:1', '{}']]);
  });

  test.each(['', '0', '-1', '1.5', 'one', '1'.repeat(20)])('a schema version of %p is damage', async (version) => {
    const place = await prepare([[SCHEMA_KEY, bytes(version)]]);
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_STORE_DAMAGED', value: 'a schema version that is no number' });
  });

  test('a database without its incarnation is damaged', async () => {
    const place = await prepare([[SCHEMA_KEY, bytes('1')]]);
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_STORE_DAMAGED', value: 'no incarnation' });
  });

  test.each(['ids', 'payloads'] as const)('a group of %s that is not whole is damage', async (log) => {
    const place = await prepare([]);
    await (await open(place)).close();
    const level: AnyLevel = 'level' in place ? place.level : new Level(join(dir, 'db'));
    await level.put(logKey(log, { bucket: 1, sequence: 1 }), new Uint8Array(17), VIEW);
    if ('dir' in place) await level.close();
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_STORE_DAMAGED', value: `a group of ${log} of 17 bytes` });
    // Refused is let go of.
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_STORE_DAMAGED' });
  });

  test('a key in the log that is none of its own is damage', async () => {
    const place = await prepare([]);
    await (await open(place)).close();
    const level: AnyLevel = 'level' in place ? place.level : new Level(join(dir, 'db'));
    await level.put(logKey('ids', { bucket: 1, sequence: 1 }).subarray(0, 5), new Uint8Array(33), VIEW);
    if ('dir' in place) await level.close();
    await expect(open(place)).rejects.toMatchObject({ code: 'HEARSAY_STORE_DAMAGED', value: 'a key of 5 bytes in the log' });
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

  test.each([
    { name: 'CURRENT missing', says: /without a file named CURRENT/, damage: () => rmSync(join(db(), 'CURRENT')) },
    { name: 'CURRENT with garbage', says: /CURRENT/, damage: () => writeFileSync(join(db(), 'CURRENT'), 'x') },
    { name: 'MANIFEST missing', says: /MANIFEST.*No such file/, damage: () => files(/MANIFEST/).forEach((file) => rmSync(file)) },
    {
      name: 'a byte of MANIFEST flipped',
      says: /checksum mismatch/,
      damage: () =>
        files(/MANIFEST/).forEach((file) => {
          const content = readFileSync(file);
          content[content.length >> 1]! ^= 0xff;
          writeFileSync(file, content);
        }),
    },
    { name: 'a table missing', says: /missing files/, damage: () => files(/\.ldb$/).forEach((file) => rmSync(file)) },
    { name: 'a table cut off', says: /ldb/, damage: () => files(/\.ldb$/).forEach((file) => truncateSync(file, 1_000)) },
  ])('$name is HEARSAY_STORE_DAMAGED with what LevelDB said, and nothing is made over it', async ({ damage, says }) => {
    expect(files(/\.ldb$/).length).toBeGreaterThan(0);
    damage();
    const tables = files(/\.ldb$/);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(open({ dir })).rejects.toMatchObject({ code: 'HEARSAY_STORE_DAMAGED', field: 'store', value: expect.stringMatching(says) });
    }
    expect(files(/\.ldb$/)).toEqual(tables);
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
