/**
 * Where peers are and where we are: the address book on disk, and our own signed record.
 */
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Store } from '../store/store.ts';
import { isDialable, parseAddress } from '../transport/address.ts';
import type { Identity } from '../transport/identity.ts';
import { AddressBook } from './address-book.ts';
import type { Learnt } from './address-book.ts';
import { MAX_RECORD_ADDRESSES, MAX_RECORD_BYTES, RECORD_LIFE_MS, makeAddressRecord } from './address-record.ts';
import type { Clock } from './clock.ts';

const BOOK_KEY = 'address-book';
/** Changes of the book are written together after this long (our choice: it is a hint, and is learnt again on connect). */
const WRITE_DELAY_MS = 1_000;

/** What a record leaves for addresses, beside 64 bytes of signature, the key and the heads of its fields (our choice, a little less). */
const MAX_ADDRESSES_BYTES = MAX_RECORD_BYTES - 192;

export interface AddressesOptions {
  readonly identity: Identity;
  readonly store: Store;
  readonly clock: Clock;
  readonly maxRecords: number;
  isPal(peer: PeerId): boolean;
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

  private constructor(options: AddressesOptions, book: AddressBook) {
    this.#options = options;
    this.#book = book;
    this.#record = this.#sign();
  }

  /** Reads the book from disk. A damaged one is left out and reported: it fills again on connect. */
  static async open(options: AddressesOptions, damaged: (error: HearsayError) => void): Promise<Addresses> {
    const bookOptions = { self: options.identity.id, maxRecords: options.maxRecords, isPal: (peer: PeerId) => options.isPal(peer) };
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
    if (this.#cancelWrite !== undefined) this.#write();
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
    this.#cancelWrite = undefined;
    this.#options.store.writeMeta(BOOK_KEY, this.#book.toBytes());
  }
}

/** Of the addresses in a record, each with the head of its text. */
function byteLength(addresses: readonly string[]): number {
  return addresses.reduce((sum, address) => sum + Buffer.byteLength(address) + 3, 0);
}
