/**
 * One event's effects, parted into what is committed and what leaves after the commit. Pure but for the encoding.
 */
import type { Effect, FactEffect } from '../agent.ts';
import { isReserved } from '../marks/paths.ts';
import type { Arrival, Kept, Owed, Remembered, Saved, TimerChange } from '../store/store.ts';
import { encodeSaved } from './saved-view.ts';

/** A fact, with its number among those that its agent's pals are owed (Store.owe), if it has one. */
export type OutwardFact = FactEffect & { readonly number?: number };

/** What leaves an agent. */
export type Outward = OutwardFact | Exclude<Effect, { type: 'fact' | 'save' | 'forget' | 'wait' | 'rest' | 'remember' | 'keep' | 'refuse' }>;

/** What an event brings to the node's memory of rumors. */
export interface RumorChanges {
  readonly remember: readonly Remembered[];
  readonly keep: readonly Kept[];
}

/** All that one event does. */
export interface Transaction extends RumorChanges {
  readonly saves: readonly Saved[];
  readonly timers: readonly TimerChange[];
  readonly outward: readonly Outward[];
  /** What is delivered and can come again: it is on disk with this event, and the one that delivers it says so. */
  readonly arrived: readonly Arrival[];
  /** What `outward` sends to subscribers and pals are owed. */
  readonly owed: readonly Owed[];
  /** Set: the poke or watch is refused, and nothing else of the event is done. */
  readonly refused: string | undefined;
}

/** An event that does nothing, or whose effects are dropped. */
export const NOTHING: Transaction = Object.freeze({ saves: [], timers: [], remember: [], keep: [], outward: [], arrived: [], owed: [], refused: undefined });

/** @throws HearsayError `HEARSAY_BAD_DATA`, `HEARSAY_TOO_LARGE` for a value that cannot be saved. */
export function transaction(effects: readonly Effect[], nowMs: number, maxSavedBytes: number): Transaction {
  const saves: Saved[] = [];
  const timers: TimerChange[] = [];
  const remember: Remembered[] = [];
  const keep: Kept[] = [];
  const outward: Outward[] = [];
  const arrived: Arrival[] = [];
  for (const effect of effects) {
    switch (effect.type) {
      case 'save':
        saves.push({ key: effect.key, value: encodeSaved(effect.value, isReserved(effect.key) ? Infinity : maxSavedBytes) });
        break;
      case 'forget':
        saves.push({ key: effect.key, value: undefined });
        break;
      case 'wait':
        timers.push({ wire: effect.wire, atMs: nowMs + Math.ceil(effect.delayMs) });
        break;
      case 'rest':
        timers.push({ wire: effect.wire, atMs: undefined });
        break;
      case 'remember':
        remember.push(effect);
        break;
      case 'keep':
        keep.push(effect);
        break;
      case 'refuse':
        return { ...NOTHING, refused: effect.reason };
      case 'deliver':
        if (effect.id !== undefined && effect.again !== undefined) arrived.push({ id: effect.id, from: effect.src, ...effect.again });
        outward.push(effect);
        break;
      default:
        outward.push(effect);
    }
  }
  return { saves, timers, remember, keep, outward, arrived, owed: [], refused: undefined };
}
