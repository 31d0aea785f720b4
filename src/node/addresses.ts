/**
 * Where peers are and where we are: the address book on disk, and our own signed record.
 */
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { ContactBook } from '../overlay/contact-book.ts';
import type { Contact } from '../overlay/messages.ts';
import type { Store } from '../store/store.ts';
import { isDialable, parseAddress } from '../transport/address.ts';
import type { Identity } from '../transport/identity.ts';
import { AddressBook } from './address-book.ts';
import type { Learnt } from './address-book.ts';
import { MAX_RECORD_ADDRESSES, MAX_RECORD_BYTES, RECORD_LIFE_MS, makeAddressRecord } from './address-record.ts';
import type { RecordReason } from './address-record.ts';
import type { Clock } from './clock.ts';

const BOOK_KEY = 'address-book';
/** Changes of the book are written together after this long (our choice: it is a hint, and is learnt again on connect). */
const WRITE_DELAY_MS = 1_000;
/** The same for who is in which topic, of which much changes in the first minutes and little is missed (our choice; measured at 200 topics: a second costs a third of the idle CPU). */
const TOPICS_WRITE_DELAY_MS = 10_000;

/** What a record leaves for addresses, beside 64 bytes of signature, the key and the heads of its fields (our choice, a little less). */
const MAX_ADDRESSES_BYTES = MAX_RECORD_BYTES - 192;

/** What a contact's record is worth to us. */
export type CheckedContact = { readonly ok: true; readonly contact: Contact } | { readonly ok: false; readonly reason: RecordReason | 'not-dialable' };

export interface AddressesOptions {
  readonly identity: Identity;
  readonly store: Store;
  readonly clock: Clock;
  readonly maxRecords: number;
  readonly maxTopicRecords: number;
  isPal(peer: PeerId): boolean;
  /** Whether we dial an address that a stranger told us. */
  allows(address: string): boolean;
  /** Our record is a new one: tell whoever is connected. */
  renewed(record: Uint8Array): void;
}

export class Addresses {
  readonly #options: AddressesOptions;
  readonly #book: AddressBook;
  #own: readonly string[] = [];
  #record: Uint8Array;
  #lastSeq = 0;
  #cancelRenewal: () => void = () => undefined;
  #cancelWrite: (() => void) | undefined;
  #cancelTopicsWrite: (() => void) | undefined;

  private constructor(options: AddressesOptions, book: AddressBook) {
    this.#options = options;
    this.#book = book;
    this.#record = this.#sign();
  }

  /** Reads the book from disk. A damaged one is left out and reported: it fills again on connect. */
  static async open(options: AddressesOptions, damaged: (error: HearsayError) => void): Promise<Addresses> {
    const { maxRecords, maxTopicRecords } = options;
    const bookOptions = { self: options.identity.id, maxRecords, maxTopicRecords, isPal: (peer: PeerId) => options.isPal(peer), allows: (address: string) => options.allows(address) };
    const bytes = await options.store.readMeta(BOOK_KEY);
    let book = new AddressBook(bookOptions);
    try {
      if (bytes !== undefined) book = AddressBook.fromBytes(bytes, bookOptions, options.clock.now());
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      damaged(error);
    }
    return new Addresses(options, book);
  }

  /** Where others can dial us, best first. */
  get own(): readonly string[] {
    return this.#own;
  }

  /** Our signed record as it is now. */
  get record(): Uint8Array {
    return this.#record;
  }

  /** Sets where others can dial us, less what nobody can, and signs a new record. Of more than fits into one, the first are taken. */
  announce(addresses: readonly string[]): void {
    const dialable = [...new Set(addresses)].filter((address) => isDialable(parseAddress(address)));
    this.#own = dialable.filter((_, index) => index < MAX_RECORD_ADDRESSES && byteLength(dialable.slice(0, index + 1)) <= MAX_ADDRESSES_BYTES);
    this.#renew();
  }

  /** Where to dial a peer, best first. */
  of(peer: PeerId): readonly string[] {
    return this.#book.addressesOf(peer, this.#options.clock.now());
  }

  /** Where to dial a contact, best first: also when there is no room for it in the book. */
  ofContact({ peer, record }: Contact): readonly string[] {
    const { clock, allows } = this.#options;
    const read = record === undefined ? undefined : this.#book.read(record, clock.now());
    const told = read?.ok === true && read.record.id === peer ? read.record.addresses.filter((address) => allows(address)) : [];
    return [...new Set([...this.of(peer), ...told])];
  }

  /** Who is to be named to others as a contact: with its newest record, if it has one. */
  contact(peer: PeerId): Contact {
    return { peer, record: this.#book.recordOf(peer, this.#options.clock.now()) };
  }

  /** A record that others gave us of a member of their topic: whom it is of, if we could dial it. Never throws. */
  checkContact(record: Uint8Array): CheckedContact {
    const { clock, identity, isPal, allows } = this.#options;
    const read = this.#book.read(record, clock.now());
    if (!read.ok) return read;
    const { id, dialable, addresses } = read.record;
    // Ourselves the core knows and leaves out.
    const isUseful = dialable && (id === identity.id || isPal(id) || addresses.some((address) => allows(address)));
    return isUseful ? { ok: true, contact: { peer: id, record: record.slice() } } : { ok: false, reason: 'not-dialable' };
  }

  /** Whom we know in a topic. */
  topic(topic: string): ContactBook {
    return this.#book.topic(topic);
  }

  /** Something in a topic's book changed. */
  topicChanged(): void {
    this.#cancelTopicsWrite ??= this.#options.clock.after(TOPICS_WRITE_DELAY_MS, () => this.#write());
  }

  /** A new address goes to the disk at once: it may be from an invite, and all we know of the peer. */
  worked(peer: PeerId, address: string): void {
    if (this.#book.worked(peer, address, this.#options.clock.now())) this.#write();
    else this.#writeSoon();
  }

  learn(record: Uint8Array): Learnt {
    const learnt = this.#book.learn(record, this.#options.clock.now());
    if (learnt.ok && learnt.changed) this.#writeSoon();
    return learnt;
  }

  close(): void {
    this.#cancelRenewal();
    if (this.#cancelWrite !== undefined || this.#cancelTopicsWrite !== undefined) this.#write();
  }

  /** Half a life before it ends, so that nobody holds an expired one. */
  #renew(): void {
    this.#record = this.#sign();
    this.#cancelRenewal();
    this.#cancelRenewal = this.#options.clock.after(RECORD_LIFE_MS / 2, () => this.#renew());
    this.#options.renewed(this.#record);
  }

  #sign(): Uint8Array {
    const nowMs = this.#options.clock.now();
    this.#lastSeq = Math.max(this.#lastSeq + 1, nowMs);
    return makeAddressRecord(this.#options.identity, { seq: this.#lastSeq, expiresMs: nowMs + RECORD_LIFE_MS, addresses: this.#own, dialable: this.#own.length > 0 });
  }

  #writeSoon(): void {
    this.#cancelWrite ??= this.#options.clock.after(WRITE_DELAY_MS, () => this.#write());
  }

  #write(): void {
    this.#cancelWrite?.();
    this.#cancelTopicsWrite?.();
    this.#cancelWrite = this.#cancelTopicsWrite = undefined;
    this.#options.store.writeMeta(BOOK_KEY, this.#book.toBytes());
  }
}

/** Of the addresses in a record, each with the head of its text. */
function byteLength(addresses: readonly string[]): number {
  return addresses.reduce((sum, address) => sum + Buffer.byteLength(address) + 3, 0);
}
