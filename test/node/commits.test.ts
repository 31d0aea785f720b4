import { expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { Commits } from '../../src/node/commits.ts';
import type { Receipt } from '../../src/node/session.ts';
import { NOTHING } from '../../src/node/transaction.ts';
import type { Transaction } from '../../src/node/transaction.ts';
import type { Changes, Store } from '../../src/store/store.ts';

const OUR = '0'.repeat(64) as PeerId;

/** A store that writes when it is told to. */
function slowStore(): { store: Store; appended: Changes[]; dones: ((error?: Error) => void)[] } {
  const appended: Changes[] = [];
  const dones: ((error?: Error) => void)[] = [];
  const append = (changes: Changes, done: (error?: Error) => void): void => {
    appended.push(changes);
    dones.push(done);
  };
  return { store: { append } as unknown as Store, appended, dones };
}

function relayed(n: number, bytes = 10): Transaction {
  const id = n.toString(16).padStart(64, '0') as RumorId;
  return { ...NOTHING, remember: [{ id, hops: 1, delivered: false, relayed: true }], keep: [{ id, mark: 'm', payload: new Uint8Array(bytes), hops: 1 }] };
}

test.each([
  { name: 'events', bounds: { maxQueuedEvents: 5 }, bytes: 10 },
  { name: 'bytes', bounds: { maxQueuedBytes: 50 }, bytes: 10 },
])('what relayed rumors leave behind does not pile up before a disk that hangs: $name', ({ bounds, bytes }) => {
  const { store, appended, dones } = slowStore();
  const commits = new Commits('app', store, limits(bounds));
  for (let n = 0; n < 100; n += 1) commits.arrived(relayed(n, bytes), () => undefined);
  expect([appended.length, commits.isFull]).toEqual([5, true]);
  dones.splice(0).forEach((done) => done());
  expect(commits.isFull).toBe(false);
  commits.arrived(relayed(7), () => undefined);
  expect(appended).toHaveLength(6);
});

test('what an arrival saves is written all the same', () => {
  const { store, appended } = slowStore();
  const commits = new Commits('app', store, limits({ maxQueuedEvents: 1 }));
  for (let n = 0; n < 3; n += 1) commits.arrived({ ...relayed(n), saves: [{ key: 'k', value: new Uint8Array(1) }] }, () => undefined);
  expect(appended).toHaveLength(3);
});

test('an event with nothing to write waits for those before it, and fails with them', () => {
  const { store, dones } = slowStore();
  const commits = new Commits('app', store, limits());
  const log: string[] = [];
  const commit = (name: string, result: Transaction): void => commits.commit({ arm: 'onPoke', datum: { mark: 'm', data: 1 }, bytes: 0, src: OUR }, result, undefined, (error) => log.push(`${name} ${error?.message ?? 'done'}`));
  commit('first', { ...NOTHING, saves: [{ key: 'k', value: undefined }] });
  commit('second', NOTHING);
  expect(log).toEqual([]);
  dones.shift()?.(new Error('disk full'));
  commit('third', NOTHING);
  expect(log).toEqual(['first disk full', 'second disk full', 'third done']);
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
  const commits = new Commits('app', store, limits({ maxQueuedEvents: 3 }));
  const told: string[] = [];
  const bob = receiptOf('bob', told);
  const cat = receiptOf('cat', told);
  commits.nothingArrived(bob.next());
  commits.arrived(relayed(1), () => told.push('first'));
  for (let n = 0; n < 9; n += 1) commits.nothingArrived((n < 7 ? bob : cat).next());
  for (let n = 0; n < 9; n += 1) commits.nothingArrived((n % 2 === 0 ? bob : cat).next());
  commits.arrived(relayed(2), () => told.push('second'));
  commits.nothingArrived(cat.next());
  expect([told, appended.length]).toEqual([['bob 1'], 2]);
  dones[0]?.();
  expect(told.slice(1)).toEqual(['first', 'bob 8', 'cat 2', 'bob 13']);
  dones[1]?.(new Error('disk'));
  expect(told.slice(5)).toEqual(['second']);
  commits.nothingArrived(bob.next());
  expect(told.at(-1)).toBe('bob 14');
});

const ID = '7'.repeat(64) as RumorId;
const rumor = { id: ID, hops: 1, delivered: true, relayed: true };
const kept = { id: ID, mark: 'm', payload: new Uint8Array(3), hops: 1 };
const delivery = { type: 'deliver', wire: '/w', sign: { type: 'fact', mark: 'm', data: 1 }, src: OUR, id: ID, bytes: 1 } as const;

test('what is delivered and can come again is on disk as not delivered; what cannot is not remembered before its event, which brings it', () => {
  const { store, appended } = slowStore();
  const commits = new Commits('app', store, limits());
  const arrived = [{ id: ID, from: OUR, wire: '/w', mark: 'm', data: new Uint8Array(3) }];
  commits.arrived({ ...NOTHING, outward: [delivery], remember: [rumor], keep: [kept], arrived }, () => undefined);
  commits.arrived({ ...NOTHING, outward: [delivery], remember: [rumor], keep: [kept] }, () => undefined);
  const { wire, sign, src, bytes } = delivery;
  commits.commit({ arm: 'onAgent', wire, sign, src, bytes, changes: { remember: [rumor], keep: [kept] } }, { ...NOTHING, remember: [{ ...rumor, hops: 3 }] }, undefined, () => undefined);
  expect(appended.map(({ remember, keep, arrived: open }) => [remember, keep, open])).toEqual([
    [[{ ...rumor, delivered: false }], [kept], arrived],
    [[], [], []],
    [[rumor, { ...rumor, hops: 3 }], [kept], []],
  ]);
});
