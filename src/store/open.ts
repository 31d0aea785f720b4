/**
 * Opening the database: whose it is, whether it is whole, and which schema it has. Afterwards nothing else asks.
 * A database that is not ours, is newer, or is damaged is refused and left as it is; nothing is ever made over it.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbstractLevel } from 'abstract-level';
import { Level } from 'level';
import { HearsayError } from '../errors.ts';
import { INCARNATION_KEY, SCHEMA_KEY, SCHEMA_VERSION } from './layout.ts';

/** Any `abstract-level`, whatever its own encodings are: its class is invariant in them, so nothing narrower takes all. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyLevel = AbstractLevel<any, any, any>;

/** The same as we use it: with the encodings given in each call. */
export type Database = AbstractLevel<string | Uint8Array | Buffer, unknown, unknown>;

/** Where the store is: a directory of ours, or a database that its owner closes. */
export type StorePlace = { readonly dir: string } | { readonly level: AnyLevel };

/** A database of ours, of this schema. */
export interface Opened {
  readonly db: Database;
  readonly incarnation: string;
  /** Closes what was opened here. */
  readonly release: () => Promise<void>;
}

/** Keys and values are bytes, whatever the database's own defaults are. */
export const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const;

const INCARNATION_BYTES = 16;
const DATABASE_FOLDER = 'db';
/** What LevelDB reports as an I/O error and is the machine's condition, not the data's. */
const ENVIRONMENT: RegExp = /permission denied|no space left|too many open files|read-only file system|disk quota/i;
/** Files of LevelDB that hold data. */
const DATA_FILE: RegExp = /\.(ldb|sst|log)$/;

const inUse = new WeakSet<Database>();

/**
 * Opens, and makes what is not there yet.
 * @throws HearsayError `HEARSAY_LOCKED`, `HEARSAY_NEWER_SCHEMA`, `HEARSAY_STORE_DAMAGED`, `HEARSAY_STORE_FAILED`, and
 * `HEARSAY_BAD_CONFIG` for a database that is somebody else's
 */
export async function openDatabase(place: StorePlace): Promise<Opened> {
  const { db, release } = 'dir' in place ? await openDir(place.dir) : await openGiven(place.level);
  try {
    return { db, release, incarnation: await readHeader(db, 'dir' in place ? place.dir : 'the database given') };
  } catch (error) {
    await release();
    throw storeError(error);
  }
}

/** What went wrong while reading, as ours. A {@link HearsayError} stays what it is. */
export function storeError(error: unknown): HearsayError {
  if (error instanceof HearsayError) return error;
  const cause = rootOf(error);
  const damaged = cause.code === 'LEVEL_CORRUPTION' || (cause.code === 'LEVEL_IO_ERROR' && !ENVIRONMENT.test(cause.message));
  return damaged ? damage(cause.message, error) : new HearsayError('HEARSAY_STORE_FAILED', { field: 'store', rule: 'to be readable', value: cause.message, cause: error });
}

/** @param found what is not as it should be; never data */
export function damage(found: string, cause?: unknown): HearsayError {
  return new HearsayError('HEARSAY_STORE_DAMAGED', { field: 'store', rule: 'to be undamaged', value: found, cause });
}

async function openDir(dir: string): Promise<Omit<Opened, 'incarnation'>> {
  const folder = join(dir, DATABASE_FOLDER);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    // LevelDB takes a directory without CURRENT for a new one, and then deletes the tables that it finds there.
    const files = await readdir(folder).catch((): string[] => []);
    if (!files.includes('CURRENT') && files.some((file) => DATA_FILE.test(file))) throw damage('tables without a file named CURRENT');
    const db: Database = new Level<unknown, unknown>(folder);
    await db.open();
    return { db, release: () => db.close() };
  } catch (error) {
    if (rootOf(error).code === 'LEVEL_LOCKED') throw new HearsayError('HEARSAY_LOCKED', { field: 'dir', rule: 'to be used by one process at a time', value: dir, cause: error });
    throw storeError(error);
  }
}

async function openGiven(db: Database): Promise<Omit<Opened, 'incarnation'>> {
  if (inUse.has(db)) throw new HearsayError('HEARSAY_LOCKED', { field: 'store', rule: 'to be used by one node at a time', value: 'a database in use' });
  inUse.add(db);
  try {
    await db.open();
  } catch (error) {
    inUse.delete(db);
    throw storeError(error);
  }
  return {
    db,
    release: () => {
      inUse.delete(db);
      return Promise.resolve();
    },
  };
}

/** Checks the schema; makes the header of an empty database. @returns the incarnation */
async function readHeader(db: Database, where: string): Promise<string> {
  const schema = await db.get<Uint8Array, Uint8Array>(SCHEMA_KEY, VIEW);
  if (schema === undefined) return makeHeader(db, where);
  const text = String.fromCharCode(...schema.subarray(0, 16));
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw damage('a schema version that is no number');
  const version = Number(text);
  if (version > SCHEMA_VERSION) {
    throw new HearsayError('HEARSAY_NEWER_SCHEMA', { field: 'store', rule: `to have schema version ${SCHEMA_VERSION} at most`, value: version });
  }
  const incarnation = await db.get<Uint8Array, Uint8Array>(INCARNATION_KEY, VIEW);
  if (incarnation?.length !== INCARNATION_BYTES) throw damage('no incarnation');
  return hex(incarnation);
}

async function makeHeader(db: Database, where: string): Promise<string> {
  const [first] = await db.keys<Uint8Array>({ limit: 1, keyEncoding: VIEW.keyEncoding }).all();
  if (first !== undefined) throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'store', rule: 'to be empty or a database of hearsay', value: where });
  const incarnation = crypto.getRandomValues(new Uint8Array(INCARNATION_BYTES));
  const schema = Uint8Array.from(String(SCHEMA_VERSION), (digit) => digit.charCodeAt(0));
  await db.batch<Uint8Array, Uint8Array>(
    [
      { type: 'put', key: SCHEMA_KEY, value: schema },
      { type: 'put', key: INCARNATION_KEY, value: incarnation },
    ],
    VIEW,
  );
  return hex(incarnation);
}

/** The innermost cause, since abstract-level wraps what the database said. By shape: native errors are of no realm in particular. */
function rootOf(error: unknown): { readonly code: unknown; readonly message: string } {
  let root = error as { readonly code?: unknown; readonly message?: unknown; readonly cause?: unknown } | null | undefined;
  while (typeof root?.cause === 'object' && root.cause !== null) root = root.cause;
  return { code: root?.code, message: String(root?.message ?? root) };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
