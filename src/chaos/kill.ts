/**
 * Four pals as processes, publishing all the time, of which one at a time is killed with SIGKILL and started again. At the end all
 * must have heard all that was committed, and no state may have changed twice for one datum.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';
import type { Account } from './numbers.ts';
import { ChaosProcess } from './process.ts';
import { after, settled, verdictOf } from './verdict.ts';
import type { RunOptions, Verdict } from './verdict.ts';

const NODES = 4;
/** Between a start and the next kill, in ms, at most. */
const MAX_LIFE_MS = 200;

export async function runKills(options: Omit<RunOptions, 'durability'>): Promise<Verdict> {
  const { count, seed, progress } = options;
  const beganMs = Date.now();
  const random = seededRandom(seed);
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-chaos-'));
  const nodes: ChaosProcess[] = [];
  const addresses: string[] = [];
  const start = async (which: number): Promise<void> => {
    const node = new ChaosProcess([join(dir, String(which)), String(which), addresses[which] ?? 'ws://127.0.0.1:0']);
    nodes[which] = node;
    // The same port again, so that the others find it; without the id behind it.
    addresses[which] ??= (await node.ready).replace(/#.*/, '');
    await node.ready;
  };
  try {
    await Promise.all(Array.from({ length: NODES }, (_, which) => start(which)));
    await befriend(nodes);
    await Promise.all(nodes.map((node) => node.ask('publish')));
    for (let kill = 1; kill <= count; kill += 1) {
      await after(random.below(MAX_LIFE_MS));
      const which = random.below(NODES);
      await nodes[which]?.kill();
      await start(which);
      await nodes[which]?.ask('publish');
      progress?.(kill);
    }
    await Promise.all(nodes.map((node) => node.ask('hush')));
    const accounts = await settled(async () => (await Promise.all(nodes.map((node) => node.ask('account')))) as Account[]);
    return verdictOf(options, accounts, beganMs);
  } finally {
    await Promise.all(nodes.map((node) => node.kill()));
    await rm(dir, { recursive: true, force: true });
  }
}

async function befriend(nodes: readonly ChaosProcess[]): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    for (const other of nodes.slice(i + 1)) await other.ask('redeem', (await node.ask('invite')) as string);
  }
}
