/**
 * A topic's address book as the simulated nodes have it: at most 64 entries, kept through failed dials. Pure.
 * A full book takes only those that worked, each in the place of one that never did: nobody talks us out of what we know,
 * and half a topic that was cut off stays in it.
 */
import type { PeerId } from '../ids.ts';
import type { Contact } from '../overlay/messages.ts';
import type { Random } from '../random.ts';

/** Entries of one topic (design). */
export const MAX_BOOK_ENTRIES = 64;

export class ContactBook {
  /** First those that worked, then the others. */
  readonly #entries: Contact[] = [];
  #worked = 0;

  get entries(): readonly Contact[] {
    return this.#entries;
  }

  /** Somebody named that peer. */
  heardOf(contact: Contact): void {
    if (this.#entries.length < MAX_BOOK_ENTRIES && this.#indexOf(contact.peer) < 0) this.#entries.push(contact);
  }

  /** We had a link to that peer. */
  worked(contact: Contact, random: Random): void {
    let at = this.#indexOf(contact.peer);
    if (at >= 0 && at < this.#worked) return;
    if (at < 0 && this.#entries.length < MAX_BOOK_ENTRIES) at = this.#entries.push(contact) - 1;
    else if (at < 0 && this.#worked < MAX_BOOK_ENTRIES) at = this.#worked + random.below(MAX_BOOK_ENTRIES - this.#worked);
    if (at < 0) return;
    this.#entries[at] = this.#entries[this.#worked] as Contact;
    this.#entries[this.#worked] = contact;
    this.#worked += 1;
  }

  #indexOf(peer: PeerId): number {
    for (let at = 0; at < this.#entries.length; at += 1) if ((this.#entries[at] as Contact).peer === peer) return at;
    return -1;
  }
}
