/**
 * The one-time tokens of our invites, kept by their hash: what is on disk redeems nothing.
 * They live in what the pals agent saved, one key each, at most `limits.maxInvites` of them.
 */
import { forget, refuse, save } from '../agent.ts';
import type { Effect } from '../agent.ts';
import { primitives } from '../crypto/index.ts';
import type { Limits } from '../limits.ts';

/** Why a redemption was refused. */
export type TokenRefusal = 'bad-invite' | 'invite-used' | 'invite-expired';

interface SavedToken {
  readonly expiresMs: number;
  readonly used: boolean;
}

const PREFIX = '/invite/';
const DOMAIN: Uint8Array = new TextEncoder().encode('hearsay/1 invite token');

/** 64 hex digits. */
export function tokenHash(token: Uint8Array): string {
  const preimage = new Uint8Array(DOMAIN.length + token.length);
  preimage.set(DOMAIN);
  preimage.set(token, DOMAIN.length);
  return primitives().sha256Hex(preimage);
}

/**
 * Remembers a token. At the limit those that expired or were used make room; until then they are kept, so that whoever
 * comes late learns why. None to spare: refused with `too-many-invites`.
 */
export function addToken(saved: ReadonlyMap<string, unknown>, hash: string, expiresMs: number, nowMs: number, limits: Limits): readonly Effect[] {
  const keys = [...saved.keys()].filter((key) => key.startsWith(PREFIX));
  const isSpent = (key: string): boolean => {
    const token = saved.get(key) as SavedToken;
    return token.used || token.expiresMs <= nowMs;
  };
  const spent = keys.length < limits.maxInvites ? [] : keys.filter(isSpent);
  if (keys.length - spent.length >= limits.maxInvites) return [refuse('too-many-invites')];
  return [...spent.map(forget), save(PREFIX + hash, { expiresMs, used: false } satisfies SavedToken)];
}

/** Uses a token up. */
export function useToken(saved: ReadonlyMap<string, unknown>, token: Uint8Array, nowMs: number): Effect | TokenRefusal {
  const key = PREFIX + tokenHash(token);
  const found = saved.get(key) as SavedToken | undefined;
  if (found === undefined) return 'bad-invite';
  if (found.used) return 'invite-used';
  if (found.expiresMs <= nowMs) return 'invite-expired';
  return save(key, { ...found, used: true } satisfies SavedToken);
}
