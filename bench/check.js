/**
 * npm run check:bench. A short run of every scenario and of every system, all scenarios at once. It asserts that everything arrives and that each figure is there,
 * not how large it is.
 */
import { ok } from 'node:assert/strict';
import process from 'node:process';
import { prepare } from './prepare.js';

prepare();
const { scenarios } = await import('./scenarios/index.js');
const { compare } = await import('./lib/compare.js');
const { parseOptions } = await import('./lib/options.js');
const { table } = await import('./lib/table.js');

/** @import { Measured } from './lib/compare.js' */

/** Every system once, and with hearsay one that stands for each kind. */
const SHORT = {
  throughput: ['--nodes', '10', '--bytes', '256', '--processes', '2', '--seconds', '0.3'],
  latency: ['--nodes', '10', '--seconds', '0.5', '--systems', 'ws'],
  idle: ['--nodes', '12', '--seconds', '0.2', '--systems', 'ws'],
  join: ['--nodes', '10', '--messages', '1', '--systems', 'gossipsub-unsigned,ws'],
  burst: ['--nodes', '10', '--messages', '100', '--systems', 'gossipsub-unsigned,ws'],
  startup: ['--systems', 'ws'],
  link: ['--bytes', '16384', '--seconds', '0.3', '--systems', 'ws-sealed-batched,tcp'],
  store: ['--ids', '10000', '--messages', '2000'],
  topics: ['--nodes', '4', '--topics', '5', '--seconds', '0.3'],
  soak: ['--seconds', '3'],
};

/** Where losing is what is measured: only hearsay has to deliver all. */
const LOSSY = 'burst';

/** @param {keyof typeof SHORT} name */
async function check(name) {
  const scenario = /** @type {import('./lib/types.d.mts').Scenario} */ (scenarios.get(name));
  const options = parseOptions([name, '--repetitions', '1', '--tolerate-load', ...SHORT[name]]);
  for (const setting of scenario.settings(options)) {
    const { results, ratios } = await compare(scenario, setting, options, () => undefined);
    console.log(`\n${name}\n${table(scenario.columns, results, ratios, scenario.headline)}`);
    for (const result of results) checkOne(name, result);
    checkOurs(name, results, scenario.columns.map((column) => column.name));
  }
}

/**
 * @param {string} name
 * @param {Measured} result
 */
function checkOne(name, { system, failures, deliveredShare }) {
  ok(failures === undefined, `${name}, ${system}: ${failures?.join('; ')}`);
  if (name === LOSSY && system !== 'hearsay') return;
  ok(deliveredShare === undefined || deliveredShare === 1, `${name}, ${system}: delivered ${deliveredShare}, not everything.`);
}

/**
 * @param {string} name
 * @param {readonly Measured[]} results
 * @param {readonly string[]} columns
 */
function checkOurs(name, results, columns) {
  const ours = results.find(({ system }) => system === 'hearsay');
  for (const column of columns) ok(ours?.[column.split('.')[0] ?? ''] !== undefined, `${name}: hearsay has no ${column}.`);
  if (name === LOSSY) ok(ours?.['linksShare'] === 1, `${name}: hearsay lost links.`);
}

const began = performance.now();
const names = /** @type {(keyof typeof SHORT)[]} */ ([...scenarios.keys()]);
const outcomes = await Promise.allSettled(names.map(check));
const faults = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
for (const fault of faults) console.error(`\n${fault instanceof Error ? fault.message : fault}`);
console.log(`\n${faults.length === 0 ? 'Every scenario delivered everything' : 'The bench does not hold'}, in ${((performance.now() - began) / 1000).toFixed(0)} s.`);
process.exitCode = faults.length === 0 ? 0 : 1;
