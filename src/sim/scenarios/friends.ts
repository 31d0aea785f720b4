/** The graphs of the scenarios about people, by name. Pure. */
import type { Random } from '../../random.ts';
import type { Whos } from '../../wrapper/config.ts';
import { combined, holmeKim, randomRegular, smallWorld } from '../people/graphs.ts';
import type { Friends, GraphName } from '../people/graphs.ts';
import type { WorldOptions } from '../people/world.ts';
import { grownNetwork } from './common.ts';
import type { ScenarioOptions } from './common.ts';

/** Cycles in which an overlay settles (our choice: after ten its figures hardly change any more). */
const SETTLE_CYCLES = 10;

/** Who is linked with whom, and how. */
export interface People extends Required<Pick<WorldOptions, 'targets' | 'neighbors'>> {
  /** Pals and neighbours. */
  readonly links: Friends;
  /** The policy under which all of them count: with neighbours `anybody`. */
  readonly whos: Whos;
}

/** Pals, neighbours of the overlay, or both. */
export function peopleOf(options: ScenarioOptions, graph: GraphName | Friends, random: Random): People {
  const nobody: Friends = Array.from({ length: options.nodes }, () => []);
  const targets = graph === 'overlay' ? nobody : palsOf(options, graph, random);
  const joins = options.overlay || graph === 'overlay';
  const neighbors = joins ? overlayOf(options) : nobody;
  return { targets, neighbors, links: combined(targets, neighbors), whos: joins ? 'anybody' : 'mutuals' };
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
