/** `churn`: in every cycle some go, half of them without a word, and as many come. Pure. */
import { sample } from '../../overlay/dice.ts';
import { flood } from '../flood.ts';
import { componentSizes, fullDegreeShare, giantShare } from '../graph-stats.ts';
import type { NodeIndex } from '../network.ts';
import { cycleMs, grownNetwork, joinThrough } from './common.ts';
import type { Outcome, ScenarioOptions } from './common.ts';

/** All at the end, but for the reliability. */
export interface ChurnFigures {
  readonly components: number;
  readonly giantComponentShare: number;
  readonly fullDegreeShare: number;
  /** Share of the living that a message reaches, mean over messages spread over the cycles. */
  readonly reliabilityMean: number;
}

const SETTLE_CYCLES = 10;
/** As long as PlumTree's churn (100 cycles of 50 in 10,000). */
const CHURN_CYCLES = 100;

export function runChurn(options: ScenarioOptions): Outcome<ChurnFigures> {
  const network = grownNetwork(options, SETTLE_CYCLES);
  const random = network.random.fork('churn');
  const startMs = network.nowMs;
  const perCycle = Math.round(options.churn * options.nodes);
  const moves = perCycle * CHURN_CYCLES;
  let living: NodeIndex[] = Array.from({ length: network.size }, (_, node) => node);
  let reliability = 0;
  for (let i = 0; i < options.messages; i += 1) {
    // Between two messages a share of all comings and goings, evenly spread.
    for (let move = Math.floor((i * moves) / options.messages); move < Math.floor(((i + 1) * moves) / options.messages); move += 1) {
      network.runUntil(startMs + (move / moves) * CHURN_CYCLES * cycleMs(network));
      const [leaver, contact] = sample(living, 2, random) as [NodeIndex, NodeIndex];
      if (move % 2 === 0) network.crash(leaver);
      else network.leave(leaver);
      living = living.filter((node) => node !== leaver);
      living.push(joinThrough(network, contact));
    }
    network.runUntil(startMs + ((i + 1) / options.messages) * CHURN_CYCLES * cycleMs(network));
    const { graph } = network.graph();
    reliability += flood(graph, random.below(graph.size)).reached / graph.size;
    options.progress(`message ${i + 1} of ${options.messages}`);
  }
  const { graph } = network.graph();
  return {
    traceHash: network.traceHash,
    figures: {
      components: componentSizes(graph).length,
      giantComponentShare: giantShare(graph),
      fullDegreeShare: fullDegreeShare(graph, network.options.config.activeViewSize),
      reliabilityMean: reliability / options.messages,
    },
  };
}
