/** Shuffles: ours, those that end with us, and those that pass. Pure. */
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { Link } from './active-view.ts';
import { MAX_CONTACTS } from './config.ts';
import type { OverlayConfig } from './config.ts';
import { pick, sample } from './dice.ts';
import type { Membership } from './membership.ts';
import { PARTING_NONCE } from './messages.ts';
import type { Contact, Shuffle, ShuffleReply } from './messages.ts';
import type { Turn } from './turn.ts';
import { Walks } from './walks.ts';

const MAX_NONCE = 2 ** 32 - 1;

export class Shuffling {
  readonly #config: OverlayConfig;
  readonly #random: Random;
  readonly #turn: Turn;
  readonly #members: Membership;
  readonly #walks: Walks;
  #nonce = PARTING_NONCE;
  /** Our Shuffle that waits for its reply. */
  #ours: { readonly nonce: number; readonly to: PeerId; readonly sent: readonly Contact[] } | undefined;

  constructor(config: OverlayConfig, random: Random, turn: Turn, members: Membership) {
    this.#config = config;
    this.#random = random;
    this.#turn = turn;
    this.#members = members;
    this.#walks = new Walks(config.maxWalks, config.walkMemoryMs);
  }

  /** Sends a Shuffle of ours, if there is a neighbour. */
  start(): void {
    const { role, me, active } = this.#members;
    const { members } = active;
    const link = pick(members, this.#random);
    if (link === undefined) return;
    const others = members.filter((other) => other !== link).map(({ contact }) => contact);
    const sent = [...sample(others, this.#config.shuffleActive, this.#random), ...sample(this.#members.passive.contacts, this.#config.shufflePassive, this.#random)];
    const to = link.contact.peer;
    this.#nonce = this.#nonce === MAX_NONCE ? PARTING_NONCE + 1 : this.#nonce + 1;
    this.#ours = { nonce: this.#nonce, to, sent };
    // A leaf is nobody to be known.
    const contacts = role === 'leaf' ? sent : [me, ...sent];
    this.#turn.send(to, { type: 'Shuffle', generation: link.generation, origin: this.#members.self, nonce: this.#nonce, ttlHops: this.#config.activeWalkHops, contacts });
  }

  onShuffle(from: PeerId, shuffle: Shuffle): void {
    const link = this.#members.active.get(from);
    if (link === undefined || link.generation !== shuffle.generation) {
      // It believes in a link that we do not know: now it knows too.
      this.#members.disown(from, shuffle.generation);
      return this.#turn.ignore(from, 'Shuffle', link === undefined ? 'not-a-neighbor' : 'stale-generation');
    }
    if (shuffle.origin === this.#members.self) return this.#turn.ignore(from, 'Shuffle', 'own-shuffle');
    // Differs: what a peer says is clamped, or it could have its walks go on for ever.
    const ttlHops = Math.min(shuffle.ttlHops, this.#config.activeWalkHops) - 1;
    const next = ttlHops > 0 ? this.#members.active.next(from, shuffle.origin, this.#turn.nowMs) : undefined;
    if (next === undefined) return this.#takeIn(link, shuffle);
    if (!this.#mayPassOn(link)) return this.#turn.ignore(from, 'Shuffle', 'too-many-shuffles');
    const { origin, nonce, contacts } = shuffle;
    this.#walks.remember(origin, nonce, from, next.contact.peer, this.#turn.nowMs);
    return this.#turn.send(next.contact.peer, { type: 'Shuffle', generation: next.generation, origin, nonce, ttlHops, contacts });
  }

  /** Returns whether it answered a Shuffle of ours. */
  onShuffleReply(from: PeerId, reply: ShuffleReply): boolean {
    const { origin, nonce, contacts } = reply;
    if (nonce === PARTING_NONCE) this.#onPartingGift(from, contacts);
    else if (origin !== this.#members.self) this.#passBack(from, reply);
    else if (this.#ours === undefined || this.#ours.nonce !== nonce || this.#ours.to !== from) this.#turn.ignore(from, 'ShuffleReply', 'unknown-reply');
    else {
      this.#members.integrate(contacts, this.#ours.sent);
      this.#ours = undefined;
      return true;
    }
    return false;
  }

  clear(): void {
    this.#walks.clear();
    this.#ours = undefined;
  }

  /** A walk ends here. One a neighbour and half interval: more would let it fill our passive view with whom it likes. */
  #takeIn(link: Link, { origin, nonce, contacts }: Shuffle): void {
    const { peer } = link.contact;
    if (this.#turn.nowMs - link.shuffledMs < this.#config.shuffleIntervalMs / 2) return this.#turn.ignore(peer, 'Shuffle', 'too-many-shuffles');
    link.shuffledMs = this.#turn.nowMs;
    const sent = this.#members.replyFor(origin, Math.min(contacts.length, MAX_CONTACTS));
    this.#turn.send(peer, { type: 'ShuffleReply', origin, nonce, contacts: sent });
    this.#members.integrate(contacts, sent);
  }

  #passBack(from: PeerId, reply: ShuffleReply): void {
    const previous = this.#walks.take(reply.origin, reply.nonce, from, this.#turn.nowMs);
    if (previous === undefined) return this.#turn.ignore(from, 'ShuffleReply', 'unknown-reply');
    if (this.#members.isNeighbor(previous)) this.#turn.send(previous, reply);
  }

  /** What a neighbour gives us before its Disconnect: whom to turn to instead. */
  #onPartingGift(from: PeerId, contacts: readonly Contact[]): void {
    const link = this.#members.active.get(from);
    if (link === undefined || link.parted) return this.#turn.ignore(from, 'ShuffleReply', 'unknown-reply');
    link.parted = true;
    this.#members.integrate(contacts);
  }

  #mayPassOn(link: Link): boolean {
    if (this.#turn.nowMs - link.walksSinceMs >= this.#config.shuffleIntervalMs / 2) {
      link.walksSinceMs = this.#turn.nowMs;
      link.walks = 0;
    }
    link.walks += 1;
    return link.walks <= this.#config.maxWalksPerNeighbor;
  }
}
