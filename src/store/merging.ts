/**
 * Merges the ids' log: many small groups become few full ones, ids that are forgotten are left out, and an id that a group
 * remembered twice stands there once. A log of a million groups of one id takes seconds to read; of full groups, a fraction.
 *
 * A merged group takes the place of the last one it is made of, so that whatever said "nothing before here is needed" still holds.
 */
import { opened, sealedInPlace, VIEW } from './database.ts';
import type { Database, Operation } from './database.ts';
import { Growing } from './growing.ts';
import { logKey, logPosition } from './layout.ts';
import type { LogPosition } from './layout.ts';
import { ID_BYTES, ID_RECORD_BYTES, mergeStates, readId } from './packing.ts';

/** Bytes of a full group, as group commit has it. */
const FULL_BYTES: number = 256 * 1024;
/** Bytes fetched at once: they are worked through in one turn. Our choice: a few ms. */
const READ_BYTES: number = 256 * 1024;
const READ_ENTRIES = 1000;

interface Run {
  readonly bucket: number;
  readonly keys: Uint8Array[];
  /** Where in `merged` the record of an id stands. An array for each would make a merge the peak of a node's memory. */
  readonly records: Map<string, number>;
  readonly merged: Growing;
  read: number;
}

/**
 * @param from where the log begins
 * @param before groups from here on are left as they are
 * @param remembers whether the id of the record at that place is still remembered
 * @returns how many records fewer there are
 */
export async function mergeIds(db: Database, from: LogPosition, before: LogPosition, remembers: (bytes: Uint8Array, at: number) => boolean): Promise<number> {
  const range = { gte: logKey('ids', from), lt: logKey('ids', before), highWaterMarkBytes: READ_BYTES, ...VIEW };
  const iterator = db.iterator<Uint8Array, Uint8Array>(range);
  let run: Run | undefined;
  let fewer = 0;
  try {
    for (let entries = await iterator.nextv(READ_ENTRIES); entries.length > 0; entries = await iterator.nextv(READ_ENTRIES)) {
      for (const [key, value] of entries) {
        const bucket = logPosition(key)?.bucket ?? 0;
        if (run !== undefined && (run.bucket !== bucket || run.records.size * ID_RECORD_BYTES + value.length > FULL_BYTES)) {
          await write(db, run);
          fewer += run.read - run.records.size;
          run = undefined;
        }
        run ??= { bucket, keys: [], records: new Map(), merged: new Growing(), read: 0 };
        take(run, key, opened(key, value, 'a group of ids'), remembers);
      }
    }
  } finally {
    await iterator.close();
  }
  if (run === undefined) return fewer;
  await write(db, run);
  return fewer + run.read - run.records.size;
}

function take(run: Run, key: Uint8Array, value: Uint8Array, remembers: (bytes: Uint8Array, at: number) => boolean): void {
  run.keys.push(key);
  for (let at = 0; at < value.length; at += ID_RECORD_BYTES) {
    run.read += 1;
    if (!remembers(value, at)) continue;
    const id = readId(value, at);
    const before = run.records.get(id);
    if (before === undefined) {
      const to = run.merged.extend(ID_RECORD_BYTES);
      run.merged.bytes.set(value.subarray(at, at + ID_RECORD_BYTES), to);
      run.records.set(id, to);
    } else {
      const state = before + ID_BYTES;
      run.merged.bytes[state] = mergeStates(run.merged.bytes[state]!, value[at + ID_BYTES]!);
    }
  }
}

async function write(db: Database, { keys, records, merged, read }: Run): Promise<void> {
  if (keys.length === 1 && records.size === read) return;
  const last = keys.at(-1)!;
  const operations: Operation[] = keys.slice(0, records.size === 0 ? undefined : -1).map((key) => ({ type: 'del', key }));
  if (records.size > 0) operations.push(sealedInPlace(last, merged.take()));
  await db.batch<Uint8Array, Uint8Array>(operations, VIEW);
}
