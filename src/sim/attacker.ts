/**
 * One of many that want the honest nodes' links: it joins everywhere and all the time, agrees to everything, gives up nothing,
 * catches newcomers whose walk passes, and names only its own kind. Pure.
 */
import type { PeerId } from '../ids.ts';
import { sample } from '../overlay/dice.ts';
import { MAX_CONTACTS } from '../overlay/config.ts';
import type { Contact, OverlayInput, OverlayMessage } from '../overlay/messages.ts';
import type { Random } from '../random.ts';
import type { Place } from './events.ts';
import type { Actor, Network } from './network.ts';

export class Attacker implements Actor {
  readonly #network: Network;
  readonly #place: Place;
  readonly #random: Random;
  /** All attackers. They know each other, and grow in number. */
  readonly #gang: readonly Contact[];
  /** Who is to be joined next. */
  readonly #victim: () => Contact;
  readonly #intervalMs: number;
  readonly #links = new Set<PeerId>();
  #generation = 0;

  constructor(network: Network, place: Place, gang: readonly Contact[], victim: () => Contact, intervalMs: number) {
    this.#network = network;
    this.#place = place;
    this.#gang = gang;
    this.#victim = victim;
    this.#intervalMs = intervalMs;
    this.#random = network.random.fork(`attacker ${place.contact.peer}`);
    network.wake(place, 1 + this.#random.below(intervalMs));
  }

  get neighbors(): readonly PeerId[] {
    return [...this.#links];
  }

  wake(): void {
    this.#network.wake(this.#place, this.#intervalMs);
    this.#ask(this.#victim(), 'Join');
  }

  input(input: OverlayInput): void {
    if (input.type === 'LinkLost') this.#links.delete(input.peer);
    if (input.type === 'MessageReceived') this.#onMessage(input.from, input.message);
  }

  #onMessage(from: PeerId, message: OverlayMessage): void {
    switch (message.type) {
      case 'Join':
        this.#links.add(from);
        return this.#send(from, { type: 'JoinReply', generation: message.generation, accepted: true, contacts: this.#accomplices() });
      case 'Neighbor':
        this.#links.add(from);
        return this.#send(from, { type: 'NeighborReply', generation: message.generation, accepted: true, offer: this.#accomplices()[0] ?? null });
      case 'JoinReply':
      case 'NeighborReply':
        if (message.accepted) this.#links.add(from);
        return undefined;
      case 'ForwardJoin':
        return this.#ask(message.joiner, 'Neighbor');
      case 'Shuffle':
        return this.#send(from, { type: 'ShuffleReply', origin: message.origin, nonce: message.nonce, contacts: this.#accomplices() });
      case 'Disconnect':
        this.#links.delete(from);
        return undefined;
      case 'ShuffleReply':
        return undefined;
    }
  }

  #ask({ peer }: Contact, type: 'Join' | 'Neighbor'): void {
    this.#generation += 1;
    const about = { generation: this.#generation, leaf: false, record: undefined };
    this.#network.connect(this.#place, peer, type === 'Join' ? { type, ...about } : { type, priority: 'high', ...about });
  }

  #accomplices(): Contact[] {
    return sample(this.#gang, MAX_CONTACTS, this.#random);
  }

  #send(to: PeerId, message: OverlayMessage): void {
    this.#network.send(this.#place, to, message);
  }
}
