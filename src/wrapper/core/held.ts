/**
 * Data that were handed to a proxy, or wait to be. Pure. One form for our own and for what others passed to us.
 */
import type { PeerId, RumorId } from '../../ids.ts';

export interface HeldRumor<Body> {
  readonly id: RumorId;
  readonly body: Body;
  readonly bytes: number;
  /** Its mark has no validator. */
  readonly unknown: boolean;
  /** When we publish it ourselves, in ms since 1970. */
  deadlineMs: number;
  /** As they shall be on the wire. */
  hops: number;
  /** Who passed it to us; ourselves for our own, and after a restart. */
  from: PeerId;
  /** The proxy that has it. */
  successor: PeerId | undefined;
  /** Who had it before or after us: nobody among them is asked again, so that no loop is endless. Bounded by who is there while it is held. */
  readonly tried: Set<PeerId>;
  /** The agent has had it. */
  delivered: boolean;
  /** The successor published it, which is not enough: it may have told us alone. From then on it is no secret that we have it. */
  heard: boolean;
  /** It waits to be given to a proxy. */
  leaving: boolean;
}

export interface HeldLimits {
  readonly maxHeld: number;
  readonly maxHeldBytes: number;
}

export class Held<Body> {
  readonly #limits: HeldLimits;
  /** Oldest first. */
  readonly #rumors: Map<RumorId, HeldRumor<Body>> = new Map();
  #bytes = 0;

  constructor(limits: HeldLimits) {
    this.#limits = limits;
  }

  all(): readonly HeldRumor<Body>[] {
    return [...this.#rumors.values()];
  }

  get(id: RumorId): HeldRumor<Body> | undefined {
    return this.#rumors.get(id);
  }

  /** Whether one of that size fits in beside the others. */
  fits(bytes: number): boolean {
    return this.#rumors.size < this.#limits.maxHeld && this.#bytes + bytes <= this.#limits.maxHeldBytes;
  }

  oldest(): HeldRumor<Body> | undefined {
    return this.#rumors.values().next().value;
  }

  add(rumor: HeldRumor<Body>): void {
    this.#rumors.set(rumor.id, rumor);
    this.#bytes += rumor.bytes;
  }

  delete(id: RumorId): void {
    this.#bytes -= this.#rumors.get(id)?.bytes ?? 0;
    this.#rumors.delete(id);
  }
}
