/**
 * The seen-set: which rumors this node has had, in RAM, synchronous. An {@link IdRing} with a byte of state and two of origin an id,
 * and six-hour buckets over it. Knows no clock and no disk: the store says in which bucket it is, and rebuilds this from its log.
 *
 * 19 bytes an id and 8 to 16 of table when it is full: 27 in all at a million, where the table is almost half full.
 */
import type { Seen } from '../agent.ts';
import type { RumorId } from '../ids.ts';
import { IdRing } from './id-ring.ts';
import type { HashKey } from './id-ring.ts';
import { BUCKET_MS } from './layout.ts';
import { ID_BYTES, mergeStates, packSeen, tagAt, unpackSeen } from './packing.ts';
import type { Remembered } from './store.ts';

/** When the count shortens the time below this, the ids of whoever brought most go first (design: 24 h). */
const FAIR_BUCKETS: number = (24 * 60 * 60 * 1000) / BUCKET_MS;
/** How many ids are looked at for one of those. Our choice: 10 microseconds; past it the oldest goes after all. */
const MAX_LOOKED_AT = 1024;

interface Bucket {
  readonly bucket: number;
  /** `added` when its first id came. */
  readonly from: number;
}

interface Beside extends Record<string, Uint8Array | Uint16Array> {
  readonly state: Uint8Array;
  readonly tag: Uint16Array;
}

/**
 * An id is in the bucket in which it came first; what is merged later does not make it younger. But one that took the place of a
 * flooder's id is as old as that one was: 24 h older than it is, at most.
 */
export class SeenSet {
  readonly #ring: IdRing<Beside>;
  readonly #maxIds: number;
  /** Oldest first. One for six hours at most, and they go when their time is over, also when the count was quicker. */
  readonly #buckets: Bucket[] = [];
  /** How many remembered ids each brought: of the 65,536 there may be, few do. */
  readonly #brought: Map<number, number> = new Map();
  /** Who brought most, as far as we know: recounted when it has lost a quarter. */
  #most = 0;
  #mostAtCount = 0;
  /**
   * Where to look for theirs next: so many ids came before it. It goes round, and does not begin anew with another who brought most: what it has passed are
   * ids of a moment ago, in the places of old ones.
   */
  #lookedAt = 0;
  #added = 0;

  /**
   * @param maxIds at this many, an id makes room: the count shortens the time. From 1 to 2^27.
   * @param expected how many will come soon
   */
  constructor(maxIds: number, key: HashKey, expected = 0) {
    this.#maxIds = maxIds;
    this.#ring = new IdRing(maxIds, key, (capacity) => ({ state: new Uint8Array(capacity), tag: new Uint16Array(capacity) }), expected);
  }

  /** How many ids are remembered. */
  get size(): number {
    return this.#ring.size;
  }

  /** How many ids ever got a place of their own. */
  get added(): number {
    return this.#added;
  }

  /** How many of those places are gone: always those that came first. */
  get dropped(): number {
    return this.#added - this.#ring.size;
  }

  /** Bytes of RAM in the arrays that grow. */
  get byteLength(): number {
    return this.#ring.byteLength;
  }

  /** The same object for the same state. Nothing is allocated. */
  get(id: RumorId): Seen | undefined {
    const slot = this.#ring.find(id);
    return slot < 0 ? undefined : unpackSeen(this.#ring.columns.state[slot]!);
  }

  /** Whether the id of a packed record (packing.ts) is remembered. */
  hasRecord(bytes: Uint8Array, at: number): boolean {
    return this.#ring.findBytes(bytes, at) >= 0;
  }

  /** Hops rise to the maximum, flags are only ever set. @param tag who brought it @param bucket never below that of the call before */
  merge(entry: Remembered, tag: number, bucket: number): void {
    const state = packSeen(entry);
    this.#merge(this.#ring.find(entry.id), state, tag, bucket);
  }

  /** The same for a packed record (packing.ts). */
  mergeRecord(bytes: Uint8Array, at: number, bucket: number): void {
    this.#merge(this.#ring.findBytes(bytes, at), bytes[at + ID_BYTES]!, tagAt(bytes, at), bucket);
  }

  /** Forgets the ids of all earlier buckets. */
  expireBefore(bucket: number): void {
    for (let oldest = this.#buckets[0]; oldest !== undefined && oldest.bucket < bucket; oldest = this.#buckets[0]) {
      const end = this.#buckets[1]?.from ?? this.#added;
      while (this.dropped < end) this.#dropOldest();
      this.#buckets.shift();
    }
  }

  #merge(slot: number, state: number, tag: number, bucket: number): void {
    if (slot < 0) this.#add(state, tag, bucket);
    else this.#raise(slot, state);
  }

