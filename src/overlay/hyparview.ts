/**
 * HyParView: the membership of one topic, seen from one peer. A few symmetric links (the active view), and some more members known by
 * name (the passive view) to replace them from. Pure: no clock, no dice of its own, no sockets.
 * Source: HyParView (Leitão, Pereira, Rodrigues, DSN 2007). "Differs:" marks where this one does otherwise.
 *
 * The shell must: perform every effect, in order; call `step` for one input at a time; hand back each `SetTimer` as `TimerFired`;
 * check the records of a message before the core sees it (see {@link Contact}); say `LinkLost` when a neighbour's link closes or falls silent,
 * and `ConnectFailed` when a `Connect` led nowhere.
 */
import { assertNever } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { ActiveView, Link } from './active-view.ts';
import { MAX_CONTACTS } from './config.ts';
import type { OverlayConfig } from './config.ts';
import { around, pick } from './dice.ts';
import { Membership } from './membership.ts';
import type { Guest } from './membership.ts';
import type * as m from './messages.ts';
import type { Contact, Generation, OverlayEffect, OverlayInput, OverlayMessage, OverlayTimer, Priority } from './messages.ts';
import type { PassiveView } from './passive-view.ts';
import { Requests } from './requests.ts';
import type { Request } from './requests.ts';
import { Shuffling } from './shuffling.ts';
import { Turn } from './turn.ts';

const U32 = 2 ** 32;
const JOIN_WINDOW_MS = 1_000;
const SHUFFLE_JITTER_PERCENT = 10;
const REPAIR_JITTER_PERCENT = 50;

export class HyParView {
  readonly #self: PeerId;
  readonly #config: OverlayConfig;
  readonly #random: Random;
  readonly #turn = new Turn();
  readonly #members: Membership;
  readonly #active: ActiveView;
  readonly #passive: PassiveView;
  readonly #shuffling: Shuffling;
  readonly #requests: Requests;
  /** Whom to ask to join, next first. At most 8. */
  #joinQueue: Contact[] = [];
  #redirects = 0;
  /** Whom we asked in vain since the last `repair` or `shuffle`, and who dropped us. At most as many as we may know; the oldest goes. */
  readonly #tried = new Set<PeerId>();
  /** Who asked us last for a place when we had none. */
  #inVain: { readonly contact: Contact; readonly atMs: number } | undefined;
  /** When the latest Joins displaced somebody. At most `joinsPerSecond`. */
  #joinTimes: number[] = [];
  #state: 'new' | 'running' | 'left' = 'new';
  #role: m.Role = 'member';
  #me: Contact;
  #generation: Generation;
  #repairDelayMs: number;
  #repairSet = false;
  #requestsTimerSet = false;

  constructor(self: PeerId, config: OverlayConfig, random: Random) {
    this.#self = self;
    this.#me = { peer: self, record: undefined };
    this.#config = config;
    this.#random = random;
    this.#members = new Membership(self, config, random, this.#turn);
    this.#active = this.#members.active;
    this.#passive = this.#members.passive;
    this.#shuffling = new Shuffling(self, config, random, this.#turn, this.#members);
    this.#requests = new Requests(config.maxRequests);
    // Not from 0: a Disconnect from before our restart must not fit a link from after it.
    this.#generation = random.below(U32);
    this.#repairDelayMs = config.repairFirstMs;
  }

  /** Neighbours that are members, the oldest first. */
  get activeView(): readonly PeerId[] {
    return this.#active.members.map(({ contact }) => contact.peer);
  }

  /** Neighbours that are leaves, the oldest first. */
  get leaves(): readonly PeerId[] {
    return this.#active.leaves.map(({ contact }) => contact.peer);
  }

  get passiveView(): readonly Contact[] {
    return this.#passive.contacts;
  }

  isNeighbor(peer: PeerId): boolean {
    return this.#members.isNeighbor(peer);
  }

