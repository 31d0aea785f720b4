/**
 * Binds the static key of a secure channel to an identity, for a week at most. Knows no clock: time is an argument.
 * The identity signs the key and never a transcript, so that a conversation leaves no proof that it took place (DESIGN 8).
 *
 * Layout, in bytes: identity key 32 · X25519 key 32 · not before 8 · not after 8 · signature 64.
 * Times are milliseconds since 1970, big-endian. The signature is over the domain tag and the first 80 bytes.
 */
import { assert } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { peerIdOf, verify } from './identity.ts';
import type { Identity } from './identity.ts';

/** What every certificate measures. */
export const CERTIFICATE_BYTES = 144;

/** How long a certificate is good for, and the longest we take from others: 7 days (design: it bounds what a stolen static key is worth). */
export const CERTIFICATE_VALIDITY_MS: number = 7 * 24 * 60 * 60 * 1000;

/** How far two clocks may be apart: 24 hours (design). */
export const CLOCK_TOLERANCE_MS: number = 24 * 60 * 60 * 1000;

const DOMAIN_TAG = 'hearsay/1 noise-static';
const KEY_BYTES = 32;
const NOT_BEFORE = 64;
const NOT_AFTER = 72;
const SIGNED_BYTES = 80;

/** What a certificate says, or why it is refused. */
export type CertificateVerdict =
  | { readonly ok: true; readonly peer: PeerId; readonly notAfterMs: number }
  /** The signature is good, but for our clock it is too early or too late by more than the tolerance. */
  | { readonly ok: false; readonly reason: 'clock-skew'; readonly nowMs: number; readonly notBeforeMs: number; readonly notAfterMs: number }
  | { readonly ok: false; readonly reason: 'bad-signature' | 'key-mismatch' | 'malformed' | 'too-long' };

/**
 * A certificate over our own static key, good from `nowMs` on for {@link CERTIFICATE_VALIDITY_MS}.
 * @param staticPublic X25519, 32 bytes
 * @param nowMs a whole number
 */
export function issueCertificate(identity: Identity, staticPublic: Uint8Array, nowMs: number): Uint8Array {
  assert(staticPublic.length === KEY_BYTES, 'a static key has 32 bytes');
  const bytes = new Uint8Array(CERTIFICATE_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(identity.publicKey, 0);
  bytes.set(staticPublic, KEY_BYTES);
  view.setBigUint64(NOT_BEFORE, BigInt(nowMs));
  view.setBigUint64(NOT_AFTER, BigInt(nowMs + CERTIFICATE_VALIDITY_MS));
  bytes.set(identity.sign(signedPart(bytes)), SIGNED_BYTES);
  return bytes;
}

/**
 * Reads a peer's certificate. Never throws for what it holds.
 * @param remoteStatic the key that the handshake proved: the certificate must be about that one
 */
export function verifyCertificate(bytes: Uint8Array, remoteStatic: Uint8Array, nowMs: number): CertificateVerdict {
  if (bytes.length !== CERTIFICATE_BYTES) return { ok: false, reason: 'malformed' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const notBeforeMs = Number(view.getBigUint64(NOT_BEFORE));
  const notAfterMs = Number(view.getBigUint64(NOT_AFTER));
  if (!Number.isSafeInteger(notBeforeMs) || !Number.isSafeInteger(notAfterMs) || notAfterMs < notBeforeMs) return { ok: false, reason: 'malformed' };
  if (!isAbout(bytes, remoteStatic)) return { ok: false, reason: 'key-mismatch' };
  if (notAfterMs - notBeforeMs > CERTIFICATE_VALIDITY_MS) return { ok: false, reason: 'too-long' };
  const peer = peerIdOf(bytes.subarray(0, KEY_BYTES));
  if (!verify(peer, signedPart(bytes), bytes.subarray(SIGNED_BYTES))) return { ok: false, reason: 'bad-signature' };
  // Last, so that two people whose clocks disagree are told so only when the rest is in order.
  if (nowMs < notBeforeMs - CLOCK_TOLERANCE_MS || nowMs > notAfterMs + CLOCK_TOLERANCE_MS) {
    return { ok: false, reason: 'clock-skew', nowMs, notBeforeMs, notAfterMs };
  }
  return { ok: true, peer, notAfterMs };
}

/** Both are public, so the comparison need not take constant time. */
function isAbout(bytes: Uint8Array, remoteStatic: Uint8Array): boolean {
  return remoteStatic.length === KEY_BYTES && remoteStatic.every((byte, index) => byte === bytes[KEY_BYTES + index]);
}

function signedPart(bytes: Uint8Array): Uint8Array {
  const tag = new TextEncoder().encode(DOMAIN_TAG);
  const signed = new Uint8Array(tag.length + SIGNED_BYTES);
  signed.set(tag);
  signed.set(bytes.subarray(0, SIGNED_BYTES), tag.length);
  return signed;
}
