/**
 * Messages that wait for the first neighbour, in the order they were said.
 */
import type { Limits } from '../limits.ts';
import type { Saying } from './topic-agent.ts';

/** What becomes of one that waits: it is said, or it is not, and why. */
export interface Waiting {
  readonly saying: Saying;
  go(): void;
  giveUp(reason: 'no-neighbor' | 'left'): void;
}

export interface WaitingPort {
  readonly limits: Pick<Limits, 'maxQueuedEvents' | 'maxQueuedBytes' | 'neighborTimeoutMs'>;
  /** A timer; the result cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export class WaitingRoom {
  readonly #port: WaitingPort;
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;

  constructor(port: WaitingPort) {
    this.#port = port;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** @returns `false` when there is no room: limits.maxQueuedEvents, limits.maxQueuedBytes */
  add(given: Waiting): boolean {
    const { maxQueuedEvents, maxQueuedBytes, neighborTimeoutMs } = this.#port.limits;
    const bytes = given.saying.message.bytes.length;
    if (this.#waiting.size >= maxQueuedEvents || this.#bytes + bytes > maxQueuedBytes) return false;
    const take = (): boolean => {
      if (!this.#waiting.delete(waiting)) return false;
      this.#bytes -= bytes;
      cancel();
      return true;
    };
    const waiting: Waiting = {
      saying: given.saying,
      go: () => void (take() && given.go()),
      giveUp: (reason) => void (take() && given.giveUp(reason)),
    };
    const cancel = this.#port.after(neighborTimeoutMs, () => waiting.giveUp('no-neighbor'));
    this.#waiting.add(waiting);
    this.#bytes += bytes;
    return true;
  }

  /** There is somebody to tell. */
  go(): void {
    for (const waiting of [...this.#waiting]) waiting.go();
  }

  /** The topic was left. */
  giveUp(): void {
    for (const waiting of [...this.#waiting]) waiting.giveUp('left');
  }
}
