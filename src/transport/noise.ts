/**
 * The Noise protocol framework for one suite, 25519_ChaChaPoly_SHA256, with patterns as data. No sockets, no clock.
 * Source: noiseprotocol.org, revision 34; functions carry the spec's names. What it leaves out: fallback patterns (`e` in a pre-message).
 * What a peer sends is never thrown at: it is refused, and the handshake is dead.
 */
import { primitives } from '../crypto/index.ts';
import { isWeakX25519Key } from '../crypto/weak-keys.ts';
import { assert } from '../errors.ts';
import type { CipherState } from './noise-state.ts';
import { concat, KEY_BYTES, MAX_MESSAGE_BYTES, NONE, SymmetricState, TAG_BYTES } from './noise-state.ts';

export { CipherState, MAX_MESSAGE_BYTES } from './noise-state.ts';

/** A step of a handshake message. In those of two letters the first is the initiator's key, the second the responder's. */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk';

/** A handshake pattern (spec, section 7). Odd messages, counted from one, are the initiator's. */
export interface NoisePattern {
  /** As in the protocol name: "XX", "XXpsk3". It is part of the hash. */
  readonly name: string;
  /** What the responder knows of the initiator before the first message. */
  readonly initiatorPre?: readonly 's'[];
  /** What the initiator knows of the responder before the first message. */
  readonly responderPre?: readonly 's'[];
  readonly messages: readonly (readonly Token[])[];
}

/** Mutual authentication; both static keys travel encrypted. */
export const XX: NoisePattern = { name: 'XX', messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] };

