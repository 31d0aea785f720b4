/**
 * Reads address records, and remembers those that are good: members of a topic name each other over and over, a Shuffle up to eight at each of
 * its hops, and to check a signature costs more than all else that is done with a message.
 */
import { Buffer } from 'node:buffer';
import { keepNewest } from '../keep-newest.ts';
import { MAX_RECORD_BYTES, readAddressRecord, untimelyReason } from './address-record.ts';
import type { AddressRecord, ReadRecord } from './address-record.ts';

/** Records remembered; the one read longest ago goes (our choice: twice `limits.maxAddressRecords`, 1 MiB at most). */
export const MAX_KNOWN_RECORDS = 1_000;

export class RecordReader {
  /** By their bytes, those read longest ago first. */
  readonly #known = new Map<string, AddressRecord>();

  /** As {@link readAddressRecord}. A good one that is read again is the same object. */
  read(bytes: Uint8Array, nowMs: number): ReadRecord {
    if (bytes.length > MAX_RECORD_BYTES) return { ok: false, reason: 'too-large' };
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const known = this.#known.get(key);
    const untimely = known && untimelyReason(known, nowMs);
    if (untimely !== undefined) return { ok: false, reason: untimely };
    const read: ReadRecord = known === undefined ? readAddressRecord(bytes, nowMs) : { ok: true, record: known };
    if (read.ok) this.#keep(key, read.record);
    return read;
  }

  #keep(key: string, record: AddressRecord): void {
    this.#known.delete(key);
    this.#known.set(key, record);
    keepNewest(this.#known, MAX_KNOWN_RECORDS);
  }
}
