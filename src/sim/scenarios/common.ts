/** What the scenarios share: options, and an overlay to begin with. Pure. */
import { overlayConfig } from '../../overlay/config.ts';
import { Network } from '../network.ts';
import type { NodeIndex } from '../network.ts';
import type { Friends, GraphName } from '../people/graphs.ts';

/** What a run is given. Fields of other scenarios are ignored. */
export interface ScenarioOptions {
  /** Honest nodes at the start, 2 to 1,000,000. */
  readonly nodes: number;
  /** 0 to 2^32 - 1. The same seed gives the same run, event by event. */
  readonly seed: number;
  /** Floods to measure with. */
  readonly messages: number;
  /** `crash`: shares of the nodes that crash at once, each in a run of its own. */
  readonly shares: readonly number[];
  /** `partition`: cycles that the halves are apart. */
  readonly cycles: number;
  /** `eclipse`: attackers as a share of the nodes. */
  readonly attackers: number;
  /** `churn`: share of the nodes that go in each cycle, while as many come. */
  readonly churn: number;
  /** One way, in ms, 1 to 60,000: each link has a latency between these. */
  readonly latencyMs: readonly [number, number];
  /** By how much of its link's latency a message may be late, 0 to 1. */
  readonly jitter: number;
  /** Share of messages that vanish, 0 to 1. */
  readonly loss: number;
  /** `reach` and `pass`: who is linked with whom. @defaultValue `small-world` to reach, `overlay` to pass */
  readonly graph?: GraphName | Friends | undefined;
  /** The same: friends that a node has, on average or all; an even number. Of an overlay and of a list of edges: ignored. */
  readonly degree: number;
  /** The same: the overlay's neighbours are linked besides. */
  readonly overlay: boolean;
  /** The same: of the config of all, 1 to 15. @defaultValue 5 to reach, 10 to pass */
  readonly hops?: number | undefined;
  /** `reach`: of the config of all; `reference`: the rules of Urbit's library. */
  readonly relay: 'farthest' | 'first' | 'reference';
  /** `pass`: of the config of all, `coin` for true; `reference`: the rules of Urbit's library, its coin included. */
  readonly pass: 'coin' | 'stem' | 'off' | 'reference';
  /** `pass`: nodes that take notes, as a share. */
  readonly spies: number;
  /** `pass`: nodes that swallow what is passed to them, as a share. */
  readonly blackHoles: number;
  /** `pass`: messages of one origin that are known to be of one origin, 1 to 1,000. */
  readonly linked: number;
  /** Told now and then how far the run is. */
  readonly progress: (text: string) => void;
}

/** What a scenario found, and the hash of all that happened in it. */
export interface Outcome<Figures> {
  readonly traceHash: string;
  readonly figures: Figures;
}

/** Time between two nodes that join one after the other, in ms (our choice: ten thousand have joined before the first link is an anchor). */
const JOIN_GAP_MS = 10;

export function newNetwork({ seed, latencyMs, jitter, loss }: ScenarioOptions): Network {
  return new Network({ seed, config: overlayConfig(), latencyMs, jitterShare: jitter, lossShare: loss });
}

/** The paper's cycle. */
export function cycleMs(network: Network): number {
  return network.options.config.shuffleIntervalMs;
}

/** Adds a node and lets it join through another. */
export function joinThrough(network: Network, contact: NodeIndex): NodeIndex {
  const node = network.addNode();
  network.tell(node, { type: 'JoinRequested', contacts: [network.contactOf(contact)] });
  return node;
}

/** A network whose nodes joined one by one through the first, and then had `cycles` cycles. */
export function grownNetwork(options: ScenarioOptions, cycles: number): Network {
  const { nodes, progress } = options;
  const network = newNetwork(options);
  network.addNode();
  for (let node = 1; node < nodes; node += 1) {
    network.runUntil(node * JOIN_GAP_MS);
    joinThrough(network, 0);
    if (node % 1_000 === 0) progress(`${node} of ${nodes} joined`);
  }
  runCycles(network, cycles, progress);
  return network;
}

/** Lets `cycles` cycles go by, telling of each. */
export function runCycles(network: Network, cycles: number, progress: (text: string) => void): void {
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    network.runUntil(network.nowMs + cycleMs(network));
    progress(`cycle ${cycle} of ${cycles}`);
  }
}
