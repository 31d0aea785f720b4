import { expect, test } from '@jest/globals';
import type { Agent } from '../../src/agent.ts';
import { limits } from '../../src/limits.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';
import type { AgentInput } from '../../src/node/agent-input.ts';
import { AgentRunner } from '../../src/node/agent-runner.ts';
import { Commits } from '../../src/node/commits.ts';
import type { CommitsPort } from '../../src/node/commits.ts';
import type { Receipt } from '../../src/node/session.ts';
import { NOTHING } from '../../src/node/transaction.ts';
import type { Transaction } from '../../src/node/transaction.ts';
import { seededRandom } from '../../src/random.ts';
import type { Changes, Store } from '../../src/store/store.ts';
import { ManualClock } from '../support/clock.ts';

const OUR = '0'.repeat(64) as PeerId;
const BOB = 'b'.repeat(64) as PeerId;

/** A store that writes when it is told to. */
function slowStore(): { store: Store; appended: Changes[]; dones: ((error?: Error) => void)[]; seen: RumorId[] } {
  const seen: RumorId[] = [];
  const appended: Changes[] = [];
  const dones: ((error?: Error) => void)[] = [];
  const append = (changes: Changes, done: (error?: Error) => void): void => {
    appended.push(changes);
    dones.push(done);
  };
  return { store: { append, markSeen: ({ id }: { readonly id: RumorId }) => seen.push(id) } as unknown as Store, appended, dones, seen };
}

const NOBODY: CommitsPort = { ended: () => undefined, arrived: () => undefined };
const run = {};

/** Commits, with who hears of them. */
function arriving(commits: Commits, result: Transaction, receipt: Receipt = { count: 0, committed: () => undefined }): void {
  commits.arrive(result, { receipt, count: receipt.count, saves: false, run });
}

function ending(commits: Commits, event: AgentInput, result: Transaction): void {
  commits.commit({ event, result, refused: undefined, failure: undefined, run });
}

function relayed(n: number, bytes = 10): Transaction {
  const id = n.toString(16).padStart(64, '0') as RumorId;
  return { ...NOTHING, remember: [{ id, hops: 1, delivered: false, relayed: true }], keep: [{ id, mark: 'm', payload: new Uint8Array(bytes), hops: 1 }] };
}

test.each([
  { name: 'events', bounds: { maxQueuedEvents: 5 }, bytes: 10 },
  { name: 'bytes', bounds: { maxQueuedBytes: 50 }, bytes: 10 },
])('what relayed rumors leave behind does not pile up before a disk that hangs: $name', ({ bounds, bytes }) => {
  const { store, appended, dones, seen } = slowStore();
  const commits = new Commits('app', store, limits(bounds), NOBODY);
  for (let n = 0; n < 100; n += 1) arriving(commits, relayed(n, bytes));
  commits.settle();
  // In RAM all are remembered.
  expect([appended.length, commits.isFull, seen.length]).toEqual([5, true, 100]);
  dones.splice(0).forEach((done) => done());
  expect(commits.isFull).toBe(false);
  arriving(commits, relayed(7));
  commits.settle();
  expect(appended).toHaveLength(6);
});

test('what an arrival saves is written all the same', () => {
  const { store, appended } = slowStore();
  const commits = new Commits('app', store, limits({ maxQueuedEvents: 1 }), NOBODY);
  for (let n = 0; n < 3; n += 1) arriving(commits, { ...relayed(n), saves: [{ key: 'k', value: new Uint8Array(1) }] });
  commits.settle();
  expect(appended).toHaveLength(3);
});

/** Commits that say in order what became of their events, by the data of the pokes. */
function told(store: Store): { commits: Commits; log: string[]; poked: (name: string, result: Transaction) => void } {
  const log: string[] = [];
  const commits = new Commits('app', store, limits(), {
    ended: ({ event }, error) => log.push(`${event.arm === 'onPoke' ? String(event.datum.data) : event.arm} ${error?.message ?? 'done'}`),
    arrived: (_, error) => log.push(`arrival ${error?.message ?? 'done'}`),
  });
  return { commits, log, poked: (name, result) => ending(commits, { arm: 'onPoke', datum: { mark: 'm', data: name }, bytes: 0, src: OUR }, result) };
}

const SAVES: Transaction = { ...NOTHING, saves: [{ key: 'k', value: undefined }] };

