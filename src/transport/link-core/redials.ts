/** Whom we want a link to, and when they are dialled next. Pure. */
import type { PeerId } from '../../ids.ts';
import type { Random } from '../../random.ts';
import type { Connection } from './connections.ts';
import type { LinkLimits } from './events.ts';

/** A peer that shall be linked, whatever it takes. */
export interface Wanted {
  readonly peer: PeerId;
  /** Rounds since the backoff last began: those that led nowhere, and links that did not hold. A round tries all addresses, one at once after the other. */
  attempt: number;
  /** Which address of this round is next. */
  turn: number;
  /** When the next round begins; `undefined` while there is a link or a dial. */
  dueMs: number | undefined;
  dial: Connection | undefined;
}

/** The wanted peers: at most `maxPals`. */
export class Redials {
  readonly #limits: LinkLimits;
  readonly #random: Random;
  readonly #wanted = new Map<PeerId, Wanted>();
  /** No round begins before. It may be too early, by rounds that were called off. */
  #earliestMs = Infinity;

  constructor(limits: LinkLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  get earliestMs(): number {
    return this.#earliestMs;
  }

  get isFull(): boolean {
    return this.#wanted.size >= this.#limits.maxPals;
  }

  get(peer: PeerId | undefined): Wanted | undefined {
    return peer === undefined ? undefined : this.#wanted.get(peer);
  }

  /** @param dial one that is under way to this peer already */
  add(peer: PeerId, dial: Connection | undefined): Wanted {
    const wanted: Wanted = { peer, attempt: 0, turn: 0, dueMs: undefined, dial };
    this.#wanted.set(peer, wanted);
    return wanted;
  }

  delete(peer: PeerId): void {
    this.#wanted.delete(peer);
  }

  clear(): void {
    this.#wanted.clear();
    this.#earliestMs = Infinity;
  }

  /** Ends a round: exponential, capped backoff, with dice: ±20 % around 5/6 of the cap, so that the cap is never passed. */
  later(wanted: Wanted, nowMs: number): void {
    const capMs = this.#capMs(wanted.attempt);
    const leastMs = Math.floor((capMs * 2) / 3);
    wanted.dueMs = nowMs + leastMs + this.#random.below(capMs - leastMs + 1);
    wanted.attempt += 1;
    wanted.turn = 0;
    this.#earliestMs = Math.min(this.#earliestMs, wanted.dueMs);
  }

  /** The backoff begins anew, from then on. */
  anew(wanted: Wanted, atMs: number): void {
    wanted.attempt = 0;
    this.later(wanted, atMs);
  }

  /** Whether the next round would begin sooner if the backoff began anew at `atMs`, dice aside. */
  isSoonerAnew(wanted: Wanted, nowMs: number, atMs: number): boolean {
    return atMs + this.#capMs(0) < nowMs + this.#capMs(wanted.attempt);
  }

  /** Those whose round begins. */
  due(nowMs: number): Wanted[] {
    if (this.#earliestMs > nowMs) return [];
    const due: Wanted[] = [];
    this.#earliestMs = Infinity;
    for (const wanted of this.#wanted.values()) {
      if (wanted.dueMs === undefined) continue;
      if (wanted.dueMs <= nowMs) due.push(wanted);
      else this.#earliestMs = Math.min(this.#earliestMs, wanted.dueMs);
    }
    return due;
  }

  #capMs(attempt: number): number {
    return Math.min(this.#limits.redialMaxMs, this.#limits.redialFirstMs * 2 ** attempt, 2 ** 31);
  }
}
