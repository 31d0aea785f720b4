/** One direction of a channel: a cipher that is given a new key after so many frames or bytes. Both ends count alike. */
import type { CipherState } from '../noise.ts';

/** When a direction is given a new key, whichever comes first. */
export interface RekeyAfter {
  readonly frames: number;
  /** Of sealed messages. */
  readonly bytes: number;
}

/** 2^16 frames or 1 GiB (design). */
export const REKEY_AFTER: RekeyAfter = Object.freeze({ frames: 2 ** 16, bytes: 2 ** 30 });

/** Seals or opens the frames of one direction, in order. */
export class Direction {
  readonly #cipher: CipherState;
  readonly #rekeyAfter: RekeyAfter;
  #frames = 0;
  #bytes = 0;

  constructor(cipher: CipherState, rekeyAfter: RekeyAfter) {
    this.#cipher = cipher;
    this.#rekeyAfter = rekeyAfter;
  }

  seal(frame: Uint8Array): Uint8Array {
    const sealed = this.#cipher.seal(frame);
    this.#count(sealed.length);
    return sealed;
  }

  /** @returns `undefined` for what the other end did not seal. The direction is then of no more use. */
  open(sealed: Uint8Array): Uint8Array | undefined {
    const frame = this.#cipher.open(sealed);
    if (frame !== undefined) this.#count(sealed.length);
    return frame;
  }

  #count(bytes: number): void {
    this.#frames += 1;
    this.#bytes += bytes;
    if (this.#frames < this.#rekeyAfter.frames && this.#bytes < this.#rekeyAfter.bytes) return;
    this.#cipher.rekey();
    this.#frames = 0;
    this.#bytes = 0;
  }
}
