/**
 * What events send, held until their commits are done and let go in the order of the events.
 */

/** A place in the line. */
export interface Turn {
  release: (() => void) | undefined;
}

/** First in, first out; a later event's effects never overtake an earlier one's. */
export class Outbox {
  readonly #turns: Turn[] = [];

  get length(): number {
    return this.#turns.length;
  }

  /** Lets go at once when nobody waits, else in turn. */
  pass(release: () => void): void {
    if (this.#turns.length === 0) release();
    else this.#turns.push({ release });
  }

  /** Takes a place. Give it to {@link done} once the commit is over. */
  wait(): Turn {
    const turn: Turn = { release: undefined };
    this.#turns.push(turn);
    return turn;
  }

  /** The commit is over: this and all that waited only for it are let go. */
  done(turn: Turn, release: () => void): void {
    turn.release = release;
    while (this.#turns[0]?.release !== undefined) this.#turns.shift()?.release?.();
  }
}
