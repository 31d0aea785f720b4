/**
 * Keeps the logs short: what is old expires, what nobody needs is cut off, what is said twice is merged. When that is worth a delete.
 */
import type { Limits } from '../limits.ts';
import { Checkpoints } from './checkpoints.ts';
import { readSealed } from './database.ts';
import type { Database } from './database.ts';
import { Horizon } from './horizon.ts';
import { BUCKET_MS, bucketOf, isBefore, valueKey } from './layout.ts';
import type { LogPosition } from './layout.ts';
import type { Logs } from './logs.ts';
import { mergeIds } from './merging.ts';
import type { Ram } from './ram.ts';
import type { Sequence } from './sequence.ts';

/** Buckets are six hours long, so that looking hourly is often enough. Our choice. */
const EXPIRY_INTERVAL_MS: number = 60 * 60 * 1000;
/** The log on disk is cut when it is longer than needed by this part of what is kept. Our choice: 1.6 % more disk, few deletes. */
const SLACK = 1 / 64;
/** The log of arrivals is cut every so many commits. Our choice: few deletes, and little to read at a start. */
const ARRIVALS_CUT = 64;
/** So many new records are merged at once (our choice: somewhat more than fill a group; 800,000 at once were seen to add 200 MiB to five nodes for a while, and 20 for good). */
const MERGE_EVERY = 8_192;
/** With so many records for each id that there may be, the ids' log is merged whole. Our choice: twice what an id needs, which is two. */
const MERGE_AT = 4;
/** A node-wide value of our own: where expiry stands (4 bytes), and how many ids there were (4 bytes). */
const NOTES = '~store';
const NOTES_BYTES = 8;

/** What was noted when the store was open last. */
export interface Notes {
  /** A bucket: how far the clock had come. */
  readonly horizon: number;
  readonly ids: number;
}

/** `undefined` for a database that has none. @throws HearsayError `HEARSAY_STORE_DAMAGED`, and what the database throws */
export async function readNotes(db: Database): Promise<Notes | undefined> {
  const value = await readSealed(db, valueKey(NOTES), 'a value of the node');
  if (value?.length !== NOTES_BYTES) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return { horizon: view.getUint32(0), ids: view.getUint32(4) };
}

/** What it works on. */
export interface UpkeepPort {
  readonly db: Database;
  readonly logs: Logs;
  readonly ram: Ram;
  readonly sequence: Sequence;
  readonly limits: Limits;
  readonly now: () => number;
  /** Sets a node-wide value. */
  put(key: string, value: Uint8Array): void;
}

export class Upkeep {
  readonly #port: UpkeepPort;
  readonly #horizon: Horizon;
  readonly #checkpoints: Checkpoints;
  /** The ids' log is not needed before it. */
  #idsFrom: LogPosition = { bucket: 0, sequence: 0 };
  /** `droppedBytes` of the window when its log was cut last. */
  #cutBytes = 0;
  /** Commits since the log of arrivals was cut. */
  #arrivalsCut = 0;
  /** What lies before it is merged. */
  #mergedTo: LogPosition = { bucket: 0, sequence: 0 };
  /** In the ids' log. */
  #records = 0;
  /** Of them, those that were written behind what is merged. */
  #unmerged = 0;
  #merging = false;
  #expiry: NodeJS.Timeout | undefined;

  constructor(port: UpkeepPort, notes: Notes | undefined) {
    this.#port = port;
    this.#horizon = new Horizon(notes?.horizon ?? bucketOf(port.now()));
    this.#checkpoints = new Checkpoints(Math.ceil(port.limits.maxSeen * SLACK));
  }

  /** So many records of ids were read, or written. */
  added(records: number): void {
    this.#records += records;
    this.#unmerged += records;
    this.#checkpoints.note(this.#port.ram.seen.added, this.#port.sequence.next);
  }

  /** All is read. From now on it looks once an hour, until {@link stop}. */
  start(): void {
    this.#unmerged = 0;
    this.#expire();
    this.#expiry = setInterval(() => this.#tend(), EXPIRY_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#expiry);
  }

  writeNotes(): void {
    const notes = new Uint8Array(NOTES_BYTES);
    const view = new DataView(notes.buffer);
    view.setUint32(0, this.#horizon.bucket);
    view.setUint32(4, this.#port.ram.seen.size);
    this.#port.put(NOTES, notes);
  }

  /** A group is on disk. @param records of ids in it */
  committed(records: number): void {
    this.added(records);
    this.#cut();
    if (this.#unmerged >= MERGE_EVERY || this.#isLong) this.#merge(this.#port.sequence.next);
  }

  /** Shortens the logs on disk to what is still in RAM. */
  #cut(): void {
    const { logs, ram, sequence, limits } = this.#port;
    const overtaken = this.#checkpoints.overtaken(ram.seen.dropped);
    if (overtaken !== undefined && isBefore(this.#idsFrom, overtaken)) this.#idsFrom = overtaken;
    logs.ids.clearBefore(this.#idsFrom);
    this.#arrivalsCut += 1;
    if (this.#arrivalsCut >= ARRIVALS_CUT) {
      this.#arrivalsCut = 0;
      logs.arrivals.clearBefore(ram.openArrivals.neededFrom(sequence.next));
    }
    if (ram.window.droppedBytes - this.#cutBytes < limits.maxPayloadWindowBytes * SLACK) return;
    this.#cutBytes = ram.window.droppedBytes;
    logs.payloads.clearBefore(ram.window.oldest ?? sequence.next);
  }

  #expire(): void {
    const { ram, limits, now } = this.#port;
    const horizonMs = this.#horizon.step(bucketOf(now())) * BUCKET_MS;
    const expired: LogPosition = { bucket: bucketOf(horizonMs - limits.seenRetentionMs), sequence: 0 };
    ram.seen.expireBefore(expired.bucket);
    if (isBefore(this.#idsFrom, expired)) this.#idsFrom = expired;
    ram.window.expireBefore(bucketOf(horizonMs - limits.payloadRetentionMs));
    this.#cutBytes = -Infinity;
    this.#cut();
  }

  /** Every hour: what is old goes, and what is past is merged. */
  #tend(): void {
    this.#expire();
    this.writeNotes();
    this.#merge({ bucket: this.#port.sequence.next.bucket, sequence: 0 });
  }

  get #isLong(): boolean {
    return this.#records > MERGE_AT * this.#port.limits.maxSeen;
  }

  /** What is not merged yet; with too many records, all. */
  #merge(before: LogPosition): void {
    const from = this.#isLong ? { bucket: 0, sequence: 0 } : this.#mergedTo;
    if (this.#merging || !isBefore(from, before)) return;
    this.#merging = true;
    const { db, logs, ram } = this.#port;
    // Also when it fails: the next time there is more to merge, not at once.
    this.#unmerged = 0;
    const work = async (start: LogPosition): Promise<void> => {
      this.#records -= await mergeIds(db, isBefore(start, from) ? from : start, before, (bytes, at) => ram.seen.hasRecord(bytes, at));
      this.#mergedTo = before;
    };
    void logs.ids.alone(work).finally(() => (this.#merging = false));
  }
}
