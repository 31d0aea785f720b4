/**
 * What keeps an agent from its next event: a promise that an arm returned, or a restart. One at a time, and each for a bounded time.
 */
import type { Clock } from './clock.ts';

/** How a hold ends, by whichever comes first. */
export interface HoldEnd {
  /** The time is over. */
  late(): void;
  /** The agent stops or starts again. */
  abandoned(why: Error): void;
}

export class Hold {
  readonly #clock: Clock;
  #current: { cancel(): void; readonly end: HoldEnd } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isHeld(): boolean {
    return this.#current !== undefined;
  }

  /** @returns ends it and calls `act`; does nothing once it ended otherwise */
  begin(delayMs: number, end: HoldEnd): (act: () => void) => void {
    const over = (act: () => void): void => {
      if (this.#current !== current) return;
      this.#current = undefined;
      current.cancel();
      act();
    };
    const current = { cancel: this.#clock.after(delayMs, () => over(() => end.late())), end };
    this.#current = current;
    return over;
  }

  /** Ends what there is. */
  abandon(why: Error): void {
    const current = this.#current;
    this.#current = undefined;
    current?.cancel();
    current?.end.abandoned(why);
  }
}
