/** `overlay`: the graph that comes of joining one by one (the paper's section 5.2 and table 1). Pure. */
import { flood } from '../flood.ts';
import { averageShortestPath, clusteringCoefficient, componentSizes, fullDegreeShare } from '../graph-stats.ts';
import { grownNetwork } from './common.ts';
import type { Outcome, ScenarioOptions } from './common.ts';

export interface OverlayFigures {
  /** Hops, over all pairs; above 10,000 nodes from 1,000 sources. */
  readonly averageShortestPath: number;
  readonly clusteringCoefficient: number;
  /** Share of nodes with a full active view. */
  readonly fullDegreeShare: number;
  readonly lastDeliveryHopMean: number;
  /** Payloads received per node in a flood. */
  readonly copiesPerNode: number;
  readonly components: number;
}

/** Cycles to settle in (paper). */
const SETTLE_CYCLES = 50;
/** All sources up to this many nodes, a sample of them above. */
const MAX_EXACT_NODES = 10_000;
const SAMPLED_SOURCES = 1_000;

export function runOverlay(options: ScenarioOptions): Outcome<OverlayFigures> {
  const network = grownNetwork(options, SETTLE_CYCLES);
  const random = network.random.fork('measure');
  const { graph } = network.graph();
  options.progress('measuring the graph');
  let lastHops = 0;
  let copies = 0;
  for (let i = 0; i < options.messages; i += 1) {
    const result = flood(graph, random.below(graph.size));
    lastHops += result.lastHop;
    copies += result.copies;
  }
  const sources = graph.size <= MAX_EXACT_NODES ? graph.size : SAMPLED_SOURCES;
  return {
    traceHash: network.traceHash,
    figures: {
      averageShortestPath: averageShortestPath(graph, sources, random),
      clusteringCoefficient: clusteringCoefficient(graph),
      fullDegreeShare: fullDegreeShare(graph, network.options.config.activeViewSize),
      lastDeliveryHopMean: lastHops / options.messages,
      copiesPerNode: copies / options.messages / graph.size,
      components: componentSizes(graph).length,
    },
  };
}
