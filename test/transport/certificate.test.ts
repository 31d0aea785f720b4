import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { primitives } from '../../src/crypto/index.ts';
import { CERTIFICATE_BYTES, CERTIFICATE_VALIDITY_MS, CLOCK_TOLERANCE_MS, issueCertificate, verifyCertificate } from '../../src/transport/certificate.ts';
import { createIdentity, identityFromSeed } from '../../src/transport/identity.ts';
import type { Identity } from '../../src/transport/identity.ts';
import { toHex } from '../vectors.ts';

const NOW_MS = Date.UTC(2026, 10, 21);
const DAY_MS = 86_400_000;
const identity = identityFromSeed(new Uint8Array(32).fill(1));
const STATIC = primitives().x25519PublicKey(new Uint8Array(32).fill(2));
const good = issueCertificate(identity, STATIC, NOW_MS);

/** A certificate with any times, validly signed. */
function signed(signer: Identity, notBefore: bigint, notAfter: bigint): Uint8Array {
  const bytes = good.slice();
  const view = new DataView(bytes.buffer);
  bytes.set(signer.publicKey);
  view.setBigUint64(64, notBefore);
  view.setBigUint64(72, notAfter);
  bytes.set(signer.sign(new Uint8Array([...new TextEncoder().encode('hearsay/1 noise-static'), ...bytes.subarray(0, 80)])), 80);
  return bytes;
}

describe('a certificate', () => {
  test('measures 144 bytes, is good for 7 days and tolerates 24 hours', () => {
    expect([good.length, CERTIFICATE_BYTES, CERTIFICATE_VALIDITY_MS, CLOCK_TOLERANCE_MS]).toEqual([144, 144, 7 * DAY_MS, DAY_MS]);
  });

  test('names the peer and the end', () => {
    expect(verifyCertificate(good, STATIC, NOW_MS)).toEqual({ ok: true, peer: identity.id, notAfterMs: NOW_MS + 7 * DAY_MS });
  });

  test('has the layout of the header, byte for byte', () => {
    expect(toHex(good.subarray(0, 64))).toBe(toHex(identity.publicKey) + toHex(STATIC));
    expect(toHex(good.subarray(64, 80))).toBe([NOW_MS, NOW_MS + 7 * DAY_MS].map((ms) => ms.toString(16).padStart(16, '0')).join(''));
    expect(toHex(good)).toBe(toHex(signed(identity, BigInt(NOW_MS), BigInt(NOW_MS + 7 * DAY_MS))));
  });

  test('is read at its own place in a larger buffer', () => {
    const large = new Uint8Array(400);
    large.set(good, 100);
    expect(verifyCertificate(large.subarray(100, 244), STATIC, NOW_MS).ok).toBe(true);
  });

  const first = NOW_MS - DAY_MS;
  const last = NOW_MS + 8 * DAY_MS;
  test.each([
    [first, true],
    [last, true],
    [first - 1, false],
    [last + 1, false],
    [0, false],
    [Number.MAX_SAFE_INTEGER, false],
  ])('at %d: from a day before it begins to a day after it ends, both included (%s)', (nowMs, ok) => {
    const verdict = verifyCertificate(good, STATIC, nowMs);
    if (ok) expect(verdict.ok).toBe(true);
    else expect(verdict).toEqual({ ok: false, reason: 'clock-skew', nowMs, notBeforeMs: NOW_MS, notAfterMs: NOW_MS + 7 * DAY_MS });
  });

  test('of 7 days and a millisecond is too long, however well signed', () => {
    const week = BigInt(CERTIFICATE_VALIDITY_MS);
    const start = BigInt(NOW_MS);
    expect(verifyCertificate(signed(identity, start, start + week), STATIC, NOW_MS).ok).toBe(true);
    expect(verifyCertificate(signed(identity, start, start + week + 1n), STATIC, NOW_MS)).toEqual({ ok: false, reason: 'too-long' });
    expect(verifyCertificate(signed(identity, 0n, BigInt(Number.MAX_SAFE_INTEGER)), STATIC, NOW_MS)).toEqual({ ok: false, reason: 'too-long' });
  });

  test('that ends before it begins, or beyond what a number holds, is malformed', () => {
    const start = BigInt(NOW_MS);
    expect(verifyCertificate(signed(identity, start, start - 1n), STATIC, NOW_MS)).toEqual({ ok: false, reason: 'malformed' });
    expect(verifyCertificate(signed(identity, start, start), STATIC, NOW_MS).ok).toBe(true);
    for (const far of [2n ** 53n, 2n ** 64n - 1n]) {
      expect(verifyCertificate(signed(identity, far, far), STATIC, NOW_MS)).toEqual({ ok: false, reason: 'malformed' });
    }
  });

  test('over another static key is of no use, so a stolen one is not either', () => {
    const other = primitives().x25519PublicKey(new Uint8Array(32).fill(3));
    expect(verifyCertificate(good, other, NOW_MS)).toEqual({ ok: false, reason: 'key-mismatch' });
    expect(verifyCertificate(good, new Uint8Array(0), NOW_MS)).toEqual({ ok: false, reason: 'key-mismatch' });
  });

  test('with the id of another peer is a bad signature', () => {
    const bytes = good.slice();
    bytes.set(createIdentity().publicKey);
    expect(verifyCertificate(bytes, STATIC, NOW_MS)).toEqual({ ok: false, reason: 'bad-signature' });
  });

  test('signed under another domain tag is a bad signature', () => {
    const bytes = good.slice();
    bytes.set(identity.sign(good.subarray(0, 80)), 80);
    expect(verifyCertificate(bytes, STATIC, NOW_MS)).toEqual({ ok: false, reason: 'bad-signature' });
  });

  test('of an identity key of small order is a bad signature, though its equation holds for any message', () => {
    const bytes = good.slice();
    bytes.fill(0, 0, 32);
    bytes[0] = 1;
    bytes.fill(0, 80);
    bytes[80] = 1;
    expect(verifyCertificate(bytes, STATIC, NOW_MS)).toEqual({ ok: false, reason: 'bad-signature' });
  });

  test('a bad signature is told before a wrong clock: a forger learns nothing about our time', () => {
    const bytes = good.slice();
    bytes[143]! ^= 1;
    expect(verifyCertificate(bytes, STATIC, 0)).toEqual({ ok: false, reason: 'bad-signature' });
  });

  test('any changed bit is refused', () => {
    fc.assert(
      fc.property(fc.nat(CERTIFICATE_BYTES - 1), fc.nat(7), (at, bit) => {
        const bytes = good.slice();
        bytes[at]! ^= 1 << bit;
        return !verifyCertificate(bytes, STATIC, NOW_MS).ok;
      }),
    );
  });

  test('no bytes throw; every length but 144 is malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 40 }), fc.integer(), (bytes, remote, nowMs) => {
        const verdict = verifyCertificate(bytes, remote, nowMs);
        return !verdict.ok && (bytes.length === CERTIFICATE_BYTES || verdict.reason === 'malformed');
      }),
    );
  });

  test('over anything but 32 bytes is not issued', () => {
    expect(() => issueCertificate(identity, new Uint8Array(31), NOW_MS)).toThrow('32 bytes');
  });
});
