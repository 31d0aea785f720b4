/**
 * The overlay of one topic as this node runs it: the core, its timers, its dials, and the topic's address book with its probes. Shell.
 * What the core decides it does; what happens it tells the core, one input at a time.
 */
import { assertNever } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { pickJoins, pickProbe, probeDelayMs } from '../overlay/address-picks.ts';
import { DEFAULT_OVERLAY_CONFIG, MAX_CONTACTS } from '../overlay/config.ts';
import type { ContactBook } from '../overlay/contact-book.ts';
import { sample } from '../overlay/dice.ts';
import { HyParView } from '../overlay/hyparview.ts';
import type { Contact, DownReason, OverlayEffect, OverlayEvent, OverlayInput, OverlayMessage, Role } from '../overlay/messages.ts';
import type { Random } from '../random.ts';
import type { Clock } from './clock.ts';

/** A neighbour of a topic came or went. */
export type NeighborChange = { readonly type: 'up'; readonly peer: PeerId } | { readonly type: 'down'; readonly peer: PeerId; readonly reason: DownReason };

/** What a topic's overlay asks of the node. */
export interface TopicPort {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly random: Random;
  /** Outside the views, on disk. */
  readonly book: ContactBook;
  /** Ms of a clock that never goes back. */
  now(): number;
  /** `false`: there is no link. */
  send(peer: PeerId, message: OverlayMessage): boolean;
  /** Resolves when there is a link to the peer; rejects when there is none to be had. */
  dial(contact: Contact, signal: AbortSignal): Promise<void>;
  /** We need the link to that peer no more. */
  released(peer: PeerId): void;
  /** Who is connected and may be in the topic: bootstrap nodes and pals. */
  hosts(): readonly PeerId[];
  /** A peer with its newest record. */
  contactOf(peer: PeerId): Contact;
  /** Whether there is an address of that peer. */
  isDialable(peer: PeerId): boolean;
  /** Others told us of members. */
  learned(contacts: readonly Contact[]): void;
  /** The book changed. */
  bookChanged(): void;
  changed(change: NeighborChange): void;
  /** A message changed nothing. */
  ignored(peer: PeerId, reason: string): void;
}

export class TopicOverlay {
  readonly #port: TopicPort;
  readonly #core: HyParView;
  /** Peers whose links we need: neighbours, and those we ask. The core bounds both. */
  readonly #used = new Set<PeerId>();
  readonly #timers = new Set<() => void>();
  /** Dials under way, all of peers whose links we need. */
  readonly #dials = new Map<PeerId, AbortController>();
  readonly #inputs: OverlayInput[] = [];
  #stepping = false;

  constructor(port: TopicPort) {
    this.#port = port;
    this.#core = new HyParView(port.self, DEFAULT_OVERLAY_CONFIG, port.random.fork('core'));
  }

  /** Whether we need the link to that peer. */
  uses(peer: PeerId): boolean {
    return this.#used.has(peer);
  }

  /** @param record our own */
  start(role: Role, record: Uint8Array): void {
    this.#step({ type: 'Started', role, record });
    this.#join();
    this.#probeLater();
  }

  received(from: PeerId, message: OverlayMessage): void {
    this.#step({ type: 'MessageReceived', from, message });
  }

  /** Our record is another from now on. */
  recordChanged(record: Uint8Array): void {
    this.#step({ type: 'RecordChanged', record });
  }

  /** A bootstrap node is connected, at last or again: it may know a part of the topic that we do not. */
  hostUp(peer: PeerId): void {
    const contact = this.#port.contactOf(peer);
    const isAlone = this.#core.activeView.length === 0;
    this.#step(isAlone ? { type: 'JoinRequested', contacts: [contact] } : { type: 'ProbeRequested', contact });
  }

  linkDown(peer: PeerId): void {
    // The core does not wait for an answer any more, so a dial under way must not ask.
    this.#forget(peer);
    this.#step({ type: 'LinkLost', peer });
  }

