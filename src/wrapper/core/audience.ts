/**
 * Whom we listen to and who listens to us: our subscriptions to peers and theirs to us follow the policy. Pure. Rules W9, W15, W16 and W25;
 * DESIGN 4 point 11.
 */
import type { PeerId } from '../../ids.ts';
import type { Context } from './context.ts';
import type { Ending } from './hearing.ts';
import { Refusals } from './refusals.ts';
import type { Spread } from './spread.ts';

/** Why we refuse or end a subscription (Urbit's word). */
export const FORBIDDEN = 'gossip-forbidden';

export class Audience<Body> {
  readonly #context: Context<Body>;
  readonly #spread: Spread<Body>;
  readonly #refusals: Refusals = new Refusals();

  constructor(context: Context<Body>, spread: Spread<Body>) {
    this.#context = context;
    this.#spread = spread;
  }

  /** Pals that asked to hear us and may not. */
  refusedPals(): readonly PeerId[] {
    const { circle } = this.#context;
    return [...this.#refusals.peers()].filter((peer) => circle.mayHear('anybody', peer));
  }

  watchAsked(peer: PeerId): void {
    const { subscribers, nowMs } = this.#context;
    if (!this.#context.mayTell(peer)) {
      this.#refusals.add(peer, nowMs);
      return this.#context.emit({ type: 'Refuse', reason: FORBIDDEN });
    }
    this.#refusals.take(peer, nowMs);
    subscribers.set(peer, (subscribers.get(peer) ?? 0) + 1);
    // Whoever asks runs the agent, so it is worth asking back.
    this.#nudge(peer);
  }

  subscriberLeft(peer: PeerId): void {
    const { subscribers } = this.#context;
    const open = (subscribers.get(peer) ?? 0) - 1;
    if (open > 0) return void subscribers.set(peer, open);
    subscribers.delete(peer);
    this.#spread.forget(peer);
  }

  watchEnded(peer: PeerId, name: Ending, reason: string): void {
    const delayMs = this.#context.hearing.ended(peer, name);
    if (delayMs === undefined) return;
    this.#context.notice({ name, peer, reason });
    this.#context.emit({ type: 'SetTimer', timer: { of: 'hear', peer }, delayMs });
  }

  /** Differs: Urbit asks again half an hour after a refusal, whatever happened meanwhile. */
  welcomed(peer: PeerId): void {
    // Who is nothing to us learns nothing from the answer.
    if (this.#context.mayHear(peer)) this.#nudge(peer);
    else this.#context.emit({ type: 'Refuse', reason: FORBIDDEN });
  }

  /** The wait after a refusal or a kick is over. */
  retry(peer: PeerId): void {
    if (this.#context.hearing.retry(peer)) this.#context.emit({ type: 'Watch', peer });
  }

  /** Makes what we hold with a peer fit the policy: our subscription to it, and its subscription to us. */
  review(peer: PeerId): void {
    const { hearing, subscribers, nowMs } = this.#context;
    const change = hearing.review(peer, this.#context.mayHear(peer));
    if (change === 'watch') this.#context.emit({ type: 'Watch', peer });
    if (change === 'leave') this.#context.emit({ type: 'Leave', peer });
    if (change === 'rest') this.#context.emit({ type: 'CancelTimer', timer: { of: 'hear', peer } });
    if (this.#context.mayTell(peer)) {
      if (this.#refusals.take(peer, nowMs)) this.#context.emit({ type: 'Welcome', peer });
    } else if (subscribers.delete(peer)) {
      this.#spread.forget(peer);
      this.#refusals.add(peer, nowMs);
      this.#context.emit({ type: 'Kick', peer, reason: FORBIDDEN });
    }
  }

  /** The policy changed. */
  reviewAll(): void {
    const { circle, hearing, subscribers } = this.#context;
    for (const peer of new Set([...circle.everybody(), ...hearing.peers(), ...subscribers.keys(), ...this.#refusals.peers()])) this.review(peer);
  }

  /** Asks a peer again that refused or kicked us. */
  #nudge(peer: PeerId): void {
    if (!this.#context.hearing.nudge(peer)) return;
    this.#context.emit({ type: 'CancelTimer', timer: { of: 'hear', peer } });
    this.#context.emit({ type: 'Watch', peer });
  }
}
