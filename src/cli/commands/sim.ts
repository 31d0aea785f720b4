/** `hearsay sim`: runs a scenario of the simulator and prints what came of it. */
import { Argument } from 'commander';
import type { Command } from 'commander';
import { DEFAULT_SIMULATE_OPTIONS, SCENARIO_NAMES, simulate } from '../../sim/index.ts';
import type { Scenario, ScenarioOptions, SimulateOptions } from '../../sim/index.ts';
import { reportLines } from '../../sim/report.ts';
import { aNumber, jsonOption, numbers } from '../arguments.ts';
import { json, line, showsColours } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export function addSim(program: Command, terminal: Terminal): void {
  const { nodes, seed, messages, shares, cycles, attackers, churn, latencyMs, jitter, loss } = DEFAULT_SIMULATE_OPTIONS;
  program
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
    .option('--latency <least,greatest>', 'of a link, one way, in ms', numbers, latencyMs)
    .option('--jitter <share>', 'of the latency, added to each message by chance', aNumber, jitter)
    .option('--loss <share>', 'of the messages', aNumber, loss)
    .addOption(jsonOption())
    .action((scenario: Scenario, { json: asJson, latency, ...options }: Given) => {
      const result = simulate(scenario, { ...options, latencyMs: latency, ...progress(terminal) });
      if (asJson === true) json(terminal, result);
      else for (const text of reportLines({ ...result })) line(terminal, text);
    });
}

type Given = Omit<SimulateOptions, 'latencyMs'> & { readonly latency: ScenarioOptions['latencyMs']; readonly json?: true };

/** Lines that replace each other; left out where nobody watches. */
function progress({ errors }: Terminal): SimulateOptions {
  return showsColours(errors) ? { progress: (text) => void errors.write(`\r\u001b[K${text}\r`) } : {};
}
