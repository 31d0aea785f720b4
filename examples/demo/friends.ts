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
  | { readonly type: 'event'; readonly name: string; readonly peer: string | undefined };

/** Longer than anything in the demo takes; the whole of it has 30 s. */
const PATIENCE_MS = 8_000;

export class Friend {
  readonly name: string;
  readonly heard: string[] = [];
  id = '';
  remembered = 0;
  readonly #file: string;
  readonly #dir: string;
  #listen = 'ws://127.0.0.1:0';
  #process: ChildProcess | undefined;
  #news: News[] = [];
  #waiting: { readonly wanted: (news: News) => boolean; readonly got: (news: News) => void }[] = [];
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
    this.#process = fork(this.#file, [this.#dir, this.#listen], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (news: News) => this.#take(news));
    const ready = await this.when('to be ready', (news) => news.type === 'ready');
    if (ready.type !== 'ready') return;
    this.id = ready.id;
    this.#listen = ready.address;
    this.remembered = ready.remembered;
  }

  /** SIGKILL: no goodbye, nothing flushed. */
  async kill(): Promise<void> {
    const dead = this.#process;
    if (dead === undefined) return;
    dead.kill('SIGKILL');
    await once(dead, 'exit');
  }

  /** Lets the process end by itself. */
  async stop(): Promise<void> {
    const ending = this.#process;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    ending.disconnect();
    await once(ending, 'exit');
  }

  async ask(verb: Request['verb'], value = ''): Promise<string> {
    this.#number += 1;
    const number = this.#number;
    this.#process?.send({ number, verb, value } satisfies Request);
    const answer = await this.when(`to ${verb}`, (news) => (news.type === 'done' || news.type === 'failed') && news.number === number);
    if (answer.type === 'failed') throw new Error(`${this.name} could not ${verb}: ${answer.reason}`);
    return answer.type === 'done' ? answer.result : '';
  }

  /** Waits until it has heard the line (at once when it has). */
  async hears(what: string): Promise<void> {
    await this.when(`to hear "${what}"`, (news) => news.type === 'heard' && news.what === what);
  }

  /** Waits until it answers that peer's next subscription with its last lines. */
  async offersAgain(peer: string): Promise<void> {
    await this.next('to offer its lines', (news) => news.type === 'offered' && news.peer === peer);
  }

  /** Waits until that peer ends our subscription to it. */
  async kickedBy(peer: string): Promise<void> {
    await this.next('to be kicked', (news) => news.type === 'event' && news.name === 'kicked' && news.peer === peer);
  }

  /** The first news of that kind since the process started. */
  when(what: string, wanted: (news: News) => boolean): Promise<News> {
    const known = this.#news.find(wanted);
    return known === undefined ? this.next(what, wanted) : Promise.resolve(known);
  }

  /** The next news of that kind. */
  next(what: string, wanted: (news: News) => boolean): Promise<News> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited ${PATIENCE_MS} ms for ${this.name} ${what}`)), PATIENCE_MS);
      const got = (news: News): void => {
        clearTimeout(timer);
        resolve(news);
      };
      this.#waiting.push({ wanted, got });
    });
  }

  #take(news: News): void {
    this.#news.push(news);
    if (news.type === 'heard') this.heard.push(news.what);
    for (const waiting of this.#waiting.filter(({ wanted }) => wanted(news))) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.got(news);
    }
  }
}
