/** What it takes to install and to import. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installed } from '../lib/installed.js';
import { median } from '../lib/statistics.js';

/** @import { Scenario, System } from '../lib/types.d.mts' */

const IMPORTS = 5;
const run = promisify(execFile);

/** @type {Scenario} */
export const scenario = {
  name: 'startup',
  about: `Importing what an app needs, in a fresh process each time, with warm disk caches (median of ${IMPORTS} a repetition); and what npm installs for it, dependencies of dependencies included.`,
  systems: ['hearsay', 'gossipsub', 'floodsub', 'secret-stream', 'ws'],
  headline: 'importMs',
  columns: [
    { name: 'importMs', title: 'import ms', digits: 0, spread: true },
    { name: 'packages', title: 'packages', digits: 0 },
    { name: 'installedMib', title: 'MiB', digits: 1 },
  ],
  settings: () => [{}],
  measure: async (name) => {
    const { installs } = /** @type {System} */ (await import(`../systems/${name}.js`));
    const times = [];
    for (let i = 0; i < IMPORTS; i += 1) times.push(await importMs(installs));
    const { packages, bytes } = await installed(installs);
    return { importMs: median(times), packages, installedMib: bytes / 2 ** 20 };
  },
};

/** @param {readonly string[]} packages */
async function importMs(packages) {
  const polyfill = new URL('../systems/libp2p/with-resolvers.js', import.meta.url).href;
  const code = `
    await import(${JSON.stringify(polyfill)});
    const before = performance.now();
    await Promise.all(${JSON.stringify(packages)}.map((name) => import(name)));
    console.log(performance.now() - before);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: fileURLToPath(new URL('..', import.meta.url)) });
  return Number(stdout);
}
