/**
 * Which public keys are refused before any arithmetic, the same in every implementation of the primitives. Pure.
 * A key of small order leaves a shared secret or a verified message to whoever chose it: OpenSSL, for one, verifies
 * any message under the Ed25519 key 01 00 … 00.
 */

/** The field prime of Curve25519 and edwards25519 (RFC 7748, section 4.1). */
const P: bigint = 2n ** 255n - 19n;

/** Clears the top bit: the sign of x in an Ed25519 key, meaningless in an X25519 key. */
const LOW_255_BITS: bigint = 2n ** 255n - 1n;

/** y of a point of order 8 on edwards25519; -y is the other one. */
const Y_OF_ORDER_8: bigint = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** y of the eight points whose order divides 8: orders 4, 1, 2, 8, 8. Each y but those of orders 1 and 2 belongs to two points. */
const SMALL_ORDER_Y: readonly bigint[] = [0n, 1n, P - 1n, Y_OF_ORDER_8, P - Y_OF_ORDER_8];

/**
 * u of every point whose order divides 8 on Curve25519 (orders 2, 4, 8, 8) or on its twist (orders 2, 4: 0 and p - 1).
 * X25519 multiplies by a multiple of 8, so these and no others give an all-zero result.
 */
const SMALL_ORDER_U: readonly bigint[] = [
  0n,
  1n,
  P - 1n,
  0x00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
  0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
];

/** Whether an Ed25519 public key of 32 bytes is refused: not canonical (RFC 8032, section 5.1.3: y < p), or of small order. */
export function isWeakEd25519Key(key: Uint8Array): boolean {
  // x = 0 with the sign bit set, the other non-canonical form, has order 1 or 2.
  const y = littleEndian(key) & LOW_255_BITS;
  return y >= P || SMALL_ORDER_Y.includes(y);
}

/** Whether an X25519 public key of 32 bytes is of small order, in any encoding: RFC 7748 reads u modulo p. */
export function isWeakX25519Key(key: Uint8Array): boolean {
  return SMALL_ORDER_U.includes((littleEndian(key) & LOW_255_BITS) % P);
}

/** Reads bytes as one number, least significant byte first. */
export function littleEndian(bytes: Uint8Array): bigint {
  let hex = '';
  for (const byte of bytes) hex = byte.toString(16).padStart(2, '0') + hex;
  return BigInt(`0x${hex}`);
}
