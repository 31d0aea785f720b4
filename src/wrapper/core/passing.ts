/**
 * Passing: what is handed to proxies, and what becomes of it. Pure. Rules W12 to W14 and W19; DESIGN 4, points 1, 2, 3 and 10; research 4.
 *
 * A datum is held from the moment it is ours to pass until it is certain that others have it: an ack says nothing, a copy of the proxy
 * itself little, unless it has hops to go on with. Whoever holds it when its embargo runs out publishes it, so nothing is lost. Until then it is as if we had never seen it.
 */
import type { PeerId, RumorId } from '../../ids.ts';
import type { Context } from './context.ts';
import { EMBARGO_MAX_MS, EMBARGO_MIN_MS, embargoMs, leaveMs } from './delays.ts';
import { Held } from './held.ts';
import type { HeldLimits, HeldRumor } from './held.ts';
import { Proxies } from './proxies.ts';
import type { Spread } from './spread.ts';

/** What lay on the disk at the start. */
export type RestoredRumor<Body> = Pick<HeldRumor<Body>, 'id' | 'body' | 'bytes' | 'unknown' | 'deadlineMs' | 'hops' | 'successor' | 'delivered' | 'heard'>;

/** A datum to pass. `from`: ourselves for our own. */
export type Passed<Body> = Pick<HeldRumor<Body>, 'id' | 'body' | 'bytes' | 'unknown' | 'hops' | 'from' | 'delivered'>;

export class Passing<Body> {
  readonly #context: Context<Body>;
  readonly #spread: Spread<Body>;
  readonly #limits: HeldLimits;
  readonly #held: Held<Body>;
  readonly proxies: Proxies<Body>;

  constructor(context: Context<Body>, spread: Spread<Body>, limits: HeldLimits, restored: readonly RestoredRumor<Body>[]) {
    this.#context = context;
    this.#spread = spread;
    this.#limits = limits;
    this.#held = new Held(limits);
    this.proxies = new Proxies(context);
    const { our } = context;
    for (const rumor of [...restored].sort((a, b) => a.deadlineMs - b.deadlineMs)) {
      this.#held.add({ ...rumor, from: our, tried: new Set(rumor.successor === undefined ? [] : [rumor.successor]), leaving: false });
    }
  }

  has(id: RumorId): boolean {
    return this.#held.get(id) !== undefined;
  }

  /** Whether we hold it and nobody may know. */
  hides(id: RumorId): boolean {
    return this.#held.get(id)?.heard === false;
  }

  /** After a restart the embargoes go on, and leave our subscribers at least the time to come back. What a lower limit has no room for goes out. */
  started(): void {
    const { nowMs } = this.#context;
    for (const rumor of this.#held.all()) {
      rumor.deadlineMs = Math.max(rumor.deadlineMs, nowMs + EMBARGO_MIN_MS);
      this.#setEmbargo(rumor.id, rumor.deadlineMs);
    }
    this.#makeRoom(0);
  }

