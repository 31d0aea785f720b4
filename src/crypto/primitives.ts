/**
 * The primitives that the rest is built from. Shell.
 * Node's own where Node is (research/building-blocks: 10 to 30 times faster), noble elsewhere.
 */

/** Every call is synchronous. Lengths are in bytes; wrong lengths throw, and only our own code can cause that. */
export interface Primitives {
  readonly name: 'node' | 'noble';
  /** Whether two byte strings are the same. Not in constant time: not for secrets. */
  isSame(a: Uint8Array, b: Uint8Array): boolean;
  /** @returns 32 bytes */
  sha256(data: Uint8Array): Uint8Array;
  /** @returns 64 lower-case hex digits */
  sha256Hex(data: Uint8Array): string;
  /** The same over two parts, one behind the other. Slower to begin with: for large ones, which need not be put together then. */
  sha256HexOf(head: Uint8Array, rest: Uint8Array): string;
  /** HMAC-SHA-256. @returns 32 bytes */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** From the system's source. Never seeded. */
  randomBytes(length: number): Uint8Array;
  /** scrypt with N = 2^15, r = 8, p = 1 (OWASP's minimum for 32 MiB). @returns 32 bytes */
  scrypt(password: Uint8Array, salt: Uint8Array): Uint8Array;
  /** @param seed 32 bytes. @returns 32 bytes */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  /** @returns 64 bytes */
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** RFC 8032, strict: non-canonical encodings, S >= L and small-order keys are refused. Never throws. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** @param secret 32 bytes. @returns 32 bytes */
  x25519PublicKey(secret: Uint8Array): Uint8Array;
  /** @returns 32 bytes, or `undefined` for a public key of small order (an all-zero result). */
  x25519(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined;
  /** ChaCha20-Poly1305, RFC 8439. @param nonce 12 bytes. @returns ciphertext and tag, plaintext + 16 bytes */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array;
  /** @returns the plaintext, or `undefined` when the tag does not fit. Never throws. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | undefined;
}
