/** Short runs of scripts/chaos.js: as processes they need the sources as JavaScript, so a fixture runs them. */
import { expect, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import { runDisk } from '../../src/chaos/disk.ts';
import { runLinks } from '../../src/chaos/links.ts';
import type { LinksOptions } from '../../src/chaos/links.ts';
import { faultsOf, hear } from '../../src/chaos/numbers.ts';
import type { Account } from '../../src/chaos/numbers.ts';
import { spawnFixture } from '../support/child.ts';

const SEED = process.env['SEED'] ?? String(Date.now());

test(`30 kills of one of four pals (SEED=${SEED})`, async () => {
  const fixture = spawnFixture('chaos/fixtures/kills', ['30', SEED]);
  expect(await fixture.next()).toMatchObject({ ok: true, count: 30, faults: [] });
}, 300_000);

const runs: readonly (readonly [name: string, options: Omit<LinksOptions, 'count' | 'seed' | 'makeLevel'>])[] = [
  ['faults of links', {}],
  ['faults of links and power cuts', { durability: 'power' }],
  ['power cuts', { durability: 'power', faults: ['power'] }],
];
test.each(runs)(`30 %s (SEED=${SEED})`, async (_name, options) => {
  expect(await runLinks({ count: 30, seed: SEED, makeLevel: () => new MemoryLevel(), ...options })).toMatchObject({ ok: true, count: 30, faults: [] });
}, 120_000);

test('a full disk stops publishing with its code, not relaying, and is over when there is room (skipped where no tmpfs may be mounted)', async () => {
  expect(await runDisk()).toMatchObject({ ok: true, faults: [] });
}, 120_000);

test('the model finds what is missing, twice, or from nowhere', () => {
  const of = (...numbers: number[]): Account['heard'][string] => numbers.reduce(hear, { upTo: 0, ahead: [], again: [] });
  const fine = { last: 3, heard: { 0: of(2, 1, 3) } };
  expect(faultsOf([{ last: 3, heard: { 1: of(3, 1, 2) } }, fine])).toEqual([]);
  expect(faultsOf([{ last: 3, heard: {} }, fine])).toEqual(['node 0, numbers of node 1: heard 1 to 0 and 0 more of 3']);
  expect(faultsOf([{ last: 3, heard: { 1: of(1, 3) } }, fine])).toEqual(['node 0, numbers of node 1: heard 1 to 1 and 1 more of 3']);
  expect(faultsOf([{ last: 3, heard: { 1: of(1, 3, 3, 2, 1) } }, fine])).toEqual(['node 0, numbers of node 1: the state changed again for 3, 1']);
  expect(faultsOf([{ last: 3, heard: { 1: of(1, 2, 3, 4) } }, fine])).toEqual(['node 0, numbers of node 1: heard 4, and 3 was committed last']);
});
