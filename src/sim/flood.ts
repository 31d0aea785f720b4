/**
 * One message flooded over active views that stand still, all links equally slow: who has it tells all neighbours but the one it came from. Pure.
 * A plain flood, for the overlay's own figures: as in the paper's simulator, every first copy takes a shortest path.
 */
import type { NodeIndex } from './network.ts';
import type { Graph } from './graph-stats.ts';

/** What became of a message. */
export interface Flood {
  /** Nodes that have it, the source included. */
  readonly reached: number;
  /** Copies that arrived anywhere. */
  readonly copies: number;
  /** Hops of the last first copy. */
  readonly lastHop: number;
}

export function flood({ size, starts, targets }: Graph, source: NodeIndex): Flood {
  const hops = new Int16Array(size).fill(-1);
  const from = new Int32Array(size).fill(-1);
  const queue = new Int32Array(size);
  hops[source] = 0;
  queue[0] = source;
  let reached = 1;
  let copies = 0;
  for (let i = 0; i < reached; i += 1) {
    const node = queue[i] as number;
    const end = starts[node + 1] as number;
    for (let arc = starts[node] as number; arc < end; arc += 1) {
      const target = targets[arc] as number;
      if (target === from[node]) continue;
      copies += 1;
      if (hops[target] !== -1) continue;
      hops[target] = (hops[node] as number) + 1;
      from[target] = node;
      queue[reached] = target;
      reached += 1;
    }
  }
  return { reached, copies, lastHop: hops[queue[reached - 1] as number] as number };
}
