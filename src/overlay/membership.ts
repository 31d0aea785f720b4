/**
 * Both views together: who enters, who goes and how, and whom we name to others. Pure.
 * It keeps what the paper's views promise: bounded, disjoint, without ourselves.
 */
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import { ActiveView } from './active-view.ts';
import type { Link } from './active-view.ts';
import { MAX_CONTACTS } from './config.ts';
import type { OverlayConfig } from './config.ts';
import { sample } from './dice.ts';
import { PARTING_NONCE } from './messages.ts';
import type { Contact, DownReason, Generation, Role, UpReason } from './messages.ts';
import { PassiveView } from './passive-view.ts';
import type { Turn } from './turn.ts';

export class Membership {
  readonly active: ActiveView;
  readonly passive: PassiveView;
  readonly self: PeerId;
  /** What we are in this topic. */
  role: Role = 'member';
  /** Ourselves, as others are to know us. */
  me: Contact;
  readonly #random: Random;
  readonly #turn: Turn;

  constructor(self: PeerId, config: OverlayConfig, random: Random, turn: Turn) {
    this.self = self;
    this.me = { peer: self, record: undefined };
    this.#random = random;
    this.#turn = turn;
    this.active = new ActiveView(config, random);
    this.passive = new PassiveView(config.passiveViewSize, random);
  }

  isNeighbor(peer: PeerId): boolean {
    return this.active.get(peer) !== undefined;
  }

  /** Whether that peer may be a neighbour at all. Nobody may find its way to us by itself when we are a leaf. */
  mayAdmit(peer: PeerId, leaf: boolean): boolean {
    return this.role === 'member' && (!leaf || this.active.get(peer)?.leaf === true || this.active.hasRoomForLeaf());
  }

  /**
   * Makes a neighbour of a peer that agreed. Returns whom it displaced.
   * @param offer who is displaced at the other end, for the one we displace
   */
  link(contact: Contact, leaf: boolean, generation: Generation, reason: UpReason, offer: Contact | null = null): Contact | null {
    const known = this.active.get(contact.peer);
    if (known !== undefined && known.leaf === leaf) {
      // Accept the newest: the peer may have come back before we noticed that its old link was dead.
      known.generation = generation;
      return null;
    }
    if (known !== undefined) this.down(known, 'displaced');
    const displaced = leaf || !this.active.isFull ? undefined : this.active.guest(reason === 'probed' ? 'youngest' : 'any', this.#turn.nowMs);
    if (displaced !== undefined) this.part(displaced, 'displaced', offer);
    this.passive.remove(contact.peer);
    this.active.add(contact, leaf, generation, this.#turn.nowMs);
    this.#turn.emit({ type: 'NeighborUp', peer: contact.peer, reason });
    return displaced?.contact ?? null;
  }

  /** Ends a link in friendship: first whom to turn to, then the Disconnect, then the link. */
  part(link: Link, reason: DownReason, offer: Contact | null): void {
    const { peer } = link.contact;
    this.#turn.send(peer, { type: 'ShuffleReply', origin: peer, nonce: PARTING_NONCE, contacts: this.replyFor(peer, MAX_CONTACTS) });
    this.#turn.send(peer, { type: 'Disconnect', generation: link.generation, alive: reason !== 'leaving', offer: offer?.peer === peer ? null : offer });
    this.down(link, reason);
    this.#turn.perform({ type: 'Close', peer });
    this.keep(link);
  }

  /** Tells a peer that there is no link of that generation. */
  disown(peer: PeerId, generation: Generation): void {
    this.#turn.send(peer, { type: 'Disconnect', generation, alive: true, offer: null });
  }

  /** Gives up a connection, unless the peer is a neighbour. */
  release(peer: PeerId): void {
    if (!this.isNeighbor(peer)) this.#turn.perform({ type: 'Close', peer });
  }

  down(link: Link, reason: DownReason): void {
    this.active.remove(link);
    this.#turn.emit({ type: 'NeighborDown', peer: link.contact.peer, reason });
  }

  /** A former neighbour that lives is worth knowing, if it can be dialled. */
  keep({ contact, leaf }: Link): void {
    if (!leaf) this.passive.add(contact);
  }

  /**
   * Takes contacts into the passive view. Returns those that are neither ourselves nor neighbours.
   * @param sent what we gave for them, which goes first when there is no room
   */
  integrate(contacts: readonly Contact[], sent: readonly Contact[] = []): Contact[] {
    const strangers = contacts.slice(0, MAX_CONTACTS).filter(({ peer }) => peer !== this.self && !this.isNeighbor(peer));
    for (const contact of strangers) this.passive.add(contact, sent);
    if (strangers.length > 0) this.#turn.emit({ type: 'Learned', contacts: strangers });
    return strangers;
  }

  /**
   * Members for somebody who asks: of the passive view, and where that is short of the active one too, as in a small topic.
   * Our neighbours only then: a link to one of them would make a triangle, and triangles take reach from floods.
   */
  replyFor(peer: PeerId, count: number): Contact[] {
    const known = this.#strangersFor(peer, count);
    return known.length < count ? [...known, ...this.#neighborsFor(peer, count - known.length)] : known;
  }

  /** Members for one that has to join elsewhere: first those anywhere in the topic, so that joins spread; then neighbours, who surely live. */
  hostsFor(peer: PeerId): Contact[] {
    return [...this.#strangersFor(peer, MAX_CONTACTS / 2), ...this.#neighborsFor(peer, MAX_CONTACTS / 2)];
  }

  #strangersFor(peer: PeerId, count: number): Contact[] {
    const strangers = this.passive.contacts.filter((contact) => contact.peer !== peer);
    return sample(strangers, count, this.#random);
  }

  #neighborsFor(peer: PeerId, count: number): Contact[] {
    const neighbors = this.active.members.map(({ contact }) => contact).filter((contact) => contact.peer !== peer);
    return sample(neighbors, count, this.#random);
  }
}
