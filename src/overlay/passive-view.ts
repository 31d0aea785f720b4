/** Members we know and hold no link to. Pure. A flat list, because ten thousand simulated nodes have one each. */
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { Contact } from './messages.ts';

export class PassiveView {
  readonly #size: number;
  readonly #random: Random;
  readonly #contacts: Contact[] = [];

  constructor(size: number, random: Random) {
    this.#size = size;
    this.#random = random;
  }

  get contacts(): readonly Contact[] {
    return this.#contacts;
  }

  /**
   * Notes somebody. The caller has made sure that it is neither ourselves nor in the active view.
   * @param spare whom to drop first when full: what we just sent away is kept by the one we sent it to
   */
  add(contact: Contact, spare: readonly Contact[] = []): void {
    if (this.#indexOf(contact.peer) >= 0) return;
    if (this.#contacts.length < this.#size) this.#contacts.push(contact);
    else this.#contacts[this.#victim(spare)] = contact;
  }

  remove(peer: PeerId): void {
    const at = this.#indexOf(peer);
    if (at < 0) return;
    // Order means nothing here, so the last one fills the gap.
    const last = this.#contacts.pop() as Contact;
    if (at < this.#contacts.length) this.#contacts[at] = last;
  }

  clear(): void {
    this.#contacts.length = 0;
  }

  #victim(spare: readonly Contact[]): number {
    for (const { peer } of spare) {
      const at = this.#indexOf(peer);
      if (at >= 0) return at;
    }
    return this.#random.below(this.#size);
  }

  #indexOf(peer: PeerId): number {
    // A plain loop: nothing runs more often in a simulation.
    for (let at = 0; at < this.#contacts.length; at += 1) if ((this.#contacts[at] as Contact).peer === peer) return at;
    return -1;
  }
}
