/** What arrived and was not committed before a process died. */
import { describe, expect, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import type { Agent, Effect } from '../../src/agent.ts';
import type { RumorId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { openStore } from '../../src/store/level-store.ts';
import type { Arrival, Changes, Store } from '../../src/store/store.ts';
import { redeliver } from '../../src/node/redelivery.ts';
import { ManualClock } from '../support/clock.ts';
import { loneHost } from '../support/lone-host.ts';

const FROM = 'f'.repeat(64) as Arrival['from'];
const idOf = (n: number): RumorId => n.toString(16).padStart(8, '0').padEnd(64, '0') as RumorId;
const arrival = (n: number): Arrival => ({ id: idOf(n), from: FROM, wire: '/in', mark: 'raw', data: Uint8Array.of(n) });
const came = (...numbers: number[]): Changes => ({
  agent: 'a',
  remember: numbers.map((n) => ({ id: idOf(n), hops: 1, delivered: false, relayed: true })),
  arrived: numbers.map(arrival),
});
const open = (level: MemoryLevel): Promise<Store> => openStore({ level }, limits(), Date.now);
const commit = (store: Store, changes: Changes): Promise<void> =>
  new Promise((resolve, reject) => store.append(changes, (error) => (error === undefined ? resolve() : reject(error))));
const delivered = (n: number): Changes => ({ agent: 'a', remember: [{ id: idOf(n), hops: 0, delivered: true, relayed: false }] });

test('what is not delivered is handed out at the next start, in order and once; what is delivered is not', async () => {
  const level = new MemoryLevel();
  let store = await open(level);
  await commit(store, came(1, 2));
  await commit(store, came(3));
  await commit(store, { ...came(4), agent: 'b' });
  await commit(store, delivered(2));
  await store.close();
  store = await open(level);
  expect(await Promise.all(['a', 'b', 'c'].map((name) => store.undelivered(name)))).toEqual([[arrival(1), arrival(3)], [arrival(4)], []]);
  for (const n of [1, 3, 4]) await commit(store, delivered(n));
  expect(await store.undelivered('a')).toEqual([]);
  await store.close();
  store = await open(level);
  expect(await Promise.all(['a', 'b'].map((name) => store.undelivered(name)))).toEqual([[], []]);
  await store.close();
});

test('the log of arrivals is cut once they are delivered', async () => {
  const level = new MemoryLevel();
  const store = await open(level);
  for (let n = 1; n <= 300; n += 1) {
    await commit(store, came(n));
    if (n !== 200) await commit(store, delivered(n));
  }
  await store.close();
  const keys = await level.keys<Uint8Array>({ gte: Buffer.from('e'), lt: Buffer.from('f'), keyEncoding: 'view' }).all();
  expect(keys.length).toBeGreaterThan(100);
  expect(keys.length).toBeLessThan(170);
});

const memo = (log: unknown[]): Agent => ({
  onArrival: (wire, sign, { src, seen }) => {
    const { data, mark, replayed = false } = sign as { data: Uint8Array; mark: string; replayed?: boolean };
    const id = idOf(data[0]!);
    if (seen(id)?.delivered === true && !replayed) return [];
    return [
      { type: 'remember', id, hops: 1, delivered: true, relayed: false },
      { type: 'deliver', wire: '/heard', sign: { type: 'fact', mark: 'raw', data: data[0], id }, src, id, bytes: 1, again: { wire, mark, data } },
    ];
  },
  onAgent: (_wire, sign, { saved }) => {
    const { data } = sign as { data: number };
    log.push(data);
    return { type: 'save', key: 'sum', value: ((saved.get('sum') as number | undefined) ?? 0) + data };
  },
  onPeek: (_path, { saved }) => saved.get('sum'),
});

test('an agent is handed what it missed, in order and once, and another copy meanwhile changes nothing', async () => {
  const level = new MemoryLevel();
  const store = await open(level);
  await commit(store, { agent: 'a' });
  await commit(store, came(1, 2, 3));
  await store.close();
  const got: unknown[] = [];
  for (let start = 0; start < 2; start += 1) {
    const { host, quiet, close } = await loneHost({ level });
    await host.run('a', memo(got));
    while (host.peek('a', '/') !== 6) await quiet();
    await close();
  }
  expect(got).toEqual([1, 2, 3]);
});

describe('poison', () => {
  const dying = new Promise<never>(() => undefined);
  /** What one process does until it dies of `deadly`, which it never finishes. */
  async function life(level: MemoryLevel, deadly: unknown, last: boolean): Promise<unknown[]> {
    const log: unknown[] = [];
    const store = await open(level);
    const state = await store.readAgent('a');
    const run = redeliver('a', {
      store,
      arrivals: await store.undelivered('a'),
      timers: [...(state?.timers.keys() ?? [])],
      stopped: () => false,
      poison: ({ arrival: poisonous, wire, deaths }) => log.push(['poison', poisonous?.id ?? wire, deaths]),
      deliver: ({ id }, done) => {
        log.push(id);
        if (id !== deadly) store.append({ agent: 'a', remember: [{ id, hops: 0, delivered: true, relayed: false }] }, () => done(true));
      },
      wake: (wire, done) => {
        log.push(wire);
        if (wire !== deadly) store.append({ agent: 'a', timers: [{ wire, atMs: undefined }] }, () => done());
      },
    });
    while (log.at(-1) !== deadly && !last) await new Promise(setImmediate);
    await (last ? run : Promise.race([dying, store.flush()]));
    await store.close();
    return log;
  }

  test('a rumor that was being handed over at three deaths is set aside and reported, and the next ones are handed over', async () => {
    const level = new MemoryLevel();
    const store = await open(level);
    await commit(store, came(1, 2));
    await store.close();
    const lives = [];
    for (const last of [false, false, true]) lives.push(await life(level, idOf(1), last));
    // The first death was before these.
    expect(lives).toEqual([[idOf(1)], [idOf(1)], [['poison', idOf(1), 3], idOf(2)]]);
    expect(await life(level, idOf(1), true)).toEqual([]);
  });

  test('so is a timer', async () => {
    const level = new MemoryLevel();
    const store = await open(level);
    await commit(store, { agent: 'a', timers: [{ wire: '/bad', atMs: 1 }, { wire: '/good', atMs: 2 }] });
    await store.close();
    const lives = [];
    for (const last of [false, false, true]) lives.push(await life(level, '/bad', last));
    expect(lives).toEqual([['/bad'], ['/bad'], [['poison', '/bad', 3], '/good']]);
    expect(await life(level, '/bad', true)).toEqual([]);
  });

  test('an agent that is stopped in the middle of an event has not died of it', async () => {
    const level = new MemoryLevel();
    let store = await open(level);
    await commit(store, came(1));
    await store.close();
    for (let start = 0; start < 5; start += 1) {
      store = await open(level);
      let stopped = false;
      const handedOver: unknown[] = [];
      await redeliver('a', {
        store,
        arrivals: await store.undelivered('a'),
        timers: [],
        stopped: () => stopped,
        poison: (what) => handedOver.push(what),
        deliver: ({ id }, done) => {
          handedOver.push(id);
          stopped = true;
          done(false);
        },
        wake: () => undefined,
      });
      await store.close();
      expect(handedOver).toEqual([idOf(1)]);
    }
  });
});

test('overdue timers wake their agent in order, less those that its start cancelled or set anew', async () => {
  const level = new MemoryLevel();
  const clock = new ManualClock();
  const woken: string[] = [];
  const agent: Agent = {
    onPoke: () => ['/c', '/a', '/b', '/d'].map((wire, i): Effect => ({ type: 'wait', wire, delayMs: i + 1 })),
    onLoad: () => [{ type: 'rest', wire: '/a' }, { type: 'wait', wire: '/b', delayMs: 1_000 }],
    onWake: (wire) => void woken.push(wire),
  };
  const first = await loneHost({ level, clock });
  await first.host.run('a', agent);
  await first.host.poke('a', 'set', 0);
  await first.close();
  clock.advance(100);
  const second = await loneHost({ level, clock });
  await second.host.run('a', agent);
  while (woken.length < 2) await second.quiet();
  expect(woken).toEqual(['/c', '/d']);
  clock.advance(1_000);
  while (woken.length < 3) await second.quiet();
  expect(woken).toEqual(['/c', '/d', '/b']);
  await second.close();
});

test('what the agent does not want any more is not handed out for ever', async () => {
  const level = new MemoryLevel();
  let store = await open(level);
  await commit(store, came(1));
  await store.close();
  const { host, quiet, close } = await loneHost({ level });
  await host.run('a', { onArrival: () => [] });
  await quiet();
  await quiet();
  await close();
  store = await open(level);
  expect(await store.undelivered('a')).toEqual([]);
  await store.close();
});
