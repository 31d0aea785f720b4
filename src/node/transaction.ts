/**
 * One event's effects, parted into what is committed and what leaves after the commit. Pure but for the encoding.
 */
import type { Effect } from '../agent.ts';
import { isReserved } from '../marks/paths.ts';
import type { Kept, Remembered, Saved, TimerChange } from '../store/store.ts';
import { encodeSaved } from './saved-view.ts';

/** What leaves an agent. */
export type Outward = Exclude<Effect, { type: 'save' | 'forget' | 'wait' | 'rest' | 'remember' | 'keep' | 'refuse' }>;

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
  /** Set: the poke or watch is refused, and nothing else of the event is done. */
  readonly refused: string | undefined;
}

/** An event that does nothing, or whose effects are dropped. */
export const NOTHING: Transaction = Object.freeze({ saves: [], timers: [], remember: [], keep: [], outward: [], refused: undefined });

/** @throws HearsayError `HEARSAY_BAD_DATA`, `HEARSAY_TOO_LARGE` for a value that cannot be saved. */
export function transaction(effects: readonly Effect[], nowMs: number, maxSavedBytes: number): Transaction {
  const saves: Saved[] = [];
  const timers: TimerChange[] = [];
  const remember: Remembered[] = [];
  const keep: Kept[] = [];
  const outward: Outward[] = [];
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
      default:
        outward.push(effect);
    }
  }
  return { saves, timers, remember, keep, outward, refused: undefined };
}
