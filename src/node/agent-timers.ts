/**
 * The timers of one agent: one per wire, restored at start.
 */
import { isReserved } from '../marks/paths.ts';
import type { Clock } from './clock.ts';

/** Calls `fire(wire)` when a timer is due. */
export class AgentTimers {
  readonly #clock: Clock;
  readonly #fire: (wire: string) => void;
  readonly #cancels = new Map<string, () => void>();
  /** Fired, and the agent has yet to be woken. Each was a timer before. */
  readonly #due = new Set<string>();
  #size = 0;

  constructor(clock: Clock, fire: (wire: string) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  /** How many there are, less those of wrappers: they are theirs to bound. */
  get size(): number {
    return this.#size;
  }

  /** Whether setting this one makes one more that counts. */
  isNew(wire: string): boolean {
    return !isReserved(wire) && !this.#cancels.has(wire);
  }

  /** Sets, replaces, or with `undefined` cancels, also one that fired and did not wake the agent yet. What is overdue fires at once. @param atMs ms since 1970 */
  set(wire: string, atMs: number | undefined): void {
    this.#cancels.get(wire)?.();
    this.#drop(wire);
    this.#due.delete(wire);
    if (atMs === undefined) return;
    const cancel = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => {
      this.#drop(wire);
      this.#due.add(wire);
      this.#fire(wire);
    });
    if (this.isNew(wire)) this.#size += 1;
    this.#cancels.set(wire, cancel);
  }

  /** One that was due before this process began, and is not fired yet: call {@link fire} when its turn comes. */
  overdue(wire: string): void {
    this.#due.add(wire);
  }

  fire(wire: string): void {
    this.#fire(wire);
  }

  /** The agent is about to be woken. `false`: the timer was replaced or cancelled meanwhile. */
  wake(wire: string): boolean {
    return this.#due.delete(wire);
  }

  cancelAll(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.#due.clear();
    this.#size = 0;
  }

  #drop(wire: string): void {
    if (this.#cancels.delete(wire) && !isReserved(wire)) this.#size -= 1;
  }
}
