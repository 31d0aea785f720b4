/**
 * Processes of their own, for what one process cannot show: a SIGKILL, a lock, a real peer, an example as its user runs it.
 *
 * A fixture is a module under test/, for instance test/store/fixtures/hold.ts; it may import anything of src/ and speaks through
 * test/support/parent.ts. Examples lie where the build puts them and import the package by its name. Node 20 runs no TypeScript, so
 * all of it is transpiled into a temporary directory before the tests of the file; a cache in node_modules saves that for what has
 * not changed. After the tests, what still runs is killed and the directory is removed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** A running module. It speaks in lines. */
export interface Running {
  readonly process: ChildProcess;
  /** Resolves when it has ended and all it said was read. */
  readonly ended: Promise<Ending>;
  /** All lines so far, those already read too. */
  readonly output: readonly string[];
  /** The last 4,000 characters it wrote to stderr. */
  readonly errors: string;
  /**
   * The next line that fits, in order; those before it are skipped. One call at a time.
   * Rejects, with its stderr, when it ended without saying one.
   */
  line(fits?: (line: string) => boolean): Promise<string>;
  /** Writes a line to its standard input. */
  write(line: string): void;
  /** Ends its standard input. */
  hangUp(): void;
  /** Kills it at once, by default with SIGKILL. What it said before can still be read. */
  kill(signal?: NodeJS.Signals): Promise<Ending>;
}

/** A running fixture: its lines are JSON. */
export interface Fixture extends Running {
  /** What it says next, in order. Rejects as {@link Running.line} does. */
  next(): Promise<unknown>;
  /** Says something to it. */
  tell(value: unknown): void;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'hearsay-fixtures');
const STDERR_CHARACTERS = 4_000;
/** All sources at once, on two busy cores and with nothing in the cache, take some seconds. */
const TRANSPILE_TIMEOUT_MS = 60_000;

const running = new Set<Running>();
let directory = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hearsay-fixtures-'));
  await transpileInto(directory);
}, TRANSPILE_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all([...running].map((one) => one.kill()));
  rmSync(directory, { recursive: true, force: true });
});

/**
 * Starts a fixture.
 * @param name its path below test/, without the extension: `store/fixtures/hold`
 * @param args what it finds in `process.argv` from the third place on
 */
export function spawnFixture(name: string, args: readonly string[] = []): Fixture {
  const started = spawnModule(`test/${name}.js`, args);
  return Object.assign(started, {
    next: async () => JSON.parse(await started.line()) as unknown,
    tell: (value: unknown) => started.write(JSON.stringify(value)),
  });
}

/** Where a module lies, as built. It may be replaced: each test file has a copy of its own. */
export function builtFile(path: string): string {
  return join(directory, path);
}

/**
 * Starts a module that speaks to people.
 * @param path below the repository, as built: `build/examples/demo/demo.js`, `scripts/example.js`
 */
export function spawnModule(path: string, args: readonly string[] = []): Running {
  const child = spawn(process.execPath, ['--enable-source-maps', builtFile(path), ...args], { stdio: 'pipe' });
  const output: string[] = [];
  let read = 0;
  let wake: () => void = () => undefined;
  let errors = '';
  let ending: Ending | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.push(line);
    wake();
  });
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-STDERR_CHARACTERS)));
  // One that is being killed may be told something still.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ending>((resolve) => {
    child.on('close', (code, signal) => {
      ending = { code, signal };
      running.delete(started);
      resolve(ending);
      wake();
    });
  });
  const started: Running = {
    process: child,
    ended,
    output,
    get errors() {
      return errors;
    },
    async line(fits = () => true) {
      for (;;) {
        while (read < output.length) {
          const line = output[read] ?? '';
          read += 1;
          if (fits(line)) return line;
        }
        if (ending !== undefined) throw new Error(`${path} ended with ${ending.signal ?? ending.code}. ${errors}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    write: (line) => void child.stdin.write(`${line}\n`),
    hangUp: () => void child.stdin.end(),
    kill(signal = 'SIGKILL') {
      child.kill(signal);
      return ended;
    },
  };
  running.add(started);
  return started;
}

/** Lays out src/, test/, examples/ and scripts/ as a build would, and the packages. The package is its own dependency, by its name. */
async function transpileInto(out: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const { name, version, type, exports, imports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { name: string; version: string; type: string; exports: unknown; imports: unknown };
  const fromSources = JSON.stringify({ name, version, type, exports, imports }).replaceAll('./dist/', './src/');
  writeFileSync(join(out, 'package.json'), fromSources);
  symlinkSync(join(ROOT, 'node_modules'), join(out, 'node_modules'), 'junction');
  cpSync(join(ROOT, 'scripts'), join(out, 'scripts'), { recursive: true });
  for (const file of [...modulesIn('src', /\.ts$/), ...modulesIn('examples', /\.ts$/), ...modulesIn('test', /(^|[\\/])(fixtures|support)[\\/].*\.ts$/)]) {
    const target = join(out, file.replace(/\.ts$/, '.js').replace(/^examples/, join('build', 'examples')));
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
