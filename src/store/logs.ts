/**
 * The logs of an open database.
 */
import type { Database } from './database.ts';
import type { LogName } from './layout.ts';
import { PackedLog } from './log.ts';

/** In the order in which they are written. */
export const LOGS: readonly LogName[] = ['ids', 'payloads', 'arrivals', 'owed'];

export class Logs {
  readonly ids: PackedLog;
  readonly payloads: PackedLog;
  readonly arrivals: PackedLog;
  readonly owed: PackedLog;

  /** @param failed a write of theirs failed */
  constructor(db: Database, failed: () => void) {
    this.ids = new PackedLog(db, 'ids', failed);
    this.payloads = new PackedLog(db, 'payloads', failed);
    this.arrivals = new PackedLog(db, 'arrivals', failed);
    this.owed = new PackedLog(db, 'owed', failed);
  }

  /** Resolves when nothing is being done to any of them. */
  async settled(): Promise<void> {
    for (const log of LOGS) await this[log].settled();
  }
}
