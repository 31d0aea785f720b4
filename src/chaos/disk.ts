/**
 * A full disk: the node in the middle of three has its directory on a small file system that is filled up and emptied again. While it
 * is full, publishing there ends with a typed error and relaying goes on; when there is room, all is as before.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, firstValueFrom, timeout } from 'rxjs';
import * as z from 'zod';
import { HearsayError } from '../errors.ts';
import { defineMarks } from '../marks/define-marks.ts';
import type { Marks } from '../marks/define-marks.ts';
import { createNode } from '../node/create-node.ts';
import type { GossipApp } from '../node/app.ts';
import type { HearsayNode } from '../node/create-node.ts';
import { withGossip } from '../wrapper/with-gossip.ts';

export interface DiskVerdict {
  readonly ok: boolean;
  /** Why it was not tried, if it was not. */
  readonly skipped?: string;
  /** What did not hold. */
  readonly faults: readonly string[];
}

const SIZE = '64m';
const BLOCK: Uint8Array = new Uint8Array(1024 * 1024);
const PATIENCE_MS = 30_000;
/** Longer than what is left of the last page of LevelDB's log: a line of a few words still finds room there. */
const LONG_LINE: string = 'lost '.repeat(4096);
/** A disk that failed is not asked again at once. */
const TRIES = 30;

const marks: Marks<{ line: z.ZodString }> = defineMarks({ line: z.string() });
type LineApp = GossipApp<{ readonly line: z.ZodString }>;

/** Mounts a tmpfs; where that is not permitted it says so. */
export async function runDisk(): Promise<DiskVerdict> {
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', dir], { stdio: 'pipe' });
  } catch (error) {
    await rm(dir, { recursive: true });
    return { ok: true, skipped: `no tmpfs may be mounted here: ${error instanceof Error ? error.message.trim() : ''}`, faults: [] };
  }
  const others = await mkdtemp(join(tmpdir(), 'hearsay-disk-'));
  try {
    const faults = await fillAndEmpty(dir, others);
    return { ok: faults.length === 0, faults };
  } finally {
    execFileSync('umount', ['-l', dir]);
    await rm(dir, { recursive: true });
    await rm(others, { recursive: true });
  }
}

async function fillAndEmpty(small: string, others: string): Promise<readonly string[]> {
  const faults: string[] = [];
  await using bob = await createNode({ dir: join(small, 'bob'), listen: 'ws://127.0.0.1:0' });
  await using ann = await createNode({ dir: join(others, 'ann') });
  await using cat = await createNode({ dir: join(others, 'cat') });
  const [atAnn, atBob, atCat] = [await run(ann), await run(bob), await run(cat)];
  for (const node of [ann, cat]) await node.pals.redeem(await bob.pals.invite());
  const hears = (app: LineApp, line: string): Promise<unknown> => firstValueFrom(app.received$.pipe(filter(({ data }) => data === line), timeout(PATIENCE_MS))).catch(() => faults.push(`${line}: not heard`));

  const filler = join(small, 'filler');
  await fill(filler);
  const relayed = hears(atCat, 'through a full disk');
  await atAnn.poke('say', 'through a full disk');
  await relayed;
  const code = await atBob.poke('say', LONG_LINE).then(() => 'nothing', codeOf);
  if (code !== 'HEARSAY_STORE_FAILED') faults.push(`publishing on a full disk ended with ${code}`);

  await rm(filler);
  let published = 'nothing';
  for (let n = 0; n < TRIES && published !== 'published'; n += 1) published = await atBob.poke('say', 'again').then(() => 'published', codeOf);
  if (published !== 'published') faults.push(`with room again publishing ended with ${published}`);
  // Who was kicked when the agent started again asks anew.
  const heard = [hears(atAnn, 'recovered'), hears(atCat, 'recovered')];
  const again = setInterval(() => void atBob.poke('say', 'recovered').catch(() => undefined), 1_000);
  await Promise.all(heard).finally(() => clearInterval(again));
  return faults;
}

function run(node: HearsayNode): Promise<LineApp> {
  return node.run('lines', withGossip({ onPoke: ({ data }) => marks.invent('line', String(data)) }, { hops: 2, marks }));
}

async function fill(file: string): Promise<void> {
  for (let size = BLOCK.length; size > 0; size = Math.floor(size / 2)) {
    for (;;) {
      try {
        await writeFile(file, BLOCK.subarray(0, size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof HearsayError ? error.code : String(error);
}
