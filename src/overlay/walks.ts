/**
 * The ways back of Shuffles that went through us. Pure.
 * Differs: the paper answers over a temporary connection to the origin. Not everybody can be dialled, so the reply goes back along the walk.
 */
import type { PeerId } from '../ids.ts';

interface Walk {
  readonly origin: PeerId;
  readonly nonce: number;
  readonly previous: PeerId;
  /** Only that peer's reply counts. */
  next: PeerId;
  readonly sinceMs: number;
}

export class Walks {
  readonly #max: number;
  readonly #memoryMs: number;
  /** Oldest first. A flat list: it is short, and most of the time empty. */
  readonly #walks: Walk[] = [];

  constructor(max: number, memoryMs: number) {
    this.#max = max;
    this.#memoryMs = memoryMs;
  }

  /** A walk that comes through a second time keeps its first way back, which is the shorter. */
  remember(origin: PeerId, nonce: number, previous: PeerId, next: PeerId, nowMs: number): void {
    this.#expire(nowMs);
    for (const walk of this.#walks) {
      if (walk.nonce !== nonce || walk.origin !== origin) continue;
      walk.next = next;
      return;
    }
    if (this.#walks.length >= this.#max) this.#walks.shift();
    this.#walks.push({ origin, nonce, previous, next, sinceMs: nowMs });
  }

  /** To whom the reply goes that came from `from`. Once only. */
  take(origin: PeerId, nonce: number, from: PeerId, nowMs: number): PeerId | undefined {
    this.#expire(nowMs);
    const at = this.#walks.findIndex((walk) => walk.nonce === nonce && walk.origin === origin && walk.next === from);
    return at < 0 ? undefined : this.#walks.splice(at, 1)[0]?.previous;
  }

  clear(): void {
    this.#walks.length = 0;
  }

  #expire(nowMs: number): void {
    let old = 0;
    for (const { sinceMs } of this.#walks) {
      if (nowMs - sinceMs < this.#memoryMs) break;
      old += 1;
    }
    if (old > 0) this.#walks.splice(0, old);
  }
}
