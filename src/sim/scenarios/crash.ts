/** `crash`: a share of the nodes dies at once (the paper's section 5.3 and figures 2 to 4). Pure. */
import { sample } from '../../overlay/dice.ts';
import { flood } from '../flood.ts';
import { giantShare } from '../graph-stats.ts';
import type { Network } from '../network.ts';
import { TraceHash } from '../trace-hash.ts';
import { cycleMs, grownNetwork } from './common.ts';
import type { Outcome, ScenarioOptions } from './common.ts';

export interface Crash {
  readonly share: number;
  /** Share of the survivors that a message reaches, mean over the messages of the ten seconds after the first. */
  readonly reliabilityMean: number;
  /** The same of the first message alone. */
  readonly reliabilityFirst: number;
  /** Cycles until 99.99 % of the survivors hang together; 0: before the first message; `null`: not within 50. */
  readonly cyclesToHeal: number | null;
}

export interface CrashFigures {
  readonly crashes: readonly Crash[];
}

/** Cycles to settle in (paper). */
const SETTLE_CYCLES = 50;
/** From the crash to the first message: links are seen to close within 0.1 s, and one round through a passive view of dead peers takes the rest. */
const FIRST_MESSAGE_MS = 5_000;
/** Over how long the messages are spread: far less than a cycle, as in the paper. */
const MESSAGES_MS = 10_000;
const MAX_HEAL_CYCLES = 50;
const HEALED_SHARE = 0.9999;

export function runCrash(options: ScenarioOptions): Outcome<CrashFigures> {
  const trace = new TraceHash();
  const crashes: Crash[] = [];
  for (const share of options.shares) {
    const progress = (text: string): void => options.progress(`${share * 100} %: ${text}`);
    // Each share meets the same overlay, grown anew from the same seed.
    const network = grownNetwork({ ...options, progress }, SETTLE_CYCLES);
    crashes.push(crashOf(network, share, options.messages, progress));
    trace.addHash(network.trace);
  }
  return { traceHash: trace.toString(), figures: { crashes } };
}

function crashOf(network: Network, share: number, messages: number, progress: (text: string) => void): Crash {
  const crashMs = network.nowMs;
  const nodes = Array.from({ length: network.size }, (_, node) => node);
  for (const node of sample(nodes, Math.round(share * network.size), network.random.fork('crash'))) network.crash(node);
  network.runUntil(crashMs + FIRST_MESSAGE_MS);
  const random = network.random.fork('measure');
  const isHealedAtOnce = isHealed(network);
  let first = 0;
  let sum = 0;
  for (let i = 0; i < messages; i += 1) {
    network.runUntil(crashMs + FIRST_MESSAGE_MS + (i * MESSAGES_MS) / messages);
    const { graph } = network.graph();
    const reliability = flood(graph, random.below(graph.size)).reached / graph.size;
    if (i === 0) first = reliability;
    sum += reliability;
    if (i % 100 === 99) progress(`${i + 1} of ${messages} messages`);
  }
  const cyclesToHeal = isHealedAtOnce ? 0 : cyclesUntilHealed(network, crashMs, progress);
  return { share, reliabilityMean: sum / messages, reliabilityFirst: first, cyclesToHeal };
}

function cyclesUntilHealed(network: Network, crashMs: number, progress: (text: string) => void): number | null {
  for (let cycle = 1; cycle <= MAX_HEAL_CYCLES; cycle += 1) {
    network.runUntil(crashMs + cycle * cycleMs(network));
    progress(`healing, cycle ${cycle}`);
    if (isHealed(network)) return cycle;
  }
  return null;
}

function isHealed(network: Network): boolean {
  return giantShare(network.graph().graph) >= HEALED_SHARE;
}
