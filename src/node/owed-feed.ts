/**
 * What one subscription is owed: everything its agent published or relayed after what the peer has acknowledged. Sent as it
 * comes; what was missed on a lost link, or while the peer read too slowly, is sent from the log.
 *
 * Facts on a link arrive in order, so both sides count them, and an acknowledgement is a count. What leaves need not be in the order
 * of the log's numbers: a relayed rumor does not wait for the commits of events before it.
 */
import type { Kept, Owed } from '../store/store.ts';
import { Note, Settled } from './settled.ts';
import type { OutgoingFact } from './outgoing-fact.ts';

/** What it asks of the host. */
export interface OwedPort {
  /** The number of what was sent last. */
  last(): number;
  /** `undefined`: not in the log any more. */
  entry(number: number): Owed | undefined;
  payload(entry: Owed): Promise<Kept | undefined>;
  /** One of the latest offers, while there is room for it in RAM. */
  atHand(number: number): OutgoingFact | undefined;
  /** From the log. */
  fact(entry: Owed, kept: Kept): OutgoingFact;
  /** @param offer the number it was offered under, if it was. @returns `false`: the peer reads too slowly now */
  send(fact: OutgoingFact, offer?: number): boolean;
  /** Whether it is for this peer. */
  concerns(entry: Owed): boolean;
  /** All up to there is acknowledged, dropped, or not for this peer. */
  moved(number: number): void;
  /** So many are past what is kept. */
  lost(count: number): void;
}

/** Sent and not acknowledged. Our choice: as many as may be owed; past it the peer is a slow reader. */
const MAX_UNACKNOWLEDGED = 10_000;
/** Numbers past the cursor of which anything is noted. Our choice: the first power of two above twice that. */
const MAX_SPAN = 32_768;
/** The highest number of an offer: a u32. */
const MAX_OFFER: number = 2 ** 32 - 1;
/** In the order of sending: a fact that is not in the log. Its numbers begin with 1. */
const NOT_OWED = 0;

export class OwedFeed {
  readonly #port: OwedPort;
  /** All up to its cursor is settled; past it stands what was sent, and what need not be. */
  readonly #settled: Settled;
  /** By the order of sending: the numbers of those on their way. Those before `#first` are acknowledged. */
  #sent: number[] = [];
  #first = 0;
  #acknowledged = 0;
  /** The cursor that was told last. */
  #moved: number;
  /** Offers are numbered from there, on the wire. */
  readonly #base: number;
  /** Numbers of offers that the peer wants, and that are read for it one after another. */
  #wanted: number[] = [];
  #behind = true;
  #pumping = false;
  #ended = false;

  /** @param cursor the number up to which the peer has acknowledged */
  constructor(cursor: number, port: OwedPort) {
    this.#settled = new Settled(cursor, MAX_SPAN);
    this.#moved = cursor;
    this.#base = cursor;
    this.#port = port;
  }

  /** Whether a fact that leaves now may be sent at once. One that may not comes from the log. @param number of its entry, if it has one */
  admits(number: number | undefined): boolean {
    if (number === undefined) return this.#sent.length - this.#first < 2 * MAX_UNACKNOWLEDGED;
    return !this.#behind && this.#isOpen(number);
  }

