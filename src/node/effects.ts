/**
 * Checks what an agent returned, before any of it is done: an agent's mistake is a typed error that names agent, arm and value.
 */
import { Buffer } from 'node:buffer';
import type { Deferred, Effect, Effects, Emission } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import { isPeerId, isRumorId } from '../ids.ts';
import { MAX_MARK_BYTES, MAX_PATH_BYTES } from './messages.ts';

/** The longest timer, in ms: what a Node timer takes. */
export const MAX_WAIT_MS: number = 2 ** 31 - 1;

/** An emission as a list. @throws HearsayError `HEARSAY_BAD_EFFECT` for anything that is not an effect. */
export function effectList(emission: Exclude<Emission, Deferred>, agent: string, arm: string): readonly Effect[] {
  if (emission === undefined || emission === null) return [];
  const list: readonly Effect[] = Array.isArray(emission) ? (emission as readonly Effect[]) : [emission as Effect];
  for (const effect of list) {
    const fault = faultOf(effect);
    if (fault !== undefined) {
      throw new HearsayError('HEARSAY_BAD_EFFECT', { field: `${agent}.${arm}`, rule: `to return effects whose ${fault}`, value: typeof effect === 'object' && effect !== null ? { ...effect, data: undefined } : effect });
    }
  }
  return list;
}

/** What is wrong with an effect, as the end of "effects whose …"; `undefined` when nothing is. */
function faultOf(effect: Effect): string | undefined {
  if (typeof effect !== 'object' || effect === null) return '`type` is one of those in the README';
  switch (effect.type) {
    case 'fact':
      return allOf(isPaths(effect.paths) || PATH_RULE, isMark(effect.mark) || MARK_RULE);
    case 'kick':
      return allOf(isPaths(effect.paths) || PATH_RULE, effect.peer === undefined || isPeerId(effect.peer) || PEER_RULE);
    case 'poke':
      return allOf(isText(effect.wire) || WIRE_RULE, isPeerId(effect.peer) || PEER_RULE, isAgentName(effect.agent) || AGENT_RULE, isMark(effect.mark) || MARK_RULE);
    case 'watch':
      return allOf(isText(effect.wire) || WIRE_RULE, isPeerId(effect.peer) || PEER_RULE, isAgentName(effect.agent) || AGENT_RULE, isPath(effect.path) || PATH_RULE);
    case 'leave':
      return allOf(isText(effect.wire) || WIRE_RULE, isPeerId(effect.peer) || PEER_RULE, isAgentName(effect.agent) || AGENT_RULE);
    case 'wait':
      return allOf(isText(effect.wire) || WIRE_RULE, (Number.isFinite(effect.delayMs) && effect.delayMs >= 0 && effect.delayMs <= MAX_WAIT_MS) || `\`delayMs\` is from 0 to ${MAX_WAIT_MS}`);
    case 'rest':
      return allOf(isText(effect.wire) || WIRE_RULE);
    case 'save':
    case 'forget':
      return allOf(isText(effect.key) || '`key` is a string of 1 to 256 bytes');
    case 'refuse':
      return allOf(isText(effect.reason) || '`reason` is a string of 1 to 256 bytes');
    case 'remember':
    case 'keep':
      return allOf(isRumorId(effect.id) || '`id` is a rumor id');
    case 'deliver':
    case 'report':
      return undefined;
    default:
      return '`type` is one of those in the README';
  }
}

const PATH_RULE = `\`paths\` start with / and have at most ${MAX_PATH_BYTES} bytes`;
const MARK_RULE = `\`mark\` is a string of 1 to ${MAX_MARK_BYTES} bytes`;
const PEER_RULE = '`peer` is a peer id';
const WIRE_RULE = `\`wire\` is a string of 1 to ${MAX_PATH_BYTES} bytes`;
const AGENT_RULE = `\`agent\` is a string of 1 to ${MAX_MARK_BYTES} bytes`;

function allOf(...checks: readonly (true | string)[]): string | undefined {
  return checks.find((check): check is string => check !== true);
}

/** Whether it can be a path on the wire. */
export function isPath(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/') && Buffer.byteLength(value) <= MAX_PATH_BYTES;
}

function isPaths(value: unknown): boolean {
  return Array.isArray(value) && value.every(isPath);
}

/** Whether it can name a kind of data on the wire. */
export function isMark(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_MARK_BYTES;
}

/** Whether it can name an agent, and so a topic. */
export function isAgentName(value: unknown): boolean {
  return isMark(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_PATH_BYTES;
}

/** Whether an arm returned a promise, from whatever realm. */
export function isPromise(effects: Effects): effects is Promise<Emission> {
  return typeof effects === 'object' && effects !== null && 'then' in effects && typeof effects.then === 'function';
}

/** What an arm returned when it returned an Observable. */
export type Stream = Extract<Effects, { subscribe: unknown }>;

/** Whether an arm returned an Observable, of whichever copy of rxjs. */
export function isStream(effects: Effects): effects is Stream {
  return typeof effects === 'object' && effects !== null && 'subscribe' in effects && typeof effects.subscribe === 'function';
}
