/** What the tests of pals share: peers, steady dice, and a core to step. */
import type { PeerId } from '../../src/ids.ts';
import { Pals } from '../../src/pals/core.ts';
import type { PalRecord, PalsEffect } from '../../src/pals/core/types.ts';
import type { Random } from '../../src/random.ts';

export const ANN = 'a'.repeat(64) as PeerId;
export const BOB = 'b'.repeat(64) as PeerId;
export const CAT = 'c'.repeat(64) as PeerId;
export const DAN = 'd'.repeat(64) as PeerId;

/** One incarnation for each number. */
export const life = (n: number): string => n.toString(16).padStart(32, '0');

/** A moment, ms since 1970. */
export const NOW = 1_800_000_000_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Always the middle of the range, so that jitter is nothing. */
export const steady: Random = { below: (bound) => Math.floor(bound / 2), fork: () => steady };

/** Ann's graph. */
export function ann(saved: Iterable<readonly [PeerId, PalRecord]> = [], { maxPals = 100, maxLinks = 8 } = {}): Pals {
  return new Pals({ self: ANN, incarnation: life(1), random: steady, maxPals, maxLinks }, saved);
}

export const STRANGER: PalRecord = { lists: null, receipt: null, mine: null, theirs: null, incarnation: null };

/** A target that acknowledged our `hey` of `seq`. */
export const target = (seq: number, lists: readonly string[] = []): PalRecord => ({ ...STRANGER, lists, receipt: true, mine: { kind: 'hey', seq, acked: true } });
/** A leeche that said `hey` with `seq`, in its second life. */
export const leeche = (seq: number): PalRecord => ({ ...STRANGER, theirs: { kind: 'hey', seq }, incarnation: life(2) });

export const sent = (to: PeerId, kind: 'hey' | 'bye', seq: number): PalsEffect => ({ type: 'SendGesture', to, gesture: { kind, seq, incarnation: life(1) } });
export const timer = (peer: PeerId, delayMs = 2_000): PalsEffect => ({ type: 'SetTimer', peer, delayMs });
export const emitted = (type: 'meet' | 'part' | 'near' | 'away', peer: PeerId): PalsEffect => ({ type: 'Emit', event: { type, peer } });
export const notified = (type: 'added' | 'dropped' | 'reset', peer: PeerId): PalsEffect => ({ type: 'Notify', notice: { type, peer } });
export const kept = (peer: PeerId, record: Partial<PalRecord>): PalsEffect => ({ type: 'Save', peer, record: { ...STRANGER, ...record } });
export const refused = (reason: Extract<PalsEffect, { type: 'Refuse' }>['reason']): PalsEffect => ({ type: 'Refuse', reason });
