/** Publishes what a load asks for, from the nodes of one worker in turn. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIRMATION, DATUM, datum, HEADER_BYTES, nowMs } from './datum.js';

/** @import { BenchNode, Load } from './types.d.mts' */

export class Publisher {
  /** Since the last {@link Publisher.run}. */
  published = 0;
  refused = 0;
  /** Published, and not yet where the load waits for it. */
  outstanding = 0;
  #process;
  #nodes;
  #globals;
  #onPublished;
  /** Numbers are never used again, or what is published would be known already. */
  #number = 0;
  /** @type {Load} */
  #load = { type: 'listen', confirmEvery: 0 };
  #untilMs = 0;
  #pumping = false;

  /**
   * @param {number} process
   * @param {readonly BenchNode[]} nodes
   * @param {readonly number[]} globals their numbers, counted over all processes
   * @param {(number: number) => void} onPublished called before a datum is published
   */
  constructor(process, nodes, globals, onPublished) {
    this.#process = process;
    this.#nodes = nodes;
    this.#globals = globals;
    this.#onPublished = onPublished;
  }

  /**
   * Resolves when everything was handed over; not everything has arrived then.
   * @param {Load} load
   */
  async run(load) {
    [this.published, this.refused, this.outstanding] = [0, 0, 0];
    this.#load = load;
    if (load.type === 'listen') return;
    if (load.type === 'burst') {
      for (let i = 0; i < load.count; i += 1) this.#publish(load.bytes);
      await sleep(0);
      return;
    }
    this.#untilMs = nowMs() + load.forMs;
    if (load.type === 'pace') {
      for (let at = nowMs(); at < this.#untilMs; at += load.everyMs) {
        await sleep(Math.max(0, at - nowMs()));
        this.#publish(load.bytes);
      }
      await sleep(Math.max(0, this.#untilMs - nowMs()));
      return;
    }
    this.#pump();
    await sleep(load.forMs);
  }

  /** So many of ours have arrived where the load waits for them. @param {number} count */
  arrived(count) {
    this.outstanding -= count;
    // In a turn of its own: no system is called from within its own delivery.
    if (this.#pumping || (this.#load.type !== 'flow' && this.#load.type !== 'stream')) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** The far end of a stream has so many more. */
  confirmed() {
    if (this.#load.type === 'stream') this.arrived(this.#load.confirmEvery);
  }

  /** Publishes a confirmation, when it is time for one. @param {number} received how many data have come from the other side */
  confirm(received) {
    if (this.#load.type !== 'listen' || this.#load.confirmEvery === 0 || received % this.#load.confirmEvery !== 0) return;
    const header = { kind: CONFIRMATION, process: this.#process, publisher: this.#globals[0] ?? 0, number: this.#number++ };
    // One that is lost because its node stops is missed by nobody.
    setImmediate(() => hand(this.#nodes[0], datum(header, HEADER_BYTES), () => undefined));
  }

  #pump() {
    if (this.#load.type !== 'flow' && this.#load.type !== 'stream') return;
    const { window, bytes } = this.#load;
    while (this.outstanding < window && nowMs() < this.#untilMs) this.#publish(bytes);
  }

  /** @param {number} bytes */
  #publish(bytes) {
    const number = this.#number++;
    const index = number % this.#nodes.length;
    const made = datum({ kind: DATUM, process: this.#process, publisher: this.#globals[index] ?? 0, number }, bytes);
    this.published += 1;
    this.outstanding += 1;
    this.#onPublished(number);
    hand(this.#nodes[index], made, () => {
      this.refused += 1;
      this.arrived(1);
    });
  }
}

/**
 * Publishes, and hears of a refusal in whichever way it comes.
 * @param {BenchNode | undefined} node
 * @param {Uint8Array} payload
 * @param {() => void} refused
 */
function hand(node, payload, refused) {
  try {
    node?.publish(payload)?.catch(refused);
  } catch {
    refused();
  }
}
