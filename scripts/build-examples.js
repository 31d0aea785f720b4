// Builds the package and its examples, unless nothing changed since that was last done.
import { execSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const SOURCES = ['src', 'examples', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'tsconfig.examples.json'];

const root = fileURLToPath(new URL('..', import.meta.url));
const done = `${root}build/done`;

/** Folders count too: they change when a file of theirs goes. */
function changedMs(path) {
  const stat = statSync(path);
  const below = stat.isDirectory() ? readdirSync(path).map((name) => changedMs(`${path}/${name}`)) : [];
  return Math.max(stat.mtimeMs, ...below);
}

const isCurrent = existsSync(done) && existsSync(`${root}dist`) && SOURCES.every((path) => changedMs(root + path) < statSync(done).mtimeMs);
if (!isCurrent) {
  try {
    execSync('npm run --silent build && tsc -p tsconfig.examples.json', { cwd: root, stdio: 'inherit' });
    writeFileSync(done, '');
  } catch (error) {
    process.exitCode = error.status ?? 1;
  }
}
