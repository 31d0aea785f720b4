/** Turns saved JSON lines into the tables of BENCHMARKS.md: node bench/report.js results.jsonl > tables.md */
import { readFileSync } from 'node:fs';
import process, { argv } from 'node:process';
import { scenarios } from './scenarios/index.js';
import { describe } from './lib/compare.js';
import { table } from './lib/table.js';

/** @import { Setting } from './lib/types.d.mts' */
/** @import { Measured } from './lib/compare.js' */

/**
 * @typedef {object} Line what `run.js --json` prints
 * @property {string} scenario
 * @property {Setting} setting
 * @property {Record<string, string | number>} machine
 * @property {Measured[]} results
 * @property {Record<string, number>} ratios
 */

const [, , ...files] = argv;
if (files.length === 0) {
  console.error('usage: node bench/report.js <file of JSON lines>...');
  process.exit(2);
}
const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
const lines = text.split('\n').filter((line) => line.startsWith('{')).map((line) => /** @type {Line} */ (JSON.parse(line)));
for (const [name, { about, columns, headline }] of scenarios) {
  const measured = lines.filter(({ scenario }) => scenario === name);
  if (measured.length > 0) console.log(`## ${name}\n\n${about}\n`);
  for (const { setting, machine, results, ratios } of measured) {
    const settings = describe(setting);
    if (settings !== '') console.log(`**${settings}** (${Math.max(...results.map(({ repetitions }) => repetitions))} repetitions, Node ${machine['node']})\n`);
    console.log(`${table(columns, results, ratios, headline)}\n`);
  }
}
