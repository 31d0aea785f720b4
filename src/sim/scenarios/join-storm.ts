/** `join-storm`: everybody joins through one contact within a millisecond. Pure. */
import { asymmetricArcs, componentSizes } from '../graph-stats.ts';
import { joinThrough, newNetwork } from './common.ts';
import type { Outcome, ScenarioOptions } from './common.ts';

/** Both a minute after the storm. */
export interface JoinStormFigures {
  readonly components: number;
  /** Neighbours that do not count the other as theirs. */
  readonly asymmetricLinks: number;
}

const STORM_MS = 1;
const LOOK_AFTER_MS = 60_000;

export function runJoinStorm(options: ScenarioOptions): Outcome<JoinStormFigures> {
  const { nodes, progress } = options;
  const network = newNetwork(options);
  network.addNode();
  for (let node = 1; node < nodes; node += 1) {
    network.runUntil((node / nodes) * STORM_MS);
    joinThrough(network, 0);
  }
  for (let ms = 1_000; ms <= LOOK_AFTER_MS; ms += 1_000) {
    network.runUntil(ms);
    progress(`${ms / 1_000} s`);
  }
  const { graph } = network.graph();
  return { traceHash: network.traceHash, figures: { components: componentSizes(graph).length, asymmetricLinks: asymmetricArcs(graph) } };
}
