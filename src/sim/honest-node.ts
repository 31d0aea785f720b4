/** A node as the package runs it: the overlay core, an address book, and the probing rule. Pure. */
import type { PeerId } from '../ids.ts';
import { pickJoins, pickProbe, probeDelayMs } from '../overlay/address-picks.ts';
import type { OverlayConfig } from '../overlay/config.ts';
import { ContactBook } from '../overlay/contact-book.ts';
import { HyParView } from '../overlay/hyparview.ts';
import type { OverlayEffect, OverlayEvent, OverlayInput } from '../overlay/messages.ts';
import type { Random } from '../random.ts';
import type { Place } from './events.ts';
import type { Actor, Network } from './network.ts';

export class HonestNode implements Actor {
  readonly #network: Network;
  readonly #place: Place;
  readonly #core: HyParView;
  readonly #book = new ContactBook();
  readonly #random: Random;

  constructor(network: Network, place: Place, config: OverlayConfig, random: Random) {
    this.#network = network;
    this.#place = place;
    this.#random = random;
    this.#core = new HyParView(place.contact.peer, config, random);
    network.wake(place, probeDelayMs(random));
  }

  get neighbors(): readonly PeerId[] {
    return this.#core.activeView;
  }

  input(input: OverlayInput): void {
    if (input.type === 'JoinRequested') for (const contact of input.contacts) this.#book.heardOf(contact);
    for (const effect of this.#core.step(input, this.#network.nowMs)) this.#perform(effect);
  }

  wake(): void {
    this.#network.wake(this.#place, probeDelayMs(this.#random));
    const contact = pickProbe(this.#book.entries, (peer) => this.#core.isNeighbor(peer), this.#random);
    if (contact !== undefined) this.input({ type: 'ProbeRequested', contact });
  }

  #perform(effect: OverlayEffect): void {
    switch (effect.type) {
      case 'Send':
        return this.#network.send(this.#place, effect.to, effect.message);
      case 'Connect':
        return this.#network.connect(this.#place, effect.to.peer, effect.message);
      case 'Close':
        return this.#network.close(this.#place, effect.peer);
      case 'SetTimer':
        return this.#network.setTimer(this.#place, effect.timer, effect.delayMs);
      default:
        return this.#onEvent(effect.event);
    }
  }

  #onEvent(event: OverlayEvent): void {
    if (event.type === 'NeighborUp') this.#book.worked(this.#network.contactOf(this.#network.indexOf(event.peer)), this.#random);
    if (event.type === 'Learned') for (const contact of event.contacts) this.#book.heardOf(contact);
    if (event.type !== 'Isolated') return;
    const contacts = pickJoins(this.#book.entries, this.#random);
    // As an event of its own: a step is not to be entered from within.
    if (contacts.length > 0) this.#network.at(this.#network.nowMs, () => this.#network.tell(this.#place.index, { type: 'JoinRequested', contacts }));
  }
}
