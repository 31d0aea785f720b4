/**
 * Questions to what is known of a peer. Pure.
 */
import type { PeerId } from '../../ids.ts';
import { RETRY_FOR_MS } from './register.ts';
import type { Gesture } from './register.ts';
import type { PalRecord } from './types.ts';

/** Of whom we know nothing. */
export const STRANGER: PalRecord = Object.freeze({ lists: null, receipt: null, mine: null, theirs: null, incarnation: null });

/** Whether it added us. */
export function isLeeche({ theirs }: PalRecord): boolean {
  return theirs?.kind === 'hey';
}

/** Whether a gesture of ours is retried no more. */
export function isGivenUp(mine: Gesture, nowMs: number): boolean {
  return nowMs - mine.seq > RETRY_FOR_MS;
}

/** Among those that both sides are done with, the one whose last gesture is the oldest. */
export function oldestDone(pals: ReadonlyMap<PeerId, PalRecord>, nowMs: number): PeerId | undefined {
  let oldest: PeerId | undefined;
  let oldestSeq = Infinity;
  for (const [peer, record] of pals) {
    const seq = Math.max(record.mine?.seq ?? 0, record.theirs?.seq ?? 0);
    if (seq >= oldestSeq || !isDone(record, nowMs)) continue;
    oldest = peer;
    oldestSeq = seq;
  }
  return oldest;
}

/** Neither added the other, and our own `bye` arrived or was given up. */
function isDone(record: PalRecord, nowMs: number): boolean {
  const { lists, mine } = record;
  return lists === null && !isLeeche(record) && (mine === null || mine.acked || isGivenUp(mine, nowMs));
}
