/**
 * What is sent in the clear before the secure channel stands. All else is Noise.
 *
 *   hello   = count ‖ versions, ascending ‖ first Noise message ‖ check (16 bytes)
 *   refusal = 1 (version) | 2 (network) | 3 (key) | 4 ‖ our clock, ms since 1970, 8 bytes big-endian (clock skew)
 *
 * The check is an HMAC of what stands before it under a key that whoever knows the network id can work out. It costs a stranger's
 * hello no Diffie-Hellman of ours, and tells apart who is of another network; it proves nothing, Noise does. The network's
 * password is not in it, only whether there is one, or listeners could try passwords on it.
 * A refusal is shorter than any sealed message (16 bytes), and believed only as long as nothing better came.
 */
import { primitives } from '../../crypto/index.ts';
import { concat } from '../noise-state.ts';
import type { ChannelFault } from './fault.ts';

/** Versions of the protocol that we speak. */
export const VERSIONS: Uint8Array = Uint8Array.of(1);

/** A set of nodes that talk with each other. */
export interface Network {
  readonly id: string;
  /** 32 bytes, stretched from the password; `undefined` in an open network. */
  readonly key: Uint8Array | undefined;
}

/** A hello that concerns us, or what to count and what to answer. */
export type HelloRead =
  | { readonly ok: true; readonly offered: Uint8Array; readonly noise: Uint8Array }
  | { readonly ok: false; readonly fault: ChannelFault; readonly refusal: Uint8Array | undefined };

const PROLOGUE_TAG = new TextEncoder().encode('hearsay/1');
const CHECK_TAG = new TextEncoder().encode('hearsay/1 hello');
const CHECK_BYTES = 16;
const NOISE_BYTES = 32;
/** Most versions in a hello (our choice). */
const MAX_VERSIONS = 8;

const WRONG_VERSION = 1;
const WRONG_NETWORK = 2;
const WRONG_KEY = 3;
const CLOCK_SKEW = 4;
const CLOCK_BYTES = 8;

/** What both sides must agree on: the protocol, what was offered, and the network. */
export function prologue(network: Network, offered: Uint8Array): Uint8Array {
  return concat([PROLOGUE_TAG, Uint8Array.of(offered.length), offered, new TextEncoder().encode(network.id)]);
}

/** The first message, around that of Noise. */
export function encodeHello(network: Network, noise: Uint8Array): Uint8Array {
  const checked = concat([Uint8Array.of(VERSIONS.length), VERSIONS, noise]);
  return concat([checked, check(network.id, network.key !== undefined, checked)]);
}

/** Never throws. What is no hello gets no answer. */
export function readHello(network: Network, message: Uint8Array): HelloRead {
  const count = message[0] ?? 0;
  const offered = message.slice(1, 1 + count);
  const form = count >= 1 && count <= MAX_VERSIONS && message.length >= 1 + count + NOISE_BYTES + CHECK_BYTES;
  if (!form || !offered.every((version, i) => version > (offered[i - 1] ?? 0))) return refused('not-hearsay');
  if (!offered.some((version) => VERSIONS.includes(version))) return refused('wrong-version', WRONG_VERSION);
  const checked = message.subarray(0, -CHECK_BYTES);
  const given = message.subarray(-CHECK_BYTES);
  const hasKey = network.key !== undefined;
  if (isSame(given, check(network.id, hasKey, checked))) return { ok: true, offered, noise: checked.subarray(1 + count) };
  if (isSame(given, check(network.id, !hasKey, checked))) return refused('wrong-key', WRONG_KEY);
  return refused('wrong-network', WRONG_NETWORK);
}

/** For a third message that another key sealed. */
export const WRONG_KEY_REFUSAL: Uint8Array = Uint8Array.of(WRONG_KEY);

/** For a peer whose certificate is not of our time. */
export function clockSkewRefusal(nowMs: number): Uint8Array {
  const refusal = new Uint8Array(1 + CLOCK_BYTES);
  refusal[0] = CLOCK_SKEW;
  new DataView(refusal.buffer).setBigUint64(1, BigInt(nowMs));
  return refusal;
}

/** @returns why we were turned away, or `undefined` when the message is no refusal */
export function readRefusal(message: Uint8Array, nowMs: number): ChannelFault | undefined {
  if (message.length === 1 && message[0] === WRONG_VERSION) return { reason: 'wrong-version' };
  if (message.length === 1 && message[0] === WRONG_NETWORK) return { reason: 'wrong-network' };
  if (message.length === 1 && message[0] === WRONG_KEY) return { reason: 'wrong-key' };
  if (message.length !== 1 + CLOCK_BYTES || message[0] !== CLOCK_SKEW) return undefined;
  const theirsMs = Number(new DataView(message.buffer, message.byteOffset).getBigUint64(1));
  return { reason: 'clock-skew', clocks: { oursMs: nowMs, theirsMs } };
}

function check(networkId: string, hasKey: boolean, checked: Uint8Array): Uint8Array {
  const { hmacSha256, sha256 } = primitives();
  const key = sha256(concat([CHECK_TAG, Uint8Array.of(hasKey ? 1 : 0), new TextEncoder().encode(networkId)]));
  return hmacSha256(key, checked).subarray(0, CHECK_BYTES);
}

/** Not in constant time: what is compared is no secret. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

function refused(reason: string, code?: number): HelloRead {
  return { ok: false, fault: { reason }, refusal: code === undefined ? undefined : Uint8Array.of(code) };
}
