/**
 * The payload window's index: which payloads lie where in the log, in RAM. Knows no clock and no disk.
 * The first copy of a payload is the one that stays: later ones differ in hops only, and the seen-set has the most of those.
 */
import type { RumorId } from '../ids.ts';
import { IdRing } from './id-ring.ts';
import type { HashKey } from './id-ring.ts';
import type { LogPosition } from './layout.ts';
import { PAYLOAD_HEAD_BYTES, payloadEnd } from './payload-packing.ts';

/**
 * What a payload counts beside its bytes: its record's head, and what it takes in the index (52 to 60 bytes). So the window's bytes
 * bound the number of payloads as well, 524,288 in 64 MiB.
 */
export const PAYLOAD_OVERHEAD_BYTES = 128;

/** Where a payload lies: in the value of a group, from `offset` on. */
export interface PayloadPlace {
  readonly at: LogPosition;
  readonly offset: number;
}

interface Places extends Record<string, Uint32Array | Float64Array> {
  readonly bucket: Uint32Array;
  readonly sequence: Float64Array;
  readonly offset: Uint32Array;
  readonly bytes: Uint32Array;
}

export class PayloadWindow {
  readonly #ring: IdRing<Places>;
  readonly #maxBytes: number;
  #bytes = 0;
  #dropped = 0;

  /** @param maxBytes payloads and overhead; past it the oldest go */
  constructor(maxBytes: number, key: HashKey) {
    this.#maxBytes = maxBytes;
    this.#ring = new IdRing(Math.ceil((maxBytes + 1) / PAYLOAD_OVERHEAD_BYTES), key, (capacity) => ({
      bucket: new Uint32Array(capacity),
      sequence: new Float64Array(capacity),
      offset: new Uint32Array(capacity),
      bytes: new Uint32Array(capacity),
    }));
  }

  /** How many payloads are in the window. */
  get size(): number {
    return this.#ring.size;
  }

  /** Bytes that have left the window, ever. */
  get droppedBytes(): number {
    return this.#dropped;
  }

  /** Where the oldest payload lies, or `undefined` when there is none. */
  get oldest(): LogPosition | undefined {
    return this.#ring.size === 0 ? undefined : this.#place(this.#ring.oldest);
  }

  find(id: RumorId): PayloadPlace | undefined {
    const slot = this.#ring.find(id);
    return slot < 0 ? undefined : { at: this.#place(slot), offset: this.#ring.columns.offset[slot]! };
  }

  /** Whether that payload is in the window. */
  has(id: RumorId): boolean {
    return this.#ring.find(id) >= 0;
  }

  /** Adds what a packed value holds. @returns how many payloads, or `undefined` when the value is not a whole one */
  index(packed: Uint8Array, at: LogPosition): number | undefined {
    let added = 0;
    for (let offset = 0; offset < packed.length; ) {
      const end = payloadEnd(packed, offset);
      if (end === undefined) return undefined;
      if (this.#ring.findBytes(packed, offset) < 0) {
        this.#add(at, offset, end - offset - PAYLOAD_HEAD_BYTES + PAYLOAD_OVERHEAD_BYTES);
        added += 1;
      }
      offset = end;
    }
    return added;
  }

  /** Takes back the newest: their group did not reach the disk. */
  takeBack(count: number): void {
    // Of a group larger than the window, some are gone already.
    for (let left = Math.min(count, this.#ring.size); left > 0; left -= 1) this.#bytes -= this.#ring.columns.bytes[this.#ring.dropNewest()]!;
  }

  /** Drops the payloads of all earlier buckets. */
  expireBefore(bucket: number): void {
    while (this.#ring.size > 0 && this.#ring.columns.bucket[this.#ring.oldest]! < bucket) this.#dropOldest();
  }

  #add(at: LogPosition, offset: number, bytes: number): void {
    const slot = this.#ring.add();
    const { columns } = this.#ring;
    columns.bucket[slot] = at.bucket;
    columns.sequence[slot] = at.sequence;
    columns.offset[slot] = offset;
    columns.bytes[slot] = bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  #dropOldest(): void {
    const bytes = this.#ring.columns.bytes[this.#ring.oldest]!;
    this.#bytes -= bytes;
    this.#dropped += bytes;
    this.#ring.dropOldest();
  }

  #place(slot: number): LogPosition {
    return { bucket: this.#ring.columns.bucket[slot]!, sequence: this.#ring.columns.sequence[slot]! };
  }
}
