/**
 * One reader of a topic: what it has not read yet is kept for it, up to a bound. It slows nobody.
 */
import type { Limits } from '../limits.ts';

/** Messages as they come, for one reader, from the moment it was made. `for await` reads it, and closes it when it ends early. */
export interface TopicSubscription extends AsyncIterableIterator<Uint8Array>, AsyncDisposable {
  /** How many messages it has lost because it read too slowly. */
  readonly lost: number;
  /** Ends it: what was not read is dropped. Safe to call twice. */
  close(): void;
}

/** What a reader tells. */
export interface ReaderPort {
  /** It goes on reading, and has lost so many since it last did. */
  lagged(count: number): void;
  closed(): void;
}

export class Reader implements TopicSubscription {
  readonly #limits: Pick<Limits, 'maxUnread' | 'maxUnreadBytes'>;
  readonly #port: ReaderPort;
  readonly #unread: Uint8Array[] = [];
  /** Who waits for a message; then there is none. */
  readonly #waiting: ((result: IteratorResult<Uint8Array, undefined>) => void)[] = [];
  #unreadBytes = 0;
  #lost = 0;
  /** Lost and not told. */
  #untold = 0;
  #state: 'open' | 'ended' | 'closed' = 'open';

  constructor(limits: Pick<Limits, 'maxUnread' | 'maxUnreadBytes'>, port: ReaderPort) {
    this.#limits = limits;
    this.#port = port;
  }

  get lost(): number {
    return this.#lost;
  }

  /** A message came. */
  give(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting({ done: false, value: bytes });
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    const { maxUnread, maxUnreadBytes } = this.#limits;
    while (this.#unread.length > maxUnread || this.#unreadBytes > maxUnreadBytes) this.#lose();
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#tellLost();
    const value = this.#unread.shift();
    if (value !== undefined) {
      this.#unreadBytes -= value.length;
      return Promise.resolve({ done: false, value });
    }
    if (this.#state !== 'open') return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Nothing more comes; what there is can still be read. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.end();
    this.#state = 'closed';
    this.#unread.length = 0;
    this.#unreadBytes = 0;
    this.#tellLost();
    this.#port.closed();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #lose(): void {
    this.#unreadBytes -= this.#unread.shift()?.length ?? 0;
    this.#lost += 1;
    this.#untold += 1;
  }

  #tellLost(): void {
    if (this.#untold === 0) return;
    const count = this.#untold;
    this.#untold = 0;
    this.#port.lagged(count);
  }
}
