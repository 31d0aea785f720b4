/** The primitives from the noble packages: no Node module, no WebAssembly, everywhere the same. For browsers. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import * as ed25519 from '@noble/ed25519';
import { hmac } from '@noble/hashes/hmac.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js';
import { assert } from '../errors.ts';
import type { Primitives } from './primitives.ts';
import { isWeakEd25519Key, isWeakX25519Key, littleEndian } from './weak-keys.ts';

/** @returns the primitives. It gives @noble/ed25519 its SHA-512, which that package leaves to its user. */
export function makePrimitives(): Primitives {
  ed25519.hashes.sha512 = sha512;
  return {
    name: 'noble',
    isSame: (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]),
    sha256: (data) => sha256(data),
    sha256Hex: (data) => bytesToHex(sha256(data)),
    sha256HexOf: (head, rest) => bytesToHex(sha256.create().update(head).update(rest).digest()),
    hmacSha256: (key, data) => hmac(sha256, key, data),
    randomBytes: (length) => randomBytes(length),
    scrypt: (password, salt) => scrypt(password, salt, { N: 2 ** 15, r: 8, p: 1, dkLen: 32 }),
    ed25519PublicKey: (seed) => ed25519.getPublicKey(seed),
    ed25519Sign: (seed, message) => ed25519.sign(message, seed),
    ed25519Verify: verify,
    x25519PublicKey: (secret) => x25519.getPublicKey(secret),
    x25519(secret, publicKey) {
      assert(publicKey.length === 32, 'an X25519 public key has 32 bytes');
      return isWeakX25519Key(publicKey) ? undefined : x25519.getSharedSecret(secret, publicKey);
    },
    seal: (key, nonce, plaintext, associated) => chacha20poly1305(key, nonce, associated).encrypt(plaintext),
    open(key, nonce, sealed, associated) {
      assert(key.length === 32, 'a cipher key has 32 bytes'); // or it would throw below, as a tag that does not fit does
      const cipher = chacha20poly1305(key, nonce, associated);
      try {
        return cipher.decrypt(sealed);
      } catch {
        return undefined;
      }
    },
  };
}

/**
 * RFC 8032, section 5.1.7, with the equation that OpenSSL checks: the R that S and k give, compared as bytes with the R that was sent.
 * noble's own `verify` multiplies by the cofactor first and so accepts signatures, made on purpose with a key or an R of mixed order,
 * that a node on node:crypto refuses; what one peer takes from another must not depend on where it runs.
 */
function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64 || isWeakEd25519Key(publicKey)) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const order = ed25519.Point.CURVE().n;
  if (s >= order) return false;
  const a = pointOf(publicKey);
  if (a === undefined) return false;
  const k = littleEndian(sha512(ed25519.etc.concatBytes(r, publicKey, message))) % order;
  const expected = ed25519.Point.BASE.multiply(s, false).subtract(a.multiply(k, false)).toBytes();
  return expected.every((byte, index) => byte === r[index]);
}

function pointOf(publicKey: Uint8Array): ed25519.Point | undefined {
  try {
    return ed25519.Point.fromBytes(publicKey, false);
  } catch {
    return undefined;
  }
}
