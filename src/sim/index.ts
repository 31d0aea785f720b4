/**
 * The simulator: the package's own cores, thousands at a time, on a virtual clock. The same scenario, options and seed give the same run.
 * What takes real time and memory is measured here; all else is pure.
 */
import { HearsayError } from '../errors.ts';
import { MAX_HOPS } from '../wrapper/config.ts';
import { GRAPH_NAMES } from './people/graphs.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { Scenario, ScenarioFigures } from './scenarios/index.ts';
import type { Outcome, ScenarioOptions } from './scenarios/common.ts';

export type { ChurnFigures } from './scenarios/churn.ts';
export type { Crash, CrashFigures } from './scenarios/crash.ts';
export type { EclipseFigures } from './scenarios/eclipse.ts';
export type { JoinStormFigures } from './scenarios/join-storm.ts';
export type { OverlayFigures } from './scenarios/overlay.ts';
export type { PartitionFigures } from './scenarios/partition.ts';
export type { ScenarioOptions } from './scenarios/common.ts';
export type { PassFigures } from './scenarios/pass.ts';
export type { ReachFigures } from './scenarios/reach.ts';
export { GRAPH_NAMES, readEdgeList } from './people/graphs.ts';
export type { Friends, GraphName } from './people/graphs.ts';
export type { Scenario, ScenarioFigures } from './scenarios/index.ts';

/** What a run may be given; its ranges are those of {@link ScenarioOptions}. */
export type SimulateOptions = Partial<ScenarioOptions>;

/** What every run tells besides its figures. */
export interface RunFacts<Name extends Scenario = Scenario> {
  readonly scenario: Name;
  readonly nodes: number;
  readonly seed: number;
  /** Of every input of every core, with its time: equal for equal runs. 16 hex digits. */
  readonly traceHash: string;
  /** Real time the run took. */
  readonly elapsedMs: number;
  /** The most memory this process has held so far. */
  readonly rssBytes: number;
}

export type SimulationResult<Name extends Scenario = Scenario> = RunFacts<Name> & ScenarioFigures[Name];

/** The defaults: a thousand nodes, and of each scenario what the paper or our own figures were taken with. Latencies are those of research's join storm. */
export const DEFAULT_SIMULATE_OPTIONS: ScenarioOptions = Object.freeze({
  nodes: 1_000,
  seed: 1,
  messages: 100,
  shares: Object.freeze([0.1, 0.5, 0.8, 0.9, 0.95]),
  cycles: 100,
  attackers: 0.2,
  churn: 0.005,
  latencyMs: Object.freeze([20, 100] as const),
  jitter: 0,
  loss: 0,
  degree: 12,
  overlay: false,
  relay: 'farthest',
  pass: 'stem',
  spies: 0.1,
  blackHoles: 0.2,
  linked: 10,
  progress: () => undefined,
});

/** The names of the scenarios. */
export const SCENARIO_NAMES: readonly Scenario[] = Object.freeze(Object.keys(SCENARIOS) as Scenario[]);

/** How people relay, and how they pass. `reference`: by the rules of Urbit's library. */
export const RELAY_NAMES: readonly ScenarioOptions['relay'][] = Object.freeze(['farthest', 'first', 'reference'] as const);
export const PASS_NAMES: readonly ScenarioOptions['pass'][] = Object.freeze(['coin', 'stem', 'off', 'reference'] as const);

const MAX_NODES = 1_000_000;
const MAX_MESSAGES = 1_000_000;
const MAX_CYCLES = 100_000;
const MAX_LATENCY_MS = 60_000;
const MAX_LINKED = 1_000;
/** At least two must be left to have an overlay. */
const MIN_SURVIVORS = 2;

/**
 * Runs a scenario, from start to end, before it returns.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` for an unknown scenario or an option out of range.
 */
export function simulate<Name extends Scenario>(scenario: Name, given: SimulateOptions = {}): SimulationResult<Name> {
  if (!Object.hasOwn(SCENARIOS, scenario)) throw bad('scenario', `to be one of ${SCENARIO_NAMES.join(', ')}`, scenario);
  const options = checked(given);
  if (scenario === 'crash') checkSurvivors(options);
  if (scenario === 'reach' || scenario === 'pass') checkPeople(options);
  const startedMs = performance.now();
  const run: (options: ScenarioOptions) => Outcome<ScenarioFigures[Name]> = SCENARIOS[scenario];
  const { traceHash, figures } = run(options);
  const elapsedMs = Math.round(performance.now() - startedMs);
  const { nodes, seed } = options;
  return { scenario, nodes, seed, traceHash, elapsedMs, rssBytes: process.resourceUsage().maxRSS * 1024, ...figures };
}

function checked(given: SimulateOptions): ScenarioOptions {
  const merged = { ...DEFAULT_SIMULATE_OPTIONS, ...given };
  const options = typeof merged.graph === 'object' ? { ...merged, nodes: merged.graph.length } : merged;
  const { nodes, seed, messages, shares, cycles, attackers, churn, latencyMs, jitter, loss } = options;
  whole('nodes', nodes, 2, MAX_NODES);
  whole('seed', seed, 0, 2 ** 32 - 1);
  whole('messages', messages, 1, MAX_MESSAGES);
  whole('cycles', cycles, 1, MAX_CYCLES);
  part('attackers', attackers);
  part('churn', churn);
  part('jitter', jitter);
  part('loss', loss);
  if (latencyMs.length !== 2) throw bad('latencyMs', 'to be the least and the greatest', latencyMs);
  whole('latencyMs', latencyMs[0], 1, MAX_LATENCY_MS);
  whole('latencyMs', latencyMs[1], latencyMs[0], MAX_LATENCY_MS);
  if (shares.length === 0) throw bad('shares', 'to name at least one share', shares);
  for (const share of shares) part('shares', share);
  return options;
}

function checkSurvivors({ nodes, shares }: ScenarioOptions): void {
  for (const share of shares) if (nodes - Math.round(share * nodes) < MIN_SURVIVORS) throw bad('shares', `to leave at least ${MIN_SURVIVORS} nodes`, share);
}

function checkPeople({ nodes, graph, degree, hops, relay, pass, spies, blackHoles, linked }: ScenarioOptions): void {
  if (typeof graph === 'string') among('graph', graph, GRAPH_NAMES);
  if (typeof graph !== 'object' && graph !== 'overlay') {
    whole('degree', degree, 2, nodes - 1);
    if (degree % 2 !== 0) throw bad('degree', 'to be even', degree);
  }
  if (hops !== undefined) whole('hops', hops, 1, MAX_HOPS);
  among('relay', relay, RELAY_NAMES);
  among('pass', pass, PASS_NAMES);
  for (const [field, share] of [['spies', spies], ['blackHoles', blackHoles]] as const) {
    part(field, share);
    if (Math.round(share * nodes) >= nodes) throw bad(field, 'to leave somebody honest', share);
  }
  whole('linked', linked, 1, MAX_LINKED);
}

function among(field: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw bad(field, `to be one of ${allowed.join(', ')}`, value);
}

function whole(field: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) throw bad(field, `to be a whole number from ${min} to ${max}`, value);
}

function part(field: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw bad(field, 'to be a share from 0 to 1', value);
}

function bad(field: string, rule: string, value: unknown): HearsayError {
  return new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value });
}
