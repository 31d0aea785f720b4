/**
 * Opening the database: whose it is, whether it is whole, and which schema it has. Afterwards nothing else asks.
 * A database that is not ours or is newer is refused and left as it is; nothing is ever made over one that is damaged.
 */
import { readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../directory.ts';
import { HearsayError } from '../errors.ts';
import { BRINGERS_BYTES } from './bringers.ts';
import { damage, DATABASE_FOLDER, readSealed, rootOf, sealed, storeError, VIEW } from './database.ts';
import type { AnyLevel, Database } from './database.ts';
import { BRINGERS_KEY, INCARNATION_KEY, SCHEMA_KEY, SCHEMA_VERSION } from './layout.ts';
import { migrate, schemaBytes } from './migrations.ts';

/** Where the store is: a directory of ours, or a database that its owner closes. */
export type StorePlace = { readonly dir: string } | { readonly level: AnyLevel };

/** A database of ours, of this schema. */
export interface Opened extends Handle {
  readonly incarnation: string;
  /** The secret of bringers.ts. */
  readonly bringers: Uint8Array;
}

interface Handle {
  readonly db: Database;
  /** What LevelDB could not read of its own log and left out, in its words. */
  readonly dropped: string | undefined;
  /** After a failed write: closes and opens again, since what LevelDB appends to a log that failed may not be read back. */
  readonly recover: () => Promise<void>;
  /** Closes what was opened here. */
  readonly release: () => Promise<void>;
}

const INCARNATION_BYTES = 16;
/** Files of LevelDB that hold data. */
const DATA_FILE: RegExp = /\.(ldb|sst|log)$/;
/** What LevelDB writes into its LOG about records that it leaves out. */
const DROPPED: RegExp = /[0-9]+\.log: dropping [0-9]+ bytes; .*/;
/** Free space that it takes to start LevelDB again: its log becomes a table of 4 MiB, and another log begins. Our choice: that twice. */
const RECOVERY_BYTES: number = 16 * 1024 * 1024;

const inUse = new WeakSet<Database>();

/**
 * Opens, makes what is not there yet, and migrates.
 * @throws HearsayError `HEARSAY_LOCKED`, `HEARSAY_NEWER_SCHEMA`, `HEARSAY_STORE_DAMAGED`, `HEARSAY_STORE_FAILED`, and
 * `HEARSAY_BAD_CONFIG` for a database that is somebody else's
 */
export async function openDatabase(place: StorePlace): Promise<Opened> {
  const handle = 'dir' in place ? await openDir(place.dir) : await openGiven(place.level);
  try {
    return { ...handle, ...(await readHeader(handle.db, 'dir' in place ? place.dir : 'the database given')) };
  } catch (error) {
    await handle.release();
    throw storeError(error);
  }
}

/** Of LevelDB's cache (our choice: a few full groups, read again for one payload after the other; its default of 8 MiB fills within minutes, and throughput is the same without). */
const CACHE_BYTES: number = 1024 * 1024;

async function openDir(dir: string): Promise<Handle> {
  const folder = join(dir, DATABASE_FOLDER);
  try {
    await makeDirectory(dir).catch((cause: NodeJS.ErrnoException) => {
      throw new HearsayError('HEARSAY_STORE_FAILED', { field: 'dir', rule: `to be a directory, or where one can be made (${cause.code})`, value: dir, cause });
    });
    await checkFiles(folder);
    const { Level } = await import('level'); // only who has a directory needs it
    const db: Database = new Level<unknown, unknown>(folder, { cacheSize: CACHE_BYTES });
    await db.open();
    return { db, dropped: await droppedIn(folder), recover: () => recoverDir(db, dir), release: () => db.close() };
  } catch (error) {
    if (rootOf(error).code === 'LEVEL_LOCKED') throw new HearsayError('HEARSAY_LOCKED', { field: 'dir', rule: 'to be used by one process at a time', value: dir, cause: error });
    throw storeError(error);
  }
}

/** What LevelDB does not notice. */
async function checkFiles(folder: string): Promise<void> {
  const files = await readdir(folder).catch((): string[] => []);
  // It takes a directory without CURRENT for a new one, and then deletes the tables that it finds there.
  if (!files.includes('CURRENT')) {
    if (files.some((file) => DATA_FILE.test(file))) throw damage('tables without a file named CURRENT');
    return;
  }
  // From its first opening on there is always a log; without it, what was written last is missing.
  const current = await readFile(join(folder, 'CURRENT'), 'latin1');
  if (current !== 'MANIFEST-000001\n' && !files.some((file) => file.endsWith('.log'))) throw damage('no file of the log');
}

async function droppedIn(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'LOG'), 'latin1').catch(() => '');
  return DROPPED.exec(text)?.[0];
}

async function recoverDir(db: Database, dir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  // While the disk is full the database stays open, for what can be read.
  if (bavail * bsize < RECOVERY_BYTES) throw new Error(`no space left on device: ${bavail * bsize} bytes`);
  if (db.status === 'open') await db.close();
  await db.open();
}

async function openGiven(db: Database): Promise<Handle> {
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
    dropped: undefined,
    recover: () => Promise.resolve(),
    release: () => {
      inUse.delete(db);
      return Promise.resolve();
    },
  };
}

/** Checks the schema; makes the header of an empty database. */
async function readHeader(db: Database, where: string): Promise<{ readonly incarnation: string; readonly bringers: Uint8Array }> {
  const schema = await db.get<Uint8Array, Uint8Array>(SCHEMA_KEY, VIEW);
  if (schema === undefined) {
    await makeHeader(db, where);
  } else {
    await migrate(db, versionOf(schema));
  }
  const incarnation = await readSealed(db, INCARNATION_KEY, 'an incarnation');
  if (incarnation?.length !== INCARNATION_BYTES) throw damage('no incarnation');
  return { incarnation: hex(incarnation), bringers: await readBringers(db) };
}

/** @throws HearsayError `HEARSAY_STORE_DAMAGED`, `HEARSAY_NEWER_SCHEMA` */
export function versionOf(schema: Uint8Array): number {
  const text = String.fromCharCode(...schema.subarray(0, 16));
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw damage('a schema version that is no number');
  const version = Number(text);
  if (version <= SCHEMA_VERSION) return version;
  throw new HearsayError('HEARSAY_NEWER_SCHEMA', { field: 'store', rule: `to have schema version ${SCHEMA_VERSION} at most`, value: version });
}

async function makeHeader(db: Database, where: string): Promise<void> {
  const [first] = await db.keys<Uint8Array>({ limit: 1, keyEncoding: VIEW.keyEncoding }).all();
  if (first !== undefined) throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'store', rule: 'to be empty or a database of hearsay', value: where });
  const schema = { type: 'put' as const, key: SCHEMA_KEY, value: schemaBytes(SCHEMA_VERSION) };
  await db.batch<Uint8Array, Uint8Array>([schema, sealed(INCARNATION_KEY, randomBytes(INCARNATION_BYTES))], VIEW);
}

/** Another secret costs nothing but fairness towards what was remembered under the former. */
async function readBringers(db: Database): Promise<Uint8Array> {
  const found = await readSealed(db, BRINGERS_KEY, 'a secret');
  if (found?.length === BRINGERS_BYTES) return found;
  const made = randomBytes(BRINGERS_BYTES);
  await db.batch<Uint8Array, Uint8Array>([sealed(BRINGERS_KEY, made)], VIEW);
  return made;
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
