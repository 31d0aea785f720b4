/** `hearsay sim`: runs a scenario of the simulator and prints what came of it. */
import { readFileSync } from 'node:fs';
import { Argument, InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { DEFAULT_SIMULATE_OPTIONS, GRAPH_NAMES, PASS_NAMES, readEdgeList, RELAY_NAMES, SCENARIO_NAMES } from '../../sim/index.ts';
import type { Scenario, SimulateOptions, SimulationResult } from '../../sim/index.ts';
import { reportLines } from '../../sim/report.ts';
import { aNumber, jsonOption, numbers } from '../arguments.ts';
import { json, line, showsColours } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

/** What runs a scenario, here or in another thread. */
export type Simulator = (scenario: Scenario, options: SimulateOptions) => SimulationResult | Promise<SimulationResult>;

export function addSim(program: Command, terminal: Terminal, simulate: Simulator): void {
  const { nodes, seed, messages, shares, cycles, attackers, churn, latencyMs, jitter, loss } = DEFAULT_SIMULATE_OPTIONS;
  const sim = program
    .command('sim')
    .description('run the simulator: the same cores, thousands at a time, on a virtual clock')
    .addArgument(new Argument('<scenario>', 'what happens to the nodes').choices(SCENARIO_NAMES))
    .option('--nodes <count>', 'honest nodes at the start', aNumber, nodes)
    .option('--seed <number>', 'the same seed gives the same run', aNumber, seed)
    .option('--messages <count>', 'floods to measure with', aNumber, messages)
    .option('--shares <share,…>', 'crash: shares of the nodes that crash, each in a run of its own', numbers, shares)
    .option('--cycles <count>', 'partition: how long the halves are apart', aNumber, cycles)
    .option('--attackers <share>', 'eclipse: attackers as a share of the nodes', aNumber, attackers)
    .option('--churn <share>', 'churn: share of the nodes that go in each cycle, while as many come', aNumber, churn)
    .option('--latency-ms <from,to>', 'each way between two nodes takes a time of its own, drawn from these', numbers, latencyMs)
    .option('--jitter <share>', 'how much the time of one message differs, as a share of the way\'s latency', aNumber, jitter)
    .option('--loss <share>', 'share of the messages that are lost', aNumber, loss)
    .addOption(jsonOption());
  addPeople(sim);
  sim.action(async (scenario: Scenario, { json: asJson, ...options }: SimulateOptions & { readonly json?: true }) => {
    const result = await simulate(scenario, { ...options, ...progress(terminal) });
    if (asJson === true) json(terminal, result);
    else for (const text of reportLines({ ...result })) line(terminal, text);
  });
}

/** The options of `reach` and `pass`. */
function addPeople(sim: Command): void {
  const { degree, relay, pass, spies, blackHoles, linked } = DEFAULT_SIMULATE_OPTIONS;
  sim
    .option('--graph <name|file>', `reach, pass: who is linked with whom: ${GRAPH_NAMES.join(', ')}, or a file of edges`, aGraph)
    .option('--degree <count>', 'reach, pass: pals that a node has', aNumber, degree)
    .option('--overlay', "reach, pass: besides its pals, a node has the overlay's neighbours")
    .option('--hops <count>', 'reach, pass: of the config of all (reach: 5, pass: 10)', aNumber)
    .addOption(new Option('--relay <how>', 'reach: of the config of all, or the rules of the reference').choices(RELAY_NAMES).default(relay))
    .addOption(new Option('--pass <how>', 'pass: of the config of all, or the rules of the reference').choices(PASS_NAMES).default(pass))
    .option('--spies <share>', 'pass: share of the nodes that take notes', aNumber, spies)
    .option('--black-holes <share>', 'pass: share of the nodes that swallow what is passed to them', aNumber, blackHoles)
    .option('--linked <count>', 'pass: messages known to be of one origin', aNumber, linked);
}

/** A graph by its name, or from a file of edges. */
function aGraph(given: string): SimulateOptions['graph'] {
  const name = GRAPH_NAMES.find((known) => known === given);
  if (name !== undefined) return name;
  try {
    return readEdgeList(readFileSync(given, 'utf8'));
  } catch (error) {
    throw new InvalidArgumentError(`Expected one of ${GRAPH_NAMES.join(', ')}, or a file of edges. ${error instanceof Error ? error.message : ''}`);
  }
}

/** Lines that replace each other; left out where nobody watches. */
function progress({ errors }: Terminal): SimulateOptions {
  return showsColours(errors) ? { progress: (text) => void errors.write(`\r\u001b[K${text}\r`) } : {};
}
