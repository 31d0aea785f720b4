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
import { ActiveView } from './active-view.ts';
import type { Link } from './active-view.ts';
import { MAX_CONTACTS } from './config.ts';
import type { OverlayConfig } from './config.ts';
import { around, pick, sample } from './dice.ts';
import { PARTING_NONCE } from './messages.ts';
import type * as m from './messages.ts';
import type { Contact, DownReason, Generation, IgnoredReason, OverlayEffect, OverlayEvent, OverlayInput, OverlayMessage, OverlayTimer, Priority } from './messages.ts';
import { PassiveView } from './passive-view.ts';
import { Requests } from './requests.ts';
import type { Request } from './requests.ts';
import { Walks } from './walks.ts';

const U32 = 2 ** 32;
const JOIN_WINDOW_MS = 1_000;
const SHUFFLE_JITTER_PERCENT = 10;
const REPAIR_JITTER_PERCENT = 50;

export class HyParView {
  readonly #self: PeerId;
  readonly #config: OverlayConfig;
  readonly #random: Random;
  readonly #active: ActiveView;
  readonly #passive: PassiveView;
  readonly #requests: Requests;
  readonly #walks: Walks;
  /** Whom to ask to join, next first. At most 8. */
  #joinQueue: Contact[] = [];
  #redirects = 0;
  /** Whom we asked in vain since the last `repair` or `shuffle`, and who dropped us. At most as many as we may know; the oldest goes. */
  readonly #tried = new Set<PeerId>();
  /** Our Shuffle that waits for its reply. */
  #shuffle: { readonly nonce: number; readonly to: PeerId; readonly sent: readonly Contact[] } | undefined;
  /** When the latest Joins displaced somebody. At most `joinsPerSecond`. */
  #joinTimes: number[] = [];
  #state: 'new' | 'running' | 'left' = 'new';
  #role: m.Role = 'member';
  #me: Contact;
  #generation: Generation;
  #nonce = PARTING_NONCE;
  #repairDelayMs: number;
  #repairSet = false;
  #requestsTimerSet = false;
  #effects: OverlayEffect[] = [];
  #nowMs = 0;

  constructor(self: PeerId, config: OverlayConfig, random: Random) {
    this.#self = self;
    this.#me = { peer: self, record: undefined };
    this.#config = config;
    this.#random = random;
    this.#active = new ActiveView(config, random);
    this.#passive = new PassiveView(config.passiveViewSize, random);
    this.#requests = new Requests(config.maxRequests);
    this.#walks = new Walks(config.maxWalks, config.walkMemoryMs);
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
    return this.#active.get(peer) !== undefined;
  }

