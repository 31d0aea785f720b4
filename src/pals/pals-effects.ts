/**
 * The core's effects as an agent's, and what it saved as the core's: one key per peer, so that a save is small.
 */
import { fact, forget, poke, refuse, save, wait } from '../agent.ts';
import type { Effect } from '../agent.ts';
import { assertNever } from '../errors.ts';
import { isPeerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import type { PalRecord, PalsEffect } from './core/types.ts';
import { EFFECT, GESTURE, HELLO, PALS } from './messages.ts';

const PREFIX = '/pal/';

/** What the host is asked to do for an effect of the core. */
export function toEffect(effect: PalsEffect): Effect {
  switch (effect.type) {
    case 'SendGesture':
      return poke(`/gesture/${effect.gesture.seq}`, effect.to, PALS, GESTURE, effect.gesture);
    case 'SendHello':
      return poke('/hello', effect.to, PALS, HELLO, effect.hello);
    case 'SetTimer':
      return wait(`/retry/${effect.peer}`, effect.delayMs);
    case 'Emit':
      return fact([effect.event.type === 'meet' || effect.event.type === 'part' ? '/targets' : '/leeches'], EFFECT, effect.event);
    case 'Notify':
      return { type: 'report', report: { type: 'event', event: { name: `pal-${effect.notice.type}`, peer: effect.notice.peer } } };
    case 'Save':
      return save(PREFIX + effect.peer, effect.record);
    case 'Forget':
      return forget(PREFIX + effect.peer);
    case 'Refuse':
      return refuse(effect.reason);
    default:
      return assertNever(effect);
  }
}

/** The records among what the agent saved. */
export function* savedPals(saved: ReadonlyMap<string, unknown>): Generator<readonly [PeerId, PalRecord]> {
  for (const key of saved.keys()) {
    const peer = key.slice(PREFIX.length);
    if (key.startsWith(PREFIX) && isPeerId(peer)) yield [peer, saved.get(key) as PalRecord];
  }
}
