/** Keys and signatures that some implementations take and others refuse: ours refuse, and refuse the same. */
import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import * as ed25519 from '@noble/ed25519';
import { makePrimitives as noblePrimitives } from '../../src/crypto/noble.ts';
import { makePrimitives as nodePrimitives } from '../../src/crypto/node.ts';
import { isWeakEd25519Key, isWeakX25519Key, littleEndian } from '../../src/crypto/weak-keys.ts';
import { fromHex, toHex } from '../vectors.ts';

const node = nodePrimitives();
const noble = noblePrimitives();
const { Point } = ed25519;
const ORDER = Point.CURVE().n;
const P = Point.CURVE().p;
const HONEST = { seed: new Uint8Array(32).fill(5), publicKey: node.ed25519PublicKey(new Uint8Array(32).fill(5)) };

/** A point of order 8, and the eight points it generates: all whose order divides 8. */
const TORSION = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', true);
const SMALL_ORDER = Array.from({ length: 8 }, (_, times) => TORSION.multiply(BigInt(times), false));

function encode(number: bigint): Uint8Array {
  return fromHex(number.toString(16).padStart(64, '0')).reverse();
}

/** The sign bit on and off. */
function bothSigns(key: Uint8Array): Uint8Array[] {
  return [0, 0x80].map((sign) => key.map((byte, index) => (index === 31 ? (byte & 0x7f) | sign : byte)));
}

/** Signs with the scalar 7 and the given R and key, which need not belong together. */
function forge(r: Uint8Array, nonceScalar: bigint, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const k = littleEndian(ed25519.hash(ed25519.etc.concatBytes(r, publicKey, message))) % ORDER;
  return ed25519.etc.concatBytes(r, encode((nonceScalar + k * 7n) % ORDER));
}

/** What OpenSSL says without our rules. */
function openSsl(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' });
  return verify(null, message, key, signature);
}

