/**
 * What peers may do with an agent, and what they are told when they may not.
 */
import type { Agent } from '../agent.ts';
import { HearsayError } from '../errors.ts';

/** Marks of pokes, and paths, that are open to peers. A path opens all below it, too. */
export interface Doors {
  readonly pokes: readonly string[];
  readonly paths: readonly string[];
}

/** Every node runs them, so to know that they run is to know nothing. */
const ALWAYS_RUNNING: readonly string[] = ['links', 'overlay', 'pals'];
/** Refusals that only an agent that runs gives. */
const TELLING: readonly string[] = ['failed', 'gossip-forbidden', 'gossip-rejected', 'not-open', 'overloaded'];

/** @throws HearsayError `HEARSAY_BAD_CONFIG` when it is no lists of names: a peer's asking is too late to find that out. */
export function doorsOf(name: string, { open }: Agent): Doors {
  const lists = { pokes: open?.pokes ?? [], paths: open?.paths ?? [] };
  for (const [field, list] of Object.entries(lists)) {
    const holds = Array.isArray(list) && list.every((each) => typeof each === 'string');
    if (!holds) throw new HearsayError('HEARSAY_BAD_CONFIG', { field: `${name}.open.${field}`, rule: 'to be a list of strings', value: list });
  }
  return { pokes: [...lists.pokes], paths: [...lists.paths] };
}

/** Whether peers may watch that path. */
export function isOpenPath({ paths }: Doors, path: string): boolean {
  return paths.some((open) => path === open || path.startsWith(`${open}/`));
}

/** Why a peer is refused by an agent, in words that tell a stranger no more than an agent that does not run. An agent's own words are its own to choose. */
export function reasonFor(isPal: boolean, agent: string, refused: string | undefined): string | undefined {
  if (refused === undefined || isPal || ALWAYS_RUNNING.includes(agent)) return refused;
  return TELLING.includes(refused) || refused.startsWith('bad-payload') ? 'forbidden' : refused;
}
