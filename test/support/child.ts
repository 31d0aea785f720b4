/**
 * Fixtures that run as processes of their own, for what one process cannot show: a SIGKILL, a lock, a real peer.
 *
 * A fixture is a module under test/, for instance test/store/fixtures/hold.ts; it may import anything of src/ and speaks through
 * test/support/parent.ts. Node 20 runs no TypeScript, so sources and fixtures are transpiled into a temporary directory before the
 * tests of the file; a cache in node_modules saves that for what has not changed. After the tests, what still runs is killed and the
 * directory is removed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from '@jest/globals';

/** How a process ended: an exit code, or the signal that killed it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running fixture. It speaks in lines of JSON. */
export interface Fixture {
  readonly process: ChildProcess;
  /** Resolves when it has ended and all it said was read. */
  readonly ended: Promise<Ending>;
  /** What it says next, in order. Rejects, with what it wrote to stderr, when it ended without saying more. */
  next(): Promise<unknown>;
  /** Says something to it. */
  tell(value: unknown): void;
  /** Kills it at once, by default with SIGKILL. What it said before can still be read. */
  kill(signal?: NodeJS.Signals): Promise<Ending>;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'hearsay-fixtures');
const STDERR_CHARACTERS = 4_000;
/** All sources at once, on two busy cores and with nothing in the cache, take some seconds. */
const TRANSPILE_TIMEOUT_MS = 60_000;

const running = new Set<Fixture>();
let directory = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hearsay-fixtures-'));
  await transpileInto(directory);
}, TRANSPILE_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([...running].map((fixture) => fixture.kill()));
  rmSync(directory, { recursive: true, force: true });
});

/**
 * Starts a fixture.
 * @param name its path below test/, without the extension: `store/fixtures/hold`
 * @param args what it finds in `process.argv` from the third place on
 */
export function spawnFixture(name: string, args: readonly string[] = []): Fixture {
  const child = spawn(process.execPath, ['--enable-source-maps', join(directory, 'test', `${name}.js`), ...args], { stdio: 'pipe' });
  const said: string[] = [];
  let wake: () => void = () => undefined;
  let stderr = '';
  let ending: Ending | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    wake();
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-STDERR_CHARACTERS)));
  // One that is being killed may be told something still.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ending>((resolve) => {
    child.on('close', (code, signal) => {
      ending = { code, signal };
      running.delete(fixture);
      resolve(ending);
      wake();
    });
  });
  const fixture: Fixture = {
    process: child,
    ended,
    async next() {
      while (said.length === 0) {
        if (ending !== undefined) throw new Error(`${name} ended with ${ending.signal ?? ending.code}. ${stderr}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return JSON.parse(said.shift() ?? '') as unknown;
    },
    tell: (value) => void child.stdin.write(`${JSON.stringify(value)}\n`),
    kill(signal = 'SIGKILL') {
      child.kill(signal);
      return ended;
    },
  };
  running.add(fixture);
  return fixture;
}

/** Lays out src/ and test/ as JavaScript, and the packages. */
async function transpileInto(out: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(ROOT, 'node_modules'), join(out, 'node_modules'), 'junction');
  for (const file of [...modulesIn('src', /\.ts$/), ...modulesIn('test', /(^|[\\/])(fixtures|support)[\\/].*\.ts$/)]) {
    const target = join(out, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(await transpile(join(ROOT, file)), target);
  }
}

/** @returns the file in the cache */
async function transpile(file: string): Promise<string> {
  const source = readFileSync(file, 'utf8');
  const cached = join(CACHE, `${createHash('sha256').update(`${file}\0${source}`).digest('hex')}.js`);
  if (existsSync(cached)) return cached;
  const { default: ts } = await import('typescript');
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
    inlineSourceMap: true,
    inlineSources: true,
  };
  // Whole or not at all: test files that run at the same time share the cache.
  const half = `${cached}.${process.pid}`;
  writeFileSync(half, ts.transpileModule(source, { fileName: file, compilerOptions }).outputText);
  renameSync(half, cached);
  return cached;
}

function modulesIn(folder: string, pattern: RegExp): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
}
