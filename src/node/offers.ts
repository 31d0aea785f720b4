/**
 * Which peer is asked for a rumor that several offer. Pure: the time is an argument, and who is to be asked is the result.
 * One is asked, the others wait until it has given. Whoever keeps us waiting is asked beside others from then on, not in their place: it costs
 * us a second, once.
 */
import { keepNewest } from '../keep-newest.ts';
import type { PeerId, RumorId } from '../ids.ts';

/** A peer has a rumor for one of our subscriptions. */
export interface Offer extends Reach {
  /** Of the fact, in the subscription. */
  readonly number: number;
  /** Its size, as the peer says. */
  readonly bytes: number;
}

/** How far a rumor may go, as a peer says. Without a number it is no offer: it came after one, with more hops. */
export interface Reach {
  readonly peer: PeerId;
  readonly sub: number;
  readonly number: number | undefined;
  readonly id: RumorId;
  readonly hops: number;
}

/** How long we wait for one peer (our choice: several round trips, and 1 MiB/s). */
export function patienceMs(bytes: number): number {
  return 1_000 + bytes / 1024;
}

/** How long a peer that kept us waiting is not relied on (our choice). */
export const DISTRUST_MS = 600_000;
/** Peers that are not relied on (our choice: twice `limits.maxLinks`). At the limit the oldest are relied on again. */
const MAX_DISTRUSTED = 512;
/** Offers noted of one peer, and in all (our choice: 64 MiB under way at 64 KiB each, and sixteen such peers). What is offered past it is asked for at once. */
export const MAX_OFFERS_PER_PEER = 1_024;
export const MAX_OFFERS: number = 16 * MAX_OFFERS_PER_PEER;

/** One rumor, of whatever topic: an id is of one. */
interface Sought {
  readonly id: RumorId;
  asked: Noted[];
  waiting: Noted[];
  untilMs: number;
  /** The last of each peer that said that it may go further. */
  longer: readonly Reach[];
}

interface Noted {
  readonly offer: Offer;
  readonly sought: Sought;
}

const NOBODY: readonly never[] = [];

export class Offers {
  readonly #sought = new Map<RumorId, Sought>();
  readonly #byPeer = new Map<PeerId, Map<string, Noted>>();
  /** Until when. */
  readonly #distrusted = new Map<PeerId, number>();
  #size = 0;

  /** How many offers are noted. */
  get size(): number {
    return this.#size;
  }

  /** A peer offers what we do not have. @returns whether it is to be asked for it now */
  offered(offer: Offer, nowMs: number): boolean {
    const { peer, id, bytes } = offer;
    const ofPeer = this.#byPeer.get(peer) ?? new Map<string, Noted>();
    const ref = refOf(offer);
    if (ofPeer.has(ref) || ofPeer.size >= MAX_OFFERS_PER_PEER || this.#size >= MAX_OFFERS) return true;
    const sought = this.#sought.get(id) ?? { id, asked: [], waiting: [], untilMs: nowMs + patienceMs(bytes), longer: [] };
    const noted: Noted = { offer, sought };
    const asks = sought.asked.every((one) => this.#isDistrusted(one.offer.peer, nowMs));
    (asks ? sought.asked : sought.waiting).push(noted);
    this.#sought.set(id, sought);
    this.#byPeer.set(peer, ofPeer.set(ref, noted));
    this.#size += 1;
    return asks;
  }

  /** A rumor may go further than a peer said before. @returns whether it is one that is asked for: then it waits until it is given */
  longer(reach: Reach): boolean {
    const sought = this.#sought.get(reach.id);
    if (sought !== undefined) sought.longer = [...sought.longer.filter(({ peer }) => peer !== reach.peer), reach];
    return sought !== undefined;
  }

  /** A peer gave what it offered. @returns the other offers of it, to be looked at again, as a rule we have it now; and how far else it may go */
  given(peer: PeerId, sub: number, number: number): readonly (Offer | Reach)[] {
    const noted = this.#byPeer.get(peer)?.get(refOf({ sub, number }));
    if (noted === undefined) return NOBODY;
    const { sought } = noted;
    const { waiting, longer } = sought;
    sought.waiting = [];
    sought.longer = [];
    for (const one of waiting) this.#forget(one);
    this.#drop(noted);
    return [...waiting.map(({ offer }) => offer), ...longer];
  }

  /** The link to that peer is down. @returns who is to be asked in its place */
  lost(peer: PeerId, nowMs: number): readonly Offer[] {
    const ask: Offer[] = [];
    for (const noted of [...(this.#byPeer.get(peer)?.values() ?? NOBODY)]) {
      const { sought } = noted;
      this.#drop(noted);
      const next = sought.asked.length === 0 ? sought.waiting.shift() : undefined;
      if (next === undefined) continue;
      sought.asked.push(next);
      sought.untilMs = nowMs + patienceMs(next.offer.bytes);
      this.#sought.set(sought.id, sought);
      ask.push(next.offer);
    }
    return ask;
  }

  /** @returns who is to be asked because others keep us waiting */
  due(nowMs: number): readonly Offer[] {
    const ask: Offer[] = [];
    for (const sought of [...this.#sought.values()]) {
      const { asked, waiting, untilMs } = sought;
      if (nowMs < untilMs) continue;
      for (const { offer } of asked) this.#distrust(offer.peer, nowMs);
      for (const noted of asked) this.#drop(noted);
      if (waiting.length === 0) continue;
      sought.asked = waiting;
      sought.waiting = [];
      sought.untilMs = nowMs + patienceMs(waiting[0]!.offer.bytes);
      this.#sought.set(sought.id, sought);
      for (const { offer } of sought.asked) ask.push(offer);
    }
    return ask;
  }

  /** It is neither asked nor waiting any more. */
  #drop(noted: Noted): void {
    const { sought } = noted;
    this.#forget(noted);
    sought.asked = sought.asked.filter((one) => one !== noted);
    sought.waiting = sought.waiting.filter((one) => one !== noted);
    if (sought.asked.length === 0) this.#sought.delete(sought.id);
  }

  #forget({ offer }: Noted): void {
    const ofPeer = this.#byPeer.get(offer.peer);
    if (ofPeer?.delete(refOf(offer)) !== true) return;
    this.#size -= 1;
    if (ofPeer.size === 0) this.#byPeer.delete(offer.peer);
  }

  #distrust(peer: PeerId, nowMs: number): void {
    this.#distrusted.delete(peer);
    this.#distrusted.set(peer, nowMs + DISTRUST_MS);
    keepNewest(this.#distrusted, MAX_DISTRUSTED);
  }

  #isDistrusted(peer: PeerId, nowMs: number): boolean {
    const untilMs = this.#distrusted.get(peer);
    return untilMs !== undefined && nowMs < untilMs;
  }
}

function refOf({ sub, number }: Pick<Offer, 'sub' | 'number'>): string {
  return `${sub} ${number}`;
}
