/**
 * Looks at a node's database without opening it for writing: LevelDB writes whenever it opens, so this opens a copy and removes it.
 */
import { copyFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HearsayError } from '../errors.ts';
import { DATABASE_FOLDER, damage, storeError, VIEW } from './database.ts';
import type { Database } from './database.ts';
import { agentOf, BUCKET_MS, isSealed, kindOf, LAST_KEY, logPosition, SCHEMA_KEY } from './layout.ts';
import { ID_RECORD_BYTES } from './packing.ts';
import { payloadEnd } from './payload-packing.ts';
import { unseal } from './seal.ts';

/** What lies in a database. Bytes are those of keys and values, before LevelDB compresses them. */
export interface Inspection {
  readonly schema: number;
  /** Of all files. */
  readonly diskBytes: number;
  /** Entries whose sum does not fit. */
  readonly damaged: number;
  readonly ids: LogInspection;
  readonly payloads: LogInspection;
  readonly agents: readonly AgentInspection[];
  /** Node-wide values. */
  readonly values: { readonly count: number; readonly bytes: number };
}

/** One log. */
export interface LogInspection {
  /** Group commits. */
  readonly groups: number;
  /** Ids or payloads in them; an id counts each time it was written. */
  readonly records: number;
  readonly bytes: number;
  /** When the oldest six hours begin, ms since 1970; `undefined` of an empty log. */
  readonly oldestMs: number | undefined;
  /** When the newest begin. */
  readonly newestMs: number | undefined;
}

/** What one agent has. */
export interface AgentInspection {
  readonly name: string;
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Reads the database in `<dir>/db`, also while a node uses it, or of a newer or older schema.
 * @throws HearsayError `HEARSAY_STORE_DAMAGED` when it cannot be opened, `HEARSAY_STORE_FAILED` when there is none or no room for the copy
 */
export async function inspectStore(dir: string): Promise<Inspection> {
  const copy = await mkdtemp(join(tmpdir(), 'hearsay-inspect-'));
  try {
    const diskBytes = await copyFiles(join(dir, DATABASE_FOLDER), copy);
    const { Level } = await import('level');
    const db: Database = new Level<unknown, unknown>(copy, { createIfMissing: false });
    await db.open();
    try {
      return { diskBytes, ...(await read(db)) };
    } finally {
      await db.close();
    }
  } catch (error) {
    throw storeError(error);
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** @returns the bytes of all files */
async function copyFiles(from: string, to: string): Promise<number> {
  let bytes = 0;
  const files = await readdir(from).catch((cause: unknown) => {
    throw new HearsayError('HEARSAY_STORE_FAILED', { field: 'dir', rule: 'to hold a database', value: from, cause });
  });
  if (!files.includes('CURRENT')) throw damage('no file named CURRENT');
  // The manifest and the tables that it names may change while a node runs; what is gone when its turn comes is not in the copy.
  for (const file of files.filter((name) => name !== 'LOCK')) {
    const { size } = await stat(join(from, file)).catch(() => ({ size: undefined }));
    if (size === undefined || (await stat(join(from, file))).isDirectory()) continue;
    await copyFile(join(from, file), join(to, file));
    bytes += size;
  }
  return bytes;
}

class Tally {
  groups = 0;
  records = 0;
  bytes = 0;
  oldestMs: number | undefined;
  newestMs: number | undefined;

  add(key: Uint8Array, bytes: number, records: number): void {
    const at = logPosition(key);
    this.groups += 1;
    this.records += records;
    this.bytes += bytes;
    if (at !== undefined) this.newestMs = at.bucket * BUCKET_MS;
    this.oldestMs ??= this.newestMs;
  }
}

async function read(db: Database): Promise<Omit<Inspection, 'diskBytes'>> {
  const schema = await db.get<Uint8Array, Uint8Array>(SCHEMA_KEY, VIEW);
  if (schema === undefined) throw damage('no schema');
  const ids = new Tally();
  const payloads = new Tally();
  const agents = new Map<string, { name: string; entries: number; bytes: number }>();
  const values = { count: 0, bytes: 0 };
  let damaged = 0;
  for await (const [key, sealed] of db.iterator<Uint8Array, Uint8Array>({ lt: LAST_KEY, ...VIEW })) {
    const bytes = key.length + sealed.length;
    const value = isSealed(key) ? unseal(key, sealed) : sealed;
    if (value === undefined) damaged += 1;
    switch (kindOf(key)) {
      case 'ids':
        ids.add(key, bytes, Math.floor((value?.length ?? 0) / ID_RECORD_BYTES));
        break;
      case 'payloads':
        payloads.add(key, bytes, value === undefined ? 0 : countPayloads(value));
        break;
      case 'agents': {
        const name = agentOf(key);
        const agent = agents.get(name) ?? { name, entries: 0, bytes: 0 };
        agents.set(name, { name, entries: agent.entries + 1, bytes: agent.bytes + bytes });
        break;
      }
      case 'values':
        values.count += 1;
        values.bytes += bytes;
        break;
      default:
    }
  }
  return { schema: Number(String.fromCharCode(...schema)), damaged, ids: { ...ids }, payloads: { ...payloads }, agents: [...agents.values()], values };
}

function countPayloads(value: Uint8Array): number {
  let count = 0;
  for (let at: number | undefined = 0; at !== undefined && at < value.length; at = payloadEnd(value, at)) count += 1;
  return count;
}
