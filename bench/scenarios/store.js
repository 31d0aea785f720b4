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
const run = promisify(execFile);
const script = fileURLToPath(new URL('../lib/store-steps.js', import.meta.url));

/** @type {Scenario} */
export const scenario = {
  name: 'store',
  about: 'Committed: rumors of 256 bytes, each an event of its own with id and payload, straight into the store. Start: opening a store that remembers so many ids, and the RSS it takes over an empty one. Disk: ids alone, after compaction. What a whole node takes in is the figure of `link` at 256 bytes.',
  systems: ['hearsay'],
  headline: 'committedPerSecond',
  columns: [
    { name: 'committedPerSecond', title: 'committed/s', digits: 0, spread: true },
    { name: 'startMs', title: 'start ms', digits: 0, spread: true },
    { name: 'startRssMib', title: 'start MiB', digits: 1 },
    { name: 'hitMicros', title: 'hit µs', digits: 2 },
    { name: 'missMicros', title: 'miss µs', digits: 2 },
    { name: 'diskBytesPerId', title: 'disk B an id', digits: 1 },
  ],
  settings: ({ ids = IDS }) => [{ ids, bytes: 256 }],
  measure: async (_system, setting) => {
    const ids = Number(setting['ids']);
    const dir = await mkdtemp(join(tmpdir(), 'hearsay-bench-'));
    try {
      const { committedPerSecond } = await step('commit', join(dir, 'commit'), Math.min(ids, MOST_COMMITTED));
      const empty = await step('start', join(dir, 'empty'), 0);
      const { diskBytesPerId } = await step('fill', join(dir, 'full'), ids);
      const full = await step('start', join(dir, 'full'), ids);
      const { startMs, hitMicros, missMicros } = full;
      return { committedPerSecond, startMs, startRssMib: ((full['rssBytes'] ?? 0) - (empty['rssBytes'] ?? 0)) / 2 ** 20, hitMicros, missMicros, diskBytesPerId };
    } finally {
      await rm(dir, { recursive: true });
    }
  },
};

/**
 * @param {string} name
 * @param {string} dir
 * @param {number} ids
 * @returns {Promise<Record<string, number | undefined>>}
 */
async function step(name, dir, ids) {
  const { stdout } = await run(process.execPath, ['--expose-gc', script, name, dir, String(ids)]);
  return JSON.parse(stdout);
}
