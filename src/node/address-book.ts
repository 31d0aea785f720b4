/**
 * The address book: for each peer its newest signed record, and the addresses that worked. RAM only; the node keeps its bytes on disk.
 * It decides nothing about when to dial. Time is an argument.
 */
import * as z from 'zod';
import { HearsayError } from '../errors.ts';
import { isPeerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import { keepNewest } from '../keep-newest.ts';
import { decodePayload, encodePayload } from '../marks/payload.ts';
import { ContactBook } from '../overlay/contact-book.ts';
import { MAX_ADDRESS_LENGTH, parseAddress } from '../transport/address.ts';
import type { AddressRecord, ReadRecord, RecordReason } from './address-record.ts';
import { RecordReader } from './record-reader.ts';

/** Addresses remembered of one peer because they worked (design). */
export const MAX_WORKED = 8;
/** Topics remembered; the one joined longest ago is forgotten first (our choice: more than the 200 that a node is measured with). */
const MAX_TOPICS = 256;

/** What came of a record. `changed`: it is newer than what we had. */
export type Learnt = { readonly ok: true; readonly id: PeerId; readonly changed: boolean } | { readonly ok: false; readonly reason: RecordReason | 'ourselves' | 'full' };

/** What the book needs to know of the node. */
export interface AddressBookOptions {
  readonly self: PeerId;
  /** Peers who are no pals. Pals come on top; `limits.maxPals` bounds them. See `limits.maxAddressRecords`. */
  readonly maxRecords: number;
  /** Peers of one topic. See `limits.maxTopicRecords`. */
  readonly maxTopicRecords: number;
  /** Whether our user added this peer. Not whether it added us: anybody can do that. */
  isPal(peer: PeerId): boolean;
  /** Whether we dial an address that a stranger told us. */
  allows(address: string): boolean;
}

interface Entry {
  /** Most recent first. */
  readonly worked: readonly string[];
  /** When one last worked, ms since 1970; 0: never. */
  readonly workedMs: number;
  /** When the entry was last written, ms since 1970. */
  readonly writtenMs: number;
  readonly record: { readonly bytes: Uint8Array; readonly read: AddressRecord } | undefined;
}

const BLANK: Entry = Object.freeze({ worked: [], workedMs: 0, writtenMs: 0, record: undefined });

const saved = z.strictObject({
  version: z.literal(1),
  entries: z.array(
    z.strictObject({
      peer: z.custom<PeerId>(isPeerId),
      worked: z.array(z.string().max(MAX_ADDRESS_LENGTH)).max(MAX_WORKED),
      workedMs: z.int().min(0),
      writtenMs: z.int().min(0),
      record: z.instanceof(Uint8Array).nullable(),
    }),
  ),
  /** Who worked comes first. */
  topics: z.array(z.strictObject({ topic: z.string(), peers: z.array(z.custom<PeerId>(isPeerId)), worked: z.int().min(0) })).max(MAX_TOPICS),
});

/** Where peers were, and where they say they are. */
export class AddressBook {
  readonly #options: AddressBookOptions;
  readonly #reader = new RecordReader();
  readonly #entries = new Map<PeerId, Entry>();
  /** Least recently used first. Only who: where is in the entries. */
  readonly #topics = new Map<string, ContactBook>();

  constructor(options: AddressBookOptions) {
    this.#options = options;
  }

  /** Peers in the book. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Where to dial a peer, best first: what worked, then what its record says. A stranger's private addresses are left out
   * unless they worked: a record must not make us knock at doors behind our own firewall.
   */
  addressesOf(peer: PeerId, nowMs: number): string[] {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return [];
    const trusted = this.#options.isPal(peer);
    const told = liveRecord(entry, nowMs)?.read.addresses ?? [];
    return [...new Set([...entry.worked, ...told.filter((address) => trusted || this.#options.allows(address))])];
  }

  /** The newest record of a peer, as it signed it, for those who ask where it is. */
  recordOf(peer: PeerId, nowMs: number): Uint8Array | undefined {
    const entry = this.#entries.get(peer);
    return entry === undefined ? undefined : liveRecord(entry, nowMs)?.bytes;
  }

  /** We dialled the address and the peer proved itself there. @returns whether it never had before, as far as we remember. */
  worked(peer: PeerId, address: string, nowMs: number): boolean {
    if (peer === this.#options.self) return false;
    const { url } = parseAddress(address);
    const before = this.#entries.get(peer) ?? BLANK;
    const worked = [url, ...before.worked.filter((other) => other !== url)].slice(0, MAX_WORKED);
    this.#entries.set(peer, { ...before, worked, workedMs: nowMs, writtenMs: nowMs });
    this.#trim(nowMs);
    return !before.worked.includes(url);
  }

  /** Reads a record, whether or not there is room for it. Never throws. */
  read(bytes: Uint8Array, nowMs: number): ReadRecord {
    return this.#reader.read(bytes, nowMs);
  }

  /** Takes a record over, whoever brought it: it is signed. Never throws. */
  learn(bytes: Uint8Array, nowMs: number): Learnt {
    const result = this.read(bytes, nowMs);
    if (!result.ok) return result;
    const { record } = result;
    const { id } = record;
    if (id === this.#options.self) return { ok: false, reason: 'ourselves' };
    const before = this.#entries.get(id) ?? BLANK;
    // Also against one that expired: an older record must not come back because it was made to last longer.
    if (before.record !== undefined && before.record.read.seq >= record.seq) return { ok: true, id, changed: false };
    this.#entries.set(id, { ...before, writtenMs: nowMs, record: { bytes: bytes.slice(), read: record } });
    this.#trim(nowMs);
    return this.#entries.has(id) ? { ok: true, id, changed: true } : { ok: false, reason: 'full' };
  }

  /** Whom we know in a topic, by what it is called on the wire. */
  topic(topic: string): ContactBook {
    const book = this.#topics.get(topic) ?? new ContactBook(this.#options.maxTopicRecords);
    this.#topics.delete(topic);
    this.#topics.set(topic, book);
    keepNewest(this.#topics, MAX_TOPICS);
    return book;
  }

  /** For the disk. */
  toBytes(): Uint8Array {
    const topics = [...this.#topics].map(([topic, book]) => ({ topic, peers: book.entries.map(({ peer }) => peer), worked: book.workedCount }));
    const entries = [...this.#entries].map(([peer, { worked, workedMs, writtenMs, record }]) => ({ peer, worked, workedMs, writtenMs, record: record?.bytes ?? null }));
    return encodePayload({ version: 1, entries, topics }, Infinity);
  }

  /**
   * Takes over what {@link toBytes} gave. Records that expired since are left out.
   * @throws HearsayError `HEARSAY_STORE_DAMAGED` when these are no such bytes.
   */
  static fromBytes(bytes: Uint8Array, options: AddressBookOptions, nowMs: number): AddressBook {
    const decoded = decodePayload(bytes);
    const read = saved.safeParse(decoded.ok ? decoded.value : undefined);
    if (!read.success) throw new HearsayError('HEARSAY_STORE_DAMAGED', { field: 'address book', rule: 'to be as it was written', value: bytes });
    const book = new AddressBook(options);
    for (const { peer, record, ...entry } of read.data.entries) {
      const known = record === null ? undefined : book.read(record, nowMs);
      book.#entries.set(peer, { ...entry, record: record !== null && known?.ok === true ? { bytes: record, read: known.record } : undefined });
    }
    for (const { topic, peers, worked } of read.data.topics) {
      const contacts = book.topic(topic);
      for (const [at, peer] of peers.entries()) contacts.restore({ peer, record: undefined }, at < worked);
    }
    book.#trim(nowMs);
    return book;
  }

  /** Drops strangers beyond the bound: first those with nothing left to dial, then those that never worked, the oldest first, then by when they last did. */
  #trim(nowMs: number): void {
    const strangers = [...this.#entries].filter(([peer]) => !this.#options.isPal(peer));
    let excess = strangers.length - this.#options.maxRecords;
    if (excess <= 0) return;
    const isDead = ([, entry]: readonly [PeerId, Entry]): boolean => entry.workedMs === 0 && liveRecord(entry, nowMs) === undefined;
    const order = strangers.sort((a, b) => Number(isDead(b)) - Number(isDead(a)) || a[1].workedMs - b[1].workedMs || a[1].writtenMs - b[1].writtenMs);
    for (const [peer] of order) {
      if (excess <= 0) return;
      this.#entries.delete(peer);
      excess -= 1;
    }
  }
}

function liveRecord({ record }: Entry, nowMs: number): Entry['record'] {
  return record !== undefined && record.read.expiresMs > nowMs ? record : undefined;
}
