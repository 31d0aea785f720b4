/** `hearsay sim`: reads the arguments, runs a scenario, prints what came of it. Shell. */
import { parseArgs } from 'node:util';
import { HearsayError } from '../errors.ts';
import { SCENARIO_NAMES, simulate } from './index.ts';
import type { Scenario, SimulateOptions } from './index.ts';
import { reportLines } from './report.ts';

/** Where `main` writes. `progress` lines replace each other; it is left out where nobody watches. */
export interface Printer {
  line(text: string): void;
  readonly progress?: (text: string) => void;
}

const NUMBERS = ['nodes', 'seed', 'messages', 'cycles', 'attackers', 'churn', 'jitter', 'loss'] as const;

/**
 * Runs `sim` with the arguments that follow it: a scenario and options. With `--json` the last line is the result.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` for arguments that are none or out of range.
 */
export function main(args: readonly string[], print: Printer): void {
  const { scenario, options, json } = readArgs(args);
  const result = simulate(scenario, print.progress === undefined ? options : { ...options, progress: print.progress });
  for (const line of reportLines({ ...result })) print.line(line);
  if (json) print.line(JSON.stringify(result));
}

function readArgs(args: readonly string[]): { readonly scenario: Scenario; readonly options: SimulateOptions; readonly json: boolean } {
  const { values, positionals } = parsed(args);
  const [scenario, ...rest] = positionals;
  if (scenario === undefined || rest.length > 0) throw bad('scenario', `to be one of ${SCENARIO_NAMES.join(', ')}`, positionals.join(' '));
  const options: Record<string, unknown> = {};
  for (const name of NUMBERS) if (values[name] !== undefined) options[name] = numberOf(name, values[name]);
  if (values.shares !== undefined) options['shares'] = listOf('shares', values.shares);
  if (values.latency !== undefined) options['latencyMs'] = listOf('latency', values.latency);
  return { scenario: scenario as Scenario, options, json: values.json === true };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { nodes: text, seed: text, messages: text, shares: text, cycles: text, attackers: text, churn: text, latency: text, jitter: text, loss: text, json: { type: 'boolean' } },
    });
  } catch (cause) {
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'arguments', rule: 'to be options of `sim`', value: cause instanceof Error ? cause.message : args, cause });
  }
}

/** Numbers with commas between them. */
function listOf(field: string, text: string): number[] {
  return text.split(',').map((part) => numberOf(field, part));
}

function numberOf(field: string, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isNaN(value)) throw bad(field, 'to be a number', text);
  return value;
}

function bad(field: string, rule: string, value: unknown): HearsayError {
  return new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value });
}
