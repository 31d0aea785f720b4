/** What the store does on its own. It has no peer here: the others forget at exit. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** @import { Scenario } from '../lib/types.d.mts' */

const IDS = 1_000_000;
/** Enough for several hundred commits. */
const MOST_COMMITTED = 300_000;
/** Rumors that come in. Past twice the ids that are remembered the memory has to be flat: 5,000,000 show it. */
const MESSAGES = 300_000;
const run = promisify(execFile);
const [steps, inbound] = ['store-steps', 'store-inbound'].map((name) => fileURLToPath(new URL(`../lib/${name}.js`, import.meta.url)));

/** @type {Scenario} */
export const scenario = {
  name: 'store',
  about: 'Inbound: new rumors of 256 bytes at one node, from the decrypted message to the app and the disk, without a link (that is `link`), with durability `process` and `power`, CPU of all threads; RSS is of `process`, and the growth is that of its second half. Committed: such rumors straight into the store, each an event of its own with id and payload. Start: opening a store that remembers so many ids, and the RSS it takes over an empty one. Disk: ids alone, after compaction.',
  systems: ['hearsay'],
  headline: 'inboundPerSecond',
  columns: [
    { name: 'inboundPerSecond', title: 'inbound/s', digits: 0, spread: true },
    { name: 'powerPerSecond', title: 'power/s', digits: 0, spread: true },
    { name: 'inboundCpuMicros', title: 'CPU µs', digits: 1 },
    { name: 'powerCpuMicros', title: 'power CPU µs', digits: 1 },
    { name: 'inboundRssMib', title: 'RSS MiB', digits: 0 },
    { name: 'inboundGrowthMib', title: 'growth MiB', digits: 1 },
    { name: 'committedPerSecond', title: 'committed/s', digits: 0, spread: true },
    { name: 'startMs', title: 'start ms', digits: 0, spread: true },
    { name: 'startCpuMs', title: 'start CPU ms', digits: 0 },
    { name: 'startRssMib', title: 'start MiB', digits: 1 },
    { name: 'hitMicros', title: 'hit CPU µs', digits: 2 },
    { name: 'missMicros', title: 'miss CPU µs', digits: 2 },
    { name: 'diskBytesPerId', title: 'disk B an id', digits: 1 },
  ],
  settings: ({ ids = IDS, messages = MESSAGES }) => [{ ids, messages, bytes: 256 }],
  measure: async (_system, setting) => {
    const [ids, messages] = [Number(setting['ids']), Number(setting['messages'])];
    const dir = await mkdtemp(join(tmpdir(), 'hearsay-bench-'));
    try {
      const safe = await measured(inbound, join(dir, 'process'), messages, 'process');
      const { perSecond: powerPerSecond, cpuMicros: powerCpuMicros } = await measured(inbound, join(dir, 'power'), messages, 'power');
      const { committedPerSecond } = await measured(steps, 'commit', join(dir, 'commit'), Math.min(ids, MOST_COMMITTED));
      const empty = await measured(steps, 'start', join(dir, 'empty'), 0);
      const { diskBytesPerId } = await measured(steps, 'fill', join(dir, 'full'), ids);
      const full = await measured(steps, 'start', join(dir, 'full'), ids);
      const { startMs, startCpuMs, hitMicros, missMicros } = full;
      const { perSecond: inboundPerSecond, cpuMicros: inboundCpuMicros, rssMib: inboundRssMib, rssGrowthMib: inboundGrowthMib } = safe;
      const startRssMib = ((full['rssBytes'] ?? 0) - (empty['rssBytes'] ?? 0)) / 2 ** 20;
      return { inboundPerSecond, powerPerSecond, inboundCpuMicros, powerCpuMicros, inboundRssMib, inboundGrowthMib, committedPerSecond, startMs, startCpuMs, startRssMib, hitMicros, missMicros, diskBytesPerId };
    } finally {
      await rm(dir, { recursive: true });
    }
  },
};

/**
 * @param {string | undefined} script
 * @param {...(string | number)} args
 * @returns {Promise<Record<string, number | undefined>>}
 */
async function measured(script = '', ...args) {
  const { stdout } = await run(process.execPath, ['--expose-gc', script, ...args.map(String)]);
  return JSON.parse(stdout);
}
