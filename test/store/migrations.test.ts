/** A database as the code of schema 1 wrote it: keys and values literally, by a writer that is never changed. */
import { describe, expect, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import { limits } from '../../src/limits.ts';
import { MIGRATING_KEY, SCHEMA_KEY } from '../../src/store/layout.ts';
import { openStore } from '../../src/store/level-store.ts';
import { AGENT, idOf, numberBytes, payloadOf } from './fixtures/events.ts';

const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const;
const NOW = 1_700_000_000_000;
const GROUPS = 1_500;
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const u32 = (n: number): Buffer => Buffer.from(n.toString(16).padStart(8, '0'), 'hex');

/** Keys and values of schema 1: group n remembers id n and keeps its payload. */
function schema1(): [Buffer, Buffer][] {
  const bucket = u32(Math.floor(NOW / (6 * 3_600_000)));
  const agent = (part: number, name: string): Buffer => Buffer.concat([Buffer.from('a'), u32(AGENT.length), utf16(AGENT), Buffer.of(part), utf16(name)]);
  const double = Buffer.alloc(8);
  double.writeDoubleBE(NOW + 5);
  const entries: [Buffer, Buffer][] = [
    [Buffer.from('hschema'), Buffer.from('1')],
    [Buffer.from('hincarnation'), Buffer.from('00112233445566778899aabbccddeeff', 'hex')],
    [Buffer.concat([Buffer.from('m'), utf16('pals')]), Buffer.from('friends')],
    [agent(0, ''), Buffer.alloc(0)],
    [agent(1, 'count'), Buffer.from(numberBytes(7))],
    [agent(2, 'tick'), double],
  ];
  for (let n = 0; n < GROUPS; n += 1) {
    const id = Buffer.from(idOf(n), 'hex');
    const payload = Buffer.from(payloadOf(n));
    const head = Buffer.concat([id, Buffer.of(n % 16), Buffer.from('0005', 'hex'), u32(payload.length)]);
    entries.push([Buffer.concat([Buffer.from('s'), bucket, u32(0), u32(n)]), Buffer.concat([id, Buffer.of(((n % 16) << 4) | 1)])]);
    entries.push([Buffer.concat([Buffer.from('p'), bucket, u32(0), u32(n)]), Buffer.concat([head, Buffer.from('rumor'), payload])]);
  }
  return entries;
}

async function written(): Promise<MemoryLevel> {
  const level = new MemoryLevel();
  await level.open();
  for (const [key, value] of schema1()) await level.put<Uint8Array, Uint8Array>(key, value, VIEW);
  return level;
}

async function expectAll(level: MemoryLevel): Promise<void> {
  const store = await openStore({ level }, limits(), () => NOW);
  expect(store.incarnation).toBe('00112233445566778899aabbccddeeff');
  expect(await store.readMeta('pals')).toEqual(new Uint8Array(Buffer.from('friends')));
  expect(await store.readAgent(AGENT)).toEqual({ saved: new Map([['count', numberBytes(7)]]), timers: new Map([['tick', NOW + 5]]) });
  expect(store.seenCount).toBe(GROUPS);
  for (const n of [0, 1, 999, 1_000, GROUPS - 1]) {
    expect(store.seen(idOf(n))).toEqual({ hops: n % 16, delivered: true, relayed: false });
    expect(await store.payload(idOf(n))).toEqual({ id: idOf(n), mark: 'rumor', payload: payloadOf(n), hops: n % 16 });
  }
  await store.close();
  expect(Buffer.from((await level.get<Uint8Array, Uint8Array>(SCHEMA_KEY, VIEW))!).toString()).toBe('2');
  expect(await level.get<Uint8Array, Uint8Array>(MIGRATING_KEY, VIEW)).toBeUndefined();
}

describe('schema 1 to 2', () => {
  test('all that was there is there', async () => {
    const level = await written();
    await expectAll(level);
    await expectAll(level);
  });

  test.each([1, 2, 3, 4, 5])('stopped after %i batches it goes on where it was, and older code is kept out meanwhile', async (batches) => {
    const level = await written();
    const batch = level.batch.bind(level) as (operations: unknown[], options: object) => Promise<void>;
    let left = batches;
    const failing = async (operations: unknown[], options: object): Promise<void> => {
      left -= 1;
      if (left < 0) throw new Error('killed');
      await batch(operations, options);
    };
    level.batch = failing as unknown as typeof level.batch;
    // The header, and 3,005 entries in batches of 1,000.
    if (batches < 5) {
      await expect(openStore({ level }, limits(), () => NOW)).rejects.toMatchObject({ code: 'HEARSAY_STORE_FAILED' });
      expect(Buffer.from((await level.get<Uint8Array, Uint8Array>(SCHEMA_KEY, VIEW))!).toString()).toBe('2');
    }
    level.batch = batch as unknown as typeof level.batch;
    await expectAll(level);
  });
});
