/**
 * What can happen to an agent, and the arm that hears of it.
 */
import { refuse } from '../agent.ts';
import type { Agent, Bowl, Datum, Effects, Emission, Sign } from '../agent.ts';
import type { PeerId } from '../ids.ts';
import type { Place } from './commits.ts';
import type { Subscriber } from './subscribers.ts';
import type { RumorChanges } from './transaction.ts';
import type { Watch } from './watches.ts';

/** Tells an asker how its event ended, once it is committed. */
export type Answer = (refused?: string, error?: Error) => void;

/** Something to be handed to an arm. */
export type AgentInput = { readonly src: PeerId; readonly answer?: Answer } & (
  | { readonly arm: 'onInit' | 'onLoad' }
  | { readonly arm: 'onPoke'; readonly datum: Datum; readonly bytes: number }
  | { readonly arm: 'onWatch'; readonly path: string; readonly subscriber: Subscriber }
  | { readonly arm: 'onLeave'; readonly path: string; readonly subscriber: Subscriber }
  /** `watch`: the subscription it belongs to. `changes` come from the arrival that this event delivers, and commit with it. `place`: where that arrival stands, if it can come again. */
  | { readonly arm: 'onAgent'; readonly wire: string; readonly sign: Sign; readonly bytes: number; readonly watch?: Watch; readonly changes?: RumorChanges | undefined; readonly place?: Place | undefined }
  | { readonly arm: 'onWake'; readonly wire: string }
  | { readonly arm: 'onFail'; readonly error: Error }
  /** One emission of an Observable that an arm returned. */
  | { readonly arm: 'emission'; readonly of: string; readonly emission: Emission; readonly subscriber: Subscriber | undefined }
  /** Calls no arm; its answer says that all events before it are done. */
  | { readonly arm: 'barrier' }
);

/** Calls the arm an input is for. A poke that the agent has no arm for is refused. */
export function callArm(agent: Agent, event: AgentInput, bowl: Bowl): Effects {
  switch (event.arm) {
    case 'onInit':
    case 'onLoad':
      return agent[event.arm]?.(bowl);
    case 'onPoke':
      return agent.onPoke === undefined ? refuse('not-open') : agent.onPoke(event.datum, bowl);
    case 'onWatch':
    case 'onLeave':
      return agent[event.arm]?.(event.path, bowl);
    case 'onAgent':
      return agent.onAgent?.(event.wire, event.sign, bowl);
    case 'onWake':
      return agent.onWake?.(event.wire, bowl);
    case 'onFail':
      return agent.onFail?.(event.error, bowl);
    case 'emission':
      return event.emission;
    case 'barrier':
      return undefined;
  }
}

/** Answers to our own requests, and facts and watches of our own agents, are bounded by what we asked for, and never dropped. */
export function isRefusable(event: AgentInput, our: PeerId): boolean {
  if (event.arm === 'onAgent') return event.sign.type === 'fact' && event.src !== our;
  if (event.arm === 'onWatch') return event.src !== our;
  return event.arm === 'onPoke' || event.arm === 'emission';
}

/** What it counts against `limits.maxQueuedBytes`. */
export function bytesOf(event: AgentInput): number {
  return event.arm === 'onAgent' || event.arm === 'onPoke' ? event.bytes : 0;
}

/** The arm's name, for errors. */
export function armOf(event: AgentInput): string {
  return event.arm === 'emission' ? event.of : event.arm;
}

/** Whom facts without a path are for. */
export function subscriberOf(event: AgentInput): Subscriber | undefined {
  return event.arm === 'onWatch' || event.arm === 'emission' ? event.subscriber : undefined;
}
