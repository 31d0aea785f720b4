// Breaks things on purpose and says whether all that was promised held: `npm run chaos -- proxy [--pass true|stem] [--count n] [--speed n]`.
// Prints the verdict as JSON; exit code 0 when it held.
import { execSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

/** By name: what a run is given, and what it is. */
const RUNS = {
  bootstrap: {
    options: { processes: { type: 'string', default: '10' }, nodes: { type: 'string', default: '6' }, kill: { type: 'string', default: '3' }, rest: { type: 'string', default: '60' } },
    async run({ processes, nodes, kill, rest }) {
      const { runBootstrap } = await import('./chaos/bootstrap.js');
      return runBootstrap({ processes: Number(processes), nodes: Number(nodes), kill: Number(kill), restSeconds: Number(rest), progress: console.error });
    },
  },
  partition: {
    options: { nodes: { type: 'string', default: '5' }, cut: { type: 'string', default: '180' }, within: { type: 'string', default: '300' } },
    async run({ nodes, cut, within }) {
      const { runPartition } = await import('./chaos/partition.js');
      return runPartition({ nodes: Number(nodes), cutSeconds: Number(cut), withinSeconds: Number(within), progress: console.error });
    },
  },
  proxy: {
    options: { pass: { type: 'string', default: 'stem' }, count: { type: 'string', default: '200' }, speed: { type: 'string', default: '1' } },
    async run({ pass, count, speed }) {
      const { runProxy } = await import(`${root}dist/chaos/proxy.js`);
      const progress = (said) => console.error(`${said} of ${count} said`);
      return runProxy({ pass: pass === 'true' || 'stem', count: Number(count), speed: Number(speed), progress });
    },
  },
};

const [name, ...args] = process.argv.slice(2);
const chosen = RUNS[name];
if (chosen === undefined) {
  console.error(`Usage: npm run chaos -- ${Object.keys(RUNS).join('|')} [options]`);
  process.exit(2);
}
const { values } = parseArgs({ args, options: chosen.options });
execSync('npm run --silent build', { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
const verdict = await chosen.run(values);
console.log(JSON.stringify(verdict, undefined, 2));
process.exit(verdict.ok ? 0 : 1);
