/** The real command, as real processes that find each other over sockets of this machine. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { spawnModule } from '../support/child.ts';
import type { Running } from '../support/child.ts';

/** Removed after the tests of the file. */
export const directory: string = mkdtempSync(join(tmpdir(), 'hearsay-up-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;
/** A directory for one node. */
export function newDir(): string {
  made += 1;
  return join(directory, `n${made}`);
}

/** A file with this text. */
export function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** What a node tells with --json. */
export interface Said {
  readonly type: string;
  readonly text?: string;
  readonly peer?: string;
  readonly hops?: number;
}

/** A node in a process of its own. */
export interface Up extends Running {
  readonly id: string;
  /** `ws://localhost:<port>` */
  readonly address: string;
  readonly dir: string;
  /** The next thing it tells that fits. */
  tells(fits: (said: Said) => boolean): Promise<Said>;
}

/** Starts a command. */
export function hearsay(...args: string[]): Running {
  return spawnModule('src/cli/bin.js', args);
}

/** Starts a node that says nothing by itself. */
export async function up(...args: string[]): Promise<Up> {
  const process = hearsay('up', '--json', ...(args.includes('-P') || args.includes('--stdin') ? [] : ['-P', '0']), ...args);
  const { id, addresses, dir } = JSON.parse(await process.line()) as { id: string; addresses: string[]; dir: string };
  const tells = async (fits: (said: Said) => boolean): Promise<Said> => JSON.parse(await process.line((line) => fits(JSON.parse(line) as Said))) as Said;
  return Object.assign(process, { id, address: (addresses[0] ?? '').replace(/#.*/, ''), dir, tells });
}

/** Ends nodes, which has to be clean. */
export async function end(...nodes: Running[]): Promise<void> {
  for (const node of nodes) node.process.kill('SIGINT');
  for (const node of nodes) expect(await node.ended).toEqual({ code: 0, signal: null });
}

/** Waits for a line on standard error. */
export async function complains(node: Running, what: RegExp): Promise<void> {
  while (!what.test(node.errors)) await Promise.race([once(node.process.stderr!, 'data'), node.ended.then((ending) => Promise.reject(new Error(`ended with ${JSON.stringify(ending)}: ${node.errors}`)))]);
}

export const hears = (text: string): ((said: Said) => boolean) => (said) => said.type === 'heard' && said.text === text;
export const meets = (said: Said): boolean => said.type === 'connected';

