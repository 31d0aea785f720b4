/**
 * Whom we hold links to: members, in the paper's bounds, and leaves besides. Pure.
 * Anchors, the oldest links, are no newcomer's to displace: what joins in floods gets one guest's place and not the view.
 */
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import type { OverlayConfig } from './config.ts';
import { pick } from './dice.ts';
import type { Contact, Generation } from './messages.ts';

/** A peer we hold a link to, which knows it. */
export interface Link {
  readonly contact: Contact;
  readonly leaf: boolean;
  readonly sinceMs: number;
  generation: Generation;
  /** When a Shuffle that came over it was last taken in; `-Infinity`: never. */
  shuffledMs: number;
  /** When counting `walks` began. */
  walksSinceMs: number;
  /** Shuffles that came over it and were passed on since then. */
  walks: number;
  /** Whether it gave its parting contacts. */
  parted: boolean;
}

export class ActiveView {
  readonly #config: OverlayConfig;
  readonly #random: Random;
  /** Oldest first. At most `activeViewSize`. */
  readonly #members: Link[] = [];
  /** Theirs, in the same order, so that to look for one reads no link. */
  readonly #peers: PeerId[] = [];
  /** Oldest first. At most `maxLeaves`. */
  readonly #leaves: Link[] = [];

  constructor(config: OverlayConfig, random: Random) {
    this.#config = config;
    this.#random = random;
  }

  /** Oldest first. */
  get members(): readonly Link[] {
    return this.#members;
  }

  get leaves(): readonly Link[] {
    return this.#leaves;
  }

  get isFull(): boolean {
    return this.#members.length >= this.#config.activeViewSize;
  }

  hasRoomForLeaf(): boolean {
    return this.#leaves.length < this.#config.maxLeaves;
  }

  get(peer: PeerId): Link | undefined {
    // A plain loop: nothing runs more often in a simulation.
    for (let at = 0; at < this.#peers.length; at += 1) if (this.#peers[at] === peer) return this.#members[at];
    for (const link of this.#leaves) if (link.contact.peer === peer) return link;
    return undefined;
  }

  /** The caller has made room. */
  add(contact: Contact, leaf: boolean, generation: Generation, nowMs: number): void {
    const link: Link = { contact, leaf, sinceMs: nowMs, generation, shuffledMs: -Infinity, walksSinceMs: nowMs, walks: 0, parted: false };
    (leaf ? this.#leaves : this.#members).push(link);
    if (!leaf) this.#peers.push(contact.peer);
  }

  remove(link: Link): void {
    const list = link.leaf ? this.#leaves : this.#members;
    const at = list.indexOf(link);
    if (at < 0) return;
    list.splice(at, 1);
    if (!link.leaf) this.#peers.splice(at, 1);
  }

  /**
   * Any member but these two: where a walk goes next. Differs: by old links, if there are any. A newcomer has no way on yet, so walks would end
   * with it, and tie those together that joined in the same place; and who floods us with Joins holds the young links, and would catch the walks
   * of honest newcomers (measured: of these 91 to 98 % got in, now all).
   */
  next(except: PeerId, orExcept: PeerId, nowMs: number): Link | undefined {
    const others = this.#members.filter(({ contact: { peer } }) => peer !== except && peer !== orExcept);
    for (const ageMs of [this.#config.anchorAgeMs, this.#config.repairFirstMs]) {
      const old = others.filter(({ sinceMs }) => nowMs - sinceMs >= ageMs);
      if (old.length > 0) return pick(old, this.#random);
    }
    return pick(others, this.#random);
  }

  /** Who makes room: no anchor; `any` other (paper: any member), or for a probe the one that came last. */
  guest(which: 'any' | 'youngest', nowMs: number): Link | undefined {
    const guests = this.#members.slice(this.#anchors(nowMs));
    return which === 'any' ? pick(guests, this.#random) : guests.at(-1);
  }

  /** How many of the oldest are anchors. */
  #anchors(nowMs: number): number {
    const { maxAnchors, anchorAgeMs } = this.#config;
    let count = 0;
    for (const { sinceMs } of this.#members) {
      if (count >= maxAnchors || nowMs - sinceMs < anchorAgeMs) break;
      count += 1;
    }
    return count;
  }
}
