/**
 * One event's effects, parted into what is committed and what leaves after the commit. Pure but for the encoding.
 */
import type { Again, Effect, FactEffect } from '../agent.ts';
import type { PeerId, RumorId } from '../ids.ts';
import { isReserved } from '../marks/paths.ts';
import type { Arrival, Kept, Owed, Remembered, Saved, TimerChange } from '../store/store.ts';
import type { Clock } from './clock.ts';
import { encodeSaved } from './saved-view.ts';

/** What leaves an agent for others. */
export type Outward = FactEffect | Extract<Effect, { type: 'kick' | 'poke' | 'watch' | 'leave' }>;

/** What an event brings to the node's memory of rumors. */
export interface RumorChanges {
  readonly remember: readonly Remembered[];
  readonly keep: readonly Kept[];
}

/** All that one event does. */
export interface Transaction extends RumorChanges {
  readonly saves: readonly Saved[];
  readonly timers: readonly TimerChange[];
  /** All of them; of those that are committed nothing more is to be done. */
  readonly effects: readonly Effect[];
  /** What is delivered and can come again: it is on disk with this event, and the one that delivers it says so. */
  readonly arrived: readonly Arrival[];
  /** What of `effects` pals are owed (see {@link isOwed}), in the same order. Empty until it is numbered. */
  owed: readonly Owed[];
  /** Set: the poke or watch is refused, and nothing else of the event is done. */
  readonly refused: string | undefined;
}

/** An empty list. Not frozen: a loop over lists of which one is frozen makes an object a step (measured: 5 kB a rumor). */
export const NONE: readonly never[] = [];

/** An event that does nothing, or whose effects are dropped. */
export const NOTHING: Transaction = Object.freeze({ saves: NONE, timers: NONE, remember: NONE, keep: NONE, effects: NONE, arrived: NONE, owed: NONE, refused: undefined });

/** Whether it leaves the agent for others. */
export function isOutward(effect: Effect): effect is Outward {
  const { type } = effect;
  return type === 'fact' || type === 'kick' || type === 'poke' || type === 'watch' || type === 'leave';
}

/** Whether pals that are not told now are told later. */
export function isOwed(effect: Effect): effect is FactEffect & Required<Pick<FactEffect, 'rumor' | 'owedHops'>> {
  return effect.type === 'fact' && effect.rumor !== undefined && effect.owedHops !== undefined;
}

/**
 * @param from who brought what is remembered; `undefined` for our own events
 * @throws HearsayError `HEARSAY_BAD_DATA`, `HEARSAY_TOO_LARGE` for a value that cannot be saved.
 */
export function transaction(effects: readonly Effect[], clock: Pick<Clock, 'now'>, maxSavedBytes: number, from?: PeerId): Transaction {
  let saves: readonly Saved[] = NONE;
  let timers: readonly TimerChange[] = NONE;
  let remember: readonly Remembered[] = NONE;
  let keep: readonly Kept[] = NONE;
  let arrived: readonly Arrival[] = NONE;
  for (const effect of effects) {
    switch (effect.type) {
      case 'save':
        saves = and(saves, { key: effect.key, value: encodeSaved(effect.value, isReserved(effect.key) ? Infinity : maxSavedBytes) });
        break;
      case 'forget':
        saves = and(saves, { key: effect.key, value: undefined });
        break;
      case 'wait':
        timers = and(timers, { wire: effect.wire, atMs: clock.now() + Math.ceil(effect.delayMs) });
        break;
      case 'rest':
        timers = and(timers, { wire: effect.wire, atMs: undefined });
        break;
      case 'remember':
        remember = and(remember, remembered(effect, from));
        break;
      case 'keep':
        keep = and(keep, effect);
        break;
      case 'refuse':
        return { ...NOTHING, refused: effect.reason };
      case 'deliver':
        if (effect.id !== undefined && effect.again !== undefined) arrived = and(arrived, arrivalOf(effect.id, effect.src, effect.again));
        break;
      case 'fact':
      case 'kick':
      case 'poke':
      case 'watch':
      case 'leave':
      case 'report':
        break;
    }
  }
  return { saves, timers, remember, keep, effects, arrived, owed: NONE, refused: undefined };
}

/**
 * The list and one more: the same list, or another one. Up to three entries, which a rumor's event has at most, it has no spare room: thousands wait for the
 * disk, most of them with one entry in each list. `push` leaves room for 16 more, and so does a literal with a spread (measured: 198 bytes against 62).
 */
export function and<T>(list: readonly T[], next: T): readonly T[] {
  if (list.length === 0) return [next];
  if (list.length === 1) return [list[0]!, next];
  if (list.length === 2) return [list[0]!, list[1]!, next];
  (list as T[]).push(next);
  return list;
}

/** Without what a rumor's effect has beside it. */
function remembered({ id, hops, delivered, relayed }: Remembered, from: PeerId | undefined): Remembered {
  return from === undefined ? { id, hops, delivered, relayed } : { id, hops, delivered, relayed, from };
}

function arrivalOf(id: RumorId, from: PeerId, { wire, mark, data }: Again): Arrival {
  return { id, from, wire, mark, data };
}
