/** What npm installs for a package: it, its dependencies and theirs, found as Node finds them. */
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @param {readonly string[]} names
 * @returns {Promise<{ packages: number, bytes: number }>}
 */
export async function installed(names) {
  const from = fileURLToPath(new URL('..', import.meta.url));
  /** @type {Set<string>} */
  const found = new Set();
  for (const name of names) await follow(name, from, found);
  let bytes = 0;
  for (const folder of found) bytes += await sizeOf(folder, await publishedFiles(folder));
  return { packages: found.size, bytes };
}

/**
 * @param {string} name
 * @param {string} from
 * @param {Set<string>} found
 */
async function follow(name, from, found) {
  const folder = await find(name, from);
  // An optional dependency of another platform is not there.
  if (folder === undefined || found.has(folder)) return;
  found.add(folder);
  const { dependencies = {}, optionalDependencies = {} } = await manifest(folder);
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) await follow(dependency, folder, found);
}

/**
 * @param {string} name
 * @param {string} from
 * @returns {Promise<string | undefined>}
 */
async function find(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      return await realpath(join(folder, 'node_modules', name));
    } catch {
      if (folder === dirname(folder)) return undefined;
    }
  }
}

/**
 * Of a package that is linked, not installed, only what it publishes counts.
 * @param {string} folder
 */
async function publishedFiles(folder) {
  if (folder.includes('node_modules')) return undefined;
  const { files = [] } = await manifest(folder);
  return new Set([...files, 'package.json', 'README.md', 'LICENSE']);
}

/**
 * @param {string} folder
 * @param {ReadonlySet<string>} [only]
 * @returns {Promise<number>} bytes of the files in it; packages nested in it count for themselves
 */
async function sizeOf(folder, only) {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || (only !== undefined && !only.has(entry.name))) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path);
    else if (entry.isFile()) bytes += (await lstat(path)).size;
  }
  return bytes;
}

/**
 * @param {string} folder
 * @returns {Promise<{ dependencies?: object, optionalDependencies?: object, files?: string[] }>}
 */
async function manifest(folder) {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}
