/**
 * What a run is given, and what came of it.
 */
import { faultsOf, isSettled } from './numbers.ts';
import type { Account } from './numbers.ts';

export interface RunOptions {
  /** Kills, or faults of links. */
  readonly count: number;
  readonly seed: string;
  readonly durability?: 'process' | 'power';
  /** Told of each. */
  readonly progress?: (done: number) => void;
}

export interface Verdict {
  /** Each state changed once for each number, and each number that was committed reached everybody. */
  readonly ok: boolean;
  readonly seed: string;
  readonly durability: 'process' | 'power';
  readonly count: number;
  /** Numbers that were committed. */
  readonly published: number;
  readonly seconds: number;
  readonly faults: readonly string[];
}

/** What the members of each group hold. One is those that hear each other in one app. */
export type Groups = readonly (readonly Account[])[];

/** How long a run waits in the end until all is heard (our choice: a lost link is redialled within seconds, and the machine may be busy). */
const SETTLE_MS = 120_000;
const LOOK_MS = 200;

/** Resolves when everybody in each group has heard all there is, or the time is over, with what they have then. */
export async function settled(groupsNow: () => Promise<Groups>): Promise<Groups> {
  const untilMs = Date.now() + SETTLE_MS;
  for (;;) {
    const groups = await groupsNow();
    if (groups.every(isSettled) || Date.now() > untilMs) return groups;
    await after(LOOK_MS);
  }
}

export function verdictOf({ count, seed, durability = 'process' }: RunOptions, groups: Groups, beganMs: number): Verdict {
  const faults = groups.flatMap((accounts, group) => faultsOf(accounts).map((fault) => (groups.length === 1 ? fault : `group ${group}, ${fault}`)));
  const published = groups.flat().reduce((sum, { last }) => sum + last, 0);
  return { ok: faults.length === 0, seed, durability, count, published, seconds: (Date.now() - beganMs) / 1000, faults };
}

export function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