  /** Holds a datum and has it leave, for a proxy or for all, after a while. One that we hold already came round in a loop: it goes another way. */
  take(given: Passed<Body>): void {
    const { our, nowMs, random } = this.#context;
    const held = this.#held.get(given.id);
    if (held !== undefined) return this.#again(held, given);
    if (given.bytes > this.#limits.maxHeldBytes) return this.#publish(given);
    this.#makeRoom(given.bytes);
    const { id, from } = given;
    const rumor: HeldRumor<Body> = { ...given, deadlineMs: nowMs + embargoMs(random), successor: undefined, tried: new Set(from === our ? [] : [from]), heard: false, leaving: false };
    this.#held.add(rumor);
    this.#save(rumor);
    this.#setEmbargo(id, rumor.deadlineMs);
    this.#leaveLater(rumor);
  }

  /**
   * A published copy of something came. The proxy's own, with less than half of its hops left, is not enough: it may have told us alone. With more it is,
   * as we relay it: then others have it, and far enough (our choice; with all of its hops, one origin in ten would publish it too, with half, one in 200).
   * @returns what we held of it, as it was. Held no longer, unless the copy is not enough
   */
  heard(id: RumorId, from: PeerId, hops: number): { readonly delivered: boolean; readonly heard: boolean; readonly from: PeerId } | undefined {
    const rumor = this.#held.get(id);
    if (rumor === undefined) return undefined;
    const { delivered, heard } = rumor;
    if (rumor.successor === from && hops * 2 < rumor.hops) {
      rumor.heard = true;
    } else {
      if (rumor.successor !== undefined) this.proxies.succeeded(rumor.successor);
      this.#drop(id);
    }
    return { delivered, heard, from: rumor.from };
  }

  /** The agent was given a copy that came after all. */
  delivered(id: RumorId): void {
    const rumor = this.#held.get(id);
    if (rumor !== undefined) rumor.delivered = true;
  }

  /** W14. Differs: an ack is no publication, so it only shows that the proxy is there. */
  answered(id: RumorId, peer: PeerId, refused: boolean): void {
    if (!refused) return this.proxies.responded(peer);
    this.proxies.missed(peer);
    const rumor = this.#held.get(id);
    if (rumor === undefined || rumor.successor !== peer) return;
    rumor.successor = undefined;
    this.#leaveLater(rumor);
  }

  /** It has waited long enough to leave. One that does not wait is fine. */
  due(id: RumorId): void {
    const rumor = this.#held.get(id);
    if (rumor?.leaving !== true) return;
    rumor.leaving = false;
    const { config, subscribers } = this.#context;
    const proxy = config.pass === false ? undefined : this.proxies.next(rumor);
    if (proxy === undefined) {
      // Differs: said when nobody listens, as right after a start, it would be lost. The embargo gives them time.
      if (subscribers.size > 0) this.#release(rumor);
      return;
    }
    rumor.successor = proxy;
    rumor.tried.add(proxy);
    this.#save(rumor);
    this.#context.emit({ type: 'Pass', id, to: proxy, hops: rumor.hops, body: rumor.body });
  }

  /** Nobody else was heard publishing it in time. */
  embargoEnded(id: RumorId): void {
    const rumor = this.#held.get(id);
    if (rumor === undefined) return;
    // Timers may be early, by a little or because the clock was set back; nothing may be held for ever.
    const leftMs = rumor.deadlineMs - this.#context.nowMs;
    if (leftMs > 0 && leftMs <= EMBARGO_MAX_MS) return this.#setEmbargo(id, rumor.deadlineMs);
    if (rumor.successor !== undefined && !rumor.heard) this.proxies.failed(rumor.successor);
    this.#release(rumor);
  }

  #again(rumor: HeldRumor<Body>, { from, hops }: Passed<Body>): void {
    // Our agent said what is on its way already.
    if (from === this.#context.our) {
      rumor.delivered = true;
      return;
    }
    rumor.from = from;
    rumor.hops = Math.max(rumor.hops, hops);
    rumor.tried.add(from);
    this.#leaveLater(rumor);
  }

  #makeRoom(bytes: number): void {
    for (let oldest = this.#held.oldest(); oldest !== undefined && !this.#held.fits(bytes); oldest = this.#held.oldest()) this.#release(oldest);
  }

  #release(rumor: HeldRumor<Body>): void {
    this.#drop(rumor.id);
    // Without upgrades it cannot go further than the proxy's copy took it.
    if (rumor.heard && this.#context.config.relay === 'first') return this.#deliver(rumor);
    this.#publish(rumor);
  }

  #publish(rumor: Passed<Body>): void {
    const { our, config } = this.#context;
    const { id, hops, body, bytes, from } = rumor;
    if (config.hops === 0) {
      this.#context.emit({ type: 'Remember', id, hops: 0, delivered: true, relayed: false });
    } else {
      this.#spread.publish({ id, hops, body, from }, bytes);
      if (from !== our) this.#context.emit({ type: 'ReportRumor', what: 'relayed', id, hops, src: from, body });
    }
    this.#deliver(rumor);
  }

  /** What was held has its place in the agent's queue: there are never more than limits.maxHeld. */
  #deliver(rumor: Passed<Body>): void {
    if (!rumor.delivered) this.#context.deliver(rumor, false);
  }

  #drop(id: RumorId): void {
    this.#held.delete(id);
    this.#context.emit({ type: 'ForgetHeld', id });
    this.#context.emit({ type: 'CancelTimer', timer: { of: 'embargo', id } });
  }

  /** Neither who passed it to us nor whether it is ours goes to the disk. */
  #save({ id, hops, successor, deadlineMs, body }: HeldRumor<Body>): void {
    this.#context.emit({ type: 'SaveHeld', id, hops, successor, deadlineMs, body });
  }

  #leaveLater(rumor: HeldRumor<Body>): void {
    if (rumor.leaving) return;
    rumor.leaving = true;
    this.#context.emit({ type: 'SetTimer', timer: { of: 'leave', id: rumor.id }, delayMs: leaveMs(this.#context.random) });
  }

  #setEmbargo(id: RumorId, deadlineMs: number): void {
    const delayMs = Math.min(EMBARGO_MAX_MS, Math.max(0, deadlineMs - this.#context.nowMs));
    this.#context.emit({ type: 'SetTimer', timer: { of: 'embargo', id }, delayMs });
  }
}
