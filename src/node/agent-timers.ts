/**
 * The timers of one agent: one per wire, restored at start.
 */
import type { Clock } from './clock.ts';

/** Calls `fire(wire)` when a timer is due. */
export class AgentTimers {
  readonly #clock: Clock;
  readonly #fire: (wire: string) => void;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Clock, fire: (wire: string) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  get size(): number {
    return this.#cancels.size;
  }

  has(wire: string): boolean {
    return this.#cancels.has(wire);
  }

  /** Sets, replaces, or with `undefined` cancels. What is overdue fires at once. @param atMs ms since 1970 */
  set(wire: string, atMs: number | undefined): void {
    this.#cancels.get(wire)?.();
    this.#cancels.delete(wire);
    if (atMs === undefined) return;
    const cancel = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => {
      this.#cancels.delete(wire);
      this.#fire(wire);
    });
    this.#cancels.set(wire, cancel);
  }

  cancelAll(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
