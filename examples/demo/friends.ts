/**
 * The demo's view of one friend: its process, what it heard, and requests to it.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What the main process asks. */
export interface Request {
  readonly number: number;
  readonly verb: 'invite' | 'redeem' | 'say' | 'hops' | 'part';
  readonly value: string;
}

/** What a friend tells. */
export type News =
  | { readonly type: 'ready'; readonly id: string; readonly address: string; readonly remembered: number }
  | { readonly type: 'done'; readonly number: number; readonly result: string }
  | { readonly type: 'failed'; readonly number: number; readonly reason: string }
  | { readonly type: 'heard'; readonly what: string }
  | { readonly type: 'offered'; readonly peer: string }
  | { readonly type: 'kicked'; readonly peer: string | undefined };

/** Longer than any one thing in the demo takes on a busy machine (our choice: each takes milliseconds, a start half a second). */
const PATIENCE_MS = 8_000;

interface Waiting {
  readonly wanted: (news: News) => boolean;
  readonly got: (news: News) => void;
  readonly failed: (error: Error) => void;
}

export class Friend {
  readonly name: string;
  /** What it heard, in order, over all its lives. */
  readonly heard: string[] = [];
  id = '';
  /** How many ids it knew when it started. */
  remembered = 0;
  readonly #file: string;
  readonly #dir: string;
  #listen = 'ws://127.0.0.1:0';
  #process: ChildProcess | undefined;
  /** Of this life. */
  #news: News[] = [];
  readonly #waiting = new Set<Waiting>();
  #number = 0;

  /** @param file the built friend.js */
  constructor(name: string, dir: string, file: string) {
    this.name = name;
    this.#dir = dir;
    this.#file = file;
  }

  /** Starts the process; again after a {@link kill}, at the same address. */
  async start(): Promise<void> {
    this.#news = [];
    const child = fork(this.#file, [this.#dir, this.#listen], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process = child;
    child.on('message', (news: News) => this.#take(news));
    child.on('error', (error) => this.#fail(error));
    child.on('exit', (code, signal) => this.#fail(new Error(`${this.name} ended with ${signal ?? code}`)));
    const ready = await this.#first('to be ready', (news) => news.type === 'ready');
    if (ready.type !== 'ready') return;
    this.id = ready.id;
    this.#listen = ready.address.replace(/#.*/, '');
    this.remembered = ready.remembered;
  }

  /** SIGKILL: no goodbye, nothing flushed. */
  async kill(): Promise<void> {
    const child = this.#takeProcess();
    if (child?.kill('SIGKILL') === true) await once(child, 'exit');
  }

  /** Lets the process close its node and end by itself. */
  async stop(): Promise<void> {
    const child = this.#takeProcess();
    if (child === undefined) return;
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.disconnect();
    const [code] = (await once(child, 'exit')) as [number | null];
    clearTimeout(late);
    if (code !== 0) throw new Error(`${this.name} did not end by itself`);
  }

  async ask(verb: Request['verb'], value = ''): Promise<string> {
    this.#number += 1;
    const number = this.#number;
    this.#process?.send({ number, verb, value } satisfies Request);
    const answer = await this.#first(`to ${verb}`, (news) => (news.type === 'done' || news.type === 'failed') && news.number === number);
    if (answer.type === 'failed') throw new Error(`${this.name} could not ${verb}: ${answer.reason}`);
    return answer.type === 'done' ? answer.result : '';
  }

  /** Waits until it has heard the line (at once when it has). */
  async hears(what: string): Promise<void> {
    await this.#first(`to hear "${what}"`, (news) => news.type === 'heard' && news.what === what);
  }

  /** Waits until it answers that peer's next subscription with its latest lines. */
  async offersAgain(peer: string): Promise<void> {
    await this.#next('to offer its lines', (news) => news.type === 'offered' && news.peer === peer);
  }

  /** Waits until that peer ends its subscription. */
  async kickedBy(peer: string): Promise<void> {
    await this.#next('to be kicked', (news) => news.type === 'kicked' && news.peer === peer);
  }

  /** The process, if it runs; from now on it may end. */
  #takeProcess(): ChildProcess | undefined {
    const child = this.#process;
    this.#process = undefined;
    return child?.exitCode === null && child.signalCode === null ? child : undefined;
  }

  /** The first news of that kind in this life. */
  #first(what: string, wanted: Waiting['wanted']): Promise<News> {
    const known = this.#news.find(wanted);
    return known === undefined ? this.#next(what, wanted) : Promise.resolve(known);
  }

  /** The next news of that kind. */
  #next(what: string, wanted: Waiting['wanted']): Promise<News> {
    return new Promise<News>((got, failed) => {
      const waiting = { wanted, got, failed };
      const timer = setTimeout(() => failed(new Error(`waited ${PATIENCE_MS} ms for ${this.name} ${what}`)), PATIENCE_MS);
      const over = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      waiting.got = (news) => (over(), got(news));
      waiting.failed = (error) => (over(), failed(error));
      this.#waiting.add(waiting);
    });
  }

  #take(news: News): void {
    this.#news.push(news);
    if (news.type === 'heard') this.heard.push(news.what);
    for (const waiting of [...this.#waiting]) if (waiting.wanted(news)) waiting.got(news);
  }

  #fail(error: Error): void {
    for (const waiting of [...this.#waiting]) waiting.failed(error);
  }
}
