/**
 * One of the people of a world: who it is, what decides for it, and which of its timers count. Pure.
 */
import type { PeerId } from '../../ids.ts';
import { DEFAULT_LIMITS } from '../../limits.ts';
import type { Random } from '../../random.ts';
import { MAX_HOPS } from '../../wrapper/config.ts';
import type { GossipConfig } from '../../wrapper/config.ts';
import { GossipCore } from '../../wrapper/core.ts';
import type { Timer } from '../../wrapper/core/messages.ts';
import type { NodeIndex } from '../network.ts';
import type { Datum } from './datum.ts';

/** What decides at each node. {@link GossipCore} is one; reference.ts has another. */
export type Gossiper = Pick<GossipCore<Datum>, 'step' | 'mustRead'>;

/** What one needs to know to be in the world. */
export interface Self {
  readonly our: PeerId;
  readonly config: GossipConfig;
  readonly random: Random;
}

export interface Person {
  readonly index: NodeIndex;
  readonly peer: PeerId;
  readonly config: GossipConfig;
  readonly core: Gossiper;
  readonly subscribers: Set<Person>;
  readonly timers: Timers;
}

/** The id of the person at a place. */
export function peerOf(index: NodeIndex): PeerId {
  return index.toString(16).padStart(64, '0') as PeerId;
}

/** The package's own core, as the wrapper sets it up. */
export function ourRules({ our, config, random }: Self): Gossiper {
  return new GossipCore<Datum>({ ...DEFAULT_LIMITS, our, maxHops: MAX_HOPS, given: config, persisted: config, quarantined: [], held: [], random });
}

/** Which setting of a timer counts: those before are void. */
export class Timers {
  /** By what a timer is of, and whose. */
  readonly #set = new Map<Timer['of'], Map<string, number>>();

  /** @param setAs a number of its own for each setting */
  set(timer: Timer, setAs: number): void {
    const those = this.#set.get(timer.of) ?? new Map<string, number>();
    those.set(keyOf(timer), setAs);
    this.#set.set(timer.of, those);
  }

  cancel(timer: Timer): void {
    this.#set.get(timer.of)?.delete(keyOf(timer));
  }

  /** Whether that setting counts still. Not from now on. */
  take(timer: Timer, setAs: number): boolean {
    const those = this.#set.get(timer.of);
    return those?.get(keyOf(timer)) === setAs && those.delete(keyOf(timer));
  }
}

function keyOf(timer: Timer): string {
  if ('id' in timer) return timer.id;
  if ('peer' in timer) return timer.peer;
  return 'list' in timer ? timer.list : '';
}
