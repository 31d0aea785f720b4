/**
 * What the parts of the gossip core share: who we are and know, what the policy is, what time it is, and what is to be done. Pure.
 */
import type { AgentEvent } from '../../agent.ts';
import type { PeerId, RumorId } from '../../ids.ts';
import type { Random } from '../../random.ts';
import type { GossipConfig } from '../config.ts';
import { Circle } from './circle.ts';
import { Hearing } from './hearing.ts';
import type { GossipEffect } from './messages.ts';

/** Not frozen: a loop over lists of which one is frozen makes an object a step. */
const NOTHING: readonly never[] = [];

export class Context<Body> {
  readonly our: PeerId;
  /** The most hops the code allows, 1 to 15. */
  readonly maxHops: number;
  /** The config that the code gives. */
  readonly given: GossipConfig;
  readonly random: Random;
  readonly circle: Circle;
  readonly hearing: Hearing = new Hearing();
  /** Open subscriptions to our rumors by peer. The host bounds them (limits.maxWatchesPerPeer, limits.maxLinks). */
  readonly subscribers: Map<PeerId, number> = new Map();
  /** The config in effect. */
  config: GossipConfig;
  /** Wall clock of the step being taken, ms since 1970. */
  nowMs = 0;
  #effects: GossipEffect<Body>[] | undefined;

  constructor({ our, maxHops, given, random }: Pick<Context<Body>, 'our' | 'maxHops' | 'given' | 'random'>, config: GossipConfig) {
    this.our = our;
    this.maxHops = maxHops;
    this.given = given;
    this.random = random;
    this.config = config;
    this.circle = new Circle(our);
  }

  /** Whether the policy lets that peer hear us now. */
  mayTell(peer: PeerId): boolean {
    return this.circle.mayTell(this.config.tell, peer);
  }

  /** Whether the policy has us hear that peer. */
  mayHear(peer: PeerId): boolean {
    return this.circle.mayHear(this.config.hear, peer);
  }

  /** Differs: a count is never taken as it comes. */
  clamp(hopsOnWire: number): number {
    return Math.min(hopsOnWire, this.maxHops - 1);
  }

  emit(effect: GossipEffect<Body>): void {
    if (this.#effects === undefined) this.#effects = [effect];
    else this.#effects.push(effect);
  }

  /** What was emitted since the last time. Most steps in a flood are copies, of which nothing follows: for those no list is made. */
  take(): readonly GossipEffect<Body>[] {
    const effects = this.#effects;
    this.#effects = undefined;
    return effects ?? NOTHING;
  }

  notice(event: AgentEvent): void {
    this.emit({ type: 'Notice', event });
  }

  /** To the inner agent. @param unknown its mark has no validator, so it is kept for later code too */
  deliver({ id, from, body, unknown }: { readonly id: RumorId; readonly from: PeerId; readonly body: Body; readonly unknown: boolean }, replayed: boolean): void {
    this.emit({ type: 'Deliver', id, from, body, replayed });
    if (unknown) this.emit({ type: 'Quarantine', from, body });
  }
}