  /** Advances the machine by one input. The shell must perform every returned effect, in order. `nowMs` never goes back. */
  step(input: OverlayInput, nowMs: number): readonly OverlayEffect[] {
    this.#turn.begin(nowMs);
    if (this.#state === 'running') this.#dispatch(input);
    else if (this.#state === 'new' && input.type === 'Started') this.#onStarted(input);
    return this.#turn.effects;
  }

  #dispatch(input: OverlayInput): void {
    switch (input.type) {
      case 'Started':
        return undefined;
      case 'RecordChanged':
        this.#me = { peer: this.#self, record: input.record };
        return undefined;
      case 'JoinRequested':
        return this.#onJoinRequested(input.contacts);
      case 'ProbeRequested':
        return this.#onProbeRequested(input.contact);
      case 'MessageReceived':
        return this.#onMessage(input.from, input.message);
      case 'TimerFired':
        return this.#onTimerFired(input.timer);
      case 'LinkLost':
        return this.#onLinkLost(input.peer);
      case 'ConnectFailed':
        return this.#onConnectFailed(input.peer);
      case 'LeaveRequested':
        return this.#onLeaveRequested();
      default:
        return assertNever(input);
    }
  }

  #onMessage(from: PeerId, message: OverlayMessage): void {
    if (from === this.#self) return this.#turn.ignore(from, message.type, 'from-ourselves');
    switch (message.type) {
      case 'Join':
        return this.#onJoin(from, message);
      case 'JoinReply':
        return this.#onJoinReply(from, message);
      case 'ForwardJoin':
        return this.#onForwardJoin(from, message);
      case 'Neighbor':
        return this.#onNeighbor(from, message);
      case 'NeighborReply':
        return this.#onNeighborReply(from, message);
      case 'Disconnect':
        return this.#onDisconnect(from, message);
      case 'Shuffle':
        return this.#shuffling.onShuffle(from, message);
      case 'ShuffleReply':
        if (this.#shuffling.onShuffleReply(from, message)) this.#fill();
        return undefined;
      default:
        return assertNever(message);
    }
  }

  #onStarted({ role, record }: Extract<OverlayInput, { type: 'Started' }>): void {
    this.#state = 'running';
    this.#role = role;
    this.#me = { peer: this.#self, record };
    // Anywhere in the interval, or all who start together would shuffle together.
    this.#setTimer('shuffle', 1 + this.#random.below(this.#config.shuffleIntervalMs));
    this.#setRepair();
  }

  #onJoinRequested(contacts: readonly Contact[]): void {
    this.#joinQueue = contacts.slice(0, MAX_CONTACTS);
    this.#redirects = 0;
    this.#joinNext();
  }

  #onProbeRequested(contact: Contact): void {
    if (this.#mayAsk(contact)) this.#request(contact, 'probe', 'probe');
  }

