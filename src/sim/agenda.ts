/** The virtual clock, and what is due when. Pure. */
import { Heap } from './heap.ts';

export class Agenda<Event> {
  readonly #heap = new Heap<Event>();
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** What is put in for the same time happens in the order of putting in. */
  add(atMs: number, event: Event): void {
    this.#heap.push(atMs, event);
  }

  /** Lets everything happen that is due until `untilMs`, which is then the time. */
  runUntil(untilMs: number, happen: (event: Event) => void): void {
    while (this.#heap.nextMs <= untilMs) {
      this.#nowMs = this.#heap.nextMs;
      happen(this.#heap.pop() as Event);
    }
    this.#nowMs = untilMs;
  }
}
