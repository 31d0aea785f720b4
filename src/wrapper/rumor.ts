/**
 * A rumor's wire form: kind u8, hops u8, length of the mark u8, the mark in UTF-8, and the rest is the payload.
 * All kinds share it, those to come as well, so that one can be kept and told apart before it is understood.
 */
import type { Mark } from '../agent.ts';
import { isMark } from '../marks/names.ts';

/** The mark of facts and pokes that carry rumors. */
export const GOSSIP_RUMOR = 'gossip-rumor';
/** The kinds that this code knows. 0: `hops` counts the recipient peers still to go after the receiver. */
export const KNOWN_KINDS: readonly number[] = [0];

const HOPS_AT = 1;
const MARK_LENGTH_AT = 2;
const MARK_AT = 3;
const encoder = new TextEncoder();
/** Without `ignoreBOM` two byte strings would read as one mark. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

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

/** A copy of a rumor's bytes with another count. The rest is forwarded as the origin made it. */
export function withHops(bytes: Uint8Array, hops: number): Uint8Array {
  const copy = new Uint8Array(bytes); // Not `slice`: of a Buffer that is no copy.
  copy[HOPS_AT] = hops;
  return copy;
}

/**
 * Reads what a peer sent. Never throws.
 * @param maxPayloadBytes limits.maxPayloadBytes
 */
export function parseRumor(data: unknown, maxPayloadBytes: number): { readonly ok: true; readonly rumor: WireRumor } | { readonly ok: false; readonly reason: RumorFault } {
  if (!(data instanceof Uint8Array)) return { ok: false, reason: 'not-bytes' };
  const [kind, hops, markLength] = data;
  if (kind === undefined || hops === undefined || markLength === undefined || data.length < MARK_AT + markLength) return { ok: false, reason: 'truncated' };
  const payload = data.subarray(MARK_AT + markLength);
  if (payload.length > maxPayloadBytes) return { ok: false, reason: 'too-large' };
  const mark = readMark(data.subarray(MARK_AT, MARK_AT + markLength));
  return mark === undefined ? { ok: false, reason: 'bad-mark' } : { ok: true, rumor: { bytes: data, kind, hops, mark, payload } };
}

function readMark(bytes: Uint8Array): Mark | undefined {
  try {
    const mark = decoder.decode(bytes);
    return isMark(mark) ? mark : undefined;
  } catch {
    return undefined;
  }
}
