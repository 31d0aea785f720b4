/**
 * The proxy run: five processes over WebSockets, all pals of each other, pass rumors on, and one of them is killed with SIGKILL in the middle of it.
 * Whatever was in its hands, the other four have to hear all that they say, once each.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EMBARGO_MAX_MS, EMBARGO_MIN_MS } from '../wrapper/core/delays.ts';
import type { Account, News, Order } from './proxy-node.ts';

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
const CHILD = fileURLToPath(new URL('proxy-node.js', import.meta.url));

export async function runProxy({ pass, count = COUNT, speed = 1, progress = () => undefined }: ProxyOptions): Promise<ProxyVerdict> {
  const dir = await mkdtemp(join(tmpdir(), 'hearsay-proxy-'));
  const nodes = Array.from({ length: NODES }, (_, n) => new ProxyProcess([join(dir, String(n)), String(pass), String(speed)]));
  const [proxy, ...speakers] = nodes as [ProxyProcess, ...ProxyProcess[]];
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

async function befriend(nodes: readonly ProxyProcess[]): Promise<void> {
  await Promise.all(nodes.map(({ ready }) => ready));
  for (const [n, node] of nodes.entries()) {
    for (const other of nodes.slice(n + 1)) await other.ask('redeem', String(await node.ask('invite')));
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A node of the run, seen from here. */
class ProxyProcess {
  readonly ready: Promise<void>;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #asked: Map<number, { resolve(value: unknown): void; reject(error: Error): void }> = new Map();
  #last = 0;
  #heard = 0;
  #onHeard: () => void = () => undefined;
  #stderr = '';

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, ['--enable-source-maps', CHILD, ...args], { stdio: 'pipe' });
    this.#process = child;
    // One that is being killed may be asked something still.
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-2_000)));
    this.#ended = new Promise((resolve) => child.on('close', () => resolve()));
    this.ready = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => this.#take(JSON.parse(line) as News, resolve));
      void this.#ended.then(() => {
        const error = new Error(`a node ended. ${this.#stderr}`);
        reject(error);
        for (const asked of this.#asked.values()) asked.reject(error);
      });
    });
    this.ready.catch(() => undefined);
  }

  /** Has it do something. Rejects when it cannot, or ends. */
  ask(verb: Order['verb'], value?: string): Promise<unknown> {
    const order: Order = { id: (this.#last += 1), verb, ...(value !== undefined && { value }) };
    return new Promise((resolve, reject) => {
      this.#asked.set(order.id, { resolve, reject });
      this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
    });
  }

  /** Resolves when its agent was given so many rumors. */
  hears(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onHeard = () => (this.#heard >= count ? resolve() : undefined);
      this.#onHeard();
    });
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    return this.#ended;
  }

  #take(news: News, ready: () => void): void {
    if ('ready' in news) return ready();
    if ('heard' in news) {
      this.#heard = news.heard;
      return this.#onHeard();
    }
    const asked = this.#asked.get(news.id);
    this.#asked.delete(news.id);
    if (news.error === undefined) asked?.resolve(news.result);
    else asked?.reject(new Error(news.error));
  }
}
