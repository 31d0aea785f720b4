/** What the figures were measured on, and whether anything else ran meanwhile. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import process from 'node:process';
import { nowMs } from './datum.js';

const require = createRequire(import.meta.url);

/** @returns {Record<string, string | number>} */
export function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${process.platform} ${release()}`,
    node: process.versions.node,
  };
}

/** The version of an installed package. @param {string} name */
export function versionOf(name) {
  // Found by path: not every package exports its package.json.
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return String(JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version);
    } catch {
      // the next folder
    }
  }
  return 'not installed';
}

/**
 * The rule: a repetition counts when everything else on the machine used at most 3 % of its processors meanwhile. That is what the kernel
 * says was spent in all processes, or taken by a hypervisor, less what we and the processes we ended spent.
 */
export const MAX_FOREIGN_SHARE = 0.03;
/** Of /proc/stat and of /proc/<pid>/stat. Fixed on Linux, whatever the kernel's own rate. */
const TICKS_PER_SECOND = 100;

/** Looks at the machine from its making to {@link LoadWatch.foreignShare}. */
export class LoadWatch {
  #startedMs = nowMs();
  #all = busyTicks();
  #own = ownTicks();

  /** Share of all processors that others used; `undefined` where there is no /proc. */
  foreignShare() {
    if (this.#all === undefined || this.#own === undefined) return undefined;
    const foreign = (busyTicks() ?? 0) - this.#all - ((ownTicks() ?? 0) - this.#own);
    const possible = ((nowMs() - this.#startedMs) / 1000) * TICKS_PER_SECOND * cpus().length;
    return Math.max(0, foreign / possible);
  }
}

/** Spent by all processes of the machine, and stolen. Interrupts are left out: ours are among them. */
function busyTicks() {
  const line = contents('/proc/stat')?.split('\n')[0];
  if (line === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(/\s+/).slice(1).map(Number);
  return user + nice + system + steal;
}

/** Spent by this process and by its children that ended. */
function ownTicks() {
  // The second field is the name, in brackets, and may hold anything; utime is the 14th.
  const fields = contents('/proc/self/stat')?.split(') ')[1]?.split(' ');
  return fields?.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** @param {string} path */
function contents(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