test('an event with nothing to write waits for those before it, and fails with them', () => {
  const { store, dones } = slowStore();
  const { log, poked } = told(store);
  poked('first', SAVES);
  poked('second', NOTHING);
  expect(log).toEqual([]);
  dones.shift()?.(new Error('disk full'));
  poked('third', NOTHING);
  expect(log).toEqual(['first disk full', 'second disk full', 'third done']);
});

test('events are told in order, and those without anything to write wait for no arrival', () => {
  const { store, dones } = slowStore();
  const { commits, log, poked } = told(store);
  arriving(commits, relayed(1));
  poked('first', NOTHING);
  poked('second', SAVES);
  arriving(commits, relayed(2));
  poked('third', NOTHING);
  poked('fourth', SAVES);
  poked('fifth', NOTHING);
  for (const done of dones) done();
  expect(log).toEqual(['first done', 'arrival done', 'second done', 'third done', 'arrival done', 'fourth done', 'fifth done']);
});

test('events that wait behind another one count for the bound, too', () => {
  const { store, dones } = slowStore();
  const commits = new Commits('app', store, limits({ maxQueuedEvents: 3 }), NOBODY);
  const event: AgentInput = { arm: 'onWake', wire: 'w', src: OUR };
  const poke: AgentInput = { arm: 'onPoke', datum: { mark: 'm', data: 1 }, bytes: 0, src: OUR };
  ending(commits, event, NOTHING);
  ending(commits, poke, NOTHING);
  expect(commits.isFull).toBe(false);
  ending(commits, poke, NOTHING);
  expect(commits.isFull).toBe(true);
  dones[0]?.();
  expect(commits.isFull).toBe(false);
});

/** Receipts of one watch, whose facts come one after another. */
function receiptOf(name: string, told: string[]): { next(): Receipt } {
  const receipt = { count: 0, committed: (count: number): void => void told.push(`${name} ${count}`) };
  const next = (): Receipt => {
    receipt.count += 1;
    return receipt;
  };
  return { next };
}

test('a copy that changes nothing is receipted at once on an idle disk, else behind what came before it, never when that was lost, and what waits is bounded', () => {
  const { store, appended, dones } = slowStore();
  const log: string[] = [];
  const commits = new Commits('app', store, limits({ maxQueuedEvents: 3 }), { ...NOBODY, arrived: ({ count }) => log.push(`arrival ${count}`) });
  const bob = receiptOf('bob', log);
  const cat = receiptOf('cat', log);
  const arrives = (count: number): void => void commits.arrive(relayed(count), { receipt: bob.next(), count, saves: false, run });
  commits.nothingArrived(bob.next());
  arrives(1);
  for (let n = 0; n < 9; n += 1) commits.nothingArrived((n < 7 ? bob : cat).next());
  for (let n = 0; n < 9; n += 1) commits.nothingArrived((n % 2 === 0 ? bob : cat).next());
  arrives(2);
  commits.nothingArrived(cat.next());
  commits.settle();
  expect([log, appended.length]).toEqual([['bob 1'], 2]);
  dones[0]?.();
  expect(log.slice(1)).toEqual(['arrival 1', 'bob 9', 'cat 2', 'bob 14']);
  dones[1]?.(new Error('disk'));
  expect(log.slice(5)).toEqual(['arrival 2']);
  commits.nothingArrived(bob.next());
  expect(log.at(-1)).toBe('bob 16');
});

const ID = '7'.repeat(64) as RumorId;
const rumor = { id: ID, hops: 1, delivered: true, relayed: true };
const kept = { id: ID, mark: 'm', payload: new Uint8Array(3), hops: 1 };
const delivery = { type: 'deliver', wire: '/w', sign: { type: 'fact', mark: 'm', data: 1 }, src: OUR, id: ID, bytes: 1 } as const;

const arrived = [{ id: ID, from: OUR, wire: '/w', mark: 'm', data: new Uint8Array(3) }];
const COMES: Transaction = { ...NOTHING, effects: [delivery], remember: [rumor], keep: [kept], arrived };
const { wire, sign, src, bytes } = delivery;
const carried = { remember: [rumor], keep: [] };

