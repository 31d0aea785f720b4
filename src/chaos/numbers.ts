/**
 * The app under test and the model it is held against. Each node counts up and publishes its numbers; a number and the count it came
 * from are saved in one event. Each node notes whose numbers it has heard and how often, in a state that stays small.
 */
import * as z from 'zod';
import { save } from '../agent.ts';
import type { Agent } from '../agent.ts';
import { defineMarks } from '../marks/define-marks.ts';
import type { Limits } from '../limits.ts';
import type { Marks } from '../marks/define-marks.ts';

const number: z.ZodObject<{ from: z.ZodInt; n: z.ZodInt }> = z.object({ from: z.int(), n: z.int() });
export const marks: Marks<{ number: typeof number }> = defineMarks({ number });

/** What a node has heard of another one: 1 to `upTo` and those `ahead`, each once, and those `again`, once more for each time. */
export interface Heard {
  readonly upTo: number;
  readonly ahead: readonly number[];
  readonly again: readonly number[];
}

/** What one node holds at the end. */
export interface Account {
  /** Its numbers 1 to this one are committed. */
  readonly last: number;
  /** By whose numbers they are. */
  readonly heard: Readonly<Record<string, Heard>>;
}

/** Its agents, each with numbers of its own: what is said by the first goes to pals only, what is said by the other is relayed too, and offered. */
export const APPS: readonly { readonly name: string; readonly hops: number }[] = [{ name: 'numbers', hops: 1 }, { name: 'relayed', hops: 3 }];
/** However small, what is relayed is offered. */
export const OFFERS: Partial<Limits> = { offerFromBytes: 1 };

const NOTHING: Heard = { upTo: 0, ahead: [], again: [] };
const KEY = 'heard/';

/** One more number. */
export function hear({ upTo, ahead, again }: Heard, n: number): Heard {
  if (n <= upTo || ahead.includes(n)) return { upTo, ahead, again: [...again, n] };
  const all = new Set(ahead).add(n);
  let next = upTo;
  while (all.delete(next + 1)) next += 1;
  return { upTo: next, ahead: [...all], again };
}

/** @param from which of the nodes it is */
export function numbersAgent(from: number): Agent {
  return {
    onPoke: (_datum, { saved }) => {
      const n = ((saved.get('last') as number | undefined) ?? 0) + 1;
      return [save('last', n), marks.invent('number', { from, n })];
    },
    onAgent: (wire, sign, { saved }) => {
      const heard = marks.heard(wire, sign);
      if (heard?.mark !== 'number') return undefined;
      const key = `${KEY}${heard.data.from}`;
      return save(key, hear((saved.get(key) as Heard | undefined) ?? NOTHING, heard.data.n));
    },
    onPeek: (_path, { saved }): Account => ({
      last: (saved.get('last') as number | undefined) ?? 0,
      heard: Object.fromEntries([...saved].filter(([key]) => key.startsWith(KEY)).map(([key, value]) => [key.slice(KEY.length), value as Heard])),
    }),
  };
}

/** What is wrong with the accounts; empty when nothing is. */
export function faultsOf(accounts: readonly Account[]): readonly string[] {
  return accounts.flatMap(({ heard }, node) => accounts.flatMap(({ last }, from) => (from === node ? [] : faultsIn(heard[from] ?? NOTHING, last).map((fault) => `node ${node}, numbers of node ${from}: ${fault}`))));
}

/** Whether everybody has heard all there is so far. */
export function isSettled(accounts: readonly Account[]): boolean {
  return accounts.every(({ heard }, node) => accounts.every(({ last }, from) => from === node || (heard[from] ?? NOTHING).upTo >= last));
}

function faultsIn({ upTo, ahead, again }: Heard, last: number): string[] {
  const faults: string[] = [];
  if (again.length > 0) faults.push(`the state changed again for ${again.join(', ')}`);
  if (upTo < last) faults.push(`heard 1 to ${upTo} and ${ahead.length} more of ${last}`);
  if (Math.max(upTo, ...ahead) > last) faults.push(`heard ${Math.max(upTo, ...ahead)}, and ${last} was committed last`);
  return faults;
}
