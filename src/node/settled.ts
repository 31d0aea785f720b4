/**
 * What became of the numbers past a cursor: a byte each, in a ring that grows. Pure.
 */
import { assert } from '../errors.ts';

/** Nothing is known of it, it is on its way, nothing more is to be done for it, or it is offered. */
export const Note = { none: 0, sent: 1, settled: 2, offered: 3 } as const;

/** Doubles when a number lies past it. Our choice: what a quiet subscription has under way. A power of two. */
const FIRST_SPAN = 64;

export class Settled {
  readonly #maxSpan: number;
  #notes: Uint8Array = new Uint8Array(FIRST_SPAN);
  #cursor: number;
  #size = 0;

  /** @param cursor all up to there is settled @param maxSpan the most numbers past the cursor that can be noted: a power of two, from 64 on */
  constructor(cursor: number, maxSpan: number) {
    this.#cursor = cursor;
    this.#maxSpan = maxSpan;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** How many numbers past the cursor are noted. */
  get size(): number {
    return this.#size;
  }

  /** Of a number past the cursor. */
  of(number: number): number {
    return number - this.#cursor > this.#notes.length ? Note.none : this.#notes[number & (this.#notes.length - 1)]!;
  }

  /** What was noted of a number past the cursor is not so. */
  clear(number: number): void {
    if (this.of(number) === Note.none) return;
    this.#notes[number & (this.#notes.length - 1)] = Note.none;
    this.#size -= 1;
  }

  /** Notes anything but `none`. @returns `false` when the number is too far past the cursor */
  set(number: number, note: number): boolean {
    assert(number > this.#cursor, 'only what is past the cursor is noted');
    while (number - this.#cursor > this.#notes.length) if (!this.#grow()) return false;
    const at = number & (this.#notes.length - 1);
    if (this.#notes[at] === Note.none) this.#size += 1;
    this.#notes[at] = note;
    return true;
  }

  /** The cursor moves on by one. */
  advance(): void {
    this.#cursor += 1;
    const at = this.#cursor & (this.#notes.length - 1);
    if (this.#notes[at] !== Note.none) this.#size -= 1;
    this.#notes[at] = Note.none;
  }

  #grow(): boolean {
    const before = this.#notes;
    if (before.length >= this.#maxSpan) return false;
    this.#notes = new Uint8Array(2 * before.length);
    for (let number = this.#cursor + 1; number <= this.#cursor + before.length; number += 1) this.#notes[number & (this.#notes.length - 1)] = before[number & (before.length - 1)]!;
    return true;
  }
}