  #raise(slot: number, state: number): void {
    const states = this.#ring.columns.state;
    states[slot] = mergeStates(states[slot]!, state);
  }

  #add(state: number, tag: number, bucket: number): void {
    if (this.#buckets.at(-1)?.bucket !== bucket) this.#buckets.push({ bucket, from: this.#added });
    this.#count(tag);
    const full = this.#ring.size === this.#maxIds;
    const theirs = full && bucket - this.#oldestBucket() < FAIR_BUCKETS ? this.#oldestOfMost() : 0;
    if (theirs > 0) return this.#replace(this.#ring.slotAt(theirs), state, tag);
    if (full) this.#dropOldest();
    this.#set(this.#ring.add(), state, tag);
    this.#added += 1;
  }

  #replace(slot: number, state: number, tag: number): void {
    this.#uncount(this.#ring.columns.tag[slot]!);
    this.#ring.replace(slot);
    this.#set(slot, state, tag);
    this.#lookedAt += 1;
  }

  #set(slot: number, state: number, tag: number): void {
    const { columns } = this.#ring;
    columns.state[slot] = state;
    columns.tag[slot] = tag;
  }

  #count(tag: number): void {
    const count = this.#broughtBy(tag) + 1;
    this.#brought.set(tag, count);
    if (count > this.#broughtBy(this.#most)) this.#lead(tag);
    else if (this.#broughtBy(this.#most) < this.#mostAtCount * 0.75) this.#recount();
  }

  #uncount(tag: number): void {
    const left = this.#broughtBy(tag) - 1;
    if (left > 0) this.#brought.set(tag, left);
    else this.#brought.delete(tag);
  }

  #broughtBy(tag: number): number {
    return this.#brought.get(tag) ?? 0;
  }

  #recount(): void {
    let most = this.#most;
    for (const [tag, count] of this.#brought) if (count > this.#broughtBy(most)) most = tag;
    this.#lead(most);
  }

  #lead(tag: number): void {
    this.#mostAtCount = this.#broughtBy(tag);
    this.#most = tag;
  }

  /** The bucket of the oldest id. Buckets stay in the list until their time is over, so the oldest id's is the last that begins at or before it. */
  #oldestBucket(): number {
    const { dropped } = this;
    let found = 0;
    for (const { bucket, from } of this.#buckets) {
      if (from > dropped) break;
      found = bucket;
    }
    return found;
  }

  /** How many ids came before the oldest one of whoever brought most; 0 also when it is not among those looked at. */
  #oldestOfMost(): number {
    const { tag } = this.#ring.columns;
    for (let looked = 0; looked < MAX_LOOKED_AT; looked += 1) {
      if (this.#lookedAt >= this.#ring.size) this.#lookedAt = 0;
      if (tag[this.#ring.slotAt(this.#lookedAt)] === this.#most) return this.#lookedAt;
      this.#lookedAt += 1;
    }
    return 0;
  }

  #dropOldest(): void {
    this.#uncount(this.#ring.columns.tag[this.#ring.oldest]!);
    this.#lookedAt = Math.max(this.#lookedAt - 1, 0);
    this.#ring.dropOldest();
  }
}
