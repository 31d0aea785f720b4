/** The book a worker keeps: which of its nodes has which datum. */
import { read, DATUM, nowMs } from './datum.js';

/** More arrivals than these add nothing to a 99th percentile. */
const MAX_LATENCIES = 1_000_000;

export class Book {
  /** Since the last {@link Book.open}. */
  delivered = 0;
  duplicates = 0;
  lastMs = 0;
  /** @type {number[]} */
  latencies = [];
  /** @type {number} */
  #process;
  /** @type {number} */
  #nodes;
  /** Called when a datum of this process is at all other nodes of this process. */
  #everywhere;
  /** Called when something arrives for the first time. */
  #arrived;
  /** Who has it, one byte per node, by process and number. @type {Map<number, Uint8Array>[]} */
  #have = [];
  /** How many of our nodes lack it, by number, for data of our own. @type {Map<number, number>} */
  #lacking = new Map();

  /**
   * @param {number} process which process this is
   * @param {number} nodes how many nodes it has
   * @param {(number: number) => void} everywhere
   * @param {(header: ReturnType<typeof read>) => void} arrived
   */
  constructor(process, nodes, everywhere, arrived) {
    this.#process = process;
    this.#nodes = nodes;
    this.#everywhere = everywhere;
    this.#arrived = arrived;
  }

  /** Starts a phase: what came before is no longer counted, and must all have come. */
  open() {
    [this.delivered, this.duplicates, this.lastMs, this.latencies] = [0, 0, nowMs(), []];
    this.#have = [];
    this.#lacking.clear();
  }

  /** @param {number} number */
  published(number) {
    if (this.#nodes > 1) this.#lacking.set(number, this.#nodes - 1);
  }

  /**
   * @param {number} node which of this process's nodes
   * @param {number} global the same, counted over all processes
   * @param {Uint8Array} payload
   */
  note(node, global, payload) {
    const header = read(payload);
    if (header.publisher === global && header.kind === DATUM) return; // its own echo, which some systems give
    if (!this.#first(node, header)) {
      this.duplicates += 1;
      return;
    }
    if (header.kind === DATUM) {
      this.delivered += 1;
      this.lastMs = nowMs();
      if (this.latencies.length < MAX_LATENCIES) this.latencies.push(this.lastMs - header.publishedMs);
    }
    this.#arrived(header);
    if (header.process !== this.#process) return;
    const lacking = (this.#lacking.get(header.number) ?? 0) - 1;
    if (lacking > 0) this.#lacking.set(header.number, lacking);
    else if (this.#lacking.delete(header.number)) this.#everywhere(header.number);
  }

  /**
   * @param {number} node
   * @param {ReturnType<typeof read>} header
   */
  #first(node, { process, number }) {
    const by = (this.#have[process] ??= new Map());
    let have = by.get(number);
    if (have === undefined) by.set(number, (have = new Uint8Array(this.#nodes)));
    if (have[node] === 1) return false;
    have[node] = 1;
    return true;
  }
}
