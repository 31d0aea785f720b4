/**
 * Where the next group goes: one sequence for all logs. Shell only for the clock it is given.
 */
import { bucketOf } from './layout.ts';
import type { LogPosition } from './layout.ts';

export class Sequence {
  readonly #now: () => number;
  #next: LogPosition = { bucket: 0, sequence: 0 };

  /** @param now wall clock, ms since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Where the next group goes, at the earliest. */
  get next(): LogPosition {
    return this.#next;
  }

  /** The bucket of now, or the latest one there was: it never goes back, whatever the clock does, since the log's order is that of time. */
  bucket(): number {
    const bucket = bucketOf(this.#now());
    if (bucket > this.#next.bucket) this.#next = { bucket, sequence: this.#next.sequence };
    return this.#next.bucket;
  }

  /** A place for a group. It is not given twice, also when the group does not get to the disk. */
  take(): LogPosition {
    const at: LogPosition = { bucket: this.bucket(), sequence: this.#next.sequence };
    this.passed(at);
    return at;
  }

  /** What comes next comes after `at`. */
  passed({ bucket, sequence }: LogPosition): void {
    this.#next = { bucket: Math.max(bucket, this.#next.bucket), sequence: Math.max(sequence + 1, this.#next.sequence) };
  }
}
