/**
 * How rumors leave for our subscribers: whom a copy goes to, whom a header, and when. Pure. Point 5 of DESIGN 4, and the queue of
 * the pass modes, through which own and relayed data go alike.
 */
import type { PeerId, RumorId } from '../../ids.ts';
import { keepNewest } from '../../keep-newest.ts';
import type { Context } from './context.ts';
import { leaveMs } from './delays.ts';
import type { GossipEffect } from './messages.ts';
import { Reach, RECENT_MS } from './reach.ts';
import type { Place, ReachLimits } from './reach.ts';

const NOBODY: ReadonlyMap<PeerId, number> = new Map();

/** A rumor on its way out. */
export interface Outgoing<Body> {
  readonly id: RumorId;
  /** As they shall be on the wire. */
  readonly hops: number;
  readonly body: Body;
  /** Who handed it to us; ourselves for our own, and when it is no longer known. */
  readonly from: PeerId;
}

/** The same, relayed. */
export interface Relayed<Body> extends Outgoing<Body> {
  /** The agent has had it. */
  readonly delivered: boolean;
  /** The first time, not a longer reach. */
  readonly first: boolean;
}

export interface SpreadLimits extends ReachLimits {
  readonly maxHeld: number;
}

export class Spread<Body> {
  readonly #context: Context<Body>;
  readonly #maxQueued: number;
  readonly #maxPromised: number;
  readonly #reach: Reach<Body>;
  /** Relayed data that wait to leave, in the order they came. At the limit the oldest leave at once. */
  readonly #queue: Map<RumorId, Relayed<Body>> = new Map();
  /** Who offered what has not come yet, and with how many hops. At the limit the oldest is forgotten: who offered it is told. */
  readonly #promised: Map<RumorId, Map<PeerId, number>> = new Map();
  #sweeping = false;

  constructor(context: Context<Body>, limits: SpreadLimits) {
    this.#context = context;
    this.#maxQueued = limits.maxHeld;
    this.#maxPromised = limits.maxRecent;
    this.#reach = new Reach(limits);
  }

  /** Whether its body is at hand. */
  has(id: RumorId): boolean {
    return this.#reach.find(id) >= 0;
  }

  /** Whether it is about to be relayed. */
  awaits(id: RumorId): boolean {
    return this.#queue.has(id);
  }

