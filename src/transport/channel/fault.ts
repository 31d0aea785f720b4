/** Why a channel came to nothing or to an end: a counted reason for who was dialled, a typed error for who dialled. */
import { HearsayError } from '../../errors.ts';

/** What ended a channel. */
export interface ChannelFault {
  /**
   * Before authentication: `wrong-network`, `wrong-version`, `wrong-key` (the network's password), `not-hearsay`, `bad-certificate`, `clock-skew`,
   * `wrong-peer`, `self`, `refused`. After it: a fault of a frame, or `bad-seal`. Either: what the transport or whoever closed it said.
   */
  readonly reason: string;
  /** With `refused`: why, in the peer's words. */
  readonly detail?: string;
  /** With `clock-skew`: both clocks, in ms since 1970; the other one as exactly as it is known. */
  readonly clocks?: { readonly oursMs: number; readonly theirsMs: number };
}

const RULES: Readonly<Record<string, string>> = {
  'bad-certificate': 'to be with a peer that proves who it is',
  'not-hearsay': 'to be with a node that speaks hearsay',
  self: 'to be with another node than ourselves',
  timeout: 'to be done within `limits.handshakeTimeoutMs`',
  'wrong-key': 'to be with a node that has our network password',
  'wrong-network': 'to be with a node of our network',
  'wrong-peer': 'to be with the peer that the address names',
  'wrong-version': 'to be with a node that speaks our version of the protocol',
};

/** A failed handshake as the one who dialled is told: `HEARSAY_CLOCK_SKEW`, `HEARSAY_REFUSED` or `HEARSAY_HANDSHAKE_FAILED`, the reason as its value. */
export function handshakeError({ reason, detail, clocks }: ChannelFault, address: string, cause?: unknown): HearsayError {
  const field = `handshake with ${address}`;
  if (clocks !== undefined) {
    const ours = new Date(clocks.oursMs).toISOString();
    const rule = `to be with a peer whose clock is within 24 h of ours, ${ours}`;
    return new HearsayError('HEARSAY_CLOCK_SKEW', { field, rule, value: shownTime(clocks.theirsMs) });
  }
  if (reason === 'refused') return new HearsayError('HEARSAY_REFUSED', { field, rule: 'to be with a peer that lets us in', value: detail });
  const rule = RULES[reason] ?? 'to be finished by both sides';
  return new HearsayError('HEARSAY_HANDSHAKE_FAILED', { field, rule, value: reason, cause });
}

/** Whether something answered that speaks something else. */
export function isNotHearsay(error: unknown): boolean {
  return error instanceof HearsayError && error.code === 'HEARSAY_HANDSHAKE_FAILED' && error.value === 'not-hearsay';
}

/** A peer may claim any time; not all of them have a date. */
function shownTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms since 1970` : date.toISOString();
}
