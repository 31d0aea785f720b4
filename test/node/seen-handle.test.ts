import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Level } from 'level';
import { MemoryLevel } from 'memory-level';
import { firstValueFrom, of, take, throwError, toArray } from 'rxjs';
import * as z from 'zod';
import { createIdentity, createNode, defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, NodeOptions, SeenEntry } from '../../src/index.ts';

const marks = defineMarks({ line: z.string() });
const lines: Agent = { onPoke: ({ data }) => marks.invent('line', data as string) };

test('Replay: what one node has seen of an agent, another one takes over, and no other agent’s', async () => {
  await using ann = await createNode({ store: new MemoryLevel(), identity: createIdentity() });
  await using bob = await createNode({ store: new MemoryLevel(), identity: createIdentity() });
  const app = await ann.run('lines', withGossip(lines, { marks }));
  await (await ann.run('others', withGossip(lines, { marks }))).poke('say', 'else');
  const published = firstValueFrom(app.published$.pipe(take(3), toArray()));
  for (const line of ['a', 'b', 'c']) await app.poke('say', line);
  const entries = await firstValueFrom(ann.seen('lines').replay().pipe(toArray()));
  expect(entries.map(({ id }) => id)).toEqual((await published).map(({ id }) => id));
  expect(await bob.seen('lines').restore(ann.seen('lines').replay())).toBe(3);
  expect(await firstValueFrom(bob.seen('lines').replay().pipe(toArray()))).toEqual(entries);
  expect([bob.seenCount, await firstValueFrom(bob.seen('others').replay().pipe(toArray()))]).toEqual([3, []]);
});

test('what is no entry is refused, and a stream that fails says so', async () => {
  await using ann = await createNode({ store: new MemoryLevel(), identity: createIdentity() });
  await expect(ann.seen('lines').restore(of({ id: 'x' } as unknown as SeenEntry))).rejects.toMatchObject({ code: 'HEARSAY_BAD_DATA' });
  await expect(ann.seen('lines').restore(throwError(() => new Error('torn')))).rejects.toThrow('torn');
});

test('any abstract-level is taken as it is made', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-any-level-'));
  const stores: NonNullable<NodeOptions['store']>[] = [new MemoryLevel(), new Level(join(dir, 'level'))];
  for (const store of stores) {
    await (await createNode({ store, identity: createIdentity(), durability: 'power' })).close();
    expect(store.status).toBe('open');
    await store.close();
  }
  await expect(createNode({ store: new MemoryLevel(), identity: createIdentity(), durability: 'none' as 'power' })).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'durability' });
  await rm(dir, { recursive: true });
});

test('a damaged database: the node starts, and its first subscriber is told what was lost', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-damaged-'));
  await (await createNode({ dir })).close();
  for (const file of await readdir(join(dir, 'db'))) if (file.startsWith('MANIFEST')) await writeFile(join(dir, 'db', file), 'no manifest');
  await using node = await createNode({ dir });
  const event = await firstValueFrom(node.events$);
  expect(event).toMatchObject({ type: 'damaged', error: { code: 'HEARSAY_STORE_DAMAGED', value: { outcome: 'repaired', lost: [] } } });
  await node.close();
  await rm(dir, { recursive: true });
});
