/**
 * Looking for neighbours: what we ask of others, and whom we ask next while places are open. Pure.
 * Every way that a request can end frees its place: a yes, a no, a dial that failed, a link that closed, silence.
 */
import type { PeerId } from '../ids.ts';
import { keepNewest } from '../keep-newest.ts';
import type { Random } from '../random.ts';
import { MAX_CONTACTS } from './config.ts';
import type { OverlayConfig } from './config.ts';
import { around, pick } from './dice.ts';
import type { Membership } from './membership.ts';
import type { Contact, Generation, OverlayTimer, Priority, UpReason } from './messages.ts';
import { Requests } from './requests.ts';
import type { Request } from './requests.ts';
import type { Turn } from './turn.ts';

const U32 = 2 ** 32;
const REPAIR_JITTER_PERCENT = 50;

export class Seeking {
  readonly requests: Requests;
  readonly #config: OverlayConfig;
  readonly #random: Random;
  readonly #turn: Turn;
  readonly #members: Membership;
  /** Whom we asked in vain since the last `repair` or `shuffle`, and who dropped us. At most as many as we may know; the oldest goes. */
  readonly #tried = new Set<PeerId>();
  /** Whom to ask to join, next first. At most 8. */
  #joinQueue: Contact[] = [];
  #redirects = 0;
  #generation: Generation;
  #repairDelayMs: number;
  #repairSet = false;
  #requestsTimerSet = false;

  constructor(config: OverlayConfig, random: Random, turn: Turn, members: Membership) {
    this.#config = config;
    this.#random = random;
    this.#turn = turn;
    this.#members = members;
    this.requests = new Requests(config.maxRequests);
    // Not from 0: a Disconnect from before our restart must not fit a link from after it.
    this.#generation = random.below(U32);
    this.#repairDelayMs = config.repairFirstMs;
  }

  mayAsk({ peer }: Contact): boolean {
    return peer !== this.#members.self && !this.#members.isNeighbor(peer) && !this.requests.has(peer) && !this.requests.isFull;
  }

