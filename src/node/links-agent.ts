/**
 * The local agent `links`: tells other agents of this node which peers are connected. Pals uses it.
 * Not open to anybody else.
 */
import { fact, refuse } from '../agent.ts';
import type { Agent } from '../agent.ts';
import type { PeerId } from '../ids.ts';

/** The path to watch: the present set first, then each change. Mark `link`. */
export const PEERS_PATH = '/peers';

/** What the node tells it each change on, with the mark `link`. */
export const LINK_WIRE = '/link';

/** One change. */
export interface LinkChange {
  readonly type: 'up' | 'down';
  readonly peer: PeerId;
}

/** It keeps the set, so that a new watcher gets the present. */
export function linksAgent(): Agent {
  const up = new Set<PeerId>();
  return {
    onAgent: (_wire, sign) => {
      if (sign.type !== 'fact') return undefined;
      const change = sign.data as LinkChange;
      if (change.type === 'up') up.add(change.peer);
      else up.delete(change.peer);
      return fact([PEERS_PATH], 'link', change);
    },
    onWatch: (path) => (path === PEERS_PATH ? [...up].map((peer) => fact([], 'link', { type: 'up', peer } satisfies LinkChange)) : refuse('no-such-path')),
  };
}
