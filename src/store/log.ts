/**
 * One log in the database: packed values by bucket and group commit, read in order once at start, shortened at the old end.
 * Not here: what the values hold, and when something is old.
 */
import { isBefore, logEnd, logKey, logPosition } from './layout.ts';
import type { LogName, LogPosition } from './layout.ts';
import { damage, opened, readSealed, VIEW } from './database.ts';
import type { Database } from './database.ts';

/** Values fetched at once while reading. Our choice: past a few hundred it gets no faster. */
const READ_AHEAD = 1000;
/** LevelDB's binding fetches no more bytes than this at once. The other implementations ignore it. Our choice: a few full groups. */
const READ_AHEAD_BYTES: number = 1024 * 1024;
const START: LogPosition = { bucket: 0, sequence: 0 };

/** One log of an open database. Writing is the group's business: its values go into one batch with the rest. */
export class PackedLog {
  readonly #db: Database;
  readonly #name: LogName;
  /** Nothing lies before it. A delete starts here, not at the first key, or it would wade through all that is already deleted. */
  #start: LogPosition = START;
  #working: Promise<void> | undefined;
  readonly #failed: () => void;

  /** @param failed a write of ours failed */
  constructor(db: Database, name: LogName, failed: () => void) {
    this.#db = db;
    this.#name = name;
    this.#failed = failed;
  }

  /** Visits every value, oldest first. What `visit` throws ends it. */
  async read(visit: (value: Uint8Array, at: LogPosition) => void): Promise<void> {
    for await (const entries of this.#batches()) for (const [at, value] of entries) visit(value, at);
  }

  /** Every value as of now, oldest first. */
  async *entries(): AsyncGenerator<readonly [LogPosition, Uint8Array]> {
    for await (const entries of this.#batches()) yield* entries;
  }

  async *#batches(): AsyncGenerator<(readonly [LogPosition, Uint8Array])[]> {
    const range = { gte: logKey(this.#name, START), lt: logEnd(this.#name), highWaterMarkBytes: READ_AHEAD_BYTES, ...VIEW };
    const iterator = this.#db.iterator<Uint8Array, Uint8Array>(range);
    try {
      for (let batch = await iterator.nextv(READ_AHEAD); batch.length > 0; batch = await iterator.nextv(READ_AHEAD)) {
        yield batch.map(([key, value]) => {
          const at = logPosition(key);
          if (at === undefined) throw damage(`a key of ${key.length} bytes in the log`);
          return [at, opened(key, value, `a group of ${this.#name}`)] as const;
        });
      }
    } finally {
      await iterator.close();
    }
  }

  /** @returns the value, or `undefined` when it is not there any more */
  get(at: LogPosition): Promise<Uint8Array | undefined> {
    return readSealed(this.#db, logKey(this.#name, at), `a group of ${this.#name}`);
  }

  /**
   * Deletes everything before `end`. One delete runs at a time; asked again meanwhile it does nothing, and the next call makes up for it.
   * A delete that fails has lost nothing but space, and the next one starts where it did.
   */
  clearBefore(end: LogPosition): void {
    if (this.#working !== undefined || !isBefore(this.#start, end)) return;
    void this.alone(async () => {
      const range = { gte: logKey(this.#name, this.#start), lt: logKey(this.#name, end), keyEncoding: VIEW.keyEncoding };
      await this.#db.clear(range);
      this.#start = end;
    });
  }

  /** Does something to the log's old part, after what is being done to it. @param work is given where the log begins */
  alone(work: (start: LogPosition) => Promise<void>): Promise<void> {
    const working = (this.#working ?? Promise.resolve())
      .then(() => work(this.#start))
      .catch(this.#failed)
      .finally(() => {
        if (this.#working === working) this.#working = undefined;
      });
    this.#working = working;
    return working;
  }

  /** Resolves when nothing is being done. */
  async settled(): Promise<void> {
    await this.#working;
  }
}
