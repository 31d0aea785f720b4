/**
 * What overlays say to each other (src/overlay/messages.ts), and its bytes: one payload, a map. PROTOCOL.md has the table.
 * On the wire a contact is its signed address record, which says whose it is; who has none is not named to others. Decoding never throws.
 */
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import type { PeerId } from '../ids.ts';
import { decodePayload, encodePayload } from '../marks/payload.ts';
import { MAX_CONTACTS } from '../overlay/config.ts';
import type { Contact, OverlayMessage, Priority } from '../overlay/messages.ts';
import { MAX_RECORD_BYTES } from './address-record.ts';

/** A message whose contacts are still records that nobody has checked. */
export type WireOverlayMessage =
  | { readonly type: 'Join'; readonly generation: number; readonly leaf: boolean; readonly record: Uint8Array | null }
  | { readonly type: 'JoinReply'; readonly generation: number; readonly accepted: boolean; readonly contacts: readonly Uint8Array[] }
  | { readonly type: 'ForwardJoin'; readonly joiner: Uint8Array; readonly ttlHops: number }
  | { readonly type: 'Neighbor'; readonly generation: number; readonly priority: Priority; readonly leaf: boolean; readonly record: Uint8Array | null }
  | { readonly type: 'NeighborReply'; readonly generation: number; readonly accepted: boolean; readonly offer: Uint8Array | null }
  | { readonly type: 'Disconnect'; readonly generation: number; readonly alive: boolean; readonly offer: Uint8Array | null }
  | { readonly type: 'Shuffle'; readonly generation: number; readonly origin: Uint8Array; readonly nonce: number; readonly ttlHops: number; readonly contacts: readonly Uint8Array[] }
  | { readonly type: 'ShuffleReply'; readonly origin: Uint8Array; readonly nonce: number; readonly contacts: readonly Uint8Array[] };

export type DecodedOverlay = { readonly ok: true; readonly message: WireOverlayMessage } | { readonly ok: false };

/** Looks at a record. `undefined` for one that is of no use to us. */
export type CheckRecord = (record: Uint8Array) => Contact | undefined;

const U32 = 2 ** 32 - 1;
/** A walk may claim this many hops; how many are believed is the core's to say. */
const MAX_TTL_HOPS = 255;
const ID_BYTES = 32;

const generation = z.int().min(0).max(U32);
const record = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= MAX_RECORD_BYTES);
const contacts = z.array(record).max(MAX_CONTACTS);
const origin = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === ID_BYTES);
const nonce = z.int().min(0).max(U32);
const ttlHops = z.int().min(0).max(MAX_TTL_HOPS);

const message = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Join'), generation, leaf: z.boolean(), record: record.nullable() }),
  z.strictObject({ type: z.literal('JoinReply'), generation, accepted: z.boolean(), contacts }),
  z.strictObject({ type: z.literal('ForwardJoin'), joiner: record, ttlHops }),
  z.strictObject({ type: z.literal('Neighbor'), generation, priority: z.enum(['low', 'high', 'probe']), leaf: z.boolean(), record: record.nullable() }),
  z.strictObject({ type: z.literal('NeighborReply'), generation, accepted: z.boolean(), offer: record.nullable() }),
  z.strictObject({ type: z.literal('Disconnect'), generation, alive: z.boolean(), offer: record.nullable() }),
  z.strictObject({ type: z.literal('Shuffle'), generation, origin, nonce: nonce.min(1), ttlHops, contacts }),
  z.strictObject({ type: z.literal('ShuffleReply'), origin, nonce, contacts }),
]) satisfies z.ZodType<WireOverlayMessage, unknown>;

/** The newest record of a contact; `undefined` when it has none. */
export type RecordOf = (contact: Contact) => Uint8Array | undefined;

/** The bytes of a message. `undefined` for a ForwardJoin of somebody who has no record: nobody could find him. */
export function encodeOverlay(given: OverlayMessage, recordOf: RecordOf): Uint8Array | undefined {
  const wire = onWire(given, recordOf);
  return wire && encodePayload(wire);
}

/** Reads the form only. Never throws. */
export function decodeOverlay(bytes: Uint8Array): DecodedOverlay {
  const decoded = decodePayload(bytes);
  const read = message.safeParse(decoded.ok ? decoded.value : undefined);
  return read.success ? { ok: true, message: read.data } : { ok: false };
}

/**
 * What the core may see of a message: with contacts in place of records, without those that are of no use to us.
 * Who joins with a record that is of no use is a leaf to us, whatever it says of itself: nobody could find it.
 * `undefined` for a ForwardJoin of such a one.
 */
export function checkedOverlay(from: PeerId, wire: WireOverlayMessage, check: CheckRecord): OverlayMessage | undefined {
  switch (wire.type) {
    case 'Join':
    case 'Neighbor': {
      const own = wire.record === null ? undefined : check(wire.record);
      return own?.peer === from ? { ...wire, record: own.record } : { ...wire, record: undefined, leaf: true };
    }
    case 'JoinReply':
      return { ...wire, contacts: checkedContacts(wire.contacts, check) };
    case 'ForwardJoin': {
      const joiner = check(wire.joiner);
      return joiner && { ...wire, joiner };
    }
    case 'NeighborReply':
    case 'Disconnect':
      return { ...wire, offer: wire.offer === null ? null : (check(wire.offer) ?? null) };
    case 'Shuffle':
    case 'ShuffleReply':
      return { ...wire, origin: Buffer.from(wire.origin).toString('hex') as PeerId, contacts: checkedContacts(wire.contacts, check) };
  }
}

function onWire(given: OverlayMessage, recordOf: RecordOf): WireOverlayMessage | undefined {
  switch (given.type) {
    case 'Join':
    case 'Neighbor':
      return { ...given, record: given.record ?? null };
    case 'JoinReply':
      return { ...given, contacts: given.contacts.flatMap((contact) => recordOf(contact) ?? []) };
    case 'ForwardJoin': {
      const joiner = recordOf(given.joiner);
      return joiner && { ...given, joiner };
    }
    case 'NeighborReply':
    case 'Disconnect':
      return { ...given, offer: given.offer === null ? null : (recordOf(given.offer) ?? null) };
    case 'Shuffle':
    case 'ShuffleReply':
      return { ...given, origin: Buffer.from(given.origin, 'hex'), contacts: given.contacts.flatMap((contact) => recordOf(contact) ?? []) };
  }
}

function checkedContacts(records: readonly Uint8Array[], check: CheckRecord): Contact[] {
  return records.flatMap((bytes) => check(bytes) ?? []);
}
