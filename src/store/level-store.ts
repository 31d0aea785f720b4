/**
 * Opening the store of a node. What LevelDB finds damaged in a directory of ours is repaired or set aside, never emptied in silence.
 */
import { HearsayError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { storeError } from './database.ts';
import { MAX_IDS } from './id-ring.ts';
import { LevelStore } from './log-store.ts';
import { openDatabase } from './open.ts';
import type { StorePlace } from './open.ts';
import { PAYLOAD_OVERHEAD_BYTES } from './payload-window.ts';
import { repairDir, rescued, setAside } from './repair.ts';
import type { Store } from './store.ts';
import { readNotes } from './upkeep.ts';

/** What is asked of the disk, and who hears of it. */
export interface StoreOptions {
  /** `process`: what was acknowledged survives a SIGKILL. `power`: a power cut too; each group is synced. @defaultValue process */
  readonly durability?: 'process' | 'power';
  /** The database was damaged: `value` is a {@link Rescue}. */
  readonly damaged?: (error: HearsayError) => void;
}

/**
 * Opens the store, making what is not there yet, and reads its log into RAM. A damaged directory is repaired or set aside, and
 * `damaged` told; a damaged database that was given is refused.
 * @param place a directory of the node's own (made with mode 0700; the database is in `<dir>/db`), or a database that its owner closes
 * @param now wall clock, ms since 1970. When it goes back, what comes counts as of the latest bucket there was.
 * @throws HearsayError `HEARSAY_LOCKED`, `HEARSAY_NEWER_SCHEMA`, `HEARSAY_STORE_DAMAGED`, `HEARSAY_STORE_FAILED`, `HEARSAY_BAD_CONFIG`
 */
export async function openStore(place: StorePlace, limits: Limits, now: () => number, options: StoreOptions = {}): Promise<Store> {
  atMost('maxSeen', limits.maxSeen, MAX_IDS);
  atMost('maxPayloadWindowBytes', limits.maxPayloadWindowBytes, (MAX_IDS - 1) * PAYLOAD_OVERHEAD_BYTES);
  const load = (): Promise<Store> => loadStore(place, limits, now, options);
  const tell = options.damaged ?? ((): void => undefined);
  try {
    return await load();
  } catch (error) {
    if (!isDamage(error) || !('dir' in place)) throw error;
    const found = String(error.value);
    const repair = await repairDir(place.dir, found);
    try {
      if (repair === undefined) throw error;
      const store = await load();
      tell(rescued(repair, error));
      return store;
    } catch (again) {
      if (!isDamage(again)) throw again;
      const aside = await setAside(place.dir, found, now());
      const store = await load();
      tell(rescued(aside, error));
      return store;
    }
  }
}

async function loadStore(place: StorePlace, limits: Limits, now: () => number, options: StoreOptions): Promise<Store> {
  const database = await openDatabase(place);
  let store: LevelStore;
  try {
    store = new LevelStore(database, limits, now, options.durability === 'power', await readNotes(database.db));
    await store.load();
  } catch (error) {
    await database.release();
    throw storeError(error);
  }
  if (database.dropped !== undefined) options.damaged?.(rescued({ found: database.dropped, outcome: 'repaired', lost: ['some of the last commits'], kept: undefined }));
  return store;
}

function isDamage(error: unknown): error is HearsayError {
  return error instanceof HearsayError && error.code === 'HEARSAY_STORE_DAMAGED';
}

function atMost(name: 'maxSeen' | 'maxPayloadWindowBytes', value: number, max: number): void {
  if (value > max) throw new HearsayError('HEARSAY_BAD_CONFIG', { field: `limits.${name}`, rule: `to be at most ${max}`, value });
}
