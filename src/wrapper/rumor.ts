/**
 * A rumor's wire form: kind u8, hops u8, length of the mark u8, the mark in UTF-8, and the rest is the payload.
 * All kinds share it, those to come as well, so that one can be kept and told apart before it is understood.
 */
import type { FactEffect, Mark, Seen } from '../agent.ts';
import type { RumorId } from '../ids.ts';
import { KnownTexts } from '../marks/known-texts.ts';
import { isMark } from '../marks/names.ts';
import { Slab } from '../marks/slab.ts';

/** The mark of facts and pokes that carry rumors. */
export const GOSSIP_RUMOR = 'gossip-rumor';
/** The kinds that this code knows. 0: `hops` counts the recipient peers still to go after the receiver. */
export const KNOWN_KINDS: readonly number[] = [0];

/** Where the count of hops stands: the one byte that differs from copy to copy. */
export const HOPS_AT = 1;
const MARK_LENGTH_AT = 2;
/** Where begins what is the same in all copies: the length of the mark. */
export const CONTENT_AT = 2;
const MARK_AT = 3;
const encoder = new TextEncoder();
/** Without `ignoreBOM` two byte strings would read as one mark. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const known = new KnownTexts(decodeMark);

/** A rumor's parts. `payload` is a view into `bytes`; nobody changes either. */
export interface WireRumor {
  readonly bytes: Uint8Array;
  /** 0 to 255. */
  readonly kind: number;
  /** As it came, 0 to 255. */
  readonly hops: number;
  readonly mark: Mark;
  readonly payload: Uint8Array;
}

/** Why bytes are no rumor. Stable, and counted by. */
export type RumorFault = 'not-bytes' | 'truncated' | 'bad-mark' | 'too-large';

/** Builds one of kind 0 that nobody has sent yet: with no hops. See {@link withHops}. */
export function encodeRumor(mark: Mark, payload: Uint8Array): WireRumor {
  const name = encoder.encode(mark);
  const bytes = new Uint8Array(MARK_AT + name.length + payload.length);
  bytes[MARK_LENGTH_AT] = name.length;
  bytes.set(name, MARK_AT);
  bytes.set(payload, MARK_AT + name.length);
  return { bytes, kind: 0, hops: 0, mark, payload: bytes.subarray(MARK_AT + name.length) };
}

const leaving = new Slab();
const staying = new Slab();

/** A copy of a rumor's bytes with another count, for links. The rest is forwarded as the origin made it. */
export function withHops(bytes: Uint8Array, hops: number): Uint8Array {
  const copy = leaving.copy(bytes);
  copy[HOPS_AT] = hops;
  return copy;
}

/** Shorter ones are copied whole, which costs less than to keep two parts (our choice). */
const PARTED_BYTES = 4 * 1024;

/** The same as the data of a fact: a long rumor's in two parts, and in one only for who looks at it so. Not to be spread, which looks at it. */
export function rumorFact(bytes: Uint8Array, hops: number): Pick<FactEffect, 'mark' | 'data' | 'parts'> {
  if (bytes.length < PARTED_BYTES) return { mark: GOSSIP_RUMOR, data: withHops(bytes, hops) };
  return {
    mark: GOSSIP_RUMOR,
    get data() {
      return withHops(bytes, hops);
    },
    parts: [Uint8Array.of(bytes[0]!, hops), bytes.subarray(CONTENT_AT)],
  };
}

/** One that was read, kept with little beside it. Thousands are kept, and few are asked for their payload. */
export class KeptRumor implements WireRumor {
  readonly id: RumorId;
  readonly bytes: Uint8Array;
  readonly kind: number;
  readonly hops: number;
  readonly mark: Mark;
  /** What was remembered of it when it was last looked up, if it had been delivered and relayed by then. */
  settled: Seen | undefined;
  readonly #payloadAt: number;

  /** @param rumor as it came: perhaps a view of a frame of 64 KiB, which is not to be kept with it; but a message that came in several frames has an array of its own */
  constructor(id: RumorId, { bytes, kind, hops, mark, payload }: WireRumor) {
    this.id = id;
    this.bytes = 2 * bytes.length > bytes.buffer.byteLength ? bytes : staying.copy(bytes);
    this.kind = kind;
    this.hops = hops;
    this.mark = mark;
    this.#payloadAt = bytes.length - payload.length;
  }

  get payload(): Uint8Array {
    return viewFrom(this.bytes, this.#payloadAt);
  }
}

/**
 * Reads what a peer sent. Never throws.
 * @param maxPayloadBytes limits.maxPayloadBytes
 * @returns the rumor, or why it is none
 */
export function parseRumor(data: unknown, maxPayloadBytes: number): WireRumor | RumorFault {
  if (!(data instanceof Uint8Array)) return 'not-bytes';
  const kind = data[0];
  const hops = data[HOPS_AT];
  const markLength = data[MARK_LENGTH_AT];
  if (kind === undefined || hops === undefined || markLength === undefined || data.length < MARK_AT + markLength) return 'truncated';
  if (data.length - MARK_AT - markLength > maxPayloadBytes) return 'too-large';
  const mark = known.read(data, MARK_AT, markLength);
  return mark === undefined ? 'bad-mark' : { bytes: data, kind, hops, mark, payload: viewFrom(data, MARK_AT + markLength) };
}

/** Not `subarray`, which costs half as much again. */
function viewFrom({ buffer, byteOffset, length }: Uint8Array, at: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + at, length - at);
}

function decodeMark(utf8: Uint8Array): Mark | undefined {
  try {
    const mark = decoder.decode(utf8);
    return isMark(mark) ? mark : undefined;
  } catch {
    return undefined;
  }
}
