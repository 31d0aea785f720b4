// Breaks things on purpose and says whether all that was promised held: `npm run chaos -- proxy [--pass true|stem] [--count n] [--speed n]`,
// `npm run chaos -- kill|links [--count n] [--seed s] [--durability process|power]`, `npm run chaos -- disk`.
// Prints the verdict as JSON; exit code 0 when it held.
import { execSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

const FAULTS = { count: { type: 'string', default: '1000' }, seed: { type: 'string', default: String(Date.now()) }, durability: { type: 'string', default: 'process' } };
const counted = ({ count, seed, durability }) => ({ count: Number(count), seed, durability, progress: (done) => done % 50 === 0 && console.error(`${done} of ${count}`) });

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
  kill: {
    options: FAULTS,
    async run(values) {
      // Unsynced writes outlive a process, and a machine cannot be cut off here: power is cut from stores that forget.
      if (values.durability === 'power') return RUNS.links.run(values, ['power']);
      const { runKills } = await import(`${root}dist/chaos/kill.js`);
      return runKills(counted(values));
    },
  },
  disk: {
    options: {},
    async run() {
      const { runDisk } = await import(`${root}dist/chaos/disk.js`);
      return runDisk();
    },
  },
  links: {
    options: FAULTS,
    async run(values, faults) {
      const { runLinks } = await import(`${root}dist/chaos/links.js`);
      const { MemoryLevel } = await import('memory-level');
      return runLinks({ ...counted(values), makeLevel: () => new MemoryLevel(), ...(faults && { faults }) });
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
