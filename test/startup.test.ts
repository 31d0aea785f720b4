/** What starting costs, by what is loaded: importing the package is to take 150 ms at most, and a clock would tell of the machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { spawnFixture } from './support/child.ts';

const dir = mkdtempSync(join(tmpdir(), 'hearsay-startup-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('importing the package loads rxjs and no other package', async () => {
  expect(await spawnFixture('fixtures/loaded').next()).toEqual(['rxjs']);
});

test('a node with URLs loads neither the packages of multiaddrs nor those of the primitives, which Node has', async () => {
  const process = spawnFixture('fixtures/loaded', [join(dir, 'node')]);
  await process.next();
  const packages = (await process.next()) as string[];
  expect(packages).toEqual(expect.arrayContaining(['level', 'rxjs', 'ws', 'zod']));
  expect(packages.filter((name) => /multiformats|noble/.test(name))).toEqual([]);
});
