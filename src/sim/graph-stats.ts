/** Figures of a graph. Pure. The simulator's yardsticks, so they are themselves tested against graphs made by hand. */
import { sample } from '../overlay/dice.ts';
import type { Random } from '../random.ts';

/** A directed graph on the nodes 0 to `size` - 1, in flat arrays: the arcs of node i are `targets[starts[i]]` to `targets[starts[i + 1] - 1]`. */
export interface Graph {
  readonly size: number;
  readonly starts: Int32Array;
  readonly targets: Int32Array;
}

/** From the arcs of each node. Arcs that lead out of the graph are left out. */
export function graphOf(arcs: readonly (readonly number[])[]): Graph {
  const size = arcs.length;
  const starts = new Int32Array(size + 1);
  const targets: number[] = [];
  for (const [node, outs] of arcs.entries()) {
    for (const target of outs) if (target >= 0 && target < size) targets.push(target);
    starts[node + 1] = targets.length;
  }
  return { size, starts, targets: Int32Array.from(targets) };
}

/** Out-degree of a node. */
export function degree({ starts }: Graph, node: number): number {
  return (starts[node + 1] as number) - (starts[node] as number);
}

/** Share of the nodes whose out-degree is at least `full`. Of no nodes: 1. */
export function fullDegreeShare(graph: Graph, full: number): number {
  let count = 0;
  for (let node = 0; node < graph.size; node += 1) if (degree(graph, node) >= full) count += 1;
  return graph.size === 0 ? 1 : count / graph.size;
}

/** Arcs without one back. */
export function asymmetricArcs(graph: Graph): number {
  let count = 0;
  for (let node = 0; node < graph.size; node += 1) {
    for (const target of arcsOf(graph, node)) if (!arcsOf(graph, target).includes(node)) count += 1;
  }
  return count;
}

/** Sizes of the parts that hang together when arcs count both ways, the largest first. */
export function componentSizes(graph: Graph): number[] {
  return components(graph).map(({ length }) => length);
}

/** The nodes of the largest part. */
export function giantNodes(graph: Graph): readonly number[] {
  return components(graph)[0] ?? [];
}

/** The largest part's share of all nodes. Of no nodes: 1. */
export function giantShare(graph: Graph): number {
  return graph.size === 0 ? 1 : giantNodes(graph).length / graph.size;
}

function components(graph: Graph): number[][] {
  const root = Int32Array.from({ length: graph.size }, (_, node) => node);
  const find = (node: number): number => {
    let at = node;
    while (root[at] !== at) {
      root[at] = root[root[at] as number] as number;
      at = root[at] as number;
    }
    return at;
  };
  for (let node = 0; node < graph.size; node += 1) for (const target of arcsOf(graph, node)) root[find(target)] = find(node);
  const parts = new Map<number, number[]>();
  for (let node = 0; node < graph.size; node += 1) {
    const part = parts.get(find(node));
    if (part === undefined) parts.set(find(node), [node]);
    else part.push(node);
  }
  return [...parts.values()].sort((a, b) => b.length - a.length);
}

/** Mean over all nodes of: the share of a node's pairs of neighbours that are neighbours. Arcs count both ways; with fewer than two neighbours 0 (Watts and Strogatz). */
export function clusteringCoefficient(graph: Graph): number {
  const neighbors = bothWays(graph);
  let sum = 0;
  for (const mine of neighbors) {
    let closed = 0;
    for (const a of mine) for (const b of neighbors[a] as Set<number>) if (mine.has(b)) closed += 1;
    if (mine.size > 1) sum += closed / (mine.size * (mine.size - 1));
  }
  return graph.size === 0 ? 0 : sum / graph.size;
}

/** Mean length of the shortest paths along arcs, from `sources` nodes drawn without repetition (all, when there are no more) to all they reach. */
export function averageShortestPath(graph: Graph, sources: number, random: Random): number {
  const nodes = Array.from({ length: graph.size }, (_, node) => node);
  const hops = new Int32Array(graph.size);
  const queue = new Int32Array(graph.size);
  let sum = 0;
  let paths = 0;
  for (const source of sources >= graph.size ? nodes : sample(nodes, sources, random)) {
    const reached = breadthFirst(graph, source, hops, queue);
    for (let i = 1; i < reached; i += 1) sum += hops[queue[i] as number] as number;
    paths += reached - 1;
  }
  return paths === 0 ? 0 : sum / paths;
}

/** Fills `hops` (-1: not reached) and the front of `queue` with those reached, nearest first; returns how many they are. */
function breadthFirst({ starts, targets }: Graph, source: number, hops: Int32Array, queue: Int32Array): number {
  hops.fill(-1);
  hops[source] = 0;
  queue[0] = source;
  let reached = 1;
  for (let i = 0; i < reached; i += 1) {
    const node = queue[i] as number;
    const further = (hops[node] as number) + 1;
    const end = starts[node + 1] as number;
    for (let arc = starts[node] as number; arc < end; arc += 1) {
      const target = targets[arc] as number;
      if (hops[target] !== -1) continue;
      hops[target] = further;
      queue[reached] = target;
      reached += 1;
    }
  }
  return reached;
}

function arcsOf({ starts, targets }: Graph, node: number): Int32Array {
  return targets.subarray(starts[node], starts[node + 1]);
}

function bothWays(graph: Graph): Set<number>[] {
  const neighbors = Array.from({ length: graph.size }, () => new Set<number>());
  for (let node = 0; node < graph.size; node += 1) {
    for (const target of arcsOf(graph, node)) {
      if (target === node) continue;
      neighbors[node]?.add(target);
      neighbors[target]?.add(node);
    }
  }
  return neighbors;
}
