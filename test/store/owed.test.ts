/** The log of what agents owe their pals. */
import { describe, expect, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { openStore } from '../../src/store/level-store.ts';
import { MAX_OWED, OwedFacts, packOwed, unpackOwed } from '../../src/store/owed.ts';
import type { Owed, Store } from '../../src/store/store.ts';

const BOB = 'b'.repeat(64) as PeerId;
const CAT = 'c'.repeat(64) as PeerId;
const idOf = (n: number): RumorId => n.toString(16).padStart(8, '0').padEnd(64, '0') as RumorId;
const open = (level: MemoryLevel): Promise<Store> => openStore({ level }, limits(), Date.now);

async function say(store: Store, agent: string, n: number): Promise<Owed> {
  const owed = store.owe(agent, { id: idOf(n), hops: 1 });
  await new Promise<void>((resolve, reject) => store.append({ agent, owed: [owed] }, (error) => (error === undefined ? resolve() : reject(error))));
  return owed;
}

test('packed and unpacked it is the same, and what is not whole is nothing', () => {
  const group = [
    { agent: 'a', owed: [{ number: 1, id: idOf(1), hops: 15 }, { number: 2, id: idOf(3), hops: 3, except: CAT }] },
    { agent: 'b', owed: [] },
    { agent: 'ß'.repeat(32), owed: [{ number: 2 ** 40, id: idOf(2), hops: 0, except: BOB }] },
  ];
  const entries = group.flatMap(({ agent, owed }) => owed.map((each) => [agent, each] as const));
  const packed = packOwed(group)!;
  expect(unpackOwed(packed)).toEqual(entries);
  for (let length = 0; length < packed.length; length += 1) {
    const read = unpackOwed(packed.subarray(0, length));
    if (read !== undefined) expect(read.length).toBeLessThan(entries.length);
  }
  expect([packOwed([]), packOwed([{ agent: 'a', owed: [] }])]).toEqual([undefined, undefined]);
});

describe('across a restart', () => {
  test('what pals are owed and how far they are is there again, and numbers go on', async () => {
    const level = new MemoryLevel();
    let store = await open(level);
    store.setOwedCursor('a', BOB, 0);
    for (let n = 1; n <= 5; n += 1) await say(store, 'a', n);
    store.setOwedCursor('a', BOB, 2);
    await store.close();
    store = await open(level);
    expect([store.owedCursor('a', BOB), store.owedCursor('a', CAT), store.owedCursor('b', BOB), store.lastOwed('a'), store.lastOwed('b')]).toEqual([2, undefined, undefined, 5, 0]);
    expect([store.owed('a', 0), store.owed('a', 3), store.owed('a', 6)]).toEqual([undefined, { number: 3, id: idOf(3), hops: 1 }, undefined]);
    expect(await say(store, 'a', 6)).toMatchObject({ number: 6 });
    await store.close();
  });

  test('a number that a pal may have acknowledged is not given again, though it was not written', async () => {
    const level = new MemoryLevel();
    let store = await open(level);
    for (let n = 1; n <= 5; n += 1) await say(store, 'a', n);
    store.setOwedCursor('a', BOB, 5);
    await store.close();
    store = await open(level);
    expect(await say(store, 'a', 6)).toMatchObject({ number: 6 });
    await store.close();
    store = await open(level);
    expect([store.lastOwed('a'), store.owed('a', 5), store.owed('a', 6)]).toEqual([6, undefined, { number: 6, id: idOf(6), hops: 1 }]);
    await store.close();
  });

  test('who is no pal any more is owed nothing', async () => {
    const level = new MemoryLevel();
    let store = await open(level);
    store.setOwedCursor('a', BOB, 0);
    store.setOwedCursor('a', CAT, 0);
    store.setOwedCursor('b', BOB, 0);
    store.forgetOwed(BOB);
    await store.close();
    store = await open(level);
    expect([store.owedCursor('a', BOB), store.owedCursor('b', BOB), store.owedCursor('a', CAT)]).toEqual([undefined, undefined, 0]);
    await store.close();
  });

  test('where a pal begins is written at once, and how far it is now and then', async () => {
    const level = new MemoryLevel();
    const store = await open(level);
    const written = async (): Promise<number[]> => {
      const values = await level.values<Uint8Array, Uint8Array>({ gte: Buffer.from('m'), lt: Buffer.from('n'), keyEncoding: 'view', valueEncoding: 'view' }).all();
      return values.map((value) => value[7]!);
    };
    store.setOwedCursor('a', BOB, 3);
    while ((await written()).length === 0) await new Promise(setImmediate);
    store.setOwedCursor('a', BOB, 4);
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    expect(await written()).toEqual([3]);
    for (let n = 1; n <= 16; n += 1) await say(store, 'a', n);
    expect(await written()).toEqual([4]);
    await store.close();
  });

  test('nothing is written for an agent that no pal ever subscribed to', async () => {
    const level = new MemoryLevel();
    const store = await open(level);
    await say(store, 'a', 1);
    await store.close();
    expect(await level.keys<Uint8Array>({ gte: Buffer.from('o'), lt: Buffer.from('p'), keyEncoding: 'view' }).all()).toEqual([]);
  });
});

describe('the bound', () => {
  test('the latest 10,000 of an agent are kept, and the log is written anew now and then', () => {
    const facts = new OwedFacts();
    facts.setCursor('a', BOB, 0);
    let length = 0;
    let anew = 0;
    for (let n = 1; n <= 6 * MAX_OWED; n += 100) {
      const owed = Array.from({ length: 100 }, (_, i) => facts.add('a', { id: idOf(n + i), hops: 1 }));
      length += facts.pack([{ agent: 'a', owed }])?.length ?? 0;
      if (!facts.written()) continue;
      anew += 1;
      length = 0;
    }
    expect([anew, facts.last('a'), facts.get('a', 5 * MAX_OWED), facts.get('a', 5 * MAX_OWED + 1)?.id]).toEqual([1, 6 * MAX_OWED, undefined, idOf(5 * MAX_OWED + 1)]);
    expect(length).toBeLessThan(4_000_000);
  });

  test('a gap of more than that is not filled', () => {
    const facts = new OwedFacts();
    facts.read(packOwed([{ agent: 'a', owed: [{ number: 3, id: idOf(3), hops: 1 }, { number: 2 ** 40, id: idOf(4), hops: 1 }] }])!);
    expect([facts.last('a'), facts.get('a', 3), facts.get('a', 2 ** 40)?.id]).toEqual([2 ** 40, undefined, idOf(4)]);
  });
});
