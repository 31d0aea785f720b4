/**
 * Marks: the names of an app's kinds of data, each with its schema. What carries the types from the schemas to the agent,
 * and what the wrapper asks about payloads.
 */
import { fact } from '../agent.ts';
import type { Effect, Mark, Sign, Wire } from '../agent.ts';
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import type { RumorId } from '../ids.ts';
import { GOSSIP_UNKNOWN, isMark, MAX_NAME_BYTES, RESERVED_MARKS } from './names.ts';
import { GOSSIP_GOSSIP, GOSSIP_SOURCE } from './paths.ts';
import { decodePayload } from './payload-decode.ts';
import { encodePayload, kindOf } from './payload-encode.ts';
import { isSchema, validate } from './schema.ts';
import type { InputOf, OutputOf, Schema } from './schema.ts';

/** A mark whose data are new each time: saying the same twice is two data. Without it, equal data are one. */
export interface RepeatMark<S extends Schema = Schema> {
  readonly schema: S;
  readonly repeat: true;
}

/** Marks by name. A name has 1 to 64 bytes and does not start with `gossip-`. */
export type MarkSchemas = Readonly<Record<Mark, Schema | RepeatMark>>;

type SchemaOf<M> = M extends Schema ? M : M extends RepeatMark<infer S> ? S : never;
/** The marks of a set of schemas. */
export type MarkOf<S extends MarkSchemas> = keyof S & string;
/** What is published under a mark. */
export type MarkInput<S extends MarkSchemas, M extends MarkOf<S>> = InputOf<SchemaOf<S[M]>>;
/** What is heard under a mark. */
export type MarkOutput<S extends MarkSchemas, M extends MarkOf<S>> = OutputOf<SchemaOf<S[M]>>;

/** A rumor as the inner agent gets it. */
export interface HeardDatum<M extends Mark, Data> {
  readonly mark: M;
  readonly data: Data;
  /** The rumor's id: a key for agents that keep their state elsewhere. */
  readonly id?: RumorId;
  /** Kept from before an upgrade that taught us its mark. */
  readonly replayed?: boolean;
}

/** What came and could not be read: of a mark without a schema, or data that do not fit it. */
export interface UnknownDatum {
  readonly mark: Mark;
  readonly data: unknown;
  readonly reason: string;
}

/** What may be heard: one case per mark, and `gossip-unknown`. */
export type Heard<S extends MarkSchemas> =
  | { readonly [M in MarkOf<S>]: HeardDatum<M, MarkOutput<S, M>> }[MarkOf<S>]
  | HeardDatum<typeof GOSSIP_UNKNOWN, UnknownDatum>;

/** What a payload turned out to be. `data` is the schema's output when valid, else what was decoded, else `undefined`. */
export type MarkVerdict =
  | { readonly verdict: 'valid'; readonly data: unknown }
  /** No schema for the mark. The payload itself is sound. */
  | { readonly verdict: 'unknown'; readonly data: unknown }
  /** `error` is set when the fault is ours: a validator that answers by a promise. */
  | { readonly verdict: 'invalid'; readonly reason: string; readonly data: unknown; readonly error?: HearsayError };

/** The untyped side of marks, for wrappers: between data and payload bytes. */
export interface MarkCodec {
  /** Whether there is a schema for the mark. */
  has(mark: Mark): boolean;
  /**
   * The payload of data that we publish. It carries what was given, not the schema's output: each receiver runs the schema itself.
   * For a `repeat` mark two calls never give the same bytes.
   * @throws HearsayError `HEARSAY_UNKNOWN_MARK` without a schema, `HEARSAY_BAD_DATA` if the data do not fit it or are not plain,
   * `HEARSAY_TOO_LARGE` past `maxBytes`, `HEARSAY_ASYNC_VALIDATOR`.
   */
  encode(mark: Mark, data: unknown, maxBytes: number): Uint8Array;
  /** Reads a payload that came from a peer. Never throws. */
  decode(mark: Mark, payload: Uint8Array): MarkVerdict;
}

/** An app's marks, typed by their schemas. The methods need no `this`. What takes marks of any schemas takes a {@link MarkCodec}. */
export interface Marks<S extends MarkSchemas> extends MarkCodec {
  /** Every mark that has a schema. */
  readonly names: readonly MarkOf<S>[];
  /** Publishes a new datum to whoever may hear us. @param hops how far it may travel, 0 to 15, if that is less than the config's */
  invent<M extends MarkOf<S>>(mark: M, data: MarkInput<S, M>, hops?: number): Effect;
  /** A first answer, from `onWatch`: goes to the new subscriber alone. */
  answer<M extends MarkOf<S>>(mark: M, data: MarkInput<S, M>): Effect;
  /** What came, if this event is a rumor; else `undefined`. For `onAgent`. */
  heard(wire: Wire, sign: Sign): Heard<S> | undefined;
}

/** Bytes of the nonce of a `repeat` mark (our choice: 128 random bits do not meet twice). */
const NONCE_BYTES = 16;
/** Heads of an array of two and of a byte string of 16: what stands before the data of a `repeat` mark, with the nonce. */
const REPEAT_HEAD = [0x82, 0x50] as const;
const REPEAT_PREFIX_BYTES = REPEAT_HEAD.length + NONCE_BYTES;

