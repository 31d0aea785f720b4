/**
 * The two lower objects of the Noise framework, for the suite 25519_ChaChaPoly_SHA256: the cipher of one direction, and what a handshake
 * accumulates. Source: noiseprotocol.org, revision 34, sections 4 and 5; functions carry the spec's names.
 */
import { primitives } from '../crypto/index.ts';
import { assert } from '../errors.ts';

/** A Noise message, of the handshake or after it, is never longer (spec, section 3). */
export const MAX_MESSAGE_BYTES = 65_535;

/** Of a public key, a secret key, a cipher key and a pre-shared key alike. */
export const KEY_BYTES = 32;

/** What sealing adds. */
export const TAG_BYTES = 16;

/** No bytes at all. */
export const NONE: Uint8Array = new Uint8Array(0);

/** A key and its counter (spec, section 5.1). Each end of a direction holds one; they must see the same messages in the same order. */
export class CipherState {
  #key: Uint8Array;
  #counter: number;
  readonly #nonce = new Uint8Array(12);

  /** @param counter the first nonce: 0, but in tests of the end of the range */
  constructor(key: Uint8Array, counter = 0) {
    this.#key = key;
    this.#counter = counter;
  }

  /** EncryptWithAd. @returns plaintext + 16 bytes. Throws when that exceeds {@link MAX_MESSAGE_BYTES}, or after 2^53 - 1 messages. */
  seal(plaintext: Uint8Array, associated: Uint8Array = NONE): Uint8Array {
    assert(plaintext.length <= MAX_MESSAGE_BYTES - TAG_BYTES, 'a Noise message has at most 65,535 bytes');
    assert(this.#counter < Number.MAX_SAFE_INTEGER, 'a nonce is never used twice');
    const sealed = primitives().seal(this.#key, this.#nonceOf(this.#counter), plaintext, associated);
    this.#counter += 1;
    return sealed;
  }

  /** DecryptWithAd. @returns `undefined` for what the key does not fit, or is too long or too late; the counter then stays. */
  open(sealed: Uint8Array, associated: Uint8Array = NONE): Uint8Array | undefined {
    if (sealed.length > MAX_MESSAGE_BYTES || this.#counter >= Number.MAX_SAFE_INTEGER) return undefined;
    const plaintext = primitives().open(this.#key, this.#nonceOf(this.#counter), sealed, associated);
    if (plaintext !== undefined) this.#counter += 1;
    return plaintext;
  }

  /** Rekey. The old key cannot be found from the new one. The counter goes on. */
  rekey(): void {
    // "ENCRYPT(k, maxnonce, zerolen, zeros)", of which the first 32 bytes are the new key (section 4.2).
    this.#nonce.fill(0xff, 4);
    this.#key = primitives().seal(this.#key, this.#nonce, new Uint8Array(KEY_BYTES), NONE).subarray(0, KEY_BYTES);
  }

  /** "32 bits of zeros followed by little-endian encoding of n" (section 12.3). */
  #nonceOf(counter: number): Uint8Array {
    const low = counter % 2 ** 32;
    const high = (counter - low) / 2 ** 32;
    for (let i = 0; i < 4; i += 1) {
      this.#nonce[4 + i] = low >>> (8 * i);
      this.#nonce[8 + i] = high >>> (8 * i);
    }
    return this.#nonce;
  }
}

/** The chaining key `ck`, the transcript hash `h` and the cipher of the moment (spec, section 5.2). */
export class SymmetricState {
  #ck: Uint8Array;
  #h: Uint8Array;
  #cipher: CipherState | undefined;

  constructor(protocolName: string) {
    const name = new TextEncoder().encode(protocolName);
    this.#h = name.length > 32 ? primitives().sha256(name) : concat([name, new Uint8Array(32 - name.length)]);
    this.#ck = this.#h;
  }

  get handshakeHash(): Uint8Array {
    return this.#h;
  }

  /** Whether what is written next is encrypted. */
  get hasKey(): boolean {
    return this.#cipher !== undefined;
  }

  mixKey(input: Uint8Array): void {
    const [ck, key] = hkdf(this.#ck, input);
    this.#ck = ck;
    this.#cipher = new CipherState(key);
  }

  mixHash(data: Uint8Array): void {
    this.#h = primitives().sha256(concat([this.#h, data]));
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [ck, hash, key] = hkdf(this.#ck, input);
    this.#ck = ck;
    this.mixHash(hash);
    this.#cipher = new CipherState(key);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher === undefined ? plaintext : this.#cipher.seal(plaintext, this.#h);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  decryptAndHash(ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#cipher === undefined ? new Uint8Array(ciphertext) : this.#cipher.open(ciphertext, this.#h);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** @returns the initiator's sending state, then the responder's */
  split(): [CipherState, CipherState] {
    const [first, second] = hkdf(this.#ck, NONE);
    return [new CipherState(first), new CipherState(second)];
  }
}

/** HKDF of section 4.3, with three outputs; who needs two takes two. */
function hkdf(ck: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const { hmacSha256 } = primitives();
  const temp = hmacSha256(ck, input);
  const first = hmacSha256(temp, Uint8Array.of(1));
  const second = hmacSha256(temp, concat([first, Uint8Array.of(2)]));
  return [first, second, hmacSha256(temp, concat([second, Uint8Array.of(3)]))];
}

/** The parts in order, as one array of its own. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
