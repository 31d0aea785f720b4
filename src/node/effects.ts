/**
 * Checks what an agent returned, before any of it is done: an agent's mistake is a typed error that names agent, arm and value.
 */
import { Buffer } from 'node:buffer';
import type { Deferred, Effect, Effects, Emission } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import { isPeerId, isRumorId } from '../ids.ts';
import { MAX_HOPS } from '../wrapper/config.ts';
import { MAX_MARK_BYTES, MAX_PATH_BYTES } from './messages.ts';

/** The longest timer, in ms: what a Node timer takes. */
export const MAX_WAIT_MS: number = 2 ** 31 - 1;

/** An emission as a list. @throws HearsayError `HEARSAY_BAD_EFFECT` for anything that is not an effect. */
export function effectList(emission: Exclude<Emission, Deferred>, agent: string, arm: string): readonly Effect[] {
  if (emission === undefined || emission === null) return [];
  const list: readonly Effect[] = Array.isArray(emission) ? (emission as readonly Effect[]) : [emission as Effect];
  for (const effect of list) {
    const fault = faultOf(effect);
    if (fault === undefined) continue;
    // The data of a fact are nobody's business but its readers'.
    const value = typeof effect === 'object' && effect !== null ? { ...effect, data: undefined, value: undefined } : effect;
    throw new HearsayError('HEARSAY_BAD_EFFECT', { field: `${agent}.${arm}`, rule: `to return effects whose ${fault}`, value });
  }
  return list;
}

interface FieldRule {
  readonly rule: string;
  holds(value: unknown): boolean;
}

const text: FieldRule = { rule: `is a string of 1 to ${MAX_PATH_BYTES} bytes`, holds: (value) => isText(value, MAX_PATH_BYTES) };
const name: FieldRule = { rule: `is a string of 1 to ${MAX_MARK_BYTES} bytes`, holds: isMark };
const path: FieldRule = { rule: `starts with / and has at most ${MAX_PATH_BYTES} bytes`, holds: isPath };
const paths: FieldRule = { rule: `is a list of paths that start with / and have at most ${MAX_PATH_BYTES} bytes`, holds: (value) => Array.isArray(value) && value.every(isPath) };
const peer: FieldRule = { rule: 'is a peer id', holds: isPeerId };
const peerOrNone: FieldRule = { rule: 'is a peer id, if given', holds: (value) => value === undefined || isPeerId(value) };
const peersOrNone: FieldRule = { rule: 'is a list of peer ids, if given', holds: (value) => value === undefined || (Array.isArray(value) && value.every(isPeerId)) };
const id: FieldRule = { rule: 'is a rumor id', holds: isRumorId };
const delayMs: FieldRule = { rule: `is a number from 0 to ${MAX_WAIT_MS}`, holds: (value) => typeof value === 'number' && value >= 0 && value <= MAX_WAIT_MS };

const reasonOrNone: FieldRule = { rule: `is a string of 1 to ${MAX_PATH_BYTES} bytes, if given`, holds: (value) => value === undefined || isText(value, MAX_PATH_BYTES) };
const hops: FieldRule = { rule: `is a whole number from 0 to ${MAX_HOPS}`, holds: (value) => isNatural(value) && value <= MAX_HOPS };
const hopsOrNone: FieldRule = { rule: `is a whole number from 0 to ${MAX_HOPS}, if given`, holds: (value) => value === undefined || hops.holds(value) };
const flag: FieldRule = { rule: 'is a boolean', holds: (value) => typeof value === 'boolean' };
const flagOrNone: FieldRule = { rule: 'is a boolean, if given', holds: (value) => value === undefined || typeof value === 'boolean' };
const partsOrNone: FieldRule = {
  rule: 'is two Uint8Arrays, if given',
  holds: (value) => value === undefined || (Array.isArray(value) && value.length === 2 && value.every((part) => part instanceof Uint8Array)),
};
const bytes: FieldRule = { rule: 'is a Uint8Array', holds: (value) => value instanceof Uint8Array };
const count: FieldRule = { rule: 'is a whole number from 0', holds: isNatural };
const sign: FieldRule = { rule: 'is a sign', holds: isTyped };
const report: FieldRule = { rule: 'is a report', holds: isTyped };

/** What is checked of each effect: whatever the host could stumble over. */
const RULES: { readonly [T in Effect['type']]: Readonly<Record<string, FieldRule>> } = {
  fact: { paths, mark: name, except: peerOrNone, only: peersOrNone, hops: hopsOrNone, offer: flagOrNone, parts: partsOrNone },
  kick: { paths, peer: peerOrNone, reason: reasonOrNone },
  poke: { wire: text, peer, agent: name, mark: name },
  watch: { wire: text, peer, agent: name, path },
  leave: { wire: text, peer, agent: name },
  wait: { wire: text, delayMs },
  rest: { wire: text },
  save: { key: text },
  forget: { key: text },
  refuse: { reason: text },
  remember: { id, hops, delivered: flag, relayed: flag },
  keep: { id, mark: name, payload: bytes, hops },
  deliver: { wire: text, sign, src: peer, bytes: count },
  report: { report },
};

const TYPES: readonly string[] = Object.keys(RULES);
/** As lists, which cost less to go through for every effect. */
const RULE_LISTS: ReadonlyMap<string, readonly (readonly [field: string, rule: FieldRule])[]> = new Map(Object.entries(RULES).map(([type, rules]) => [type, Object.entries(rules)]));

/** What is wrong with an effect, as the end of "effects whose …"; `undefined` when nothing is. */
function faultOf(effect: Effect): string | undefined {
  const rules = typeof effect === 'object' && effect !== null ? RULE_LISTS.get(effect.type) : undefined;
  if (rules === undefined) return `\`type\` is one of ${TYPES.join(', ')}`;
  const fields = effect as unknown as Readonly<Record<string, unknown>>;
  for (const [field, { rule, holds }] of rules) {
    if (!holds(fields[field])) return `\`${field}\` ${rule}`;
  }
  return undefined;
}

/** Whether it can be a path on the wire. */
export function isPath(value: unknown): boolean {
  return isText(value, MAX_PATH_BYTES) && (value as string).startsWith('/');
}

/** Whether it can name a kind of data, or an agent and so its topic. */
export function isMark(value: unknown): boolean {
  return isText(value, MAX_MARK_BYTES);
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTyped(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isText(value: unknown, maxBytes: number): boolean {
  // A UTF-16 unit takes three bytes at most: a short one need not be measured.
  return typeof value === 'string' && value !== '' && (value.length * 3 <= maxBytes || Buffer.byteLength(value) <= maxBytes);
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
