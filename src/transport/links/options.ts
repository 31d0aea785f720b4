/** What links are made of, and what they tell. */
import type { HearsayError } from '../../errors.ts';
import type { PeerId } from '../../ids.ts';
import type { Limits } from '../../limits.ts';
import type { Random } from '../../random.ts';
import type { RekeyAfter } from '../channel/direction.ts';
import type { Identity } from '../identity.ts';
import type { Transport } from '../transport.ts';

/** What becomes of links. Called one at a time from socket events and timers, never from within a call to Links. */
export interface LinkEvents {
  /** A link to the peer exists. Ups and downs of a peer alternate. `dialled`: the address, if it was us. */
  onUp(peer: PeerId, info: { readonly dialled: string | undefined; readonly host: string }): void;
  /** It exists no more. What was sent over it may not have arrived. */
  onDown(peer: PeerId, reason: string): void;
  /** The bytes are the receiver's to keep. They may be a view of a frame of up to 64 KiB: copy a small part that is kept for long. */
  onMessage(peer: PeerId, message: Uint8Array): void;
  /** Somebody was not let in. For counting. */
  onRefused(reason: string, host: string): void;
  /** A dial led nowhere. `peer`: whom we hoped to find. */
  onDialFailed(peer: PeerId | undefined, address: string, error: HearsayError): void;
  /** The buffer of a link that was `congested` fell below half of `maxBufferedBytes`. */
  onDrained(peer: PeerId): void;
}

/** See {@link LinksOptions.vet}. */
export type Vetted = { readonly ok: false } | { readonly ok: true; readonly admits?: (ip: string) => boolean };

export interface LinksOptions {
  readonly identity: Identity;
  /** Nodes of other networks are refused. */
  readonly networkId: string;
  /** 32 bytes, stretched from the network's password. */
  readonly networkKey?: Uint8Array;
  readonly transports: readonly Transport[];
  readonly limits: Limits;
  readonly random: Random;
  /** Wall clock, ms since 1970, a whole number. For certificates; everything else goes by a monotonic clock. */
  readonly now: () => number;
  /** Where a wanted peer may be dialled, the likeliest first. */
  readonly addressesOf: (peer: PeerId) => readonly string[];
  /** Whether an address may be dialled that our user did not name, to find that peer; `admits` is asked of the IP addresses that its name leads to. Without it, all may be. */
  readonly vet?: (peer: PeerId | undefined, url: string) => Vetted;
  readonly events: LinkEvents;
  /** @internal For tests. Both ends must have the same. */
  readonly rekeyAfter?: RekeyAfter;
}
