/**
 * Groups of four pals as processes, publishing, of which one at a time is killed with SIGKILL and started again. At the
 * end all of a group must have heard all that was committed there, and no state may have changed twice for one datum.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';
import type { Random } from '../random.ts';
import type { Verb } from './child.ts';
import { NodeProcess } from './node-process.ts';
import { APPS } from './numbers.ts';
import type { Account } from './numbers.ts';
import { after, settled, verdictOf } from './verdict.ts';
import type { Groups, RunOptions, Verdict } from './verdict.ts';

const NODES = 4;
/** Groups at once (our choice). What a kill takes is the start of a process, and one group alone leaves all but one core waiting for it. */
const GROUPS = 3;
/** Between a start and the next kill, in ms, at most. */
const MAX_LIFE_MS = 200;
/**
 * What each publishes from a start on (our choice: it takes 320 ms, so that the next kill is in the middle, and the others go on while
 * that process is away; without a bound a busy machine is kept busy with numbers, not kills).
 */
const SAID = 8;

export async function runKills(options: Omit<RunOptions, 'durability'>): Promise<Verdict> {
  const { count, seed, progress } = options;
  const beganMs = Date.now();
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-chaos-'));
  const groups = Array.from({ length: Math.min(GROUPS, count) }, (_, which) => new Group(join(dir, String(which)), seededRandom(`${seed}/${which}`)));
  let done = 0;
  const killed = (): void => progress?.((done += 1));
  const live = async (group: Group, which: number): Promise<Groups> => {
    await group.begin();
    for (let kills = shareOf(count, groups.length, which); kills > 0; kills -= 1) {
      await group.killOne();
      killed();
    }
    return group.end();
  };
  try {
    return verdictOf(options, (await Promise.all(groups.map(live))).flat(), beganMs);
  } finally {
    await Promise.all(groups.map((group) => group.kill()));
    await rm(dir, { recursive: true, force: true });
  }
}

/** Four pals. */
class Group {
  readonly #dir: string;
  readonly #random: Random;
  readonly #nodes: NodeProcess<Verb>[] = [];
  readonly #addresses: string[] = [];

  constructor(dir: string, random: Random) {
    this.#dir = dir;
    this.#random = random;
  }

  /** Starts all four, makes them pals, and lets them publish. */
  async begin(): Promise<void> {
    await mkdir(this.#dir);
    await Promise.all(Array.from({ length: NODES }, (_, which) => this.#start(which)));
    for (const [i, node] of this.#nodes.entries()) {
      for (const other of this.#nodes.slice(i + 1)) await other.ask('redeem', (await node.ask('invite')) as string);
    }
    await this.#publish();
  }

  /** Kills one after a while and starts it again. Nothing waits for the others to be reached: the next kill may be in the middle. */
  async killOne(): Promise<void> {
    await after(this.#random.below(MAX_LIFE_MS));
    const which = this.#random.below(NODES);
    await this.#nodes[which]?.kill();
    await this.#start(which);
    await this.#publish();
  }

  /** Lets nobody publish any more. @returns what they hold of each app when all is heard, or would be */
  async end(): Promise<Groups> {
    await Promise.all(this.#nodes.map((node) => node.ask('hush')));
    return settled(async () => {
      const accounts = (await Promise.all(this.#nodes.map((node) => node.ask('accounts')))) as (readonly Account[])[];
      return APPS.map((_app, i) => accounts.map((ofNode) => ofNode[i]!));
    });
  }

  async kill(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill()));
  }

  async #publish(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.ask('publish', String(SAID))));
  }

  async #start(which: number): Promise<void> {
    const node = new NodeProcess<Verb>('child.js', [join(this.#dir, String(which)), String(which), this.#addresses[which] ?? 'ws://127.0.0.1:0']);
    this.#nodes[which] = node;
    // The same port again, so that the others find it; without the id behind it.
    this.#addresses[which] ??= (await node.ready).replace(/#.*/, '');
    await node.ready;
  }
}

/** @param which of the `groups`; the first ones have what is left over */
function shareOf(count: number, groups: number, which: number): number {
  return Math.floor(count / groups) + (which < count % groups ? 1 : 0);
}
