/** The primitives from node:crypto. Timings are of Node 20 on the machine of research/building-blocks. */
import { createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hash, randomBytes, scryptSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { assert } from '../errors.ts';
import type { Primitives } from './primitives.ts';
import { isWeakEd25519Key, isWeakX25519Key } from './weak-keys.ts';

type Curve = 'Ed25519' | 'X25519';

const AEAD = 'chacha20-poly1305';
const TAG_BYTES = 16;
const AEAD_OPTIONS = { authTagLength: TAG_BYTES } as const;
const SCRYPT_OPTIONS = { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 } as const; // needs 2^25 bytes and a little; Node's default stops at 2^25

/** @returns the primitives: for the same input the same bytes as those of ./noble.ts */
export function makePrimitives(): Primitives {
  return { name: 'node', isSame, ...digests(), ...signatures(), ...agreement(), ...aead() };
}

/** The bytes of a Buffer and of any other array are compared alike, by one call to memcmp. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function digests(): Pick<Primitives, 'sha256' | 'sha256Hex' | 'sha256HexOf' | 'hmacSha256' | 'randomBytes' | 'scrypt'> {
  return {
    sha256: (data) => hash('sha256', data, 'buffer'),
    sha256Hex: (data) => hash('sha256', data, 'hex'),
    sha256HexOf: (head, rest) => createHash('sha256').update(head).update(rest).digest('hex'),
    hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
    randomBytes: (length) => randomBytes(length),
    scrypt: (password, salt) => scryptSync(password, salt, 32, SCRYPT_OPTIONS),
  };
}

function signatures(): Pick<Primitives, 'ed25519PublicKey' | 'ed25519Sign' | 'ed25519Verify'> {
  const secretKey = secretKeys('Ed25519');
  return {
    ed25519PublicKey: (seed) => publicBytes(secretKey(seed)),
    ed25519Sign: (seed, message) => sign(null, message, secretKey(seed)),
    ed25519Verify(publicKey, message, signature) {
      if (publicKey.length !== 32 || signature.length !== 64 || isWeakEd25519Key(publicKey)) return false;
      // OpenSSL refuses S >= L, and compares R as bytes with what it must be, so that only its canonical form passes.
      return verify(null, message, importPublic('Ed25519', publicKey), signature);
    },
  };
}

function agreement(): Pick<Primitives, 'x25519PublicKey' | 'x25519'> {
  const secretKey = secretKeys('X25519');
  return {
    x25519PublicKey: (secret) => publicBytes(secretKey(secret)),
    x25519(secret, publicKey) {
      assert(publicKey.length === 32, 'an X25519 public key has 32 bytes');
      if (isWeakX25519Key(publicKey)) return undefined;
      return diffieHellman({ privateKey: secretKey(secret), publicKey: importPublic('X25519', publicKey) });
    },
  };
}

function aead(): Pick<Primitives, 'seal' | 'open'> {
  return {
    seal(key, nonce, plaintext, associated) {
      const cipher = createCipheriv(AEAD, key, nonce, AEAD_OPTIONS);
      if (associated.length > 0) cipher.setAAD(associated, { plaintextLength: plaintext.length });
      const ciphertext = cipher.update(plaintext);
      cipher.final(); // empty: a stream cipher holds nothing back
      const sealed = Buffer.allocUnsafe(ciphertext.length + TAG_BYTES);
      sealed.set(ciphertext);
      sealed.set(cipher.getAuthTag(), ciphertext.length);
      return sealed;
    },
    open(key, nonce, sealed, associated) {
      const length = sealed.length - TAG_BYTES;
      if (length < 0) return undefined;
      const decipher = createDecipheriv(AEAD, key, nonce, AEAD_OPTIONS);
      decipher.setAuthTag(sealed.subarray(length));
      if (associated.length > 0) decipher.setAAD(associated, { plaintextLength: length });
      const plaintext = decipher.update(sealed.subarray(0, length));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return plaintext;
    },
  };
}

/** As JWK: 7 us, a twentieth of a verification, so nothing is kept. DER takes OpenSSL 3 about 90 us. */
function importPublic(crv: Curve, bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv, x: base64Url(bytes) }, format: 'jwk' });
}

/**
 * Importing a secret derives its public key (37 us, as much as using it), so the imported form is kept: for as long as the caller
 * keeps the array itself, and no longer, or an ephemeral key would outlive its handshake. The caller's arrays are the bound.
 */
function secretKeys(crv: Curve): (secret: Uint8Array) => KeyObject {
  const kept = new WeakMap<Uint8Array, { readonly digest: string; readonly key: KeyObject }>();
  return (secret) => {
    assert(secret.length === 32, 'a secret key has 32 bytes');
    const digest = hash('sha256', secret, 'hex');
    const known = kept.get(secret);
    if (known?.digest === digest) return known.key; // an array that was written to since holds another secret
    // Node asks for `x` and does not read it: the public key follows from `d`.
    const key = createPrivateKey({ key: { kty: 'OKP', crv, d: base64Url(secret), x: '' }, format: 'jwk' });
    kept.set(secret, { digest, key });
    return key;
  };
}

function publicBytes(secretKey: KeyObject): Uint8Array {
  return Buffer.from(secretKey.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}
