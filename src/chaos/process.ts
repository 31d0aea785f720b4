/**
 * A child of the kill run, seen from its parent.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Order } from './child.ts';

const CHILD = fileURLToPath(new URL('child.js', import.meta.url));

/** A running node. */
export class ChaosProcess {
  readonly #process: ChildProcess;
  readonly #ready: Promise<string>;
  readonly #ended: Promise<void>;
  readonly #asked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #last = 0;
  #stderr = '';

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, ['--enable-source-maps', CHILD, ...args], { stdio: 'pipe' });
    this.#process = child;
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-2000)));
    this.#ended = new Promise((resolve) => child.on('close', () => resolve()));
    this.#ready = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = JSON.parse(line) as { ready?: true; address?: string; id?: number; result?: unknown; error?: string };
        if (said.ready) return resolve(said.address ?? '');
        const asked = this.#asked.get(said.id ?? 0);
        this.#asked.delete(said.id ?? 0);
        if (said.error === undefined) asked?.resolve(said.result);
        else asked?.reject(new Error(said.error));
      });
      void this.#ended.then(() => {
        const error = new Error(`a node ended. ${this.#stderr}`);
        reject(error);
        for (const asked of this.#asked.values()) asked.reject(error);
      });
    });
    this.#ready.catch(() => undefined);
  }

  /** Where it listens. */
  get ready(): Promise<string> {
    return this.#ready;
  }

  /** Tells it to do something, and resolves with what came of it. */
  ask(verb: Order['verb'], value?: string): Promise<unknown> {
    const order: Order = { id: (this.#last += 1), verb, ...(value !== undefined && { value }) };
    return new Promise((resolve, reject) => {
      this.#asked.set(order.id, { resolve, reject });
      this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
    });
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    return this.#ended;
  }
}
