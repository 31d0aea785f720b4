/** npm run bench -- <scenario> [options]. Installs and builds what is missing, measures, prints tables. */
import process, { argv, exit } from 'node:process';
import { prepare } from './prepare.js';

prepare();
// Only now is there anything to import.
const { scenarios } = await import('./scenarios/index.js');
const { compare, describe } = await import('./lib/compare.js');
const { machine, MAX_FOREIGN_SHARE, versionOf } = await import('./lib/machine.js');
const { parseOptions, USAGE } = await import('./lib/options.js');
const { table } = await import('./lib/table.js');

/** Exit codes beside 0. */
const USED_WRONGLY = 2;
const DISTURBED = 3;
const INCOMPLETE = 4;

const say = (/** @type {string} */ line) => console.error(line);

/** @returns {ReturnType<typeof parseOptions>} */
function options() {
  try {
    const parsed = parseOptions(argv.slice(2));
    if (scenarios.has(parsed.scenario)) return parsed;
    say(`Scenarios: ${[...scenarios.keys()].join(', ')}.\n`);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n`);
  }
  say(USAGE);
  return exit(USED_WRONGLY);
}

/**
 * How each system is set up, and the versions of what it stands on.
 * @param {readonly string[]} systems
 */
async function describeSystems(systems) {
  /** @type {Record<string, { setup: string, versions: Record<string, string> }>} */
  const described = {};
  for (const name of systems) {
    const { setup, installs } = /** @type {import('./lib/types.d.mts').System} */ (await import(`./systems/${name}.js`));
    described[name] = { setup, versions: Object.fromEntries(installs.map((one) => [one, versionOf(one)])) };
  }
  return described;
}

const given = options();
const scenario = /** @type {import('./lib/types.d.mts').Scenario} */ (scenarios.get(given.scenario));
const lines = [];
for (const setting of scenario.settings(given)) {
  const { results, ratios } = await compare(scenario, setting, given, say);
  const systems = await describeSystems(results.map(({ system }) => system));
  const title = [scenario.name, describe(setting)].filter((part) => part !== '').join(': ');
  console.log(`\n### ${title}\n\n${scenario.about}\n\n${table(scenario.columns, results, ratios, scenario.headline)}`);
  lines.push({ scenario: scenario.name, setting, machine: machine(), systems, results, ratios });
  if (results.some(({ disturbed }) => disturbed > 0)) {
    console.log(`\nDisturbed: others used more than ${MAX_FOREIGN_SHARE * 100} % of the machine. These figures are not to be quoted.`);
    if (!given.tolerateLoad) process.exitCode = DISTURBED;
  }
  if (results.some(({ failures, deliveredShare }) => failures !== undefined || (typeof deliveredShare === 'number' && deliveredShare < 1)) && scenario.name !== 'burst') {
    console.log('\nIncomplete: not everything was delivered, or a repetition failed.');
    process.exitCode = INCOMPLETE;
  }
}
const { cpu, cores, memoryGiB, os, node } = machine();
console.log(`\n${cores} × ${cpu}, ${memoryGiB} GiB, ${os}, Node ${node}.`);
for (const [name, { setup, versions }] of Object.entries(lines[0]?.systems ?? {})) {
  console.log(`- ${name}: ${setup}. ${Object.entries(versions).map(([one, version]) => `${one} ${version}`).join(', ')}`);
}
if (given.json) for (const line of lines) console.log(JSON.stringify(line));