  /** Advances the machine by one input. The shell must perform every returned effect, in order. `nowMs` never goes back. */
  step(input: OverlayInput, nowMs: number): readonly OverlayEffect[] {
    this.#effects = [];
    this.#nowMs = nowMs;
    if (this.#state === 'running') this.#dispatch(input);
    else if (this.#state === 'new' && input.type === 'Started') this.#onStarted(input);
    return this.#effects;
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
    if (from === this.#self) return this.#ignore(from, message.type, 'from-ourselves');
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
        return this.#onShuffle(from, message);
      case 'ShuffleReply':
        return this.#onShuffleReply(from, message);
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
    this.#send(from, { type: 'JoinReply', generation, accepted, contacts: accepted ? this.#replyFor(from, MAX_CONTACTS) : this.#hostsFor(from) });
    // Nobody could dial a leaf: it asks whom it wants, with what we gave it.
    if (!accepted || leaf) return;
    // Also for one that was a neighbour already: it asks because it lost all it had.
    // As many walks as the paper, but none through a newcomer that has settled ones beside it.
    for (const { contact: neighbor } of this.#active.members) {
      if (neighbor.peer === from) continue;
      const next = this.#active.next(from, from, this.#nowMs) as Link;
      this.#send(next.contact.peer, { type: 'ForwardJoin', joiner: contact, ttlHops: this.#config.activeWalkHops });
    }
  }

  #onJoinReply(from: PeerId, { generation, accepted, contacts }: m.JoinReply): void {
    const request = this.#requests.get(from);
    if (request === undefined || request.generation !== generation) {
      if (!accepted) return this.#ignore(from, 'JoinReply', 'unknown-reply');
      return this.#onLateAcceptance(from, generation, 'JoinReply');
    }
    this.#requests.take(from);
    const candidates = this.#integrate(contacts, []);
    if (accepted) {
      // When its Neighbor crossed our Join, the link is there already.
      if (!this.isNeighbor(from)) this.#link(request.contact, false, generation, 'any');
      this.#joinQueue = [];
      // A member waits for the walks to end; nobody walks for a leaf.
      if (this.#role === 'leaf') this.#fill();
      else this.#setRepair();
      return;
    }
    this.#release(from);
    this.#avoid(from);
    this.#redirects += 1;
    if (this.#redirects <= this.#config.maxRedirects) this.#joinQueue = [...candidates, ...this.#joinQueue].slice(0, MAX_CONTACTS);
    this.#joinNext();
  }

  #onForwardJoin(from: PeerId, { joiner, ttlHops }: m.ForwardJoin): void {
    const link = this.#active.get(from);
    if (link === undefined || link.leaf) return this.#ignore(from, 'ForwardJoin', 'not-a-neighbor');
    if (joiner.peer === this.#self) return;
    // Differs: what a peer says is clamped, or it could have its walks go on for ever.
    const ttl = Math.min(ttlHops, this.#config.activeWalkHops);
    const next = ttl === 0 ? undefined : this.#active.next(from, joiner.peer, this.#nowMs);
    if (next === undefined) {
      if (this.#mayAsk(joiner)) this.#request(joiner, 'welcome', 'high');
      else this.#note(joiner);
      return;
    }
    if (ttl === this.#config.passiveWalkHops) this.#note(joiner);
    this.#send(next.contact.peer, { type: 'ForwardJoin', joiner, ttlHops: ttl - 1 });
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
    const displaced = accepted ? this.#link(contact, leaf, generation, priority === 'probe' ? 'youngest' : 'any') : null;
    this.#send(from, { type: 'NeighborReply', generation, accepted, displaced: priority === 'probe' ? displaced : null });
  }

  #onNeighborReply(from: PeerId, { generation, accepted, displaced }: m.NeighborReply): void {
    const request = this.#requests.get(from);
    if (request === undefined || request.generation !== generation) {
      if (!accepted) return this.#ignore(from, 'NeighborReply', 'unknown-reply');
      return this.#onLateAcceptance(from, generation, 'NeighborReply');
    }
    this.#requests.take(from);
    if (accepted) return this.#settle(request, generation, displaced);
    this.#release(from);
    // It stays in the passive view: it lives, and may have room another time.
    this.#avoid(from);
    this.#fill();
  }

  /** A yes to what we no longer ask. A neighbour tells us the generation it knows; anybody else learns that there is no link. */
  #onLateAcceptance(from: PeerId, generation: Generation, type: OverlayMessage['type']): void {
    const link = this.#active.get(from);
    if (link !== undefined) {
      link.generation = generation;
      return;
    }
    this.#ignore(from, type, 'unknown-reply');
    this.#send(from, { type: 'Disconnect', generation, alive: true, offer: null });
    this.#release(from);
  }

  #onDisconnect(from: PeerId, { generation, alive, offer }: m.Disconnect): void {
    const link = this.#active.get(from);
    if (link === undefined) return this.#ignore(from, 'Disconnect', 'not-a-neighbor');
    if (link.generation !== generation) return this.#ignore(from, 'Disconnect', 'stale-generation');
    this.#down(link, alive ? 'evicted' : 'left');
    this.#effect({ type: 'Close', peer: from });
    if (alive) this.#keep(link);
    // Not at once whom we just lost to another.
    this.#avoid(from);
    if (offer !== null && this.#mayAsk(offer)) this.#request(offer, 'fill', this.#fillPriority());
    this.#fill();
  }

  #onShuffle(from: PeerId, shuffle: m.Shuffle): void {
    const link = this.#active.get(from);
    if (link === undefined || link.generation !== shuffle.generation) {
      // It believes in a link that we do not know: now it knows too.
      this.#send(from, { type: 'Disconnect', generation: shuffle.generation, alive: true, offer: null });
      return this.#ignore(from, 'Shuffle', link === undefined ? 'not-a-neighbor' : 'stale-generation');
    }
    const { origin, nonce, contacts } = shuffle;
    if (origin === this.#self) return this.#ignore(from, 'Shuffle', 'own-shuffle');
    const ttlHops = Math.min(shuffle.ttlHops, this.#config.activeWalkHops) - 1;
    const next = ttlHops > 0 ? this.#active.next(from, origin, this.#nowMs) : undefined;
    if (next !== undefined) {
      if (!this.#mayPassOn(link)) return this.#ignore(from, 'Shuffle', 'too-many-shuffles');
      this.#walks.remember(origin, nonce, from, next.contact.peer, this.#nowMs);
      return this.#send(next.contact.peer, { ...shuffle, generation: next.generation, ttlHops });
    }
    if (this.#nowMs - link.shuffledMs < this.#config.shuffleIntervalMs / 2) return this.#ignore(from, 'Shuffle', 'too-many-shuffles');
    link.shuffledMs = this.#nowMs;
    const reply = this.#replyFor(origin, Math.min(contacts.length, MAX_CONTACTS));
    this.#send(from, { type: 'ShuffleReply', origin, nonce, contacts: reply });
    this.#integrate(contacts, reply);
  }

  #onShuffleReply(from: PeerId, reply: m.ShuffleReply): void {
    const { origin, nonce, contacts } = reply;
    if (nonce === PARTING_NONCE) return this.#onPartingGift(from, reply);
    if (origin !== this.#self) {
      const previous = this.#walks.take(origin, nonce, from, this.#nowMs);
      if (previous === undefined) return this.#ignore(from, 'ShuffleReply', 'unknown-reply');
      if (this.isNeighbor(previous)) this.#send(previous, reply);
      return;
    }
    const ours = this.#shuffle;
    if (ours === undefined || ours.nonce !== nonce || ours.to !== from) return this.#ignore(from, 'ShuffleReply', 'unknown-reply');
    this.#shuffle = undefined;
    this.#integrate(contacts, ours.sent);
    this.#fill();
  }

  /** What a neighbour gives us before its Disconnect: whom to turn to instead. */
  #onPartingGift(from: PeerId, reply: m.ShuffleReply): void {
    const link = this.#active.get(from);
    if (link === undefined || link.parted) return this.#ignore(from, 'ShuffleReply', 'unknown-reply');
    link.parted = true;
    this.#integrate(reply.contacts, []);
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
    const { shuffleIntervalMs, activeWalkHops, shuffleActive, shufflePassive } = this.#config;
    this.#setTimer('shuffle', around(shuffleIntervalMs, SHUFFLE_JITTER_PERCENT, this.#random));
    this.#tried.clear();
    const link = pick(this.#active.members, this.#random);
    if (link !== undefined) {
      const to = link.contact.peer;
      const others = this.#active.members.filter((other) => other !== link).map(({ contact }) => contact);
      const sent = [...sample(others, shuffleActive, this.#random), ...sample(this.#passive.contacts, shufflePassive, this.#random)];
      this.#nonce = this.#nonce === U32 - 1 ? 1 : this.#nonce + 1;
      this.#shuffle = { nonce: this.#nonce, to, sent };
      // A leaf is nobody to be known.
      const contacts = this.#role === 'leaf' ? sent : [this.#me, ...sent];
      this.#send(to, { type: 'Shuffle', generation: link.generation, origin: this.#self, nonce: this.#nonce, ttlHops: activeWalkHops, contacts });
    }
    this.#fill();
  }

  #onRequestsTimer(): void {
    this.#requestsTimerSet = false;
    for (const request of this.#requests.takeExpired(this.#nowMs - this.#config.requestTimeoutMs)) {
      this.#release(request.contact.peer);
      this.#failed(request, true);
    }
    this.#setRequestsTimer();
  }

  #onRepairTimer(): void {
    this.#repairSet = false;
    this.#tried.clear();
    this.#fill();
    if (this.#active.members.length === 0 && this.#requests.size === 0) this.#emit({ type: 'Isolated' });
    if (!this.#active.isFull) this.#setRepair();
  }

  #onLinkLost(peer: PeerId): void {
    const link = this.#active.get(peer);
    if (link !== undefined) this.#down(link, 'lost');
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
    for (const link of [...this.#active.members, ...this.#active.leaves]) this.#part(link, 'leaving', null);
    this.#state = 'left';
    this.#passive.clear();
    this.#requests.clear();
    this.#walks.clear();
    this.#tried.clear();
    this.#joinQueue = [];
    this.#shuffle = undefined;
  }

  /** Nobody may find its way to us by itself when we are a leaf. */
  #mayAdmit(peer: PeerId, leaf: boolean): boolean {
    return this.#role === 'member' && (!leaf || this.#active.get(peer) !== undefined || this.#active.hasRoomForLeaf());
  }

  /** Whether a member that joins gets a place. Too many in a second are sent on, or one contact would split its topic into islands. */
  #hasRoomForJoin(peer: PeerId): boolean {
    if (!this.#active.isFull || this.#active.get(peer) !== undefined) return true;
    this.#joinTimes = this.#joinTimes.filter((atMs) => this.#nowMs - atMs < JOIN_WINDOW_MS);
    if (this.#joinTimes.length >= this.#config.joinsPerSecond) return false;
    this.#joinTimes.push(this.#nowMs);
    return true;
  }

  /** Makes a neighbour of a peer that agreed. Returns whom it displaced. */
  #link(contact: Contact, leaf: boolean, generation: Generation, guest: 'any' | 'youngest'): Contact | null {
    const known = this.#active.get(contact.peer);
    if (known !== undefined && known.leaf === leaf) {
      // Accept the newest: the peer may have come back before we noticed that its old link was dead.
      known.generation = generation;
      return null;
    }
    if (known !== undefined) this.#down(known, 'displaced');
    const displaced = leaf || !this.#active.isFull ? undefined : guest === 'any' ? this.#active.anyGuest(this.#nowMs) : this.#active.youngestGuest(this.#nowMs);
    if (displaced !== undefined) this.#part(displaced, 'displaced', null);
    this.#enter(contact, leaf, generation);
    return displaced?.contact ?? null;
  }

  #enter(contact: Contact, leaf: boolean, generation: Generation): void {
    this.#passive.remove(contact.peer);
    this.#active.add(contact, leaf, generation, this.#nowMs);
    this.#repairDelayMs = this.#config.repairFirstMs;
    this.#emit({ type: 'NeighborUp', peer: contact.peer });
  }

  /** What we asked for is granted. */
  #settle(request: Request, generation: Generation, displaced: Contact | null): void {
    const { contact, purpose, priority } = request;
    if (this.#active.isFull && !this.isNeighbor(contact.peer)) {
      // The place was filled meanwhile. To displace somebody for it would only move the gap.
      if (priority === 'low') return this.#decline(contact, generation);
      const guest = purpose === 'probe' ? this.#active.youngestGuest(this.#nowMs) : this.#active.anyGuest(this.#nowMs);
      if (guest !== undefined) this.#part(guest, 'displaced', displaced);
    }
    this.#link(contact, false, generation, 'any');
  }

  #decline(contact: Contact, generation: Generation): void {
    this.#send(contact.peer, { type: 'Disconnect', generation, alive: true, offer: null });
    this.#effect({ type: 'Close', peer: contact.peer });
    this.#note(contact);
  }

  /**
   * Ends a link in friendship: first whom to turn to, then the Disconnect.
   * @param offer somebody else with a place to fill
   */
  #part(link: Link, reason: DownReason, offer: Contact | null): void {
    const { peer } = link.contact;
    this.#send(peer, { type: 'ShuffleReply', origin: peer, nonce: PARTING_NONCE, contacts: this.#replyFor(peer, MAX_CONTACTS) });
    this.#send(peer, { type: 'Disconnect', generation: link.generation, alive: reason !== 'leaving', offer });
    this.#down(link, reason);
    this.#effect({ type: 'Close', peer });
    this.#keep(link);
  }

  #down(link: Link, reason: DownReason): void {
    this.#active.remove(link);
    this.#emit({ type: 'NeighborDown', peer: link.contact.peer, reason });
  }

  /** A former neighbour that lives is worth knowing, if it can be dialled. */
  #keep({ contact, leaf }: Link): void {
    if (!leaf) this.#passive.add(contact);
  }

  #note(contact: Contact): void {
    this.#integrate([contact], []);
  }

  /** Takes contacts into the passive view and returns those that are not neighbours. */
  #integrate(contacts: readonly Contact[], sent: readonly Contact[]): Contact[] {
    const strangers = contacts.slice(0, MAX_CONTACTS).filter(({ peer }) => peer !== this.#self && !this.isNeighbor(peer));
    for (const contact of strangers) this.#passive.add(contact, sent);
    if (strangers.length > 0) this.#emit({ type: 'Learned', contacts: strangers });
    return strangers;
  }

  /**
   * Members for somebody who asks: of the passive view, and where that is short of the active one too, as in a small topic.
   * To a neighbour our other neighbours would be no help: links among them make cliques.
   */
  #replyFor(peer: PeerId, count: number): Contact[] {
    const known = sample(
      this.#passive.contacts.filter((contact) => contact.peer !== peer),
      count,
      this.#random,
    );
    return known.length < count ? [...known, ...this.#neighborsFor(peer, count - known.length)] : known;
  }

  /** Members for one that has to join elsewhere: neighbours first, who surely live. */
  #hostsFor(peer: PeerId): Contact[] {
    const others = this.#passive.contacts.filter((contact) => contact.peer !== peer);
    return [...sample(others, MAX_CONTACTS / 2, this.#random), ...this.#neighborsFor(peer, MAX_CONTACTS / 2)];
  }

  #neighborsFor(peer: PeerId, count: number): Contact[] {
    const neighbors = this.#active.members.map(({ contact }) => contact).filter((contact) => contact.peer !== peer);
    return sample(neighbors, count, this.#random);
  }

  #mayPassOn(link: Link): boolean {
    if (this.#nowMs - link.walksSinceMs >= this.#config.shuffleIntervalMs / 2) {
      link.walksSinceMs = this.#nowMs;
      link.walks = 0;
    }
    link.walks += 1;
    return link.walks <= this.#config.maxWalksPerNeighbor;
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

  /** Asks as many as there are places to fill. */
  #fill(): void {
    let open = this.#config.activeViewSize - this.#active.members.length - this.#requests.filling().length;
    for (; open > 0; open -= 1) {
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
    this.#requests.add({ contact, generation, purpose, priority, sinceMs: this.#nowMs });
    const about = { generation, leaf: this.#role === 'leaf', record: this.#me.record };
    this.#effect({ type: 'Connect', to: contact, message: purpose === 'join' ? { type: 'Join', ...about } : { type: 'Neighbor', priority, ...about } });
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

  /** Gives up a link that a request opened, unless it serves. */
  #release(peer: PeerId): void {
    if (!this.isNeighbor(peer)) this.#effect({ type: 'Close', peer });
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
    this.#setTimer('requests', Math.max(1, oldestMs + this.#config.requestTimeoutMs - this.#nowMs));
  }

  #setTimer(timer: OverlayTimer, delayMs: number): void {
    this.#effect({ type: 'SetTimer', timer, delayMs });
  }

  #send(to: PeerId, message: OverlayMessage): void {
    this.#effect({ type: 'Send', to, message });
  }

  #ignore(peer: PeerId, message: OverlayMessage['type'], reason: IgnoredReason): void {
    this.#emit({ type: 'Ignored', peer, message, reason });
  }

  #emit(event: OverlayEvent): void {
    this.#effect({ type: 'Emit', event });
  }

  #effect(effect: OverlayEffect): void {
    this.#effects.push(effect);
  }
}
