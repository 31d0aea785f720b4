/**
 * The handshake of a channel: who answers, from the first byte to two ciphers. Three messages of at most 1 KiB (design):
 *
 *   dialler → hello (hello.ts)   ← Noise message 2, with a certificate   → Noise message 3, with a certificate
 *
 * Noise XX, with a network key XXpsk3. Both sides are sure of each other's identity then, but the dialler does not know yet whether it was let in:
 * the first sealed frame tells. Neither socket nor clock here: messages and times are arguments, and nothing a peer sends throws.
 */
import type { PeerId } from '../../ids.ts';
import { verifyCertificate } from '../certificate.ts';
import { Handshake, XX, XXpsk3 } from '../noise.ts';
import type { CipherState } from '../noise.ts';
import { NONE } from '../noise-state.ts';
import type { ChannelFault } from './fault.ts';
import { clockSkewRefusal, encodeHello, prologue, readHello, readRefusal, VERSIONS, WRONG_KEY_REFUSAL } from './hello.ts';
import type { Network } from './hello.ts';

/** Longest message before both sides are authenticated, in bytes (design). */
export const MAX_HANDSHAKE_BYTES = 1024;

/** What one side brings. */
export interface Party {
  readonly self: PeerId;
  readonly network: Network;
  /** X25519, 32 bytes. */
  readonly staticSecret: Uint8Array;
  /** Over that key. */
  readonly certificate: Uint8Array;
}

/** What a message of the other side leads to. */
export type HandshakeStep =
  | { readonly type: 'reply'; readonly message: Uint8Array }
  /** The peer is authenticated. The dialler still has a message to send. */
  | { readonly type: 'done'; readonly message: Uint8Array | undefined; readonly peer: PeerId; readonly send: CipherState; readonly receive: CipherState }
  /** Over. The refusal, where there is one, is to be sent in the clear. */
  | { readonly type: 'failed'; readonly fault: ChannelFault; readonly refusal: Uint8Array | undefined };

/** One side of a handshake. */
export interface HandshakeSide {
  receive(message: Uint8Array, nowMs: number): HandshakeStep;
}

/** The side that dialled. */
export class DiallingSide implements HandshakeSide {
  readonly #party: Party;
  readonly #expected: PeerId | undefined;
  readonly #handshake: Handshake;

  /** @param expected who must answer. Anybody else learns no more than that somebody dialled. */
  constructor(party: Party, expected: PeerId | undefined) {
    this.#party = party;
    this.#expected = expected;
    this.#handshake = newHandshake(party, true, VERSIONS);
  }

  /** The first message. Once. */
  hello(): Uint8Array {
    return encodeHello(this.#party.network, this.#handshake.writeMessage(NONE));
  }

  receive(message: Uint8Array, nowMs: number): HandshakeStep {
    const refusal = readRefusal(message, nowMs);
    if (refusal !== undefined) return { type: 'failed', fault: refusal, refusal: undefined };
    const certificate = message.length > MAX_HANDSHAKE_BYTES ? undefined : this.#handshake.readMessage(message);
    if (certificate === undefined) return failed('not-hearsay');
    const verdict = judge(this.#party.self, certificate, this.#handshake, nowMs);
    if (!verdict.ok) return { type: 'failed', fault: verdict.fault, refusal: undefined };
    const { peer } = verdict;
    if (this.#expected !== undefined && peer !== this.#expected) return failed('wrong-peer');
    const last = this.#handshake.writeMessage(this.#party.certificate);
    return { type: 'done', message: last, peer, ...this.#handshake.split() };
  }
}

/** The side that was dialled. */
export class AnsweringSide implements HandshakeSide {
  readonly #party: Party;
  #handshake: Handshake | undefined;

  constructor(party: Party) {
    this.#party = party;
  }

  receive(message: Uint8Array, nowMs: number): HandshakeStep {
    if (message.length > MAX_HANDSHAKE_BYTES) return failed('not-hearsay');
    return this.#handshake === undefined ? this.#onHello(message) : this.#onProof(this.#handshake, message, nowMs);
  }

  #onHello(message: Uint8Array): HandshakeStep {
    const hello = readHello(this.#party.network, message);
    if (!hello.ok) return { type: 'failed', fault: hello.fault, refusal: hello.refusal };
    this.#handshake = newHandshake(this.#party, false, hello.offered);
    if (this.#handshake.readMessage(hello.noise) === undefined) return failed('not-hearsay');
    return { type: 'reply', message: this.#handshake.writeMessage(this.#party.certificate) };
  }

  #onProof(handshake: Handshake, message: Uint8Array, nowMs: number): HandshakeStep {
    const certificate = handshake.readMessage(message);
    if (certificate === undefined) return this.#party.network.key === undefined ? failed('not-hearsay') : failed('wrong-key', WRONG_KEY_REFUSAL);
    const verdict = judge(this.#party.self, certificate, handshake, nowMs);
    if (!verdict.ok) return failed(verdict.fault.reason, verdict.fault.clocks && clockSkewRefusal(nowMs));
    return { type: 'done', message: undefined, peer: verdict.peer, ...handshake.split() };
  }
}

function newHandshake({ network, staticSecret }: Party, initiator: boolean, offered: Uint8Array): Handshake {
  const common = { initiator, prologue: prologue(network, offered), staticSecret };
  return network.key === undefined ? new Handshake({ pattern: XX, ...common }) : new Handshake({ pattern: XXpsk3, psk: network.key, ...common });
}

type Judged = { readonly ok: true; readonly peer: PeerId } | { readonly ok: false; readonly fault: ChannelFault };

function judge(self: PeerId, certificate: Uint8Array, { remoteStatic = NONE }: Handshake, nowMs: number): Judged {
  const verdict = verifyCertificate(certificate, remoteStatic, nowMs);
  if (verdict.ok) return verdict.peer === self ? { ok: false, fault: { reason: 'self' } } : verdict;
  if (verdict.reason !== 'clock-skew') return { ok: false, fault: { reason: 'bad-certificate' } };
  // It was made by the other clock when it was new: the nearest thing to that clock that we know.
  return { ok: false, fault: { reason: 'clock-skew', clocks: { oursMs: nowMs, theirsMs: verdict.notBeforeMs } } };
}

function failed(reason: string, refusal?: Uint8Array): HandshakeStep {
  return { type: 'failed', fault: { reason }, refusal };
}
