/**
 * One error class, a closed union of codes. Pure.
 * Codes are API and stable; messages are not. A message names the field, the rule and the value, and never a payload or a key.
 */

/** Every code a {@link HearsayError} can carry. Each has a line in docs/errors.md. */
export type ErrorCode =
  | 'HEARSAY_AGENT_FAILED'
  | 'HEARSAY_ALREADY_RUNNING'
  | 'HEARSAY_ASYNC_VALIDATOR'
  | 'HEARSAY_BAD_ADDRESS'
  | 'HEARSAY_BAD_CONFIG'
  | 'HEARSAY_BAD_DATA'
  | 'HEARSAY_BAD_EFFECT'
  | 'HEARSAY_BAD_IDENTITY'
  | 'HEARSAY_BAD_INVITE'
  | 'HEARSAY_BAD_PEER_ID'
  | 'HEARSAY_CLOCK_SKEW'
  | 'HEARSAY_CLOSED'
  | 'HEARSAY_HANDSHAKE_FAILED'
  | 'HEARSAY_INVARIANT'
  | 'HEARSAY_INVITE_EXPIRED'
  | 'HEARSAY_INVITE_USED'
  | 'HEARSAY_LISTEN_FAILED'
  | 'HEARSAY_LOCKED'
  | 'HEARSAY_NEWER_SCHEMA'
  | 'HEARSAY_NOT_SUPPORTED'
  | 'HEARSAY_NO_ADDRESS'
  | 'HEARSAY_OVERLOADED'
  | 'HEARSAY_PORT_IN_USE'
  | 'HEARSAY_REFUSED'
  | 'HEARSAY_STORE_DAMAGED'
  | 'HEARSAY_STORE_FAILED'
  | 'HEARSAY_TIMEOUT'
  | 'HEARSAY_TOO_LARGE'
  | 'HEARSAY_UNKNOWN_MARK'
  | 'HEARSAY_UNREACHABLE';

/** What an error is about: "Expected `field` rule, got `value`". */
export interface ErrorDetails {
  /** The option, field or argument at fault. */
  readonly field: string;
  /** What was expected of it, as the end of "Expected … ", for instance "to be an integer from 0 to 15". */
  readonly rule: string;
  /** What was there instead. Printed in at most 80 characters. */
  readonly value?: unknown;
  readonly cause?: unknown;
}

/** The only error this package throws on purpose, and the only one it puts on a stream. */
export class HearsayError extends Error {
  override readonly name = 'HearsayError';
  readonly code: ErrorCode;
  readonly field: string;
  readonly rule: string;
  readonly value: unknown;

  constructor(code: ErrorCode, { field, rule, value, cause }: ErrorDetails) {
    super(`Expected \`${field}\` ${rule}, got ${show(value)}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.field = field;
    this.rule = rule;
    this.value = value;
  }
}

/** Throws `HEARSAY_INVARIANT` when something that cannot be is. A failure here is a bug of ours. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new HearsayError('HEARSAY_INVARIANT', { field: 'invariant', rule: `to hold: ${invariant}` });
}

/** Makes a `switch` over a union complete at compile time. */
export function assertNever(value: never): never {
  throw new HearsayError('HEARSAY_INVARIANT', { field: 'case', rule: 'to be one of the union', value });
}

const SHOWN_CHARACTERS = 80;

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Error) return clip(value.message);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol') return clip(String(value));
  try {
    return clip(JSON.stringify(value) ?? String(value));
  } catch {
    return `something of type ${typeof value}`;
  }
}

function clip(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `\`${text.slice(0, SHOWN_CHARACTERS)}…\`` : `\`${text}\``;
}