  /** A fact was sent. @param onItsWay `false`: no link can carry it, so it is never acknowledged */
  sent(number: number | undefined, onItsWay: boolean): void {
    if (onItsWay) this.#sent.push(number ?? NOT_OWED);
    if (number !== undefined) this.#note(number, onItsWay ? Note.sent : Note.settled);
    if (this.#settled.size >= MAX_UNACKNOWLEDGED) this.#behind = true;
  }

  /** Under which number that one is offered; `undefined`: it is to be sent. */
  offerOf(number: number): number | undefined {
    const offer = number - this.#base;
    return offer > MAX_OFFER ? undefined : offer;
  }

  /** A fact was offered. */
  offered(number: number): void {
    this.#note(number, Note.offered);
    if (this.#settled.size >= MAX_UNACKNOWLEDGED) this.#behind = true;
  }

  /** The peer wants what was offered under that number: once. */
  wanted(offer: number): void {
    const number = this.#base + offer;
    if (this.#ended || !this.#isOffered(number)) return;
    const fact = this.#wanted.length === 0 ? this.#port.atHand(number) : undefined;
    if (fact !== undefined) return void this.#give(number, fact);
    // Until it is read it is on its way: it is not given twice.
    this.#settled.set(number, Note.sent);
    this.#wanted.push(number);
    if (this.#wanted.length === 1) void this.#giveWanted();
  }

  /** The peer has what was offered under that number. */
  had(offer: number): void {
    const number = this.#base + offer;
    if (!this.#isOffered(number)) return;
    this.#note(number, Note.settled);
    this.#advance();
    if (this.#behind) this.pump();
  }

  #isOffered(number: number): boolean {
    return number > this.#settled.cursor && this.#settled.of(number) === Note.offered;
  }

  /** When the peer reads too slowly, it comes from the log later. */
  #give(number: number, fact: OutgoingFact): boolean {
    const given = this.#port.send(fact, number - this.#base);
    if (given) return true;
    this.#settled.clear(number);
    this.#behind = true;
    return false;
  }

  /** One at a time, so that they do not all lie in RAM. */
  async #giveWanted(): Promise<void> {
    for (; this.#wanted.length > 0 && !this.#ended; this.#wanted.shift()) {
      const number = this.#wanted[0]!;
      const fact = this.#port.atHand(number) ?? (await this.#read(number));
      if (this.#ended) return;
      if (fact !== undefined) this.#give(number, fact);
      else this.#gone(number);
    }
  }

  async #read(number: number): Promise<OutgoingFact | undefined> {
    const entry = this.#port.entry(number);
    if (entry === undefined) return undefined;
    const kept = await this.#port.payload(entry).catch(() => undefined);
    return kept && this.#port.fact(entry, kept);
  }

  /** Its payload is past its time, or its commit failed. */
  #gone(number: number): void {
    this.#note(number, Note.settled);
    this.#advance();
    this.#port.lost(1);
  }

  /** The peer has it from elsewhere. */
  skipped(number: number): void {
    // Of one that never acknowledges nothing is noted for ever: it may have that one twice.
    if (!this.#isOpen(number) || this.#settled.size >= 2 * MAX_UNACKNOWLEDGED) return;
    this.#note(number, Note.settled);
    this.#advance();
  }

  /** The peer reads too slowly: what comes now is for later. */
  fellBehind(): void {
    this.#behind = true;
  }

  /** The peer has committed so many facts of this subscription. */
  acknowledged(count: number): void {
    const more = Math.min(count - this.#acknowledged, this.#sent.length - this.#first);
    if (more <= 0) return;
    this.#acknowledged += more;
    for (const end = this.#first + more; this.#first < end; this.#first += 1) this.#note(this.#sent[this.#first]!, Note.settled);
    if (2 * this.#first >= this.#sent.length) {
      this.#sent = this.#sent.slice(this.#first);
      this.#first = 0;
    }
    this.#advance();
    if (this.#behind) this.pump();
  }

  end(): void {
    this.#ended = true;
  }

  /** Sends what was missed, until there is no more or the peer reads too slowly. */
  pump(): void {
    if (this.#pumping || this.#ended) return;
    this.#pumping = true;
    void this.#pump().finally(() => (this.#pumping = false));
  }

  async #pump(): Promise<void> {
    let lost = 0;
    for (let number = this.#settled.cursor + 1; !this.#ended && this.#settled.size < MAX_UNACKNOWLEDGED; number += 1) {
      if (number > this.#port.last()) {
        this.#behind = false;
        break;
      }
      if (!this.#isOpen(number)) continue;
      const entry = this.#port.entry(number);
      if (entry !== undefined && !this.#port.concerns(entry)) {
        this.#settle(number);
        continue;
      }
      // A payload that is not there is past its time, or its commit failed.
      const kept = entry && (await this.#port.payload(entry).catch(() => undefined));
      if (this.#ended) break;
      if (entry === undefined || kept === undefined) {
        lost += 1;
        this.#settle(number);
      } else if (!this.#port.send(this.#port.fact(entry, kept))) {
        break;
      }
    }
    if (this.#ended) return;
    this.#advance();
    if (lost > 0) this.#port.lost(lost);
  }

  /** Whether nothing is noted of it yet. */
  #isOpen(number: number): boolean {
    return number > this.#settled.cursor && this.#settled.of(number) === Note.none;
  }

  /** However many there are in a row: behind a long gap it goes on at once. */
  #settle(number: number): void {
    if (number === this.#settled.cursor + 1) this.#settled.advance();
    else this.#note(number, Note.settled);
  }

  /** Of what is too far past the cursor nothing is noted: it comes again, from the log. */
  #note(number: number, note: number): void {
    if (number > this.#settled.cursor && !this.#settled.set(number, note)) this.#behind = true;
  }

  #advance(): void {
    const settled = this.#settled;
    for (;;) {
      const number = settled.cursor + 1;
      const note = settled.of(number);
      const entry = note === Note.none ? this.#port.entry(number) : undefined;
      if (note !== Note.settled && (entry === undefined || this.#port.concerns(entry))) break;
      settled.advance();
    }
    if (settled.cursor === this.#moved) return;
    this.#moved = settled.cursor;
    this.#port.moved(this.#moved);
  }
}
