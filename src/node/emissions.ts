/**
 * The Observables that an agent's arms returned, while they last.
 */
import { Subscription } from 'rxjs';
import type { Emission } from '../agent.ts';
import type { Stream } from './effects.ts';
import type { Subscriber } from './subscribers.ts';

/** What becomes of one. Nothing comes after `failed`, nor after its end. */
export interface Following {
  emitted(emission: Emission): void;
  failed(error: unknown): void;
}

export class Emissions {
  readonly #ends = new Set<() => void>();

  get size(): number {
    return this.#ends.size;
  }

  /** Until the Observable ends, or the subscriber it is for, or {@link endAll}. */
  follow(stream: Stream, subscriber: Subscriber | undefined, following: Following): void {
    const subscription = new Subscription();
    const end = (): void => {
      this.#ends.delete(end);
      subscription.unsubscribe();
    };
    const failed = (error: unknown): void => {
      if (this.#ends.delete(end)) following.failed(error);
    };
    this.#ends.add(end);
    try {
      subscription.add(
        stream.subscribe({
          next: (emission) => {
            if (this.#ends.has(end)) following.emitted(emission);
          },
          error: failed,
          complete: () => this.#ends.delete(end),
        }),
      );
    } catch (error) {
      // Another make of Observable may throw where rxjs reports.
      failed(error);
    }
    subscriber?.onEnd(end);
  }

  endAll(): void {
    for (const end of [...this.#ends]) end();
  }
}