  /** The caller has made sure that we may. */
  ask(contact: Contact, purpose: Request['purpose'], priority: Priority): void {
    const { role, me } = this.#members;
    this.#generation = (this.#generation + 1) % U32;
    const generation = this.#generation;
    this.requests.add({ contact, generation, purpose, priority, sinceMs: this.#turn.nowMs });
    const about = { generation, leaf: role === 'leaf', record: me.record };
    this.#turn.perform({ type: 'Connect', to: contact, message: purpose === 'join' ? { type: 'Join', ...about } : { type: 'Neighbor', priority, ...about } });
    this.#setRequestsTimer();
  }

  /** A neighbour more, whoever asked. Returns whom it displaced. */
  link(contact: Contact, leaf: boolean, generation: Generation, reason: UpReason, offer: Contact | null = null): Contact | null {
    this.#repairDelayMs = this.#config.repairFirstMs;
    return this.#members.link(contact, leaf, generation, reason, offer);
  }

  /** Asks these to join, one after the other. */
  join(contacts: readonly Contact[]): void {
    this.#joinQueue = contacts.slice(0, MAX_CONTACTS);
    this.#redirects = 0;
    this.#joinNext();
  }

  /** Whom we asked to join sends us on to others. */
  redirected(from: PeerId, candidates: readonly Contact[]): void {
    this.avoid(from);
    this.#redirects += 1;
    if (this.#redirects <= this.#config.maxRedirects) this.#joinQueue = [...candidates, ...this.#joinQueue].slice(0, MAX_CONTACTS);
    this.#joinNext();
  }

  /** Somebody let us join. */
  joined(): void {
    this.#joinQueue = [];
    // A member waits for the walks to end; nobody walks for a leaf.
    if (this.#members.role === 'leaf') this.fill();
    else this.setRepair();
  }

  /** Asks as many as there are places to fill. */
  fill(): void {
    for (let open = this.#openPlaces(); open > 0; open -= 1) {
      const contact = this.#nextCandidate();
      if (contact === undefined) return this.setRepair();
      this.ask(contact, 'fill', this.#fillPriority());
    }
  }

  /** Asks whom a peer offers, if there is a place to fill, and then as many others as there are places. */
  fillWith(offer: Contact | null): void {
    if (offer !== null && this.#openPlaces() > 0 && this.mayAsk(offer)) this.ask(offer, 'fill', this.#fillPriority());
    this.fill();
  }

  /** Leaves a peer alone until the next `repair` or `shuffle`. */
  avoid(peer: PeerId): void {
    keepNewest(this.#tried, this.#config.passiveViewSize + MAX_CONTACTS - 1);
    this.#tried.add(peer);
  }

  /** Whom we left alone may be asked again. */
  forgive(): void {
    this.#tried.clear();
  }

  setRepair(): void {
    if (this.#repairSet) return;
    this.#repairSet = true;
    this.#setTimer('repair', around(this.#repairDelayMs, REPAIR_JITTER_PERCENT, this.#random));
    this.#repairDelayMs = Math.min(this.#repairDelayMs * 2, this.#config.repairMaxMs);
  }

  onRepairTimer(): void {
    this.#repairSet = false;
    this.forgive();
    this.fill();
    if (this.#members.active.members.length === 0 && this.requests.size === 0) this.#turn.emit({ type: 'Isolated' });
    if (!this.#members.active.isFull) this.setRepair();
  }

  onRequestsTimer(): void {
    this.#requestsTimerSet = false;
    for (const request of this.requests.takeExpired(this.#turn.nowMs - this.#config.requestTimeoutMs)) {
      this.#members.release(request.contact.peer);
      this.failed(request, true);
    }
    this.#setRequestsTimer();
  }

  /** A request got no answer: on to the next. `mayLive`: the peer is not forgotten, only left alone. */
  failed({ contact, purpose }: Request, mayLive: boolean): void {
    if (mayLive) this.avoid(contact.peer);
    else this.#members.passive.remove(contact.peer);
    if (purpose === 'join') this.#joinNext();
    else this.fill();
  }

  clear(): void {
    this.requests.clear();
    this.#tried.clear();
    this.#joinQueue = [];
  }

  /** Asks the next of those that we may join by. */
  #joinNext(): void {
    while (this.#joinQueue.length > 0) {
      const contact = this.#joinQueue.shift() as Contact;
      if (this.mayAsk(contact)) return this.ask(contact, 'join', 'high');
    }
    this.fill();
  }

  /** Places to fill for which nobody is being asked. */
  #openPlaces(): number {
    return this.#config.activeViewSize - this.#members.active.members.length - this.requests.filling().length;
  }

  /** High when we have nobody (paper). One such request is enough: it succeeds with whoever lives. */
  #fillPriority(): Priority {
    return this.#members.active.members.length === 0 && !this.requests.filling().some(({ priority }) => priority === 'high') ? 'high' : 'low';
  }

  #nextCandidate(): Contact | undefined {
    if (this.requests.isFull) return undefined;
    // Whom we know and hold no link to: neither ourselves nor neighbours. To ask that again was 17 % of a simulation of 100,000.
    const isOpen = ({ peer }: Contact): boolean => !this.#tried.has(peer) && !this.requests.has(peer);
    return pick(this.#members.passive.contacts.filter(isOpen), this.#random);
  }

  #setRequestsTimer(): void {
    const oldestMs = this.requests.oldestMs();
    if (oldestMs === undefined || this.#requestsTimerSet) return;
    this.#requestsTimerSet = true;
    this.#setTimer('requests', Math.max(1, oldestMs + this.#config.requestTimeoutMs - this.#turn.nowMs));
  }

  #setTimer(timer: OverlayTimer, delayMs: number): void {
    this.#turn.perform({ type: 'SetTimer', timer, delayMs });
  }
}