/** The same for those who share a secret. An initiator that lacks it is refused at the third message. */
export const XXpsk3: NoisePattern = { name: 'XXpsk3', messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']] };

interface KeyPair {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** What one side brings to a handshake. Keys are 32 bytes. A pattern that needs what is missing throws. */
export interface HandshakeOptions {
  readonly pattern: NoisePattern;
  readonly initiator: boolean;
  /** What both sides must agree on without sending it. */
  readonly prologue: Uint8Array;
  readonly staticSecret?: Uint8Array;
  /** For vectors only. Otherwise it is drawn when first needed. */
  readonly ephemeralSecret?: Uint8Array;
  /** The other's static key, for patterns in which it is known beforehand. It must not be weak. */
  readonly remoteStatic?: Uint8Array;
  /** One for each `psk` of the pattern, in order. */
  readonly psk?: Uint8Array | readonly Uint8Array[];
}

/** One side of one handshake (spec, section 5.3). Write and read by turns until `complete`, then `split` and let it go. */
export class Handshake {
  readonly #pattern: NoisePattern;
  readonly #initiator: boolean;
  readonly #symmetric: SymmetricState;
  readonly #usesPsk: boolean;
  readonly #psks: Uint8Array[];
  #s: KeyPair | undefined;
  #e: KeyPair | undefined;
  #rs: Uint8Array | undefined;
  #re: Uint8Array | undefined;
  #next = 0;
  #state: 'running' | 'dead' | 'split' = 'running';

  constructor({ pattern, initiator, prologue, staticSecret, ephemeralSecret, remoteStatic, psk }: HandshakeOptions) {
    this.#pattern = pattern;
    this.#initiator = initiator;
    this.#psks = psk === undefined ? [] : psk instanceof Uint8Array ? [psk] : [...psk];
    const pskTokens = pattern.messages.flat().filter((token) => token === 'psk').length;
    assert(this.#psks.length === pskTokens, 'there is a pre-shared key for each psk of the pattern');
    assert(this.#psks.every((key) => key.length === KEY_BYTES), 'a pre-shared key has 32 bytes');
    assert(remoteStatic === undefined || isUsable(remoteStatic), 'a remote static key has 32 bytes and is not of small order');
    this.#usesPsk = pskTokens > 0;
    this.#s = staticSecret && keyPair(staticSecret);
    this.#e = ephemeralSecret && keyPair(ephemeralSecret);
    this.#rs = remoteStatic;
    this.#symmetric = new SymmetricState(`Noise_${pattern.name}_25519_ChaChaPoly_SHA256`);
    this.#symmetric.mixHash(prologue);
    for (const key of pattern.initiatorPre ?? []) this.#symmetric.mixHash(initiator ? this.#own(key).publicKey : this.#their(key));
    for (const key of pattern.responderPre ?? []) this.#symmetric.mixHash(initiator ? this.#their(key) : this.#own(key).publicKey);
  }

  /** Whether all messages of the pattern were written and read. */
  get complete(): boolean {
    return this.#state !== 'dead' && this.#next === this.#pattern.messages.length;
  }

  /** The other's static key as soon as it is known. It is proven only when the handshake is complete. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#rs;
  }

  /** The hash of the transcript so far; of all of it when complete, when it names this session and no other. */
  get handshakeHash(): Uint8Array {
    return this.#symmetric.handshakeHash;
  }

  /** The next message, which must be ours. Throws out of turn, after a refusal, and past {@link MAX_MESSAGE_BYTES}. */
  writeMessage(payload: Uint8Array): Uint8Array {
    assert(this.#isTurn('write'), 'a handshake is written in turn');
    const parts = this.#tokens().map((token) => this.#write(token));
    parts.push(this.#symmetric.encryptAndHash(payload));
    const message = concat(parts);
    assert(message.length <= MAX_MESSAGE_BYTES, 'a Noise message has at most 65,535 bytes');
    this.#next += 1;
    return message;
  }

  /** The payload of the other's next message, or `undefined`: refused, and the handshake is dead. Never throws for what was sent. */
  readMessage(message: Uint8Array): Uint8Array | undefined {
    const payload = this.#isTurn('read') ? this.#read(message) : undefined;
    if (payload === undefined) this.#state = 'dead';
    else this.#next += 1;
    return payload;
  }

  /** The two transport ciphers. Once: a second pair would use the same nonces again. */
  split(): { send: CipherState; receive: CipherState } {
    assert(this.complete && this.#state !== 'split', 'a complete handshake is split once');
    this.#state = 'split';
    const [initiators, responders] = this.#symmetric.split();
    return this.#initiator ? { send: initiators, receive: responders } : { send: responders, receive: initiators };
  }

  #isTurn(what: 'write' | 'read'): boolean {
    if (this.#state !== 'running' || this.complete) return false;
    const ours = (this.#next % 2 === 0) === this.#initiator;
    return ours === (what === 'write');
  }

  #tokens(): readonly Token[] {
    return this.#pattern.messages[this.#next] ?? [];
  }

  #write(token: Token): Uint8Array {
    switch (token) {
      case 'e':
        this.#e ??= keyPair(primitives().randomBytes(KEY_BYTES));
        this.#mixEphemeral(this.#e.publicKey);
        return this.#e.publicKey;
      case 's':
        return this.#symmetric.encryptAndHash(this.#own('s').publicKey);
      default:
        // `#readKey` refused every key that could make this fail.
        assert(this.#mixSecret(token), 'a Diffie-Hellman result is not zero');
        return NONE;
    }
  }

  #read(message: Uint8Array): Uint8Array | undefined {
    if (message.length > MAX_MESSAGE_BYTES) return undefined;
    let rest = message;
    for (const token of this.#tokens()) {
      if (token === 'e' || token === 's') {
        const length = token === 's' && this.#symmetric.hasKey ? KEY_BYTES + TAG_BYTES : KEY_BYTES;
        if (!this.#readKey(token, rest.subarray(0, length))) return undefined;
        rest = rest.subarray(length);
      } else if (!this.#mixSecret(token)) {
        return undefined;
      }
    }
    return this.#symmetric.decryptAndHash(rest);
  }

  #readKey(token: 'e' | 's', field: Uint8Array): boolean {
    const key = token === 'e' ? new Uint8Array(field) : this.#symmetric.decryptAndHash(field);
    // The spec leaves weak keys to the DH function; refused here, they cannot fail a message of ours later.
    if (key === undefined || !isUsable(key)) return false;
    if (token === 's') {
      this.#rs = key;
    } else {
      this.#re = key;
      this.#mixEphemeral(key);
    }
    return true;
  }

  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    if (this.#usesPsk) this.#symmetric.mixKey(publicKey); // section 9.2
  }

  /** Mixes in what both sides can compute and nobody else. @returns whether there was anything but zeros */
  #mixSecret(token: 'ee' | 'es' | 'se' | 'ss' | 'psk'): boolean {
    if (token === 'psk') {
      const psk = this.#psks.shift();
      assert(psk !== undefined, 'there is a pre-shared key for each psk of the pattern');
      this.#symmetric.mixKeyAndHash(psk);
      return true;
    }
    const [initiators, responders] = [...token] as ['e' | 's', 'e' | 's'];
    const [mine, theirs] = this.#initiator ? [initiators, responders] : [responders, initiators];
    const secret = primitives().x25519(this.#own(mine).secretKey, this.#their(theirs));
    if (secret !== undefined) this.#symmetric.mixKey(secret);
    return secret !== undefined;
  }

  #own(key: 'e' | 's'): KeyPair {
    const pair = key === 'e' ? this.#e : this.#s;
    assert(pair !== undefined, 'the pattern has the keys it needs');
    return pair;
  }

  #their(key: 'e' | 's'): Uint8Array {
    const publicKey = key === 'e' ? this.#re : this.#rs;
    assert(publicKey !== undefined, 'the pattern has the keys it needs');
    return publicKey;
  }
}

function keyPair(secretKey: Uint8Array): KeyPair {
  return { secretKey, publicKey: primitives().x25519PublicKey(secretKey) };
}

function isUsable(publicKey: Uint8Array): boolean {
  return publicKey.length === KEY_BYTES && !isWeakX25519Key(publicKey);
}
