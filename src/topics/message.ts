/**
 * What goes over a topic: bytes, and for those who say the same twice a nonce. Two marks, both known to every member.
 * The nonce is part of the data, not of a `repeat` mark, so that a bridge can hand it on: in each topic the same message is one datum.
 */
import type { Effect } from '../agent.ts';
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import type { RumorId } from '../ids.ts';
import { defineMarks } from '../marks/define-marks.ts';
import type { Heard, Marks } from '../marks/define-marks.ts';
import { rumorId } from '../marks/rumor-id.ts';

/** What a message says, and, if its author repeats himself, which time it is. */
export interface Content {
  readonly bytes: Uint8Array;
  /** 16 bytes of chance. Without it equal bytes are one message. */
  readonly nonce: Uint8Array | undefined;
}

/** A message as it passes a node. */
export interface Message extends Content {
  /** How far it may travel from here, in recipients, 0 to 15. */
  readonly hops: number;
  /** Said by an app of this node: its own readers do not get it. */
  readonly ours: boolean;
}

/** A nonce has these many bytes (our choice, as for `repeat` marks: 128 random bits do not meet twice). */
const NONCE_BYTES = 16;
/** What stands around the bytes of a message in a payload, at most: heads of CBOR and a nonce. Rounded up (21 bytes). */
const OVERHEAD_BYTES = 32;

/** The kinds of data of a topic. */
export type TopicMarks = {
  readonly bytes: (data: unknown) => Uint8Array;
  readonly 'bytes-again': (data: unknown) => [nonce: Uint8Array, bytes: Uint8Array];
};

const schemas: TopicMarks = { bytes: checkBytes, 'bytes-again': checkAgain };
/** The marks of every topic. */
export const topicMarks: Marks<TopicMarks> = defineMarks(schemas);

/** The longest message that fits into a payload. */
export function largestMessage(maxPayloadBytes: number): number {
  return Math.max(0, maxPayloadBytes - OVERHEAD_BYTES);
}

/** Content that differs from all before it. */
export function again(bytes: Uint8Array): Content {
  return { bytes, nonce: primitives().randomBytes(NONCE_BYTES) };
}

/** The id of content in a topic. @throws HearsayError `HEARSAY_TOO_LARGE` */
export function idOf(topic: string, { bytes, nonce }: Content, maxPayloadBytes: number): RumorId {
  const [mark, data] = nonce === undefined ? (['bytes', bytes] as const) : (['bytes-again', [nonce, bytes]] as const);
  return rumorId(topic, mark, topicMarks.encode(mark, data, maxPayloadBytes));
}

/** Publishes content. @param hops how far it may travel; as far as the config says when it is not given */
export function invent({ bytes, nonce }: Content, hops?: number): Effect {
  return nonce === undefined ? topicMarks.invent('bytes', bytes, hops) : topicMarks.invent('bytes-again', [nonce, bytes], hops);
}

/** Content as a first answer: with the hops that it has at us, less one. */
export function answer({ bytes, nonce }: Content): Effect {
  return nonce === undefined ? topicMarks.answer('bytes', bytes) : topicMarks.answer('bytes-again', [nonce, bytes]);
}

/** The content of a datum that was heard; `undefined` for anything else. */
export function contentOf(heard: Heard<TopicMarks> | undefined): Content | undefined {
  if (heard?.mark === 'bytes') return { bytes: heard.data, nonce: undefined };
  return heard?.mark === 'bytes-again' ? { nonce: heard.data[0], bytes: heard.data[1] } : undefined;
}

function checkBytes(data: unknown): Uint8Array {
  if (!(data instanceof Uint8Array)) throw notBytes();
  return data;
}

function checkAgain(data: unknown): [nonce: Uint8Array, bytes: Uint8Array] {
  if (!Array.isArray(data) || data.length !== 2) throw notBytes();
  const [nonce, bytes] = data as readonly unknown[];
  if (!(nonce instanceof Uint8Array) || nonce.length !== NONCE_BYTES || !(bytes instanceof Uint8Array)) throw notBytes();
  return [nonce, bytes];
}

function notBytes(): HearsayError {
  return new HearsayError('HEARSAY_BAD_DATA', { field: 'data', rule: 'to be the bytes of a topic' });
}
