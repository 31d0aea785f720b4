/**
 * Through whom data are passed: who may be asked, who failed, and the fixed ways of an epoch. Pure. Rules W12 to W14, DESIGN 4 points 2, 11,
 * research 4.3. A failure is nobody's business but ours: it is never told.
 */
import type { PeerId } from '../../ids.ts';
import { keepNewest } from '../../keep-newest.ts';
import type { Random } from '../../random.ts';
import type { Context } from './context.ts';
import type { HeldRumor } from './held.ts';

/** How long a peer that refused to be a proxy is not asked again, in ms (our choice: as long as a refused watch waits). */
export const MISS_MS: number = 30 * 60_000;
/** So many embargoes in a row, and a proxy is left alone for so long (design). */
export const MAX_FAILURES = 3;
export const BLOCKED_MS: number = 24 * 60 * 60_000;
/** An epoch: 10 min and up to 60 s more, so that nodes do not turn together (research 4.3). */
export const EPOCH_MIN_MS = 600_000;
export const EPOCH_SPREAD_MS = 60_000;
/** One node in five publishes what it is passed in an epoch, the others pass it on: continuation 0.8 (design). */
export const DIFFUSERS_ONE_IN = 5;
/** So many peers are remembered in each list, above what one node ever has links to (our choice: strangers can be proxies under `anybody`). */
export const MAX_REMEMBERED = 1_000;

interface Epoch {
  readonly startMs: number;
  readonly endMs: number;
  readonly diffuses: boolean;
  /** By whom a datum came from, ourselves for our own. At the limit newcomers get a successor for one datum only: nobody can push ours out. */
  readonly successors: Map<PeerId, PeerId>;
}

export class Proxies<Body> {
  readonly #context: Context<Body>;
  readonly #random: Random;
  /** Until when who refused is not asked. In both maps what is over goes with the next entry, and the oldest at the limit. */
  readonly #misses: Map<PeerId, number> = new Map();
  readonly #failures: Map<PeerId, { readonly count: number; readonly untilMs: number }> = new Map();
  #epoch: Epoch | undefined;

  constructor(context: Context<Body>) {
    this.#context = context;
    this.#random = context.random;
  }

  /** Who shall have it next; `undefined`: publish it. Throws the dice anew each time. */
  next(rumor: HeldRumor<Body>): PeerId | undefined {
    return this.#context.config.pass === 'stem' ? this.#stem(rumor) : this.#coin(rumor);
  }

  missed(peer: PeerId): void {
    const { nowMs } = this.#context;
    for (const [other, untilMs] of this.#misses) if (isOver(untilMs, nowMs, MISS_MS)) this.#misses.delete(other);
    remember(this.#misses, peer, nowMs + MISS_MS);
  }

  /** It gave a sign of life: W14, W18, W19. */
  responded(peer: PeerId): void {
    this.#misses.delete(peer);
  }

  /** An embargo ran out on what it was given. */
  failed(peer: PeerId): void {
    const { nowMs } = this.#context;
    for (const [other, { untilMs }] of this.#failures) if (isOver(untilMs, nowMs, BLOCKED_MS)) this.#failures.delete(other);
    remember(this.#failures, peer, { count: (this.#failures.get(peer)?.count ?? 0) + 1, untilMs: nowMs + BLOCKED_MS });
  }

  /** What it was given was published by others. */
  succeeded(peer: PeerId): void {
    this.#failures.delete(peer);
  }

  /** The reference's coin, own data included. */
  #coin({ tried }: HeldRumor<Body>): PeerId | undefined {
    return this.#random.below(2) === 0 ? undefined : this.#any(this.#candidates().filter((peer) => !tried.has(peer)));
  }

  #stem({ from, tried }: HeldRumor<Body>): PeerId | undefined {
    const epoch = this.#current();
    const own = from === this.#context.our;
    if (!own && epoch.diffuses) return undefined;
    const candidates = this.#candidates().filter((peer) => peer !== from);
    const fixed = epoch.successors.get(from);
    const stands = fixed !== undefined && candidates.includes(fixed);
    if (stands && !tried.has(fixed)) return fixed;
    const chosen = this.#palsFirst(candidates.filter((peer) => !tried.has(peer)));
    const room = own || fixed !== undefined || epoch.successors.size < MAX_REMEMBERED;
    // A way round a loop is for one datum only.
    if (!stands && chosen !== undefined && room) epoch.successors.set(from, chosen);
    return chosen;
  }

  #palsFirst(candidates: readonly PeerId[]): PeerId | undefined {
    const { circle } = this.#context;
    const mutuals = candidates.filter((peer) => circle.isPal('mutuals', peer));
    const targets = candidates.filter((peer) => circle.isPal('targets', peer));
    return this.#any(mutuals.length > 0 ? mutuals : targets.length > 0 ? targets : candidates);
  }

  #any(candidates: readonly PeerId[]): PeerId | undefined {
    return candidates.length === 0 ? undefined : candidates[this.#random.below(candidates.length)];
  }

  /**
   * Peers of the `tell` set that hear us now: they run the agent, would take what we pass, and are there. One that is away would leave us
   * alone with the datum, to publish it ourselves when the embargo ends. `anybody`: targets and leeches.
   */
  #candidates(): readonly PeerId[] {
    const { circle, subscribers, nowMs } = this.#context;
    return circle.everybody().filter((peer) => {
      if (!this.#context.mayTell(peer) || !subscribers.has(peer)) return false;
      const failures = this.#failures.get(peer);
      const blocked = failures !== undefined && failures.count >= MAX_FAILURES && !isOver(failures.untilMs, nowMs, BLOCKED_MS);
      return !blocked && isOver(this.#misses.get(peer) ?? 0, nowMs, MISS_MS);
    });
  }

  #current(): Epoch {
    const { nowMs } = this.#context;
    if (this.#epoch === undefined || nowMs >= this.#epoch.endMs || nowMs < this.#epoch.startMs) {
      const endMs = nowMs + EPOCH_MIN_MS + this.#random.below(EPOCH_SPREAD_MS);
      this.#epoch = { startMs: nowMs, endMs, diffuses: this.#random.below(DIFFUSERS_ONE_IN) === 0, successors: new Map() };
    }
    return this.#epoch;
  }
}

function remember<Value>(map: Map<PeerId, Value>, peer: PeerId, value: Value): void {
  map.delete(peer);
  map.set(peer, value);
  keepNewest(map, MAX_REMEMBERED);
}

/** A clock that was set back ends it too. */
function isOver(untilMs: number, nowMs: number, lengthMs: number): boolean {
  return nowMs >= untilMs || nowMs < untilMs - lengthMs;
}
