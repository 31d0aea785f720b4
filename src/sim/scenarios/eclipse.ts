/** `eclipse`: attackers join without end, while honest newcomers want in. Pure. */
import type { Contact } from '../../overlay/messages.ts';
import { Attacker } from '../attacker.ts';
import { giantNodes } from '../graph-stats.ts';
import type { Network, NodeIndex } from '../network.ts';
import { cycleMs, grownNetwork, joinThrough } from './common.ts';
import type { Outcome, ScenarioOptions } from './common.ts';

export interface EclipseFigures {
  /** Share of the honest nodes of the beginning without an honest neighbour. */
  readonly eclipsedShare: number;
  /** Share of these in the largest part that hangs together by honest links alone. */
  readonly giantComponentShare: number;
  /** Share of attackers among their neighbours. */
  readonly attackerShareOfActive: number;
  /**
   * Share of the newcomers that are in that part ten seconds after they asked to join. It says nothing of later: while the flood lasts only
   * guests' places are to be had, and the attackers, who never stop asking, take them again within minutes.
   */
  readonly newcomersJoinedShare: number;
}

const SETTLE_CYCLES = 10;
const ATTACK_CYCLES = 100;
/** Honest newcomers, as a share of the nodes, spread over the attack (our choice). */
const NEWCOMER_SHARE = 0.1;
/** After that time a newcomer should be in: a Join, its walks and their dials take about one second (our choice). */
const JOINED_AFTER_MS = 10_000;

export function runEclipse(options: ScenarioOptions): Outcome<EclipseFigures> {
  const { nodes, progress } = options;
  const network = grownNetwork(options, SETTLE_CYCLES);
  const random = network.random.fork('eclipse');
  const gang: Contact[] = [];
  const victim = (): Contact => network.contactOf(random.below(nodes));
  for (let i = 0; i < Math.round(options.attackers * nodes); i += 1) {
    network.addActor((place) => {
      gang.push(place.contact);
      return new Attacker(network, place, gang, victim, cycleMs(network));
    });
  }
  const newcomers: NodeIndex[] = [];
  const startMs = network.nowMs;
  const attackMs = ATTACK_CYCLES * cycleMs(network);
  const count = Math.round(NEWCOMER_SHARE * nodes);
  let joined = 0;
  for (let i = 0; i < count; i += 1) {
    network.runUntil(startMs + ((i + 1) / (count + 1)) * attackMs);
    const newcomer = joinThrough(network, random.below(nodes));
    newcomers.push(newcomer);
    network.runUntil(network.nowMs + JOINED_AFTER_MS);
    if (honestGiant(network, nodes, newcomers).has(newcomer)) joined += 1;
    progress(`newcomer ${i + 1} of ${count}`);
  }
  network.runUntil(startMs + attackMs);
  return { traceHash: network.traceHash, figures: { ...figuresOf(network, nodes, newcomers), newcomersJoinedShare: count === 0 ? 1 : joined / count } };
}

/** The largest part that hangs together by honest links alone. */
function honestGiant(network: Network, nodes: number, newcomers: readonly NodeIndex[]): ReadonlySet<NodeIndex> {
  const honest = new Set<NodeIndex>([...Array(nodes).keys(), ...newcomers]);
  const { graph, nodes: places } = network.graph((node) => honest.has(node));
  return new Set(giantNodes(graph).map((at) => places[at] as NodeIndex));
}

function figuresOf(network: Network, nodes: number, newcomers: readonly NodeIndex[]): Omit<EclipseFigures, 'newcomersJoinedShare'> {
  const giant = honestGiant(network, nodes, newcomers);
  const isHonest = (node: NodeIndex): boolean => node < nodes || newcomers.includes(node);
  let eclipsed = 0;
  let links = 0;
  let hostile = 0;
  for (let node = 0; node < nodes; node += 1) {
    const neighbors = network.neighborsOf(node);
    const bad = neighbors.filter((other) => !isHonest(other)).length;
    links += neighbors.length;
    hostile += bad;
    if (bad === neighbors.length) eclipsed += 1;
  }
  const inGiant = Array.from({ length: nodes }, (_, node) => node).filter((node) => giant.has(node)).length;
  return { eclipsedShare: eclipsed / nodes, giantComponentShare: inGiant / nodes, attackerShareOfActive: links === 0 ? 0 : hostile / links };
}