  /** Has a body at hand for later copies, and remembers that `from` has it. */
  note({ id, hops, body, from }: Outgoing<Body>, bytes: number): void {
    const { config, nowMs, our } = this.#context;
    if (config.relay === 'first') return;
    this.#reach.put(id, body, bytes, nowMs);
    if (from !== our) this.know(id, from, hops + 1);
    if (this.#promised.size > 0) this.#keepPromises(id);
    // Without passing it is enough to forget with the next event: then our origin is no secret.
    if (config.pass !== false && !this.#sweeping) this.#sweepLater();
  }

  /** That peer has with so many hops what we do not have. */
  promise(id: RumorId, peer: PeerId, hops: number): void {
    if (this.#context.config.relay === 'first') return;
    const promised = this.#promised.get(id) ?? new Map<PeerId, number>();
    this.#promised.set(id, promised.set(peer, Math.max(hops, promised.get(peer) ?? 0)));
    keepNewest(this.#promised, this.#maxPromised);
  }

  #keepPromises(id: RumorId): void {
    for (const [peer, hops] of this.#promised.get(id) ?? NOBODY) this.know(id, peer, hops);
    this.#promised.delete(id);
  }

  /** That peer has it with so many hops. */
  know(id: RumorId, peer: PeerId, hops: number): void {
    this.#reach.know(id, peer, hops);
  }

  /** That subscriber is gone. */
  forget(peer: PeerId): void {
    for (const promised of this.#promised.values()) promised.delete(peer);
    this.#reach.forget(peer);
  }

  /** Forgets what is older than two minutes. */
  expire(): void {
    this.#reach.expire(this.#context.nowMs);
  }

  /** The timer of {@link note}. */
  sweep(): void {
    this.#sweeping = false;
    if (this.#reach.size > 0) this.#sweepLater();
  }

  /** Publishes: remembered with one hop more than it goes out with, whether ours or passed to us, so that no record says which. */
  publish(rumor: Outgoing<Body>, bytes: number): void {
    const { id, hops, body } = rumor;
    this.#context.emit({ type: 'Remember', id, hops: hops + 1, delivered: true, relayed: true });
    this.#context.emit({ type: 'Keep', id, hops: hops + 1, body });
    this.note({ ...rumor, from: this.#context.our }, bytes);
    this.#send(rumor, undefined, true);
  }

  /** Relays: at once, or with passing after a while, so that nobody can tell by the time what is ours. */
  relay(rumor: Relayed<Body>): void {
    if (this.#context.config.pass === false) return this.#leave(rumor);
    const { id } = rumor;
    const waiting = this.#queue.get(id);
    if (waiting !== undefined) {
      if (rumor.hops > waiting.hops) this.#queue.set(id, { ...rumor, first: waiting.first, delivered: waiting.delivered || rumor.delivered });
      return;
    }
    for (const oldest of this.#queue.keys()) {
      if (this.#queue.size < this.#maxQueued) break;
      this.due(oldest);
    }
    this.#queue.set(id, rumor);
    this.#context.emit({ type: 'SetTimer', timer: { of: 'leave', id }, delayMs: leaveMs(this.#context.random) });
  }

  /** The body of one at hand goes further: a header said that it may. */
  relayAgain(id: RumorId, hops: number, from: PeerId, first: boolean): void {
    const body = this.#reach.bodyOf(id);
    if (body !== undefined) this.relay({ id, hops, body, from, delivered: true, first });
  }

  /** Its time in the queue is over. One that is not there is fine. */
  due(id: RumorId): void {
    const rumor = this.#queue.get(id);
    this.#queue.delete(id);
    if (rumor === undefined || this.#context.config.hops === 0) return;
    // Only now, so that after a crash in between the next copy is relayed.
    this.#context.emit({ type: 'Remember', id, hops: rumor.hops, delivered: rumor.delivered, relayed: true });
    this.#leave(rumor);
  }

  #leave(rumor: Relayed<Body>): void {
    const { id, hops, body, from, first } = rumor;
    this.#send(rumor, from, first);
    if (first) this.#context.emit({ type: 'ReportRumor', what: 'relayed', id, hops, src: from, body });
  }

  /** Differs: Urbit tells the sender again, and knows no longer reach. */
  #send({ id, hops, body }: Outgoing<Body>, from: PeerId | undefined, first: boolean): void {
    const { subscribers } = this.#context;
    const place = this.#reach.find(id);
    if (!this.#anyKnows(place, from)) {
      this.#context.emit(from === undefined ? this.#own(id, hops, body) : { type: 'Send', id, hops, body, except: from });
    } else {
      const fresh: PeerId[] = [];
      const nearer: PeerId[] = [];
      for (const peer of subscribers.keys()) {
        const had = this.#reach.hopsOf(place, peer);
        if (had < 0) fresh.push(peer);
        else if (had < hops && peer !== from) nearer.push(peer);
      }
      // Though nobody is told, pals that are away are owed it.
      if (fresh.length > 0 || first) this.#context.emit({ type: 'Send', id, hops, body, only: fresh, ...(from !== undefined && { except: from }) });
      if (nearer.length > 0) this.#context.emit({ type: 'SendUpgrade', id, hops, only: nearer });
    }
    for (const peer of subscribers.keys()) if (peer !== from) this.know(id, peer, hops);
  }

  /** With passing on, what is our own leaves as what is others' does. */
  #own(id: RumorId, hops: number, body: Body): GossipEffect<Body> {
    return this.#context.config.pass === false ? { type: 'Send', id, hops, body, eager: true } : { type: 'Send', id, hops, body };
  }

  /** Whether a subscriber other than `from` is known to have it. */
  #anyKnows(place: Place, from: PeerId | undefined): boolean {
    if (place < 0) return false;
    for (const peer of this.#context.subscribers.keys()) if (peer !== from && this.#reach.hopsOf(place, peer) >= 0) return true;
    return false;
  }

  #sweepLater(): void {
    this.#sweeping = true;
    this.#context.emit({ type: 'SetTimer', timer: { of: 'recent' }, delayMs: RECENT_MS });
  }
}
