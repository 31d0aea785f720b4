/**
 * Who brought an id, in 16 bits: a secret multiple of the first 64 bits of the peer's id. Two peers that share a number share a
 * fate (1 in 2^15 at most); the secret, made with the database, is what keeps a flooder from picking whose fate it shares.
 */
import type { PeerId } from '../ids.ts';
import { placeOf } from './id-ring.ts';
import type { HashKey } from './id-ring.ts';

/** Bytes of the secret. */
export const BRINGERS_BYTES = 8;

/** Peers whose number is at hand. All go when there are more (our choice: four times `limits.maxLinks`). */
const MAX_KNOWN = 1_024;

/** The number of a peer under one secret, from 1 to 2^16 - 1. 0 is nobody: our own, and what was remembered before anybody asked. */
export class Bringers {
  readonly #key: HashKey;
  readonly #known: Map<PeerId, number> = new Map();

  /** @param secret {@link BRINGERS_BYTES} random bytes */
  constructor(secret: Uint8Array) {
    const view = new DataView(secret.buffer, secret.byteOffset, secret.byteLength);
    this.#key = [view.getUint32(0) | 1, view.getUint32(4) | 1];
  }

  readonly tagOf = (peer: PeerId | undefined): number => {
    if (peer === undefined) return 0;
    const known = this.#known.get(peer);
    if (known !== undefined) return known;
    const first = Number.parseInt(peer.slice(0, 8), 16);
    const second = Number.parseInt(peer.slice(8, 16), 16);
    const tag = Math.max(placeOf(first, second, this.#key, 16), 1);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(peer, tag);
    return tag;
  };
}
