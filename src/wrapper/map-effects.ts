/**
 * Changes what an arm returned, in whatever shape it came, each part in the turn of its event.
 */
import { map, startWith } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Bowl, Deferred, Effect, Effects, Emission } from '../agent.ts';
import { innerBowl } from './inner-bowl.ts';

/** Turns the wrapped agent's effects into what the host shall do. Throws for an agent's mistake, and has then done nothing. */
export type Transform = (effects: readonly Effect[], bowl: Bowl) => readonly Effect[];

/**
 * @param each for each emission of an Observable
 * @param whole for a value or what a promise gives. It may add effects of the wrapper's own; those of an Observable's event go ahead of its first emission
 */
export function mapEffects(effects: Effects, bowl: Bowl, each: Transform, whole: Transform = each): Effects {
  if (isStream(effects)) {
    const mapped = effects.pipe(map((emission): Emission => later(emission, each)));
    return whole === each ? mapped : mapped.pipe(startWith<Emission>(whole([], bowl)));
  }
  if (isPromise(effects)) return effects.then((emission) => later(emission, whole));
  return typeof effects === 'function' ? later(effects, whole) : whole(listOf(effects), bowl);
}

function later(emission: Emission, transform: Transform): Deferred {
  return (bowl) => transform(listOf(typeof emission === 'function' ? emission(innerBowl(bowl)) : emission), bowl);
}

function listOf(emission: Exclude<Emission, Deferred>): readonly Effect[] {
  if (emission === undefined || emission === null) return [];
  return Array.isArray(emission) ? (emission as readonly Effect[]) : [emission as Effect];
}

// By shape, since an app may bring another copy of rxjs, or promises from another realm.
function isStream(effects: Effects): effects is Observable<Emission> {
  return typeof effects === 'object' && effects !== null && 'subscribe' in effects;
}

function isPromise(effects: Effects): effects is Promise<Emission> {
  return typeof effects === 'object' && effects !== null && 'then' in effects;
}