describe('Ed25519', () => {
  test('every encoding of every point of small order is weak', () => {
    expect(new Set(SMALL_ORDER.map((point) => point.toHex())).size).toBe(8);
    for (const point of SMALL_ORDER) {
      for (const key of bothSigns(point.toBytes())) expect([toHex(key), isWeakEd25519Key(key)]).toEqual([toHex(key), true]);
    }
  });

  test('every encoding with y >= p is weak, whatever the point', () => {
    for (let y = P; y < 2n ** 255n; y += 1n) {
      for (const key of bothSigns(encode(y))) expect([y - P, isWeakEd25519Key(key)]).toEqual([y - P, true]);
    }
  });

  test('an honest key, and canonical keys next to the weak ones, are not weak', () => {
    for (const y of [2n, 3n, P - 2n, P - 3n, P - 19n]) expect([y, isWeakEd25519Key(encode(y))]).toEqual([y, false]);
    expect(isWeakEd25519Key(HONEST.publicKey)).toBe(false);
  });

  test('the key 01 00 … verifies any message in OpenSSL, and nothing here', () => {
    const key = encode(1n);
    const signature = ed25519.etc.concatBytes(key, new Uint8Array(32));
    for (const message of ['', '00', 'ff'].map(fromHex)) {
      expect(openSsl(key, message, signature)).toBe(true);
      expect([node, noble].map((crypto) => crypto.ed25519Verify(key, message, signature))).toEqual([false, false]);
    }
  });

  test('R counts in its canonical encoding only', () => {
    const publicKey = Point.BASE.multiply(7n).toBytes();
    const message = fromHex('0102');
    const outcomes = [encode(1n), encode(1n + P), bothSigns(encode(1n))[1] ?? encode(0n)].map((r) => {
      const signature = forge(r, 0n, publicKey, message); // r = 0, so R is the identity
      return [node, noble].map((crypto) => crypto.ed25519Verify(publicKey, message, signature));
    });
    expect(outcomes).toEqual([[true, true], [false, false], [false, false]]);
  });

  test('S >= L is refused, and so is every other length', () => {
    const message = fromHex('00');
    const signature = node.ed25519Sign(HONEST.seed, message);
    const malleable = ed25519.etc.concatBytes(signature.subarray(0, 32), encode(littleEndian(signature.subarray(32)) + ORDER));
    for (const crypto of [node, noble]) {
      expect(crypto.ed25519Verify(HONEST.publicKey, message, signature)).toBe(true);
      expect(crypto.ed25519Verify(HONEST.publicKey, message, malleable)).toBe(false);
      expect(crypto.ed25519Verify(HONEST.publicKey, message, signature.subarray(0, 63))).toBe(false);
      expect(crypto.ed25519Verify(HONEST.publicKey, message, ed25519.etc.concatBytes(signature, fromHex('00')))).toBe(false);
      expect(crypto.ed25519Verify(HONEST.publicKey.subarray(1), message, signature)).toBe(false);
      expect(crypto.ed25519Verify(new Uint8Array(33), message, signature)).toBe(false);
    }
  });

  test('on keys and R of mixed order node and noble say the same, though noble alone would take them all', () => {
    const verdicts = { agreed: 0, accepted: 0, nobleAlone: 0 };
    for (let index = 0; index < 64; index += 1) {
      const message = Uint8Array.of(index);
      const inKey = SMALL_ORDER[index % 8] ?? Point.ZERO;
      const inR = SMALL_ORDER[Math.floor(index / 8)] ?? Point.ZERO;
      const publicKey = Point.BASE.multiply(7n).add(inKey).toBytes();
      const r = Point.BASE.multiply(11n).add(inR).toBytes();
      const signature = forge(r, 11n, publicKey, message);
      const [first, second] = [node, noble].map((crypto) => crypto.ed25519Verify(publicKey, message, signature));
      if (first === second) verdicts.agreed += 1;
      if (first) verdicts.accepted += 1;
      if (ed25519.verify(signature, message, publicKey, { zip215: false })) verdicts.nobleAlone += 1;
    }
    expect([verdicts.agreed, verdicts.nobleAlone]).toEqual([64, 64]);
    expect(verdicts.accepted).toBeGreaterThan(0);
    expect(verdicts.accepted).toBeLessThan(64);
  });

  test('a key that is no point is refused', () => {
    const notAPoint = Array.from({ length: 30 }, (_, index) => encode(BigInt(index + 2))).find((key) => !isPoint(key)) ?? EMPTY_KEY;
    for (const crypto of [node, noble]) expect(crypto.ed25519Verify(notAPoint, HONEST.seed, new Uint8Array(64))).toBe(false);
  });
});

describe('X25519', () => {
  const small = [0n, 1n, P - 1n, 0x00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n, 0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn];
  const encodings = small.flatMap((u) => [u, u + P].filter((value) => value < 2n ** 255n)).flatMap((u) => bothSigns(encode(u)));

  test('14 encodings are weak; both implementations give nothing for them', () => {
    expect(encodings).toHaveLength(14);
    for (const key of encodings) {
      expect([toHex(key), isWeakX25519Key(key)]).toEqual([toHex(key), true]);
      expect([node.x25519(HONEST.seed, key), noble.x25519(HONEST.seed, key)]).toEqual([undefined, undefined]);
    }
  });

  test('keys next to the weak ones are not weak', () => {
    for (const u of [2n, 9n, P - 2n, P + 2n, small[3]! + 1n, small[4]! - 1n]) {
      expect([u, isWeakX25519Key(encode(u))]).toEqual([u, false]);
      const [first, second] = [node.x25519(HONEST.seed, encode(u)), noble.x25519(HONEST.seed, encode(u))];
      expect(toHex(first ?? EMPTY_KEY)).toBe(toHex(second ?? HONEST.seed));
    }
  });
});

const EMPTY_KEY = new Uint8Array(32);

function isPoint(key: Uint8Array): boolean {
  try {
    Point.fromBytes(key, false);
    return true;
  } catch {
    return false;
  }
}
