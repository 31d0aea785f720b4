import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import { BUCKET_MS } from '../../src/store/layout.ts';
import { openStore } from '../../src/store/level-store.ts';
import { inspectStore } from '../../src/store/inspect.ts';
import { importSeen } from '../../src/store/seen-transfer.ts';
import type { Changes, Store } from '../../src/store/store.ts';
import { run as command } from '../cli/command.ts';
import { AGENT, event, idOf } from './fixtures/events.ts';

const NOW = BUCKET_MS * 80_000;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearsay-inspect-test-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const open = (now = NOW): Promise<Store> => openStore({ dir }, limits(), () => now);
const commit = (store: Store, changes: Changes): Promise<void> =>
  new Promise((resolve, reject) => store.append(changes, (error) => (error === undefined ? resolve() : reject(error))));

/** The command `hearsay store` or `hearsay seen`. */
async function run(args: readonly string[], input = ''): Promise<readonly string[]> {
  const { code, output, errors } = await command(args, input);
  expect({ code, errors }).toEqual({ code: 0, errors: [] });
  return output;
}

const contents = (): [string, string][] => readdirSync(join(dir, 'db')).map((file) => [file, readFileSync(join(dir, 'db', file), 'latin1')]);

describe('inspect', () => {
  test('says schema, counts, sizes, oldest and newest six hours, and changes no file', async () => {
    let store = await open();
    for (let n = 0; n < 20; n += 1) await commit(store, event(n));
    await store.close();
    store = await open(NOW + BUCKET_MS);
    for (let n = 20; n < 25; n += 1) await commit(store, event(n));
    store.writeMeta('book', Uint8Array.of(1, 2, 3));
    await store.close();
    const before = contents();
    const found = await inspectStore(dir);
    expect(found).toEqual({
      schema: 2,
      diskBytes: expect.any(Number),
      damaged: 0,
      ids: { groups: 25, records: 25, bytes: 25 * (13 + 36 + 4), oldestMs: NOW, newestMs: NOW + BUCKET_MS },
      payloads: { groups: 25, records: 25, bytes: expect.any(Number), oldestMs: NOW, newestMs: NOW + BUCKET_MS },
      agents: [{ name: AGENT, entries: 3, bytes: expect.any(Number) }],
      values: { count: 2, bytes: expect.any(Number) },
    });
    expect(found.diskBytes).toBeGreaterThan(3_000);
    expect(contents()).toEqual(before);
    expect(JSON.parse((await run(['store', 'inspect', '--dir', dir])).join('\n'))).toEqual(found);
  });

  test('works while a node uses it', async () => {
    const store = await open();
    await commit(store, event(1));
    expect((await inspectStore(dir)).ids.records).toBe(1);
    await store.close();
  });

  test('a directory without a database is HEARSAY_STORE_FAILED, and none is made', async () => {
    await expect(inspectStore(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'HEARSAY_STORE_FAILED' });
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('export and import', () => {
  test('what one directory remembers of an agent, another one remembers too', async () => {
    const store = await open();
    for (let n = 0; n < 2_500; n += 1) store.append(event(n), () => undefined);
    store.append({ agent: 'other', remember: [{ id: idOf(9_999), hops: 1, delivered: true, relayed: true }] }, () => undefined);
    await store.close();
    const lines = await run(['seen', 'export', '--dir', dir, '--agent', AGENT]);
    expect(lines.length).toBe(2_500);
    expect(JSON.parse(lines[7]!)).toEqual({ id: idOf(7), hops: 7, delivered: true, relayed: false, sinceMs: NOW });
    const other = join(dir, 'other');
    expect(await run(['seen', 'import', '--dir', other, '--agent', AGENT], lines.join('\n'))).toEqual(['2500 ids']);
    const there = await openStore({ dir: other }, limits(), Date.now);
    expect([there.seenCount, there.seen(idOf(2_499)), there.seen(idOf(9_999))]).toEqual([2_500, { hops: 2_499 % 16, delivered: true, relayed: false }, undefined]);
    await there.close();
    expect(await run(['seen', 'export', '--dir', other, '--agent', 'never'])).toEqual([]);
  });

  test('an id that was written twice is exported once, with what is known of it', async () => {
    const store = await open();
    await commit(store, { agent: AGENT, remember: [{ id: idOf(1), hops: 1, delivered: false, relayed: true }] });
    await commit(store, { agent: AGENT, remember: [{ id: idOf(1), hops: 3, delivered: true, relayed: false }] });
    await store.close();
    const lines = await run(['seen', 'export', '--dir', dir, '--agent', AGENT]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ id: idOf(1), hops: 3, delivered: true, relayed: true, sinceMs: NOW }]);
  });

  test.each([
    { line: 'no JSON', field: 'line' },
    { line: '{}', field: 'entry' },
    { line: `{"id":"${'0'.repeat(64)}","hops":16,"delivered":true,"relayed":true,"sinceMs":0}`, field: 'entry' },
    { line: `{"id":"${'0'.repeat(64)}","hops":1,"delivered":true,"relayed":true,"sinceMs":0,"more":1}`, field: 'entry' },
  ])('$line is HEARSAY_BAD_DATA', async ({ line, field }) => {
    await expect(importSeen(dir, AGENT, [line])).rejects.toMatchObject({ code: 'HEARSAY_BAD_DATA', field });
  });
});
