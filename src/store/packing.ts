/**
 * What the packed values of the ids' log hold. Pure.
 *
 *     records of 36 bytes:   id (32), state: hops (4 bits), 0, 0, relayed, delivered; who brought it (2); whose it is (1)
 */
import type { Seen } from '../agent.ts';
import { assert } from '../errors.ts';
import type { RumorId } from '../ids.ts';

/** Bytes of an id. */
export const ID_BYTES = 32;
/** Bytes of a record of the `ids` log. */
export const ID_RECORD_BYTES: number = ID_BYTES + 4;

const MAX_HOPS = 15;
const DELIVERED = 1;
const RELAYED = 2;
const RESERVED = 0x0c;
const FLAGS = 0x0f;
const HOPS = 0xf0;

const HEX = '0123456789abcdef';

// All 256, so that reading a state makes no object.
const STATES: readonly Seen[] = Array.from({ length: 256 }, (_, state) =>
  Object.freeze({ hops: state >>> 4, delivered: (state & DELIVERED) !== 0, relayed: (state & RELAYED) !== 0 }),
);

/** A state as one byte. */
export function packSeen({ hops, delivered, relayed }: Seen): number {
  assert(Number.isInteger(hops) && hops >= 0 && hops <= MAX_HOPS, 'remembered hops are whole and from 0 to 15');
  return (hops << 4) | (relayed ? RELAYED : 0) | (delivered ? DELIVERED : 0);
}

/** The reverse of {@link packSeen}; one frozen object for each state. */
export function unpackSeen(state: number): Seen {
  return STATES[state & 0xff]!;
}

/** Hops rise to the maximum, flags are only ever set. */
export function mergeStates(a: number, b: number): number {
  return Math.max(a & HOPS, b & HOPS) | ((a | b) & FLAGS);
}

/** Writes the record of an id. @param tag who brought it, as a number (bringers.ts) @param agent the number of whose it is, 0 to 255 */
export function writeIdRecord(into: Uint8Array, at: number, id: RumorId, state: number, tag: number, agent: number): void {
  writeHex(id, into, at);
  into[at + ID_BYTES] = state;
  into[at + ID_BYTES + 1] = tag >>> 8;
  into[at + ID_BYTES + 2] = tag;
  into[at + ID_BYTES + 3] = agent;
}

/** Whether a state says that the agent has had it. */
export function isDelivered(state: number): boolean {
  return (state & DELIVERED) !== 0;
}

/** The same state, but for that. */
export function notDelivered(state: number): number {
  return state & ~DELIVERED;
}

/** Who brought the id of the record at `at`. */
export function tagAt(bytes: Uint8Array, at: number): number {
  return (bytes[at + ID_BYTES + 1]! << 8) | bytes[at + ID_BYTES + 2]!;
}

/** The number of the agent whose the id of the record at `at` is. */
export function agentAt(bytes: Uint8Array, at: number): number {
  return bytes[at + ID_BYTES + 3]!;
}

/** Whether `value` can have come from {@link writeIdRecord}. */
export function isPackedIds(value: Uint8Array): boolean {
  if (value.length === 0 || value.length % ID_RECORD_BYTES !== 0) return false;
  for (let at = ID_BYTES; at < value.length; at += ID_RECORD_BYTES) if ((value[at]! & RESERVED) !== 0) return false;
  return true;
}

/** Writes an id or a peer's id, 32 bytes. */
export function writeHex(hex: string, into: Uint8Array, at: number): void {
  for (let i = 0; i < ID_BYTES; i += 1) into[at + i] = (hexDigit(hex.charCodeAt(2 * i)) << 4) | hexDigit(hex.charCodeAt(2 * i + 1));
}

/** The reverse. */
export function readHex(bytes: Uint8Array, at: number): string {
  let hex = '';
  for (let i = at; i < at + ID_BYTES; i += 1) hex += HEX[bytes[i]! >>> 4]! + HEX[bytes[i]! & 15]!;
  return hex;
}

/** The id that begins at `at`. */
export function readId(bytes: Uint8Array, at: number): RumorId {
  return readHex(bytes, at) as RumorId;
}

/** The value of a lower-case hex digit; ids have no others. Without a branch, which nobody can foretell (measured: half the time). */
export function hexDigit(code: number): number {
  return (code & 15) + 9 * (code >>> 6);
}
