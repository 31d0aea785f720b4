/**
 * A header without its datum: 32 bytes of id and one of hops. It tells who has a datum already that it may go further.
 */
import type { RumorId } from '../ids.ts';

/** The mark of facts that carry it. */
export const GOSSIP_UPGRADE = 'gossip-upgrade';

const ID_BYTES = 32;

/** @param hops 0 to 255 */
export function encodeUpgrade(id: RumorId, hops: number): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES + 1);
  for (let i = 0; i < ID_BYTES; i += 1) bytes[i] = parseInt(id.slice(2 * i, 2 * i + 2), 16);
  bytes[ID_BYTES] = hops;
  return bytes;
}

/** Reads what a peer sent; `undefined` when it is no header. Never throws. */
export function parseUpgrade(data: unknown): { readonly id: RumorId; readonly hops: number } | undefined {
  if (!(data instanceof Uint8Array) || data.length !== ID_BYTES + 1) return undefined;
  const id = Array.from(data.subarray(0, ID_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { id: id as RumorId, hops: data[ID_BYTES]! };
}
