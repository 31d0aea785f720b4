/**
 * What the packed values of the payloads' log hold. Integers are big-endian.
 *
 *     records:   id (32), hops (1), bytes of mark (2), bytes of payload (4), mark (UTF-8), payload
 */
import type { Growing } from './growing.ts';
import { ID_BYTES, readId, writeHex } from './packing.ts';
import type { Kept } from './store.ts';

/** Bytes of a record beside mark and payload. */
export const PAYLOAD_HEAD_BYTES: number = ID_BYTES + 7;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Appends one record. */
export function packPayload(into: Growing, { id, hops, mark, payload }: Kept): void {
  const name = markBytes(mark);
  const at = into.extend(PAYLOAD_HEAD_BYTES + name.length + payload.length);
  const { bytes } = into;
  const { length } = payload;
  writeHex(id, bytes, at);
  bytes[at + ID_BYTES] = hops;
  bytes[at + ID_BYTES + 1] = name.length >>> 8;
  bytes[at + ID_BYTES + 2] = name.length;
  bytes[at + ID_BYTES + 3] = length >>> 24;
  bytes[at + ID_BYTES + 4] = length >>> 16;
  bytes[at + ID_BYTES + 5] = length >>> 8;
  bytes[at + ID_BYTES + 6] = length;
  bytes.set(name, at + PAYLOAD_HEAD_BYTES);
  bytes.set(payload, at + PAYLOAD_HEAD_BYTES + name.length);
}

/** The marks of the last payloads, since encoding one takes longer than packing its payload. All go when there are too many (our choice). */
const knownMarks = new Map<string, Uint8Array>();
const MAX_KNOWN_MARKS = 64;

function markBytes(mark: string): Uint8Array {
  const known = knownMarks.get(mark);
  if (known !== undefined) return known;
  if (knownMarks.size >= MAX_KNOWN_MARKS) knownMarks.clear();
  const bytes = encoder.encode(mark);
  knownMarks.set(mark, bytes);
  return bytes;
}

/** Where the record at `at` ends, or `undefined` when it does not end within `packed`. */
export function payloadEnd(packed: Uint8Array, at: number): number | undefined {
  if (at + PAYLOAD_HEAD_BYTES > packed.length) return undefined;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const end = at + PAYLOAD_HEAD_BYTES + view.getUint16(at + ID_BYTES + 1) + view.getUint32(at + ID_BYTES + 3);
  return end > packed.length ? undefined : end;
}

/** The payload at `at`, as a copy, or `undefined` when there is no whole record. */
export function unpackPayload(packed: Uint8Array, at: number): Kept | undefined {
  const end = payloadEnd(packed, at);
  if (end === undefined) return undefined;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const markEnd = at + PAYLOAD_HEAD_BYTES + view.getUint16(at + ID_BYTES + 1);
  return {
    id: readId(packed, at),
    hops: packed[at + ID_BYTES]!,
    mark: decoder.decode(packed.subarray(at + PAYLOAD_HEAD_BYTES, markEnd)),
    payload: Uint8Array.from(packed.subarray(markEnd, end)),
  };
}
