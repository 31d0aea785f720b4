/** Whether memory stays flat while data and connections come and go. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** @import { Scenario } from '../lib/types.d.mts' */

const SECONDS = 1_800;
const PER_SECOND = 1_000;
const run = promisify(execFile);

/** @type {Scenario} */
export const scenario = {
  name: 'soak',
  about:
    'Five nodes in a ring of mutual pals, in one process, that say a thousand data of 256 bytes a second between them, for half an hour; every five seconds the connections to one of them, in turn, are reset. Memory after a sixth of the time, when the seen-set is full (it is bounded at 200,000 ids here), and at the end: the median of twelve looks within a minute. Everything has to arrive everywhere, once.',
  systems: ['hearsay'],
  headline: 'growthShare',
  columns: [
    { name: 'filledMib', title: 'RSS MiB after a sixth', digits: 0 },
    { name: 'endMib', title: 'at the end', digits: 0 },
    { name: 'growthShare', title: 'growth', digits: 3, spread: true },
    { name: 'said', title: 'data', digits: 0 },
    { name: 'refused', title: 'refused', digits: 0 },
    { name: 'cuts', title: 'connections cut', digits: 0 },
    { name: 'deliveredShare', title: 'delivered', digits: 4, least: true },
    { name: 'duplicates', title: 'twice', digits: 0 },
    { name: 'cpuPercent', title: 'CPU %', digits: 0 },
  ],
  settings: ({ seconds = SECONDS }) => [{ seconds, perSecond: PER_SECOND }],
  measure: async (_system, { seconds = SECONDS, perSecond = PER_SECOND }) => {
    const { stdout } = await run(process.execPath, ['--expose-gc', fileURLToPath(new URL('../lib/soak.js', import.meta.url)), String(seconds), String(perSecond)]);
    return JSON.parse(stdout);
  },
};
