/**
 * Whom we know in a topic, outside its views: at most so many entries, kept through failed dials. Pure.
 * Each node has one for each of its topics, a simulated one as well as a real one.
 * A full book takes only those that worked, each in the place of one that never did: nobody talks us out of what we know,
 * and half a topic that was cut off stays in it.
 */
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { Contact } from './messages.ts';

/** Entries of one topic, unless told otherwise (design). */
export const MAX_BOOK_ENTRIES = 64;

export class ContactBook {
  readonly #max: number;
  /** First those that worked, then the others. */
  readonly #entries: Contact[] = [];
  #worked = 0;

  constructor(max: number = MAX_BOOK_ENTRIES) {
    this.#max = max;
  }

  get entries(): readonly Contact[] {
    return this.#entries;
  }

  /** How many of the entries, from the first, worked. */
  get workedCount(): number {
    return this.#worked;
  }

  /** Somebody named that peer. @returns whether the book is another now */
  heardOf(contact: Contact): boolean {
    if (this.#entries.length >= this.#max || this.#indexOf(contact.peer) >= 0) return false;
    this.#entries.push(contact);
    return true;
  }

  /** We had a link to that peer. @returns whether the book is another now */
  worked(contact: Contact, random: Random): boolean {
    let at = this.#indexOf(contact.peer);
    if (at >= 0 && at < this.#worked) return false;
    if (at < 0 && this.#entries.length < this.#max) at = this.#entries.push(contact) - 1;
    else if (at < 0 && this.#worked < this.#max) at = this.#worked + random.below(this.#max - this.#worked);
    if (at < 0) return false;
    this.#entries[at] = this.#entries[this.#worked] as Contact;
    this.#entries[this.#worked] = contact;
    this.#worked += 1;
    return true;
  }

  /** Puts an entry back that was there before. First those that worked. */
  restore(contact: Contact, worked: boolean): void {
    const before = this.#entries.length;
    if (this.heardOf(contact) && worked && this.#worked === before) this.#worked += 1;
  }

  /** Drops whom nobody could dial any more. */
  retain(isAlive: (peer: PeerId) => boolean): void {
    const kept = this.#entries.map((contact, at) => ({ contact, worked: at < this.#worked })).filter(({ contact }) => isAlive(contact.peer));
    this.#worked = kept.filter(({ worked }) => worked).length;
    this.#entries.splice(0, this.#entries.length, ...kept.map(({ contact }) => contact));
  }

  #indexOf(peer: PeerId): number {
    for (let at = 0; at < this.#entries.length; at += 1) if ((this.#entries[at] as Contact).peer === peer) return at;
    return -1;
  }
}
