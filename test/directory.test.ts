import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeDirectory } from '../src/directory.ts';
import { spawnModule } from './support/child.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearsay-directory-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('makes what is missing, for the owner only, and leaves what is there', async () => {
  await mkdir(join(dir, 'there'), { mode: 0o750 });
  const [above, below] = [join(dir, 'there', 'above'), join(dir, 'there', 'above', 'below')];
  await makeDirectory(below);
  await makeDirectory(below);
  if (process.platform === 'win32') return;
  const modes = await Promise.all([join(dir, 'there'), above, below].map(async (each) => (await stat(each)).mode & 0o777));
  expect(modes).toEqual([0o750, 0o700, 0o700]);
});

test('two at once make one', async () => {
  const below = join(dir, 'a', 'b', 'c');
  await Promise.all([makeDirectory(below), makeDirectory(below)]);
  expect((await stat(below)).isDirectory()).toBe(true);
});

test('a link to a directory is one; the root and what is relative are there', async () => {
  await mkdir(join(dir, 'there'));
  await symlink(join(dir, 'there'), join(dir, 'link'), 'junction');
  for (const each of [join(dir, 'link'), join(dir, 'link', 'below'), '/', '.']) await makeDirectory(each);
  expect(existsSync(join(dir, 'there', 'below'))).toBe(true);
});

test.each([
  { name: 'a file', at: 'file', code: 'EEXIST' },
  { name: 'below a file', at: 'file/below', code: 'ENOTDIR' },
  { name: 'a link to nowhere', at: 'link', code: 'EEXIST' },
  { name: 'below a link to nowhere', at: 'link/below/deeper', code: 'EEXIST' },
])('says what the system says: $name', async ({ at, code }) => {
  await writeFile(join(dir, 'file'), '');
  await symlink(join(dir, 'nowhere'), join(dir, 'link'));
  await expect(makeDirectory(join(dir, at))).rejects.toMatchObject({ code });
  expect(existsSync(join(dir, 'nowhere'))).toBe(false);
});

// In a process of its own, which can be ended whatever it does.
if (existsSync('/proc/self')) {
  test.each(['/proc/nope', '/proc/nope/below'])('in Linux’s /proc, where nothing can be made, `hearsay up` says so and ends with 1: %s', async (nowhere) => {
    const up = spawnModule('src/cli/bin.js', ['up', '-d', nowhere]);
    expect(await up.ended).toEqual({ code: 1, signal: null });
    expect(up.errors).toMatch(/^hearsay: Expected `dir` to be a directory, or where one can be made \(ENOENT\), got .*\/proc\/nope.*HEARSAY_STORE_FAILED/m);
  });
} else {
  test('there is no /proc here: a directory that the system does not make below one that is there is not tested', () => {
    expect(existsSync('/proc/self')).toBe(false);
  });
}
