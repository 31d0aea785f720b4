import { expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { Commits } from '../../src/node/commits.ts';
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

test('a copy that changes nothing is told at once on an idle disk, else behind what came before it, never when that was lost, and is bounded', () => {
  const { store, appended, dones } = slowStore();
  const commits = new Commits('app', store, limits({ maxQueuedEvents: 3 }));
  const told: string[] = [];
  commits.nothingArrived(() => told.push('idle'));
  commits.arrived(relayed(1), () => told.push('first'));
  for (let n = 0; n < 9; n += 1) commits.nothingArrived(() => told.push(`behind first ${n}`));
  commits.arrived(relayed(2), () => told.push('second'));
  commits.nothingArrived(() => told.push('behind second'));
  expect([told, appended.length]).toEqual([['idle'], 2]);
  dones[0]?.();
  expect(told.slice(1)).toEqual(['first', 'behind first 0', 'behind first 1', 'behind first 2']);
  dones[1]?.(new Error('disk'));
  expect(told.slice(5)).toEqual(['second']);
  commits.nothingArrived(() => told.push('idle again'));
  expect(told.at(-1)).toBe('idle again');
});