  /** Says goodbye. Nothing happens afterwards. */
  leave(): void {
    this.#step({ type: 'LeaveRequested' });
    for (const cancel of this.#timers) cancel();
    for (const peer of [...this.#used]) this.#release(peer);
  }

  /** What happens may come from within what we do; the core is never entered twice. */
  #step(input: OverlayInput): void {
    this.#inputs.push(input);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let head = this.#inputs.shift(); head !== undefined; head = this.#inputs.shift()) {
        for (const effect of this.#core.step(head, this.#port.now())) this.#perform(effect);
      }
    } finally {
      this.#stepping = false;
    }
  }

  #perform(effect: OverlayEffect): void {
    switch (effect.type) {
      case 'Send':
        this.#port.send(effect.to, effect.message);
        return undefined;
      case 'Connect':
        return this.#connect(effect.to, effect.message);
      case 'Close':
        return this.#release(effect.peer);
      case 'SetTimer':
        return this.#after(effect.delayMs, () => this.#step({ type: 'TimerFired', timer: effect.timer }));
      case 'Emit':
        return this.#onEvent(effect.event);
      default:
        return assertNever(effect);
    }
  }

  #connect(contact: Contact, message: OverlayMessage): void {
    const { peer } = contact;
    this.#used.add(peer);
    if (this.#port.send(peer, message)) return;
    const dial = new AbortController();
    // The core may give up waiting, and ask again, before this one has ended.
    const ended = (act: () => void): void => {
      if (this.#dials.get(peer) !== dial) return this.#port.released(peer);
      this.#dials.delete(peer);
      act();
    };
    this.#dials.get(peer)?.abort();
    this.#dials.set(peer, dial);
    this.#port.dial(contact, dial.signal).then(
      () => ended(() => this.#port.send(peer, message) || this.#connectFailed(peer)),
      () => ended(() => this.#connectFailed(peer)),
    );
  }

  #connectFailed(peer: PeerId): void {
    this.#used.delete(peer);
    this.#step({ type: 'ConnectFailed', peer });
  }

  #release(peer: PeerId): void {
    this.#forget(peer);
    this.#port.released(peer);
  }

  #forget(peer: PeerId): void {
    this.#used.delete(peer);
    this.#dials.get(peer)?.abort();
    this.#dials.delete(peer);
  }

  #onEvent(event: OverlayEvent): void {
    switch (event.type) {
      case 'NeighborUp':
        this.#used.add(event.peer);
        if (this.#port.book.worked({ peer: event.peer, record: undefined }, this.#port.random)) this.#port.bookChanged();
        return this.#port.changed({ type: 'up', peer: event.peer });
      case 'NeighborDown':
        return this.#port.changed({ ...event, type: 'down' });
      case 'Isolated':
        return this.#join();
      case 'Learned':
        return this.#learn(event.contacts);
      case 'Ignored':
        return this.#port.ignored(event.peer, event.reason);
      default:
        return assertNever(event);
    }
  }

  #learn(contacts: readonly Contact[]): void {
    this.#port.learned(contacts);
    const fresh = contacts.filter(({ peer }) => this.#port.book.heardOf({ peer, record: undefined }));
    if (fresh.length > 0) this.#port.bookChanged();
  }

  /** Asks who may be in the topic: half of them among those we have a link to. */
  #join(): void {
    const { random } = this.#port;
    const hosts = sample(this.#port.hosts(), MAX_CONTACTS / 2, random).map((peer) => this.#port.contactOf(peer));
    const contacts = [...hosts, ...pickJoins(this.#known(), random)].slice(0, MAX_CONTACTS);
    if (contacts.length > 0) this.#step({ type: 'JoinRequested', contacts });
  }

  #probeLater(): void {
    this.#after(probeDelayMs(this.#port.random), () => {
      const contact = pickProbe(this.#known(), (peer) => this.#core.isNeighbor(peer), this.#port.random);
      if (contact !== undefined) this.#step({ type: 'ProbeRequested', contact });
      this.#probeLater();
    });
  }

  /** The topic's book, without those whom nobody could dial any more. */
  #known(): Contact[] {
    const { book } = this.#port;
    book.retain((peer) => this.#port.isDialable(peer));
    return book.entries.map(({ peer }) => this.#port.contactOf(peer));
  }

  #after(delayMs: number, run: () => void): void {
    const cancel = this.#port.clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}
