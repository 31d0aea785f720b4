/** The command line. */
import { parseArgs } from 'node:util';

/** @import { Options } from './types.d.mts' */

export const USAGE = `usage: npm run bench -- <scenario> [options]

  --json               one JSON object per setting, as the last lines
  --systems a,b        only these (hearsay is always among them)
  --repetitions n      turns of each system, default 5
  --seconds n          how long a turn measures
  --seed n             of the graph, default 1
  --nodes n  --bytes n  --processes n
                       only the settings that have these, or others than the usual ones
  --window n           throughput, link: data under way at once
  --messages n         burst, store: how many; join: how many newcomers
  --ids n              store: how many ids
  --topics n           topics: how many
  --tolerate-load      take repetitions that other load disturbed, and say so
  --profile dir        write a CPU profile of each measured process`;

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function parseOptions(args) {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: flag,
      'tolerate-load': flag,
      systems: text,
      repetitions: text,
      seconds: text,
      seed: text,
      nodes: text,
      bytes: text,
      processes: text,
      window: text,
      messages: text,
      ids: text,
      topics: text,
      profile: text,
    },
  });
  const [scenario = '', ...rest] = positionals;
  if (rest.length > 0) throw new RangeError(`One scenario at a time, please; got also ${rest.join(', ')}.`);
  return {
    scenario,
    json: values.json,
    tolerateLoad: values['tolerate-load'],
    systems: values.systems?.split(','),
    profile: values.profile,
    seed: number('seed', values.seed) ?? 1,
    repetitions: number('repetitions', values.repetitions),
    seconds: number('seconds', values.seconds),
    nodes: number('nodes', values.nodes),
    bytes: number('bytes', values.bytes),
    processes: number('processes', values.processes),
    window: number('window', values.window),
    messages: number('messages', values.messages),
    ids: number('ids', values.ids),
    topics: number('topics', values.topics),
  };
}

/**
 * @param {string} name
 * @param {string | undefined} given
 */
function number(name, given) {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!(value > 0)) throw new RangeError(`Expected --${name} to be a number above 0, got ${given}.`);
  return value;
}
