/** `partition`: two halves lose sight of each other for a long time. Pure. */
import { componentSizes } from '../graph-stats.ts';
import type { Network, NodeIndex } from '../network.ts';
import { grownNetwork, runCycles } from './common.ts';
import type { Outcome, ScenarioOptions } from './common.ts';

export interface PartitionFigures {
  /** Whether all hung together within five minutes after the cut was mended. */
  readonly remerged: boolean;
  /** When, in ms after the mending; `null`: never. */
  readonly remergeMs: number | null;
  /** Neighbours from the other half, per node, five minutes after the mending. */
  readonly crossLinksPerNode: number;
}

const SETTLE_CYCLES = 10;
const LOOK_FOR_MS = 300_000;
const LOOK_EVERY_MS = 1_000;

export function runPartition(options: ScenarioOptions): Outcome<PartitionFigures> {
  const network = grownNetwork(options, SETTLE_CYCLES);
  network.partition(halfOf);
  runCycles(network, options.cycles, (text) => options.progress(`apart: ${text}`));
  network.heal();
  const mendedMs = network.nowMs;
  let remergeMs: number | null = null;
  for (let ms = 0; ms <= LOOK_FOR_MS; ms += LOOK_EVERY_MS) {
    network.runUntil(mendedMs + ms);
    if (remergeMs === null && isWhole(network)) remergeMs = ms;
  }
  const remerged = remergeMs !== null && isWhole(network);
  return { traceHash: network.traceHash, figures: { remerged, remergeMs, crossLinksPerNode: crossLinksPerNode(network) } };
}

function halfOf(node: NodeIndex): number {
  return node % 2;
}

function isWhole(network: Network): boolean {
  return componentSizes(network.graph().graph).length === 1;
}

function crossLinksPerNode(network: Network): number {
  let links = 0;
  for (let node = 0; node < network.size; node += 1) links += network.neighborsOf(node).filter((other) => halfOf(other) !== halfOf(node)).length;
  return links / network.size;
}
