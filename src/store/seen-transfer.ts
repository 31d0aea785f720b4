/**
 * What an agent's node has seen, taken from one machine to another, so that the other does not deliver it again.
 * On paper it is lines of JSON: `{"id":"…","hops":2,"delivered":true,"relayed":true,"sinceMs":…}`.
 */
import * as z from 'zod';
import { HearsayError } from '../errors.ts';
import { isRumorId } from '../ids.ts';
import type { RumorId } from '../ids.ts';
import { limits } from '../limits.ts';
import { openStore } from './level-store.ts';
import type { SeenEntry, Store } from './store.ts';

/** Entries of one commit, and commits under way. Our choice: 36 KiB of log each, and the disk is never idle. */
const AT_ONCE = 1000;
const MAX_UNDER_WAY = 4;

const line = z.strictObject({
  id: z.custom<RumorId>(isRumorId),
  hops: z.int().min(0).max(15),
  delivered: z.boolean(),
  relayed: z.boolean(),
  sinceMs: z.number().min(0),
}) satisfies z.ZodType<SeenEntry, unknown>;

/**
 * Merges entries into what an agent's node has seen; they count as seen now. Entries that are there already rise, and none falls.
 * @returns how many there were, once they are on disk
 * @throws HearsayError `HEARSAY_BAD_DATA` for what is no entry, and what the store fails with; those before it are merged
 */
export async function restoreSeen(store: Store, agent: string, entries: AsyncIterable<SeenEntry> | Iterable<SeenEntry>): Promise<number> {
  let count = 0;
  let remember: SeenEntry[] = [];
  const underWay: Promise<void>[] = [];
  const commit = (): void => {
    const changes = { agent, remember };
    underWay.push(new Promise((resolve, reject) => store.append(changes, (error) => (error === undefined ? resolve() : reject(error)))));
    remember = [];
  };
  for await (const entry of entries) {
    remember.push(checked(entry));
    count += 1;
    if (remember.length < AT_ONCE) continue;
    commit();
    if (underWay.length >= MAX_UNDER_WAY) await underWay.shift();
  }
  if (remember.length > 0) commit();
  await Promise.all(underWay);
  return count;
}

/** The entries of an agent in a directory that no node uses, as lines. @throws HearsayError as `createNode` does for the directory */
export async function* exportSeen(dir: string, agent: string): AsyncGenerator<string> {
  const store = await openStore({ dir }, limits(), Date.now);
  try {
    for await (const entry of store.replay(agent)) yield JSON.stringify(entry);
  } finally {
    await store.close();
  }
}

/** The reverse of {@link exportSeen}. @returns how many there were @throws HearsayError as {@link restoreSeen} and `createNode` do */
export async function importSeen(dir: string, agent: string, lines: AsyncIterable<string> | Iterable<string>): Promise<number> {
  const store = await openStore({ dir }, limits(), Date.now);
  try {
    return await restoreSeen(store, agent, parsed(lines));
  } finally {
    await store.close();
  }
}

async function* parsed(lines: AsyncIterable<string> | Iterable<string>): AsyncGenerator<SeenEntry> {
  for await (const text of lines) {
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new HearsayError('HEARSAY_BAD_DATA', { field: 'line', rule: 'to be JSON', value: text, cause });
    }
    yield value as SeenEntry;
  }
}

function checked(entry: SeenEntry): SeenEntry {
  const result = line.safeParse(entry);
  if (result.success) return result.data;
  throw new HearsayError('HEARSAY_BAD_DATA', { field: 'entry', rule: 'to be an entry of a seen-set', value: result.error.issues[0]?.path.join('.') ?? '', cause: result.error });
}