  #onJoin(from: PeerId, { generation, leaf, record }: m.Join): void {
    const contact = { peer: from, record };
    const crossing = this.#requests.take(from);
    const accepted = this.#mayAdmit(from, leaf) && (leaf || this.#hasRoomForJoin(from));
    if (accepted) this.#link(contact, leaf, Math.max(generation, crossing?.generation ?? 0), 'any');
    this.#turn.send(from, { type: 'JoinReply', generation, accepted, contacts: accepted ? this.#members.replyFor(from, MAX_CONTACTS) : this.#members.hostsFor(from) });
    // Nobody could dial a leaf: it asks whom it wants, with what we gave it.
    if (!accepted || leaf) return;
    // Also for one that was a neighbour already: it asks because it lost all it had.
    // As many walks as the paper, but none through a newcomer that has settled ones beside it.
    for (const { contact: neighbor } of this.#active.members) {
      if (neighbor.peer === from) continue;
      const next = this.#active.next(from, from, this.#turn.nowMs) as Link;
      this.#turn.send(next.contact.peer, { type: 'ForwardJoin', joiner: contact, ttlHops: this.#config.activeWalkHops });
    }
  }

  #onJoinReply(from: PeerId, { generation, accepted, contacts }: m.JoinReply): void {
    const request = this.#requests.get(from);
    if (request === undefined || request.generation !== generation) {
      if (!accepted) return this.#turn.ignore(from, 'JoinReply', 'unknown-reply');
      return this.#onLateAcceptance(from, generation, 'JoinReply');
    }
    this.#requests.take(from);
    const candidates = this.#members.integrate(contacts);
    if (accepted) {
      // When its Neighbor crossed our Join, the link is there already.
      if (!this.isNeighbor(from)) this.#link(request.contact, false, generation, 'any');
      this.#joinQueue = [];
      // A member waits for the walks to end; nobody walks for a leaf.
      if (this.#role === 'leaf') this.#fill();
      else this.#setRepair();
      return;
    }
    this.#members.release(from);
    this.#avoid(from);
    this.#redirects += 1;
    if (this.#redirects <= this.#config.maxRedirects) this.#joinQueue = [...candidates, ...this.#joinQueue].slice(0, MAX_CONTACTS);
    this.#joinNext();
  }

  #onForwardJoin(from: PeerId, { joiner, ttlHops }: m.ForwardJoin): void {
    const link = this.#active.get(from);
    if (link === undefined || link.leaf) return this.#turn.ignore(from, 'ForwardJoin', 'not-a-neighbor');
    if (joiner.peer === this.#self) return;
    // Differs: what a peer says is clamped, or it could have its walks go on for ever.
    const ttl = Math.min(ttlHops, this.#config.activeWalkHops);
    const next = ttl === 0 ? undefined : this.#active.next(from, joiner.peer, this.#turn.nowMs);
    if (next === undefined) {
      if (this.#mayAsk(joiner)) this.#request(joiner, 'welcome', 'high');
      else this.#members.integrate([joiner]);
      return;
    }
    if (ttl === this.#config.passiveWalkHops) this.#members.integrate([joiner]);
    this.#turn.send(next.contact.peer, { type: 'ForwardJoin', joiner, ttlHops: ttl - 1 });
  }

  #onNeighbor(from: PeerId, { generation, priority, leaf, record }: m.Neighbor): void {
    const contact = { peer: from, record };
    const crossing = this.#requests.get(from);
    if (crossing !== undefined) {
      // Both asked, so both agree, without a reply; and both come to the same generation. A Join is still answered, with contacts.
      if (crossing.purpose !== 'join') this.#requests.take(from);
      return this.#settle(crossing, Math.max(crossing.generation, generation), null);
    }
    const known = this.#active.get(from) !== undefined;
    const accepted = this.#mayAdmit(from, leaf) && (leaf || known || priority !== 'low' || !this.#active.isFull);
    if (!accepted) return this.#turn.send(from, { type: 'NeighborReply', generation, accepted, offer: leaf ? null : this.#pairUp(contact) });
    const displaced = this.#link(contact, leaf, generation, priority === 'probe' ? 'youngest' : 'any');
    // Only a probe displaces somebody at both ends.
    return this.#turn.send(from, { type: 'NeighborReply', generation, accepted, offer: priority === 'probe' ? displaced : null });
  }

  #onNeighborReply(from: PeerId, { generation, accepted, offer }: m.NeighborReply): void {
    const request = this.#requests.get(from);
    if (request === undefined || request.generation !== generation) {
      if (!accepted) return this.#turn.ignore(from, 'NeighborReply', 'unknown-reply');
      return this.#onLateAcceptance(from, generation, 'NeighborReply');
    }
    this.#requests.take(from);
    if (accepted) return this.#settle(request, generation, offer);
    this.#members.release(from);
    // It stays in the passive view: it lives, and may have room another time.
    this.#avoid(from);
    this.#fillWith(offer);
  }

  /** A yes to what we no longer ask. A neighbour tells us the generation it knows; anybody else learns that there is no link. */
  #onLateAcceptance(from: PeerId, generation: Generation, type: OverlayMessage['type']): void {
    const link = this.#active.get(from);
    if (link !== undefined) {
      link.generation = generation;
      return;
    }
    this.#turn.ignore(from, type, 'unknown-reply');
    this.#members.disown(from, generation);
    this.#members.release(from);
  }

  #onDisconnect(from: PeerId, { generation, alive, offer }: m.Disconnect): void {
    const link = this.#active.get(from);
    if (link === undefined) return this.#turn.ignore(from, 'Disconnect', 'not-a-neighbor');
    if (link.generation !== generation) return this.#turn.ignore(from, 'Disconnect', 'stale-generation');
    this.#members.down(link, alive ? 'evicted' : 'left');
    this.#turn.perform({ type: 'Close', peer: from });
    if (alive) this.#members.keep(link);
    // Not at once whom we just lost to another.
    this.#avoid(from);
    this.#fillWith(offer);
  }

  #onTimerFired(timer: OverlayTimer): void {
    switch (timer) {
      case 'shuffle':
        return this.#onShuffleTimer();
      case 'requests':
        return this.#onRequestsTimer();
      case 'repair':
        return this.#onRepairTimer();
      default:
        return assertNever(timer);
    }
  }

  #onShuffleTimer(): void {
    this.#setTimer('shuffle', around(this.#config.shuffleIntervalMs, SHUFFLE_JITTER_PERCENT, this.#random));
    this.#tried.clear();
    this.#shuffling.start(this.#role === 'leaf' ? undefined : this.#me);
    this.#fill();
  }

  #onRequestsTimer(): void {
    this.#requestsTimerSet = false;
    for (const request of this.#requests.takeExpired(this.#turn.nowMs - this.#config.requestTimeoutMs)) {
      this.#members.release(request.contact.peer);
      this.#failed(request, true);
    }
    this.#setRequestsTimer();
  }

  #onRepairTimer(): void {
    this.#repairSet = false;
    this.#tried.clear();
    this.#fill();
    if (this.#active.members.length === 0 && this.#requests.size === 0) this.#turn.emit({ type: 'Isolated' });
    if (!this.#active.isFull) this.#setRepair();
  }

  #onLinkLost(peer: PeerId): void {
    const link = this.#active.get(peer);
    if (link !== undefined) this.#members.down(link, 'lost');
    const request = this.#requests.take(peer);
    // It may have closed what it no longer needed while we asked, so it is not forgotten.
    if (request !== undefined) this.#failed(request, true);
    else if (link !== undefined) this.#fill();
  }

  #onConnectFailed(peer: PeerId): void {
    const request = this.#requests.take(peer);
    if (request !== undefined) this.#failed(request, false);
  }

  #onLeaveRequested(): void {
    for (const link of [...this.#active.members, ...this.#active.leaves]) this.#members.part(link, 'leaving', null);
    this.#state = 'left';
    this.#passive.clear();
    this.#requests.clear();
    this.#shuffling.clear();
    this.#tried.clear();
    this.#joinQueue = [];
  }

  /** Nobody may find its way to us by itself when we are a leaf. */
  #mayAdmit(peer: PeerId, leaf: boolean): boolean {
    return this.#role === 'member' && (!leaf || this.#active.get(peer)?.leaf === true || this.#active.hasRoomForLeaf());
  }

  /** Whether a member that joins gets a place. Too many in a second are sent on, or one contact would split its topic into islands. */
  #hasRoomForJoin(peer: PeerId): boolean {
    if (!this.#active.isFull || this.#active.get(peer) !== undefined) return true;
    this.#joinTimes = this.#joinTimes.filter((atMs) => this.#turn.nowMs - atMs < JOIN_WINDOW_MS);
    if (this.#joinTimes.length >= this.#config.joinsPerSecond) return false;
    this.#joinTimes.push(this.#turn.nowMs);
    return true;
  }

  #link(contact: Contact, leaf: boolean, generation: Generation, guest: Guest, offer: Contact | null = null): Contact | null {
    this.#repairDelayMs = this.#config.repairFirstMs;
    return this.#members.link(contact, leaf, generation, guest, offer);
  }

  /** What we asked for is granted. */
  #settle({ contact, purpose, priority }: Request, generation: Generation, offer: Contact | null): void {
    if (priority === 'low' && this.#active.isFull && !this.isNeighbor(contact.peer)) {
      // The place was filled meanwhile. To displace somebody for it would only move the gap.
      this.#members.disown(contact.peer, generation);
      this.#members.release(contact.peer);
      this.#members.integrate([contact]);
      return;
    }
    this.#link(contact, false, generation, purpose === 'probe' ? 'youngest' : 'any', offer);
  }

  #mayAsk({ peer }: Contact): boolean {
    return peer !== this.#self && !this.isNeighbor(peer) && !this.#requests.has(peer) && !this.#requests.isFull;
  }

  /** Asks the next of those that we may join by. */
  #joinNext(): void {
    while (this.#joinQueue.length > 0) {
      const contact = this.#joinQueue.shift() as Contact;
      if (this.#mayAsk(contact)) return this.#request(contact, 'join', 'high');
    }
    this.#fill();
  }

  /** Somebody who asks in vain gets to know who did so before: of few with a place to fill, each would ask a thousand others first. */
  #pairUp(contact: Contact): Contact | null {
    const before = this.#inVain;
    if (before === undefined || before.contact.peer === contact.peer || this.#turn.nowMs - before.atMs >= this.#config.repairMaxMs) {
      this.#inVain = { contact, atMs: this.#turn.nowMs };
      return null;
    }
    this.#inVain = undefined;
    return before.contact;
  }

  /** Asks whom a peer offers, if there is a place to fill, and then as many others as there are places. */
  #fillWith(offer: Contact | null): void {
    if (offer !== null && this.#openPlaces() > 0 && this.#mayAsk(offer)) this.#request(offer, 'fill', this.#fillPriority());
    this.#fill();
  }

  /** Places to fill for which nobody is being asked. */
  #openPlaces(): number {
    return this.#config.activeViewSize - this.#active.members.length - this.#requests.filling().length;
  }

  /** Asks as many as there are places to fill. */
  #fill(): void {
    for (let open = this.#openPlaces(); open > 0; open -= 1) {
      const contact = this.#nextCandidate();
      if (contact === undefined) return this.#setRepair();
      this.#request(contact, 'fill', this.#fillPriority());
    }
  }

  /** High when we have nobody (paper). One such request is enough: it succeeds with whoever lives. */
  #fillPriority(): Priority {
    return this.#active.members.length === 0 && !this.#requests.filling().some(({ priority }) => priority === 'high') ? 'high' : 'low';
  }

  #nextCandidate(): Contact | undefined {
    const isOpen = (contact: Contact): boolean => !this.#tried.has(contact.peer) && this.#mayAsk(contact);
    return pick(this.#passive.contacts.filter(isOpen), this.#random);
  }

  #request(contact: Contact, purpose: Request['purpose'], priority: Priority): void {
    this.#generation = (this.#generation + 1) % U32;
    const generation = this.#generation;
    this.#requests.add({ contact, generation, purpose, priority, sinceMs: this.#turn.nowMs });
    const about = { generation, leaf: this.#role === 'leaf', record: this.#me.record };
    this.#turn.perform({ type: 'Connect', to: contact, message: purpose === 'join' ? { type: 'Join', ...about } : { type: 'Neighbor', priority, ...about } });
    this.#setRequestsTimer();
  }

  /** A request that got no answer: on to the next. */
  #failed({ contact, purpose }: Request, mayLive: boolean): void {
    if (mayLive) this.#avoid(contact.peer);
    else this.#passive.remove(contact.peer);
    if (purpose === 'join') this.#joinNext();
    else this.#fill();
  }

  /** Leaves a peer alone until the next `repair` or `shuffle`. */
  #avoid(peer: PeerId): void {
    if (this.#tried.size >= this.#config.passiveViewSize + MAX_CONTACTS) this.#tried.delete(this.#tried.values().next().value as PeerId);
    this.#tried.add(peer);
  }

  #setRepair(): void {
    if (this.#repairSet) return;
    this.#repairSet = true;
    this.#setTimer('repair', around(this.#repairDelayMs, REPAIR_JITTER_PERCENT, this.#random));
    this.#repairDelayMs = Math.min(this.#repairDelayMs * 2, this.#config.repairMaxMs);
  }

  #setRequestsTimer(): void {
    const oldestMs = this.#requests.oldestMs();
    if (oldestMs === undefined || this.#requestsTimerSet) return;
    this.#requestsTimerSet = true;
    this.#setTimer('requests', Math.max(1, oldestMs + this.#config.requestTimeoutMs - this.#turn.nowMs));
  }

  #setTimer(timer: OverlayTimer, delayMs: number): void {
    this.#turn.perform({ type: 'SetTimer', timer, delayMs });
  }
}
