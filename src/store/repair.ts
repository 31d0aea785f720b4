/**
 * What is done with a damaged directory: LevelDB repairs its files as far as it can, what then still does not fit its sum is taken
 * out, and when that leaves no database of ours the directory is set aside, whole, under a dated name. Nothing is deleted that can be read.
 */
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { HearsayError } from '../errors.ts';
import { DATABASE_FOLDER, VIEW } from './database.ts';
import type { Database } from './database.ts';
import { isSealed, kindOf, LAST_KEY, logPosition, SCHEMA_KEY, SCHEMA_VERSION } from './layout.ts';
import { schemaBytes } from './migrations.ts';
import { isPackedIds } from './packing.ts';
import { unseal } from './seal.ts';

const TABLE: RegExp = /\.(ldb|sst)$/;

/** What became of a damaged database. */
export interface Rescue {
  /** What LevelDB or we found. */
  readonly found: string;
  readonly outcome: 'repaired' | 'set-aside';
  /** What is not there any more, in words: how many of which kind, and files. */
  readonly lost: readonly string[];
  /** Where the damaged files are, when they were set aside or LevelDB put them away. */
  readonly kept: string | undefined;
}

/** The rescue as an error that can be reported. */
export function rescued(rescue: Rescue, cause?: unknown): HearsayError {
  return new HearsayError('HEARSAY_STORE_DAMAGED', { field: 'store', rule: 'to be undamaged', value: rescue, cause });
}

/** Repairs the files in place. `undefined` when that leaves no database of ours. */
export async function repairDir(dir: string, found: string): Promise<Rescue | undefined> {
  const folder = join(dir, DATABASE_FOLDER);
  try {
    const before = new Set(await filesIn(join(folder, 'lost')));
    await repairFiles(folder);
    // The log and the manifest go there too, once they are read.
    const files = (await filesIn(join(folder, 'lost'))).filter((file) => TABLE.test(file) && !before.has(file));
    const taken = await salvage(folder);
    if (taken === undefined) return undefined;
    return { found, outcome: 'repaired', lost: [...taken, ...files], kept: files.length === 0 ? undefined : join(folder, 'lost') };
  } catch {
    return undefined;
  }
}

/** Moves the database away. @param nowMs for its name */
export async function setAside(dir: string, found: string, nowMs: number): Promise<Rescue> {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  const kept = join(dir, `${DATABASE_FOLDER}.damaged-${stamp}`);
  await rename(join(dir, DATABASE_FOLDER), kept);
  return { found, outcome: 'set-aside', lost: ['everything in the database'], kept };
}

/** classic-level has it; its types say so, those of `level`, which is also for browsers, do not. */
async function repairFiles(folder: string): Promise<void> {
  const { Level } = await import('level');
  await (Level as unknown as { repair(location: string): Promise<void> }).repair(folder);
}

/** Takes out what does not fit its sum. @returns what that was, or `undefined` when there is no readable header */
async function salvage(folder: string): Promise<string[] | undefined> {
  const { Level } = await import('level');
  const db: Database = new Level<unknown, unknown>(folder, { createIfMissing: false });
  await db.open();
  try {
    const schema = await db.get<Uint8Array, Uint8Array>(SCHEMA_KEY, VIEW);
    const number = schema === undefined ? '' : String.fromCharCode(...schema);
    if (!/^[1-9][0-9]*$/.test(number)) return undefined;
    // Schemas before 2 have no sums.
    return number === String.fromCharCode(...schemaBytes(SCHEMA_VERSION)) ? await takeOut(db) : [];
  } finally {
    await db.close();
  }
}

async function takeOut(db: Database): Promise<string[]> {
  const counts = new Map<string, number>();
  for await (const [key, value] of db.iterator<Uint8Array, Uint8Array>({ lt: LAST_KEY, ...VIEW })) {
    if (!isSealed(key) || isSound(key, value)) continue;
    await db.del<Uint8Array>(key, { keyEncoding: VIEW.keyEncoding });
    const kind = kindOf(key) ?? 'unknown';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} entries of ${kind}`);
}

function isSound(key: Uint8Array, sealed: Uint8Array): boolean {
  const value = unseal(key, sealed);
  if (value === undefined) return false;
  const kind = kindOf(key);
  if (kind === 'ids') return logPosition(key) !== undefined && isPackedIds(value);
  return kind !== 'payloads' || logPosition(key) !== undefined;
}

async function filesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
