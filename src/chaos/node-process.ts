/**
 * A node in a process of its own, which does what it is ordered. The parent's side of orders.ts.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Order, Said } from './orders.ts';

/** How much of its standard error is kept, to say why it ended. */
const STDERR_CHARACTERS = 2_000;

export class NodeProcess<Verb extends string> {
  /** Resolves with where it listens, if it says so. */
  readonly ready: Promise<string>;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #asked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #last = 0;
  #heard = 0;
  #onHeard: () => void = () => undefined;
  #stderr = '';

  /** @param module in this folder, as built */
  constructor(module: string, args: readonly string[]) {
    const child = spawn(process.execPath, ['--enable-source-maps', fileURLToPath(new URL(module, import.meta.url)), ...args], { stdio: 'pipe' });
    this.#process = child;
    // One that is being killed may be asked something still.
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_CHARACTERS)));
    this.#ended = new Promise((resolve) => child.on('close', () => resolve()));
    this.ready = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = JSON.parse(line) as Said;
        if ('ready' in said) resolve(said.address ?? '');
        else this.#take(said);
      });
      void this.#ended.then(() => {
        const error = new Error(`a node ended. ${this.#stderr}`);
        reject(error);
        for (const asked of this.#asked.values()) asked.reject(error);
      });
    });
    this.ready.catch(() => undefined);
  }

  /** Has it do something. Resolves with what came of it; rejects when it cannot, or ends. */
  ask(verb: Verb, value?: string): Promise<unknown> {
    const order: Order<Verb> = { id: (this.#last += 1), verb, ...(value !== undefined && { value }) };
    return new Promise((resolve, reject) => {
      this.#asked.set(order.id, { resolve, reject });
      this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
    });
  }

  /** Resolves when it has said that its agent was given so many rumors. */
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

  #take(said: Exclude<Said, { readonly ready: true }>): void {
    if ('heard' in said) {
      this.#heard = said.heard;
      return this.#onHeard();
    }
    const asked = this.#asked.get(said.id);
    this.#asked.delete(said.id);
    if (said.error === undefined) asked?.resolve(said.result);
    else asked?.reject(new Error(said.error));
  }
}
