/** What goes into and comes out of the link core. Pure. */
import type { PeerId } from '../../ids.ts';
import type { Limits } from '../../limits.ts';

/** A connection, from the start of its dial or its acceptance to its end. Numbered by the core, never reused. */
export type ConnectionId = number;

/** The reason of a `Closed` that nobody asked for, as transports say it (see ConnectionListener): the socket died. */
export const LOST = 'lost';

/** The limits that the core obeys. */
export type LinkLimits = Pick<
  Limits,
  | 'handshakeTimeoutMs'
  | 'heartbeatMs'
  | 'maxBufferedBytes'
  | 'maxHalfOpen'
  | 'maxHalfOpenPerPrefix'
  | 'maxLinks'
  | 'maxPals'
  | 'maxStalledBytes'
  | 'redialFirstMs'
  | 'redialMaxMs'
  | 'stalledMs'
>;

/** What the shell sees of a linked connection when the timer fires. */
export interface Reading {
  readonly connection: ConnectionId;
  /** How many frames have come over it so far. */
  readonly frames: number;
  /** What we sent and the system has not taken yet. */
  readonly bufferedBytes: number;
}

/** Something that happened. */
export type LinkInput =
  /** A link to this peer shall exist, whatever it takes. */
  | { readonly type: 'Wanted'; readonly peer: PeerId }
  | { readonly type: 'Unwanted'; readonly peer: PeerId }
  /** The addresses of this peer changed. */
  | { readonly type: 'Nudged'; readonly peer: PeerId }
  /** Somebody asked for one dial of an address. The number is a fresh one of {@link LinkCore.number}. */
  | { readonly type: 'DialRequested'; readonly connection: ConnectionId }
  /** A `Dial` asked for a turn at which the peer has no address. */
  | { readonly type: 'AddressesExhausted'; readonly connection: ConnectionId }
  /** An inbound connection. The number is a fresh one; `prefix` is what one attacker holds at no cost, or "" where that is not known. */
  | { readonly type: 'Accepted'; readonly connection: ConnectionId; readonly prefix: string }
  /** The secure channel stands, both ways. */
  | { readonly type: 'Authenticated'; readonly connection: ConnectionId; readonly peer: PeerId }
  /** The peer will send nothing more on this connection. */
  | { readonly type: 'GoawayReceived'; readonly connection: ConnectionId; readonly reason: string }
  /** The connection is gone, or its dial or handshake failed. */
  | { readonly type: 'Closed'; readonly connection: ConnectionId; readonly reason: string }
  /** A connection holds more than `maxBufferedBytes`. */
  | { readonly type: 'Buffered'; readonly connection: ConnectionId; readonly bufferedBytes: number }
  | { readonly type: 'DisconnectRequested'; readonly peer: PeerId; readonly reason: string }
  /** The node shuts down. Nothing is let in or dialled any more. */
  | { readonly type: 'CloseRequested' }
  /** With a reading of each linked connection. */
  | { readonly type: 'TimerFired'; readonly readings: readonly Reading[] };

/** Something the shell must now do. */
export type LinkEffect =
  /** Dial, then shake hands. `turn`: which of the peer's addresses, from 0. Without a peer: the address of the `DialRequested`. */
  | { readonly type: 'Dial'; readonly connection: ConnectionId; readonly peer: PeerId | undefined; readonly turn: number }
  /** Turn a connection away and say why: with a goaway if it is authenticated, at once if not. */
  | { readonly type: 'Refuse'; readonly connection: ConnectionId; readonly reason: string }
  /** A link to the peer exists, and messages go over this connection. */
  | { readonly type: 'Up'; readonly peer: PeerId; readonly connection: ConnectionId }
  /** From now on messages to the peer go over this connection. */
  | { readonly type: 'Switch'; readonly peer: PeerId; readonly connection: ConnectionId }
  | { readonly type: 'Down'; readonly peer: PeerId; readonly reason: string }
  /** A link that was full can take messages again. */
  | { readonly type: 'Drained'; readonly peer: PeerId }
  /** Say that nothing more comes, and go on reading. */
  | { readonly type: 'Goaway'; readonly connection: ConnectionId; readonly reason: string }
  /** Say that nothing more comes, send what is buffered, close. */
  | { readonly type: 'Close'; readonly connection: ConnectionId; readonly reason: string }
  /** Close at once, in whatever state it is. */
  | { readonly type: 'Terminate'; readonly connection: ConnectionId; readonly reason: string }
  | { readonly type: 'Ping'; readonly connection: ConnectionId }
  /** There is one timer; this replaces it. */
  | { readonly type: 'SetTimer'; readonly delayMs: number };
