/**
 * The overlays of all topics that run here, and what other nodes say to them. Shell.
 * A node answers only for a topic that the peer names; one that does not run here says no, as a full one would.
 */
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Contact, OverlayMessage, Role } from '../overlay/messages.ts';
import type { Random } from '../random.ts';
import type { Addresses } from './addresses.ts';
import type { Clock } from './clock.ts';
import { checkedOverlay, decodeOverlay, encodeOverlay } from './overlay-messages.ts';
import type { WireOverlayMessage } from './overlay-messages.ts';
import { TopicOverlay } from './topic-overlay.ts';
import type { NeighborChange, TopicPort } from './topic-overlay.ts';

/** What overlays ask of the node. */
export interface OverlaysPort {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<Limits, 'maxOverlayMessages'>;
  readonly addresses: Addresses;
  /** What an agent's topic is called on the wire. */
  topicOf(name: string): string;
  /** `false`: there is no link. */
  send(peer: PeerId, topic: string, payload: Uint8Array): boolean;
  isUp(peer: PeerId): boolean;
  /** Resolves when there is a link. Strangers' addresses are dialled with care. @throws HearsayError */
  dial(contact: Contact, signal: AbortSignal): Promise<void>;
  /** A topic needs the link to that peer no more; see {@link Overlays.uses} for the others. */
  released(peer: PeerId): void;
  /** Bootstrap nodes and pals with a link. */
  hosts(): readonly PeerId[];
  changed(name: string, change: NeighborChange): void;
  /** Something came that changed nothing. */
  ignored(peer: PeerId, reason: string): void;
  /** The peer broke the protocol. */
  misbehaved(peer: PeerId, reason: string): void;
}

/** How long a count of messages lasts. */
const WINDOW_MS = 10_000;

interface Running {
  readonly name: string;
  readonly wish: Role;
  readonly overlay: TopicOverlay;
}

export class Overlays {
  readonly #port: OverlaysPort;
  /** By topic. */
  readonly #running = new Map<string, Running>();
  /** Messages of each linked peer since then. */
  readonly #counts = new Map<PeerId, { sinceMs: number; count: number }>();
  #lastMs: number;
  #elapsedMs = 0;
  #closed = false;

  constructor(port: OverlaysPort) {
    this.#port = port;
    this.#lastMs = port.clock.now();
  }

  /** Joins a topic, in place of another role in it. Whom nobody can dial is a leaf, whatever it wishes. */
  join(name: string, wish: Role): void {
    const { addresses, random } = this.#port;
    const topic = this.#port.topicOf(name);
    if (this.#closed || this.#running.get(topic)?.wish === wish) return;
    this.leave(name);
    const overlay = new TopicOverlay(this.#topicPort(name, topic, random.fork(`${topic} ${random.below(2 ** 32)}`)));
    this.#running.set(topic, { name, wish, overlay });
    overlay.start(addresses.own.length === 0 ? 'leaf' : wish, addresses.record);
  }

  /** Says goodbye to a topic's neighbours. One that does not run is fine. */
  leave(name: string): void {
    const topic = this.#port.topicOf(name);
    const running = this.#running.get(topic);
    this.#running.delete(topic);
    running?.overlay.leave();
  }

  leaveAll(): void {
    for (const { name } of [...this.#running.values()]) this.leave(name);
  }

  /** Leaves all for good. */
  close(): void {
    this.#closed = true;
    this.leaveAll();
  }

  /** Whether some topic needs the link to that peer. */
  uses(peer: PeerId): boolean {
    return [...this.#running.values()].some(({ overlay }) => overlay.uses(peer));
  }

  /** Whether the peer may ask or say something more. A no is counted. */
  admits(peer: PeerId): boolean {
    const nowMs = this.#now();
    let count = this.#counts.get(peer);
    if (count === undefined || nowMs - count.sinceMs >= WINDOW_MS) this.#counts.set(peer, (count = { sinceMs: nowMs, count: 0 }));
    count.count += 1;
    if (count.count <= this.#port.limits.maxOverlayMessages) return true;
    this.#port.ignored(peer, 'too-many-messages');
    return false;
  }

  /** What a peer says of a topic. Never throws. */
  received(peer: PeerId, topic: string, payload: Uint8Array): void {
    if (!this.admits(peer)) return;
    const decoded = decodeOverlay(payload);
    if (!decoded.ok) return this.#port.misbehaved(peer, 'bad-overlay-message');
    const running = this.#running.get(topic);
    if (running === undefined) return this.#decline(peer, topic, decoded.message);
    const message = checkedOverlay(peer, decoded.message, (record) => this.#check(peer, record));
    if (message !== undefined) running.overlay.received(peer, message);
  }

  /** A bootstrap node is connected. */
  hostUp(peer: PeerId): void {
    for (const { overlay } of this.#running.values()) overlay.hostUp(peer);
  }

  linkDown(peer: PeerId): void {
    this.#counts.delete(peer);
    for (const { overlay } of this.#running.values()) overlay.linkDown(peer);
  }

  recordChanged(record: Uint8Array): void {
    for (const { overlay } of this.#running.values()) overlay.recordChanged(record);
  }

  /** So that nobody waits for an answer. */
  #decline(peer: PeerId, topic: string, { type, ...message }: WireOverlayMessage): void {
    const generation = 'generation' in message ? message.generation : 0;
    if (type === 'Join') this.#send(peer, topic, { type: 'JoinReply', generation, accepted: false, contacts: [] });
    if (type === 'Neighbor') this.#send(peer, topic, { type: 'NeighborReply', generation, accepted: false, offer: null });
  }

  #check(from: PeerId, record: Uint8Array): Contact | undefined {
    const checked = this.#port.addresses.checkContact(record);
    if (checked.ok) return checked.contact;
    this.#port.ignored(from, `record: ${checked.reason}`);
    return undefined;
  }

  #send(peer: PeerId, topic: string, message: OverlayMessage): boolean {
    const payload = encodeOverlay(message, (contact) => this.#port.addresses.contact(contact.peer).record ?? contact.record);
    return payload === undefined ? this.#port.isUp(peer) : this.#port.send(peer, topic, payload);
  }

  #topicPort(name: string, topic: string, random: Random): TopicPort {
    const { addresses, self, clock } = this.#port;
    return {
      self,
      clock,
      random,
      book: addresses.topic(topic),
      now: () => this.#now(),
      send: (peer, message) => this.#send(peer, topic, message),
      dial: (contact, signal) => this.#port.dial(contact, signal),
      released: (peer) => this.#port.released(peer),
      hosts: () => this.#port.hosts(),
      contactOf: (peer) => addresses.contact(peer),
      isDialable: (peer) => addresses.of(peer).length > 0,
      learned: (contacts) => contacts.forEach(({ record }) => record && addresses.learn(record)),
      bookChanged: () => addresses.topicChanged(),
      changed: (change) => this.#port.changed(name, change),
      ignored: (peer, reason) => this.#port.ignored(peer, reason),
    };
  }

  /** The wall clock may be set back; the overlay's never goes back. */
  #now(): number {
    const nowMs = this.#port.clock.now();
    this.#elapsedMs += Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    return this.#elapsedMs;
  }
}

