/**
 * What goes into the friend graph, what comes out, and what it keeps. Pure.
 */
import type { PeerId } from '../../ids.ts';
import type { Random } from '../../random.ts';
import type { Gesture, GestureRefusal, Hello, SentGesture } from './register.ts';

/** Everything known of one peer. Replaced whole, never changed in place. */
export interface PalRecord {
  /** Our labels for it, sorted; `null`: it is no target. */
  readonly lists: readonly string[] | null;
  /** P4, for targets: `null` awaiting, `true` acknowledged, `false` refused. */
  readonly receipt: boolean | null;
  /** Our last gesture to it. A target's is always `hey`. */
  readonly mine: (Gesture & { readonly acked: boolean }) | null;
  /** Its last gesture to us. A leeche's is `hey`. */
  readonly theirs: Gesture | null;
  /** Of its directory, as last heard. */
  readonly incarnation: string | null;
}

/** Something that happened. */
export type PalsInput =
  | { readonly type: 'Meet'; readonly peer: PeerId; readonly lists: readonly string[] }
  | { readonly type: 'Part'; readonly peer: PeerId; readonly lists: readonly string[] }
  | { readonly type: 'Resend' }
  | { readonly type: 'GestureReceived'; readonly from: PeerId; readonly gesture: SentGesture }
  | { readonly type: 'HelloReceived'; readonly from: PeerId; readonly hello: Hello }
  /** Our gesture of that `seq` was answered. `refused`: why not; `unreachable` and `overloaded` are no answer. */
  | { readonly type: 'GestureAnswered'; readonly peer: PeerId; readonly seq: number; readonly refused?: string }
  | { readonly type: 'LinkUp'; readonly peer: PeerId }
  | { readonly type: 'LinkDown'; readonly peer: PeerId }
  | { readonly type: 'TimerFired'; readonly peer: PeerId };

/** What agents that follow the graph are told. */
export interface PalsEvent {
  /** `meet`, `part`: a target came or went. `near`, `away`: a leeche did. */
  readonly type: 'meet' | 'part' | 'near' | 'away';
  readonly peer: PeerId;
}

/** What the user is told (P9). `reset`: the peer lost its directory, and with it what it knew of us (P7). */
export interface PalsNotice {
  readonly type: 'added' | 'dropped' | 'reset';
  readonly peer: PeerId;
}

/** Why the input was not taken. Then it changed nothing, and there is no other effect. */
export type PalsRefusal = GestureRefusal | 'bad-list' | 'too-many-lists';

/** What the shell must now do. */
export type PalsEffect =
  | { readonly type: 'SendGesture'; readonly to: PeerId; readonly gesture: SentGesture }
  | { readonly type: 'SendHello'; readonly to: PeerId; readonly hello: Hello }
  /** Replaces the peer's timer. One per peer. */
  | { readonly type: 'SetTimer'; readonly peer: PeerId; readonly delayMs: number }
  | { readonly type: 'Emit'; readonly event: PalsEvent }
  | { readonly type: 'Notify'; readonly notice: PalsNotice }
  | { readonly type: 'Save'; readonly peer: PeerId; readonly record: PalRecord }
  | { readonly type: 'Forget'; readonly peer: PeerId }
  | { readonly type: 'Refuse'; readonly reason: PalsRefusal };

/** Who we are and how much we hold. */
export interface PalsOptions {
  readonly self: PeerId;
  /** Of our own directory. 32 hex digits. */
  readonly incarnation: string;
  readonly random: Random;
  /** Peers remembered in all. See `limits.maxPals`. */
  readonly maxPals: number;
  /** Links remembered as open. See `limits.maxLinks`. */
  readonly maxLinks: number;
}
