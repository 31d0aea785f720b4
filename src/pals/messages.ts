/**
 * What the pals agent is told from outside, and how it is checked: gestures, hellos and redemptions of peers, commands of our own process.
 */
import * as z from 'zod';
import { isPeerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import type { Gesture, Hello, SentGesture } from './core/register.ts';

/** The name under which every node runs the agent. */
export const PALS = 'pals';
/** The mark of a gesture. */
export const GESTURE = 'pals-gesture';
/** The mark of a hello. */
export const HELLO = 'pals-hello';
/** The mark of a token handed in. */
export const REDEEM = 'pals-redeem';
/** The mark of what our own process says. */
export const COMMAND = 'pals-command';
/** The mark of facts on `/targets` and `/leeches`: data is a `PalsEvent`. */
export const EFFECT = 'pals-effect';
/** The mark of facts on `/redeems`: data is a {@link RedeemAnswer}. */
export const REDEEM_ANSWER = 'pals-redeem-answer';

/** Length of an invite's one-time token (research 9: 128 bits cannot be guessed). */
export const TOKEN_BYTES = 16;

/** How the inviter answered a redemption of ours. */
export interface RedeemAnswer {
  readonly peer: PeerId;
  /** Hash of the token, so that the asker knows its own. */
  readonly hash: string;
  /** Why not, or `null`. */
  readonly refused: string | null;
}

/** What our own process may ask for. */
export type Command =
  | { readonly type: 'meet' | 'part'; readonly peer: PeerId; readonly lists: readonly string[] }
  | { readonly type: 'resend' }
  /** Remembers a token, by its hash. */
  | { readonly type: 'invite'; readonly hash: string; readonly expiresMs: number }
  | { readonly type: 'redeem'; readonly peer: PeerId; readonly token: Uint8Array };

const peer = z.custom<PeerId>(isPeerId);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const token = z.instanceof(Uint8Array).refine((bytes) => bytes.length === TOKEN_BYTES);
const natural = z.int().min(0);
const lists = z.array(z.string());

const incarnation = z.string().regex(/^[0-9a-f]{32}$/);
const register = z.strictObject({ kind: z.enum(['hey', 'bye']), seq: natural }) satisfies z.ZodType<Gesture, unknown>;
const gesture = register.extend({ incarnation }) satisfies z.ZodType<SentGesture, unknown>;
const hello = z.strictObject({
  incarnation,
  mine: register.nullable(),
  held: natural.nullable(),
}) satisfies z.ZodType<Hello, unknown>;
const redeem = z.strictObject({ token });
const command = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['meet', 'part']), peer, lists }),
  z.strictObject({ type: z.literal('resend') }),
  z.strictObject({ type: z.literal('invite'), hash, expiresMs: natural }),
  z.strictObject({ type: z.literal('redeem'), peer, token }),
]) satisfies z.ZodType<Command, unknown>;

/** `undefined` for what has not the form of a gesture. Never throws. */
export function readGesture(data: unknown): SentGesture | undefined {
  return gesture.safeParse(data).data;
}

/** Likewise for a hello. */
export function readHello(data: unknown): Hello | undefined {
  return hello.safeParse(data).data;
}

/** Likewise for a redemption. */
export function readRedeem(data: unknown): { readonly token: Uint8Array } | undefined {
  return redeem.safeParse(data).data;
}

/** Likewise for a command. */
export function readCommand(data: unknown): Command | undefined {
  return command.safeParse(data).data;
}
