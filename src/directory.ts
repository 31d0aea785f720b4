/**
 * Making a directory. Shell.
 * Not Node's recursive `mkdir`: where the system says that nothing is there below a parent that is, as in Linux's /proc, that tries for ever
 * in a thread of its own, and keeps the process from ending.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a directory and those above it that are missing, for their owner only. One that is there is fine. @throws the system's error */
export async function makeDirectory(dir: string): Promise<void> {
  const missing = await make(dir);
  if (missing === undefined) return;
  const parent = dirname(dir);
  if (parent === dir) throw missing;
  await makeDirectory(parent);
  const stillMissing = await make(dir);
  if (stillMissing !== undefined) throw stillMissing;
}

/** @returns the error when there is nothing at its place, and it could not be made */
async function make(dir: string): Promise<Error | undefined> {
  try {
    await mkdir(dir, { mode: 0o700 });
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return error as Error;
    // By what is there and not by the code: for a root or on a read-only disk it is not EEXIST everywhere.
    if (await isDirectory(dir)) return undefined;
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}