test('what arrives and the event that delivers it are appended as one: it was never there without being delivered', () => {
  const { store, appended, dones, seen } = slowStore();
  const log: string[] = [];
  const commits = new Commits('app', store, limits(), { ended: ({ event }) => log.push(event.arm), arrived: ({ count }) => log.push(`arrival ${count}`) });
  const first = commits.arrive(relayed(1), { receipt: receiptOf('bob', log).next(), count: 1, saves: false, run });
  const second = commits.arrive(COMES, { receipt: receiptOf('bob', log).next(), count: 2, saves: false, run });
  commits.arrive(relayed(3), { receipt: receiptOf('bob', log).next(), count: 3, saves: false, run });
  expect([appended, seen.length, first?.changes?.arrived]).toEqual([[], 3, []]);
  ending(commits, { arm: 'onAgent', wire, sign, src, bytes, changes: carried, place: second }, { ...NOTHING, saves: [{ key: 'k', value: undefined }] });
  // In order: what came before it, and not what came behind it.
  expect(appended.map(({ remember, keep, saves, arrived: open }) => [remember?.length, keep?.length, saves?.length, open])).toEqual([[1, 1, 0, []], [1, 1, 1, []]]);
  expect(appended[1]?.remember).toEqual([rumor]);
  commits.settle();
  expect(appended).toHaveLength(3);
  for (const done of dones) done();
  expect(log).toEqual(['arrival 1', 'arrival 2', 'onAgent', 'arrival 3']);
});

test('what arrives and is not delivered in its turn is appended as an arrival, and its event says that it is', () => {
  const { store, appended } = slowStore();
  const commits = new Commits('app', store, limits(), NOBODY);
  const place = commits.arrive(COMES, { receipt: receiptOf('bob', []).next(), count: 1, saves: false, run });
  commits.settle();
  ending(commits, { arm: 'onAgent', wire, sign, src, bytes, changes: carried, place }, NOTHING);
  expect(appended.map(({ remember, keep, arrived: open }) => [remember, keep, open])).toEqual([
    [[rumor], [kept], arrived],
    [[rumor], [], []],
  ]);
});

test('an event that overtakes what arrived is appended behind it', () => {
  const { store, appended } = slowStore();
  const commits = new Commits('app', store, limits(), NOBODY);
  arriving(commits, COMES);
  ending(commits, { arm: 'onPoke', datum: { mark: 'm', data: 1 }, bytes: 0, src: OUR }, SAVES);
  expect(appended.map(({ arrived: open, saves }) => [open?.length, saves?.length])).toEqual([[1, 0], [0, 1]]);
});

test('what is delivered and cannot come again is not remembered before its event, which brings it, but in RAM', () => {
  const { store, appended, seen } = slowStore();
  const commits = new Commits('app', store, limits(), NOBODY);
  arriving(commits, { ...COMES, arrived: [] });
  expect(seen).toContain(ID);
  ending(commits, { arm: 'onAgent', wire, sign, src, bytes, changes: { remember: [rumor], keep: [kept] } }, { ...NOTHING, remember: [{ ...rumor, hops: 3 }] });
  expect(appended.map(({ remember, keep, arrived: open }) => [remember, keep, open])).toEqual([
    [[], [], []],
    [[rumor, { ...rumor, hops: 3 }], [kept], []],
  ]);
});

test('what fails on arrival, or is refused, is receipted behind what came before it: one count is for all up to it', async () => {
  const { store, dones } = slowStore();
  const agent: Agent = {
    onArrival: (_wire, sign) => {
      if (sign.type !== 'fact' || sign.data === 'bad') throw new Error('of the agent');
      return sign.data === 'queue' ? undefined : [{ type: 'remember', ...rumor }];
    },
  };
  const runner = new AgentRunner('app', agent, undefined, {
    our: OUR,
    clock: new ManualClock(),
    store,
    limits: limits({ maxQueuedEvents: 1 }),
    random: seededRandom(1),
    isAdmin: () => false,
    admit: () => undefined,
    perform: () => undefined,
    report: () => undefined,
    restarted: () => undefined,
  });
  const log: string[] = [];
  const bob = receiptOf('bob', log);
  const arrives = (data: string): void => void runner.arrive('/w', { type: 'fact', mark: 'm', data }, BOB, 1, undefined, bob.next());
  arrives('good');
  arrives('bad');
  for (let n = 0; n < 3; n += 1) arrives('queue');
  runner.nothingArrived(bob.next());
  await new Promise(setImmediate);
  expect([log, dones.length]).toEqual([[], 1]);
  dones[0]?.();
  expect(log).toEqual(['bob 1', 'bob 6']);
  runner.stop();
});
