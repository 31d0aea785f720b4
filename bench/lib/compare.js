/** Runs a setting: all systems in turn, again and again, so that whatever the machine does meets them all alike. */
import { LoadWatch, MAX_FOREIGN_SHARE } from './machine.js';
import { median } from './statistics.js';

/** @import { Column, Options, Sample, Scenario, Setting } from './types.d.mts' */

const REPETITIONS = 5;
/** How often a disturbed repetition is tried again. */
const MAX_TRIES = 3;

/**
 * @typedef {object} Result one system under one setting
 * @property {string} system
 * @property {Record<string, unknown>} settings
 * @property {number} repetitions
 * @property {number} disturbed repetitions that other load disturbed at every try
 * @property {readonly string[]} [failures] what went wrong in repetitions that count for nothing
 */

/** @typedef {Result & Record<string, unknown>} Measured */

/**
 * @param {Scenario} scenario
 * @param {Setting} setting
 * @param {Options} options
 * @param {(line: string) => void} say
 * @returns {Promise<{ results: Measured[], ratios: Record<string, number> }>}
 */
export async function compare(scenario, setting, options, say) {
  const systems = scenario.systems.filter((system) => system === 'hearsay' || options.systems === undefined || options.systems.includes(system));
  /** @type {Map<string, { samples: Sample[], disturbed: number, failures: string[] }>} */
  const taken = new Map(systems.map((system) => [system, { samples: [], disturbed: 0, failures: [] }]));
  for (let turn = 0; turn < (options.repetitions ?? REPETITIONS); turn += 1) {
    for (const [system, into] of taken) {
      say(`${scenario.name} ${describe(setting)} · repetition ${turn + 1} · ${system}`);
      try {
        const { sample, disturbed } = await undisturbed(() => scenario.measure(system, setting, options), options, say);
        if (sample === undefined) {
          taken.delete(system);
          continue;
        }
        into.samples.push(sample);
        if (disturbed) into.disturbed += 1;
      } catch (error) {
        into.failures.push(String(error instanceof Error ? error.message : error));
        say(`  failed: ${into.failures.at(-1)}`);
      }
    }
  }
  const results = [...taken].map(([system, { samples, disturbed, failures }]) => ({
    system,
    settings: { ...setting, seed: options.seed },
    repetitions: samples.length,
    disturbed,
    ...(failures.length > 0 && { failures }),
    ...figures(scenario.columns, samples),
  }));
  return { results, ratios: ratios(scenario, taken) };
}

/** @param {Setting} setting */
export function describe(setting) {
  return Object.entries(setting).map(([name, value]) => `${name} ${value}`).join(', ');
}

/**
 * @param {() => Promise<Sample | undefined>} measure
 * @param {Options} options
 * @param {(line: string) => void} say
 */
async function undisturbed(measure, options, say) {
  for (let attempt = 1; ; attempt += 1) {
    const watch = new LoadWatch();
    const sample = await measure();
    const foreign = watch.foreignShare() ?? 0;
    const disturbed = foreign > MAX_FOREIGN_SHARE;
    if (disturbed) say(`  disturbed: others used ${(foreign * 100).toFixed(1)} % of the machine`);
    if (!disturbed || options.tolerateLoad || attempt === MAX_TRIES) return { sample, disturbed };
  }
}

/**
 * @param {readonly Column[]} columns
 * @param {readonly Sample[]} samples
 * @returns {Record<string, unknown>} a dot in a column's name nests: `latencyMs.p50` is a median, and `latencyMs.p50Spread` stands beside it
 */
function figures(columns, samples) {
  /** @type {Record<string, unknown>} */
  const all = {};
  for (const { name, spread, least } of columns) {
    const values = valuesOf(samples, name);
    if (values.length === 0) continue;
    const [middle, min, max] = [median(values), Math.min(...values), Math.max(...values)];
    const [outer = name, inner] = name.split('.');
    if (inner === undefined) all[outer] = spread === true ? { median: middle, min, max } : least === true ? min : middle;
    else all[outer] = { .../** @type {object} */ (all[outer] ?? {}), [inner]: middle, [`${inner}Spread`]: { min, max } };
  }
  return all;
}

/**
 * hearsay over each other system, of the medians.
 * @param {Scenario} scenario
 * @param {ReadonlyMap<string, { samples: readonly Sample[] }>} taken
 */
function ratios(scenario, taken) {
  const headline = (/** @type {string} */ system) => median(valuesOf(taken.get(system)?.samples ?? [], scenario.headline));
  const ours = headline('hearsay');
  const entries = [...taken.keys()].filter((system) => system !== 'hearsay').map((system) => /** @type {const} */ ([system, ours / headline(system)]));
  return Object.fromEntries(entries.filter(([, ratio]) => Number.isFinite(ratio)));
}

/**
 * @param {readonly Sample[]} samples
 * @param {string} name
 */
function valuesOf(samples, name) {
  return samples.map((sample) => sample[name]).filter((value) => value !== undefined);
}
