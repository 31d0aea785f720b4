/**
 * From one schema to the next, one step at a time. A step rewrites every value, in the order of the keys, so that it can be stopped
 * anywhere: each batch says how far it came, and from the first one on the database has the new number and older code refuses it.
 */
import { isSealed, kindOf, LAST_KEY, MIGRATING_KEY, SCHEMA_KEY, SCHEMA_VERSION } from './layout.ts';
import { damage, VIEW } from './database.ts';
import type { Database } from './database.ts';
import { ID_BYTES, ID_RECORD_BYTES } from './packing.ts';
import { seal } from './seal.ts';

/** One value as the next schema has it. */
type Step = (key: Uint8Array, value: Uint8Array) => Uint8Array;

/** The first leads from schema 1 to 2, and so on. None is ever changed. */
const STEPS: readonly Step[] = [sealAndMakeRoom];
/** Entries of one batch, and their bytes. Our choice: a few full groups. */
const BATCH_ENTRIES = 1000;
const BATCH_BYTES: number = 1024 * 1024;
const NOTHING: Uint8Array = new Uint8Array(0);
const SCHEMA_1_RECORD_BYTES = 33;

/** The schema's number as it lies on disk. */
export function schemaBytes(version: number): Uint8Array {
  return Uint8Array.from(String(version), (digit) => digit.charCodeAt(0));
}

/**
 * Brings a database to {@link SCHEMA_VERSION}, also one that was stopped on its way.
 * @param version what its header says
 * @throws HearsayError `HEARSAY_STORE_DAMAGED` for a value that its schema does not allow; and what the database throws
 */
export async function migrate(db: Database, version: number): Promise<void> {
  const stoppedAt = await db.get<Uint8Array, Uint8Array>(MIGRATING_KEY, VIEW);
  if (stoppedAt !== undefined) await finish(db, version - 1, stoppedAt);
  for (let from = version; from < SCHEMA_VERSION; from += 1) {
    await db.batch<Uint8Array, Uint8Array>(
      [
        { type: 'put', key: SCHEMA_KEY, value: schemaBytes(from + 1) },
        { type: 'put', key: MIGRATING_KEY, value: NOTHING },
      ],
      VIEW,
    );
    await finish(db, from, NOTHING);
  }
}

/** @param after the last key that is done */
async function finish(db: Database, from: number, after: Uint8Array): Promise<void> {
  const step = STEPS[from - 1];
  if (step === undefined) throw damage(`a migration from schema ${from}`);
  const range = { gt: after, lt: LAST_KEY, highWaterMarkBytes: BATCH_BYTES, ...VIEW };
  const iterator = db.iterator<Uint8Array, Uint8Array>(range);
  try {
    for (let entries = await iterator.nextv(BATCH_ENTRIES); entries.length > 0; entries = await iterator.nextv(BATCH_ENTRIES)) {
      const puts = entries.filter(([key]) => isSealed(key)).map(([key, value]) => ({ type: 'put' as const, key, value: step(key, value) }));
      const done = { type: 'put' as const, key: MIGRATING_KEY, value: entries.at(-1)![0] };
      await db.batch<Uint8Array, Uint8Array>([...puts, done], VIEW);
    }
  } finally {
    await iterator.close();
  }
  await db.del<Uint8Array>(MIGRATING_KEY, { keyEncoding: VIEW.keyEncoding });
}

/** 1 to 2: every value gets its sum, and every id three bytes for who brought it and whose it is, of which schema 1 knows nothing. */
function sealAndMakeRoom(key: Uint8Array, value: Uint8Array): Uint8Array {
  return seal(key, kindOf(key) === 'ids' ? withRoom(value) : value);
}

function withRoom(value: Uint8Array): Uint8Array {
  const count = value.length / SCHEMA_1_RECORD_BYTES;
  if (!Number.isInteger(count)) throw damage(`a group of ids of ${value.length} bytes`);
  const wider = new Uint8Array(count * ID_RECORD_BYTES);
  for (let i = 0; i < count; i += 1) {
    const at = i * SCHEMA_1_RECORD_BYTES;
    wider.set(value.subarray(at, at + ID_BYTES + 1), i * ID_RECORD_BYTES);
  }
  return wider;
}
