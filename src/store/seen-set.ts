/**
 * The seen-set: which rumors this node has had, in RAM, synchronous. An {@link IdRing} with a byte of state an id and six-hour buckets
 * over it. Knows no clock and no disk: the store says in which bucket it is, and rebuilds this from its log.
 *
 * 17 bytes an id and 8 to 16 of table when it is full: 25 in all at a million, where the table is almost half full.
 */
import type { Seen } from '../agent.ts';
import { IdRing } from './id-ring.ts';
import type { HashKey } from './id-ring.ts';
import type { RumorId } from '../ids.ts';
import { ID_BYTES, packSeen, unpackSeen } from './packing.ts';
import type { Remembered } from './store.ts';

const FLAGS = 0x0f;
const HOPS = 0xf0;

interface Bucket {
  readonly bucket: number;
  /** `added` when its first id came. */
  readonly from: number;
}

/** An id is in the bucket in which it came first; what is merged later does not make it younger. */
export class SeenSet {
  readonly #ring: IdRing<{ readonly state: Uint8Array }>;
  /** Oldest first. One for six hours at most, and they go when their time is over, also when the count was quicker. */
  readonly #buckets: Bucket[] = [];
  #added = 0;

  /** @param maxIds at this many, the oldest id makes room: the count shortens the time. From 1 to 2^27. */
  constructor(maxIds: number, key: HashKey) {
    this.#ring = new IdRing(maxIds, key, (capacity) => ({ state: new Uint8Array(capacity) }));
  }

  /** How many ids are remembered. */
  get size(): number {
    return this.#ring.size;
  }

  /** How many ids ever came. */
  get added(): number {
    return this.#added;
  }

  /** How many of them are forgotten: always those that came first. */
  get dropped(): number {
    return this.#added - this.#ring.size;
  }

  /** Bytes of RAM in the arrays. */
  get byteLength(): number {
    return this.#ring.byteLength;
  }

  /** The same object for the same state. Nothing is allocated. */
  get(id: RumorId): Seen | undefined {
    const slot = this.#ring.find(id);
    return slot < 0 ? undefined : unpackSeen(this.#ring.columns.state[slot]!);
  }

  /** Hops rise to the maximum, flags are only ever set. @param bucket never below that of the call before */
  merge(entry: Remembered, bucket: number): void {
    const state = packSeen(entry);
    this.#merge(this.#ring.find(entry.id), state, bucket);
  }

  /** The same for a packed record (packing.ts). */
  mergeRecord(bytes: Uint8Array, at: number, bucket: number): void {
    this.#merge(this.#ring.findBytes(bytes, at), bytes[at + ID_BYTES]!, bucket);
  }

  /** Forgets the ids of all earlier buckets. */
  expireBefore(bucket: number): void {
    for (let oldest = this.#buckets[0]; oldest !== undefined && oldest.bucket < bucket; oldest = this.#buckets[0]) {
      const end = this.#buckets[1]?.from ?? this.#added;
      while (this.dropped < end) this.#ring.dropOldest();
      this.#buckets.shift();
    }
  }

  #merge(slot: number, state: number, bucket: number): void {
    if (slot < 0) this.#add(state, bucket);
    else this.#raise(slot, state);
  }

  #raise(slot: number, state: number): void {
    const states = this.#ring.columns.state;
    const before = states[slot]!;
    states[slot] = Math.max(before & HOPS, state & HOPS) | ((before | state) & FLAGS);
  }

  #add(state: number, bucket: number): void {
    const slot = this.#ring.add();
    this.#ring.columns.state[slot] = state;
    if (this.#buckets.at(-1)?.bucket !== bucket) this.#buckets.push({ bucket, from: this.#added });
    this.#added += 1;
  }
}
