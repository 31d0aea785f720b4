/**
 * A directory for the length of a story.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `story` with an empty directory, and removes that afterwards. */
export async function inScratchDir<T>(story: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-'));
  try {
    return await story(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
