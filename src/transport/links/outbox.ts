/** Events on their way to the application: one at a time, in order, and never from within a call that the application made. */
export class Outbox {
  /** Those of one turn: at most a few for each connection, and messages are not among them. */
  readonly #events: (() => void)[] = [];
  #delivering = false;
  #turnEnd: NodeJS.Immediate | undefined;

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** Nothing is delivered yet. */
  add(event: () => void): void {
    this.#events.push(event);
  }

  /** Delivers what there is. For socket events and timers. */
  deliver(): void {
    if (this.#delivering) return;
    clearImmediate(this.#turnEnd);
    this.#turnEnd = undefined;
    this.#delivering = true;
    try {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) event();
    } finally {
      this.#delivering = false;
    }
  }

  /** Delivers it when the turn ends. For calls of the application. */
  deliverLater(): void {
    if (this.#events.length === 0 || this.#delivering) return;
    this.#turnEnd ??= setImmediate(() => this.deliver());
  }
}
