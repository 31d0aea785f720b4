/** How far hops reach at best, and what a plain flood costs. Pure. */
import type { NodeIndex } from '../network.ts';
import type { Friends } from './graphs.ts';

/** The nodes within some hops of one of them. */
export interface Ball {
  /** All but the source, the nearest first. */
  readonly nodes: readonly NodeIndex[];
  /** Copies that a flood sends when all links are equally slow, so that every first copy takes a shortest path; nobody tells the one it came from. */
  readonly floodCopies: number;
}

/** Along arcs. @param hops 1: those that `source` tells itself */
export function ballOf(tells: Friends, source: NodeIndex, hops: number): Ball {
  const distances = new Int32Array(tells.length).fill(-1);
  const from = new Int32Array(tells.length).fill(-1);
  distances[source] = 0;
  const nodes: NodeIndex[] = [source];
  let floodCopies = 0;
  for (const node of nodes) {
    if (distances[node] === hops) break;
    for (const other of tells[node] ?? []) {
      if (other === from[node]) continue;
      floodCopies += 1;
      if (distances[other] !== -1) continue;
      distances[other] = (distances[node] as number) + 1;
      from[other] = node;
      nodes.push(other);
    }
  }
  return { nodes: nodes.slice(1), floodCopies };
}
