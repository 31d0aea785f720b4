/**
 * Which part of the ids' log nobody needs any more. The log is in the order of commits, the seen-set in the order of arrival; a
 * checkpoint ties them together: once the first `added` ids are forgotten, what lies before `end` concerns none that is remembered.
 */
import type { LogPosition } from './layout.ts';

interface Checkpoint {
  readonly added: number;
  readonly end: LogPosition;
}

export class Checkpoints {
  readonly #step: number;
  /** Oldest first. Those that were overtaken are taken out, so there are at most as many as steps in what is remembered, and one. */
  readonly #list: Checkpoint[] = [];
  #last = 0;

  /** @param step ids between two checkpoints; the log is at most so much longer than it needs to be */
  constructor(step: number) {
    this.#step = step;
  }

  /** Everything before `end` concerns only the first `added` ids. */
  note(added: number, end: LogPosition): void {
    if (added - this.#last < this.#step) return;
    this.#last = added;
    this.#list.push({ added, end });
  }

  /** The end of what concerns only the first `dropped` ids, or `undefined` when that has not moved. */
  overtaken(dropped: number): LogPosition | undefined {
    let end: LogPosition | undefined;
    for (let first = this.#list[0]; first !== undefined && first.added <= dropped; first = this.#list[0]) {
      end = first.end;
      this.#list.shift();
    }
    return end;
  }
}
