/**
 * The proxy run: five processes over WebSockets, all pals of each other, pass rumors on, and one of them is killed with SIGKILL in the middle of it.
 * Whatever was in its hands, the other four have to hear all that they say, once each.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMBARGO_MAX_MS, EMBARGO_MIN_MS } from '../wrapper/core/delays.ts';
import { NodeProcess } from './node-process.ts';
import type { Account, Verb } from './proxy-node.ts';

export interface ProxyOptions {
  readonly pass: true | 'stem';
  /** Rumors in all. @defaultValue 200 */
  readonly count?: number;
  /** How many times as fast the clocks of the nodes run. 1 is real time: a run then takes some four minutes. @defaultValue 1 */
  readonly speed?: number;
  readonly progress?: (said: number) => void;
}

export interface ProxyVerdict {
  /** All four heard all that the others said, once each. */
  readonly ok: boolean;
  readonly pass: true | 'stem';
  readonly said: number;
  /** As `<node> <rumor>`. */
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** Rumors that somebody heard only after an embargo: those that the killed one, or the loss of it, had swallowed. */
  readonly byEmbargo: number;
  /** From saying to hearing, in ms of the nodes' clock. */
  readonly slowestMs: number;
}

const NODES = 5;
const COUNT = 200;
/** How long beyond all embargoes the run waits for what is missing (our choice: the machine may be busy). */
const PATIENCE_MS = 60_000;

export async function runProxy({ pass, count = COUNT, speed = 1, progress = () => undefined }: ProxyOptions): Promise<ProxyVerdict> {
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-proxy-'));
  const nodes = Array.from({ length: NODES }, (_, n) => new NodeProcess<Verb>('proxy-node.js', [join(dir, String(n)), String(pass), String(speed)]));
  const [proxy, ...speakers] = nodes as [NodeProcess<Verb>, ...NodeProcess<Verb>[]];
  try {
    await befriend(nodes);
    const said: string[] = [];
    for (let n = 0; n < count; n += 1) {
      if (n === Math.floor(count / 2)) void proxy.kill();
      const by = n % speakers.length;
      await speakers[by]?.ask('say', `${by}/${n}`);
      said.push(`${by}/${n}`);
      if (said.length % 50 === 0) progress(said.length);
    }
    const wanted = (node: number): readonly string[] => said.filter((name) => !name.startsWith(`${node}/`));
    const all = Promise.all(speakers.map((speaker, n) => speaker.hears(wanted(n).length)));
    await Promise.race([all, after(EMBARGO_MAX_MS / speed + PATIENCE_MS)]);
    // Nobody holds anything any more: what could come twice has come.
    await after(EMBARGO_MAX_MS / speed);
    const accounts = await Promise.all(speakers.map(async (speaker) => (await speaker.ask('account')) as Account));
    return { pass, ...verdictOf(accounts, wanted), said: said.length };
  } finally {
    await Promise.all(nodes.map((node) => node.kill()));
    await rm(dir, { recursive: true });
  }
}

/** What the accounts of the nodes come to. @param wanted what each had to hear */
export function verdictOf(accounts: readonly Account[], wanted: (node: number) => readonly string[]): Omit<ProxyVerdict, 'pass' | 'said'> {
  const lost = accounts.flatMap((account, node) => wanted(node).filter((name) => account[name] === undefined).map((name) => `${node} ${name}`));
  const entries = accounts.flatMap((account, node) => Object.entries(account).map(([name, { times, afterMs }]) => ({ node, name, times, afterMs })));
  const twice = entries.filter(({ times }) => times > 1).map(({ node, name }) => `${node} ${name}`);
  const byEmbargo = new Set(entries.filter(({ afterMs }) => afterMs >= EMBARGO_MIN_MS).map(({ name }) => name)).size;
  return { ok: lost.length === 0 && twice.length === 0, lost, twice, byEmbargo, slowestMs: Math.max(0, ...entries.map(({ afterMs }) => afterMs)) };
}

async function befriend(nodes: readonly NodeProcess<Verb>[]): Promise<void> {
  await Promise.all(nodes.map(({ ready }) => ready));
  for (const [n, node] of nodes.entries()) {
    for (const other of nodes.slice(n + 1)) await other.ask('redeem', String(await node.ask('invite')));
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
