/** What happens next: a binary heap on (time, sequence), so that what was put in first comes out first at equal times. Pure. */

const FIRST_CAPACITY = 1_024;

export class Heap<T> {
  // Numbers apart from the items: comparing them touches no object.
  #times: Float64Array = new Float64Array(FIRST_CAPACITY);
  #orders: Float64Array = new Float64Array(FIRST_CAPACITY);
  readonly #items: (T | undefined)[] = [];
  #size = 0;
  #pushed = 0;

  get size(): number {
    return this.#size;
  }

  /** When the next item is due, in ms; `Infinity` when there is none. */
  get nextMs(): number {
    return this.#size === 0 ? Infinity : (this.#times[0] as number);
  }

  push(atMs: number, item: T): void {
    if (this.#size === this.#times.length) this.#grow();
    const order = this.#pushed;
    this.#pushed += 1;
    let hole = this.#size;
    this.#size += 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#isBefore(atMs, order, parent)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, atMs, order, item);
  }

  /** Takes out the next item. Of an empty heap: `undefined`. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    const first = this.#items[0];
    this.#size -= 1;
    const last = this.#size;
    const atMs = this.#times[last] as number;
    const order = this.#orders[last] as number;
    const item = this.#items[last] as T;
    this.#items[last] = undefined;
    if (last > 0) this.#sink(atMs, order, item);
    return first;
  }

  /** Finds the place for what was last, from the top down. */
  #sink(atMs: number, order: number, item: T): void {
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#isBefore(this.#times[right] as number, this.#orders[right] as number, child)) child = right;
      if (this.#isBefore(atMs, order, child)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, atMs, order, item);
  }

  #isBefore(atMs: number, order: number, other: number): boolean {
    const otherMs = this.#times[other] as number;
    return atMs < otherMs || (atMs === otherMs && order < (this.#orders[other] as number));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#orders[from] as number, this.#items[from] as T);
  }

  #put(at: number, atMs: number, order: number, item: T): void {
    this.#times[at] = atMs;
    this.#orders[at] = order;
    this.#items[at] = item;
  }

  #grow(): void {
    this.#times = doubled(this.#times);
    this.#orders = doubled(this.#orders);
  }
}

function doubled(numbers: Float64Array): Float64Array {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
