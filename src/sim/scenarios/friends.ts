/** The graphs of the scenarios about people, by name. Pure. */
import type { Random } from '../../random.ts';
import { combined, holmeKim, randomRegular, smallWorld } from '../people/graphs.ts';
import type { Friends, GraphName } from '../people/graphs.ts';
import { grownNetwork } from './common.ts';
import type { ScenarioOptions } from './common.ts';

/** Cycles in which an overlay settles (our choice: after ten its figures hardly change any more). */
const SETTLE_CYCLES = 10;

/** Who is linked with whom: pals, neighbours of the overlay, or both. */
export function linksOf(options: ScenarioOptions, graph: GraphName | Friends, random: Random): Friends {
  if (graph === 'overlay') return overlayOf(options);
  const pals = palsOf(options, graph, random);
  return options.overlay ? combined(pals, overlayOf(options)) : pals;
}

function palsOf({ nodes, degree }: ScenarioOptions, graph: Exclude<GraphName, 'overlay'> | Friends, random: Random): Friends {
  switch (graph) {
    case 'small-world':
      return smallWorld(nodes, degree, random);
    case 'holme-kim':
      return holmeKim(nodes, degree, random);
    case 'regular':
      return randomRegular(nodes, degree, random);
    default:
      return graph;
  }
}

function overlayOf(options: ScenarioOptions): Friends {
  const network = grownNetwork(options, SETTLE_CYCLES);
  return Array.from({ length: network.size }, (_, node) => network.neighborsOf(node));
}
