/**
 * What one subscription is owed: everything its agent published or relayed after what the peer has acknowledged. Sent as it
 * comes; what was missed on a lost link, or while the peer read too slowly, is sent from the log.
 *
 * Facts on a link arrive in order, so both sides count them, and an acknowledgement is a count. What leaves need not be in the order
 * of the log's numbers: a relayed rumor does not wait for the commits of events before it.
 */
import type { Kept, Owed } from '../store/store.ts';

/** What it asks of the host. */
export interface OwedPort {
  /** The number of what was sent last. */
  last(): number;
  /** `undefined`: not in the log any more. */
  entry(number: number): Owed | undefined;
  payload(entry: Owed): Promise<Kept | undefined>;
  /** From the log. `false`: the peer reads too slowly now. */
  send(entry: Owed, kept: Kept): boolean;
  /** Whether it is for this peer. */
  concerns(entry: Owed): boolean;
  /** All up to there is acknowledged, dropped, or not for this peer. */
  moved(number: number): void;
  /** So many are past what is kept. */
  lost(count: number): void;
}

/** Sent and not acknowledged. Our choice: as many as may be owed; past it the peer is a slow reader. */
const MAX_UNACKNOWLEDGED = 10_000;

export class OwedFeed {
  readonly #port: OwedPort;
  /** All up to it is settled. */
  #cursor: number;
  /** By the order of sending: the numbers of those on their way, `undefined` for a fact that is not in the log. */
  #sent: (number | undefined)[] = [];
  #acknowledged = 0;
  /** Numbers past the cursor that were sent, and whether they are settled. */
  readonly #settled = new Map<number, boolean>();
  #behind = true;
  #pumping = false;
  #ended = false;

  /** @param cursor the number up to which the peer has acknowledged */
  constructor(cursor: number, port: OwedPort) {
    this.#cursor = cursor;
    this.#port = port;
  }

  /** Whether a fact that leaves now may be sent at once. One that may not comes from the log. @param number of its entry, if it has one */
  admits(number: number | undefined): boolean {
    if (number === undefined) return this.#sent.length < 2 * MAX_UNACKNOWLEDGED;
    return !this.#behind && number > this.#cursor && !this.#settled.has(number);
  }

  /** A fact was sent. @param onItsWay `false`: no link can carry it, so it is never acknowledged */
  sent(number: number | undefined, onItsWay: boolean): void {
    if (onItsWay) this.#sent.push(number);
    if (number !== undefined) this.#settled.set(number, !onItsWay);
    if (this.#settled.size >= MAX_UNACKNOWLEDGED) this.#behind = true;
  }

  /** The peer has it from elsewhere. */
  skipped(number: number): void {
    // Of one that never acknowledges nothing is noted for ever: it may have that one twice.
    if (number <= this.#cursor || this.#settled.has(number) || this.#settled.size >= 2 * MAX_UNACKNOWLEDGED) return;
    this.#settled.set(number, true);
    this.#advance();
  }

  /** The peer reads too slowly: what comes now is for later. */
  fellBehind(): void {
    this.#behind = true;
  }

  /** The peer has committed so many facts of this subscription. */
  acknowledged(count: number): void {
    const more = Math.min(count - this.#acknowledged, this.#sent.length);
    if (more <= 0) return;
    this.#acknowledged += more;
    for (const number of this.#sent.splice(0, more)) if (number !== undefined) this.#settled.set(number, true);
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
    for (let number = this.#cursor + 1; !this.#ended && this.#settled.size < MAX_UNACKNOWLEDGED; number += 1) {
      if (number > this.#port.last()) {
        this.#behind = false;
        break;
      }
      if (this.#settled.has(number) || number <= this.#cursor) continue;
      const entry = this.#port.entry(number);
      if (entry !== undefined && !this.#port.concerns(entry)) {
        this.#settled.set(number, true);
        continue;
      }
      // A payload that is not there is past its time, or its commit failed.
      const kept = entry && (await this.#port.payload(entry).catch(() => undefined));
      if (this.#ended) break;
      if (entry === undefined || kept === undefined) {
        lost += 1;
        this.#settled.set(number, true);
      } else if (!this.#port.send(entry, kept)) {
        break;
      }
    }
    if (this.#ended) return;
    this.#advance();
    if (lost > 0) this.#port.lost(lost);
  }

  #advance(): void {
    const before = this.#cursor;
    for (;;) {
      const number = this.#cursor + 1;
      const settled = this.#settled.get(number);
      const entry = settled === undefined ? this.#port.entry(number) : undefined;
      if (settled !== true && (entry === undefined || this.#port.concerns(entry))) break;
      this.#settled.delete(number);
      this.#cursor = number;
    }
    if (this.#cursor > before) this.#port.moved(this.#cursor);
  }
}