/**
 * Binds names to schemas. Without schemas, `defineMarks({})`, everything heard is `gossip-unknown`.
 * An incompatible change of a schema is a new mark: old and new versions of an app would stop relaying each other.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` for a bad name or something that is no schema.
 */
export function defineMarks<const S extends MarkSchemas>(schemas: S): Marks<S> {
  const codec = new SchemaCodec(schemas);
  return Object.freeze<Marks<S>>({
    names: Object.freeze(Object.keys(schemas)) as readonly MarkOf<S>[],
    invent: (mark, data, hops) => ({ ...fact([GOSSIP_SOURCE], mark, data), ...(hops !== undefined && { hops }) }),
    answer: (mark, data) => fact([], mark, data),
    heard: (wire, sign) => {
      if (wire !== GOSSIP_GOSSIP || sign.type !== 'fact') return undefined;
      if (sign.mark !== GOSSIP_UNKNOWN && !codec.has(sign.mark)) return undefined;
      return heardOf(sign) as Heard<S>;
    },
    has: (mark) => codec.has(mark),
    encode: (mark, data, maxBytes) => codec.encode(mark, data, maxBytes),
    decode: (mark, payload) => codec.decode(mark, payload),
  });
}

/** Field by field: a copy of "all but the type" takes ten times as long. */
function heardOf({ mark, data, id, replayed }: Extract<Sign, { type: 'fact' }>): HeardDatum<Mark, unknown> {
  if (replayed !== undefined) return id === undefined ? { mark, data, replayed } : { mark, data, id, replayed };
  return id === undefined ? { mark, data } : { mark, data, id };
}

class SchemaCodec implements MarkCodec {
  // A Map: a peer's mark may be called `constructor`.
  readonly #rules: ReadonlyMap<Mark, { readonly schema: Schema; readonly repeat: boolean }>;

  constructor(schemas: MarkSchemas) {
    this.#rules = new Map(Object.entries(schemas).map(([mark, given]) => [mark, readRule(mark, given)]));
  }

  has(mark: Mark): boolean {
    return this.#rules.has(mark);
  }

  encode(mark: Mark, data: unknown, maxBytes: number): Uint8Array {
    const rule = this.#rules.get(mark);
    if (rule === undefined) {
      throw new HearsayError('HEARSAY_UNKNOWN_MARK', { field: 'mark', rule: `to be one of ${[...this.#rules.keys()].join(', ') || 'none'}`, value: mark });
    }
    const checked = validate(rule.schema, data);
    if (!checked.ok) throw new HearsayError('HEARSAY_BAD_DATA', { field: 'data', rule: `to be a \`${mark}\` (${checked.reason})`, value: kindOf(data) });
    return rule.repeat ? encodeRepeat(data, maxBytes) : encodePayload(data, maxBytes);
  }

  decode(mark: Mark, payload: Uint8Array): MarkVerdict {
    const rule = this.#rules.get(mark);
    // Nobody can publish under such a name, so nobody passes it on.
    if (rule === undefined && !isMark(mark)) return { verdict: 'invalid', reason: 'bad-mark', data: undefined };
    const decoded = decodePayload(payload);
    if (!decoded.ok) return { verdict: 'invalid', reason: decoded.reason, data: undefined };
    if (rule === undefined) return { verdict: 'unknown', data: decoded.value };
    if (!rule.repeat) return judge(rule.schema, decoded.value);
    return isRepeat(decoded.value) ? judge(rule.schema, decoded.value[1]) : { verdict: 'invalid', reason: 'no-nonce', data: decoded.value };
  }
}

function readRule(mark: Mark, given: Schema | RepeatMark): { readonly schema: Schema; readonly repeat: boolean } {
  const field = `marks.${mark}`;
  if (!isMark(mark)) {
    const rule = `to have a name of 1 to ${MAX_NAME_BYTES} bytes that does not start with ${RESERVED_MARKS}`;
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value: mark });
  }
  if (isSchema(given)) return { schema: given, repeat: false };
  if (typeof given === 'object' && given !== null && given.repeat === true && isSchema(given.schema)) return { schema: given.schema, repeat: true };
  throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule: 'to be a Standard Schema, a function, or { schema, repeat: true }', value: kindOf(given) });
}

/** The array of nonce and data, put together by hand so that errors name paths within the data. */
function encodeRepeat(data: unknown, maxBytes: number): Uint8Array {
  const payload = encodePayload(data, maxBytes - REPEAT_PREFIX_BYTES, 1);
  const bytes = new Uint8Array(REPEAT_PREFIX_BYTES + payload.length);
  bytes.set(REPEAT_HEAD);
  bytes.set(primitives().randomBytes(NONCE_BYTES), REPEAT_HEAD.length);
  bytes.set(payload, REPEAT_PREFIX_BYTES);
  return bytes;
}

function isRepeat(value: unknown): value is [nonce: Uint8Array, data: unknown] {
  return Array.isArray(value) && value.length === 2 && value[0] instanceof Uint8Array && value[0].length === NONCE_BYTES;
}

/** Runs the schema on a peer's data. A validator that answers by a promise must not end the node: it is reported. */
function judge(schema: Schema, data: unknown): MarkVerdict {
  try {
    const checked = validate(schema, data);
    return checked.ok ? { verdict: 'valid', data: checked.value } : { verdict: 'invalid', reason: checked.reason, data };
  } catch (error) {
    return { verdict: 'invalid', reason: 'async-validator', data, error: error as HearsayError };
  }
}
