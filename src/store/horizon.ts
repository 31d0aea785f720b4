/**
 * What time it is for expiry. A clock may be wrong by a day and be put right again; what it made us forget would not come back.
 * So this time follows the clock by at most one bucket a step, at a step an hour or a start, and never goes back.
 */

/** Buckets of six hours (layout.ts). */
export class Horizon {
  #bucket: number;

  /** @param bucket where it stood when it was last written down; of a new database, the clock's */
  constructor(bucket: number) {
    this.#bucket = bucket;
  }

  get bucket(): number {
    return this.#bucket;
  }

  /** Once an hour and at each start. @param clock the bucket that the clock says */
  step(clock: number): number {
    if (clock > this.#bucket) this.#bucket += 1;
    return this.#bucket;
  }
}
