/**
 * Signed address records: where a peer says it can be dialled (DESIGN 6). They travel through others, so they carry their own proof.
 * The form is CBOR (marks/payload.ts) of addresses, dialable, expiresMs, id, seq and signature; the signature is Ed25519 over a
 * domain tag and the same map without `signature`.
 */
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { decodePayload, encodePayload } from '../marks/payload.ts';
import { isAddress, parseAddress } from '../transport/address.ts';
import { peerIdOf, verify } from '../transport/identity.ts';
import type { Identity } from '../transport/identity.ts';

/** Largest encoded record (design). Eight addresses of about 40 characters fit. */
export const MAX_RECORD_BYTES = 512;
/** Addresses in one record (research 9). */
export const MAX_RECORD_ADDRESSES = 8;
/** Furthest a record may expire from now (design). */
export const MAX_RECORD_LIFE_MS: number = 72 * 60 * 60 * 1000;
/** How long ours last (our choice): a day less than may be, so that a clock a day behind, which links tolerate, still reads them. */
export const RECORD_LIFE_MS: number = 48 * 60 * 60 * 1000;

const DOMAIN: Uint8Array = new TextEncoder().encode('hearsay/1 address record');

/** Where a peer says it can be dialled. */
export interface AddressRecord {
  readonly id: PeerId;
  /** The higher one counts. It rises with each record of this peer and is never read as a time. */
  readonly seq: number;
  /** Ms since 1970. */
  readonly expiresMs: number;
  /** Best first, at most 8, without peer ids. */
  readonly addresses: readonly string[];
  /** Whether it expects that strangers can reach these. */
  readonly dialable: boolean;
}

/** Why bytes are no record for us. Stable, for counting. */
export type RecordReason = 'too-large' | 'malformed' | 'bad-address' | 'bad-signature' | 'expired' | 'too-far-ahead';

/** What {@link readAddressRecord} found. */
export type ReadRecord = { readonly ok: true; readonly record: AddressRecord } | { readonly ok: false; readonly reason: RecordReason };

/** What is signed. */
interface Unsigned extends Omit<AddressRecord, 'id'> {
  /** The public key. */
  readonly id: Uint8Array;
}

const form = z.strictObject({
  addresses: z.array(z.string()).max(MAX_RECORD_ADDRESSES),
  dialable: z.boolean(),
  expiresMs: z.int().min(0),
  id: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 32),
  seq: z.int().min(0),
  signature: z.instanceof(Uint8Array),
});

/**
 * Makes and signs a record.
 * @param given.expiresMs at most 72 h from the reader's now; `now + RECORD_LIFE_MS` is right
 * @throws HearsayError `HEARSAY_BAD_ADDRESS`, `HEARSAY_TOO_LARGE` for more than 8 addresses or 512 bytes in all.
 */
export function makeAddressRecord(identity: Identity, given: Omit<AddressRecord, 'id'>): Uint8Array {
  const { addresses, dialable, expiresMs, seq } = given;
  if (addresses.length > MAX_RECORD_ADDRESSES) {
    throw new HearsayError('HEARSAY_TOO_LARGE', { field: 'addresses', rule: `to be at most ${MAX_RECORD_ADDRESSES}`, value: addresses.length });
  }
  const unsigned = { addresses: addresses.map((address) => parseAddress(address).url), dialable, expiresMs, id: identity.publicKey, seq };
  const bytes = encodePayload({ ...unsigned, signature: identity.sign(signedPart(unsigned)) });
  if (bytes.length <= MAX_RECORD_BYTES) return bytes;
  throw new HearsayError('HEARSAY_TOO_LARGE', { field: 'addresses', rule: `to fit a record of ${MAX_RECORD_BYTES} bytes`, value: `${bytes.length} bytes` });
}

/** Reads and checks a record. Never throws: a bad one is a fact about whoever sent it. */
export function readAddressRecord(bytes: Uint8Array, nowMs: number): ReadRecord {
  if (bytes.length > MAX_RECORD_BYTES) return no('too-large');
  const decoded = decodePayload(bytes);
  const read = form.safeParse(decoded.ok ? decoded.value : undefined);
  if (!read.success) return no('malformed');
  const { signature, ...unsigned } = read.data;
  // The cheap questions first: a signature costs a hundred times as much as all of them.
  const untimely = untimelyReason(unsigned, nowMs);
  if (untimely !== undefined) return no(untimely);
  if (!unsigned.addresses.every(isAddress)) return no('bad-address');
  const id = peerIdOf(unsigned.id);
  if (!verify(id, signedPart(unsigned), signature)) return no('bad-signature');
  return { ok: true, record: { ...unsigned, id } };
}

/** Why a record does not count at that time, if so. */
export function untimelyReason({ expiresMs }: Pick<AddressRecord, 'expiresMs'>, nowMs: number): RecordReason | undefined {
  if (expiresMs <= nowMs) return 'expired';
  return expiresMs > nowMs + MAX_RECORD_LIFE_MS ? 'too-far-ahead' : undefined;
}

function signedPart(unsigned: Unsigned): Uint8Array {
  return Buffer.concat([DOMAIN, encodePayload(unsigned)]);
}

function no(reason: RecordReason): ReadRecord {
  return { ok: false, reason };
}
