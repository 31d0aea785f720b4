/**
 * A CRC-32 behind every value, over key and value: LevelDB verifies none of its own when it reads, so a flipped byte would pass.
 * It finds accidents; whoever can write the files can also write the sum.
 */
import { crc32 } from 'node:zlib';

/** Bytes that a seal adds. */
export const SEAL_BYTES = 4;

/** The value as it lies on disk: with its sum behind it. */
export function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(value.length + SEAL_BYTES);
  sealed.set(value);
  sealInPlace(key, sealed);
  return sealed;
}

/** Writes the sum behind a value that has {@link SEAL_BYTES} of room there: values of groups are large, and are not to be copied once more. */
export function sealInPlace(key: Uint8Array, roomy: Uint8Array): void {
  const length = roomy.length - SEAL_BYTES;
  new DataView(roomy.buffer, roomy.byteOffset, roomy.byteLength).setUint32(length, sum(key, roomy.subarray(0, length)));
}

/** The value without its sum, as a view; `undefined` when the sum does not fit. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  const length = sealed.length - SEAL_BYTES;
  if (length < 0) return undefined;
  const value = sealed.subarray(0, length);
  return new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength).getUint32(length) === sum(key, value) ? value : undefined;
}

function sum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}
