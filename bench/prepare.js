/** Makes a fresh clone ready: the packages of both, and a build that is not older than the sources. Needs nothing installed itself. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));

export function prepare() {
  if (!existsSync(join(root, 'node_modules'))) npm(root, 'ci');
  if (!existsSync(join(bench, 'node_modules'))) npm(bench, 'ci');
  if (newest(join(root, 'src')) > oldestBuilt()) npm(root, 'run', 'build');
}

function oldestBuilt() {
  const entry = join(root, 'dist', 'index.js');
  return existsSync(entry) ? statSync(entry).mtimeMs : -Infinity;
}

/**
 * @param {string} folder
 * @returns {number}
 */
function newest(folder) {
  return Math.max(...readdirSync(folder, { recursive: true }).map((file) => statSync(join(folder, String(file))).mtimeMs));
}

/**
 * Its words go to stderr: stdout is for results.
 * @param {string} cwd
 * @param {string[]} args
 */
function npm(cwd, ...args) {
  execFileSync('npm', [...args, '--silent'], { cwd, stdio: ['ignore', process.stderr, process.stderr], shell: process.platform === 'win32' });
}
