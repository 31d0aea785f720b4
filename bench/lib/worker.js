/** A process with some of the nodes. Started by cluster.js, does what it is asked, one thing at a time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Book } from './book.js';
import { CONFIRMATION, nowMs } from './datum.js';
import { Publisher } from './publisher.js';

/** @import { BenchNode, ClusterOptions, Load, Phase, System } from './types.d.mts' */

/** Without an arrival for so long, nothing more will come. A busy gossipsub pauses for seconds. */
const SILENCE_MS = 10_000;

class Worker {
  /** @type {BenchNode[]} */
  #nodes = [];
  /** Nodes that came later and do not publish. @type {BenchNode[]} */
  #guests = [];
  /** @type {number[]} */
  #globals = [];
  /** @type {System | undefined} */
  #system;
  /** @type {Publisher | undefined} */
  #publisher;
  /** @type {Book | undefined} */
  #book;
  /** @type {string[]} */
  #dirs = [];
  #received = 0;
  #startedMs = 0;
  #cpu = process.cpuUsage();

  /**
   * @param {{ system: string, process: number, globals: number[], options: ClusterOptions }} of
   */
  async start({ system, process: number, globals, options }) {
    this.#system = await import(`../systems/${system}.js`);
    this.#globals.push(...globals);
    for (const [index, global] of globals.entries()) this.#nodes.push(await this.#start(options, (payload) => this.#book?.note(index, global, payload)));
    this.#book = new Book(number, this.#nodes.length, () => this.#publisher?.arrived(1), ({ kind }) => this.#arrived(kind));
    this.#publisher = new Publisher(number, this.#nodes, this.#globals, (published) => this.#book?.published(published));
  }

  /** @param {number} node */
  offer(node) {
    return this.#node(node).offer();
  }

  /** @param {{ node: number, offers: string[] }} to */
  async link({ node, offers }) {
    await Promise.all(offers.map((offer) => this.#node(node).link(offer)));
  }

  links() {
    return this.#nodes.map((node) => node.links());
  }

  /** Starts a phase. All processes do before any publishes, so that nothing comes too early to be counted. */
  open() {
    this.#received = 0;
    this.#book?.open();
    this.#startedMs = nowMs();
    this.#cpu = process.cpuUsage();
  }

  /** Resolves when all is published; not all has arrived then. @param {Load} load */
  async publish(load) {
    await this.#publisher?.run(load);
    return { published: this.#publisher?.published ?? 0, refused: this.#publisher?.refused ?? 0 };
  }

  /**
   * Waits until so many have arrived, or nothing comes any more.
   * @param {number} expected
   * @returns {Promise<Phase>}
   */
  async settle(expected) {
    const book = /** @type {Book} */ (this.#book);
    const waitedFromMs = nowMs();
    while (book.delivered < expected - this.#refused * (this.#nodes.length - 1)) {
      if (nowMs() - Math.max(book.lastMs, waitedFromMs) > SILENCE_MS) break;
      await sleep(5);
    }
    const { user, system } = process.cpuUsage(this.#cpu);
    const { delivered, duplicates, lastMs, latencies } = book;
    return {
      published: this.#publisher?.published ?? 0,
      refused: this.#refused,
      delivered,
      duplicates,
      startedMs: this.#startedMs,
      endedMs: lastMs,
      cpuMicros: user + system,
      latencies: Float64Array.from(latencies).sort(),
    };
  }

  /**
   * Starts one more node, links it, and waits until it hears something. It stays.
   * @param {{ options: ClusterOptions, offers: string[] }} to
   * @returns {Promise<number>} ms from the first dial to the first arrival
   */
  async join({ options, offers }) {
    /** @type {(ms: number) => void} */
    let heard = () => undefined;
    const first = new Promise((/** @type {(ms: number) => void} */ resolve) => (heard = resolve));
    const guest = await this.#start(options, () => heard(nowMs()));
    this.#guests.push(guest);
    const dialledMs = nowMs();
    await Promise.all(offers.map((offer) => guest.link(offer)));
    return (await first) - dialledMs;
  }

  /** What this process costs when nothing happens. @param {number} forMs over which the CPU is measured */
  async idle(forMs) {
    const before = process.cpuUsage();
    const startedMs = nowMs();
    await sleep(forMs);
    const { user, system } = process.cpuUsage(before);
    const cpuMicrosPerSecond = ((user + system) / (nowMs() - startedMs)) * 1000;
    return { rssBytes: await smallestRss(), cpuMicrosPerSecond };
  }

  /** All nodes join so many topics, through the first of them. Resolves once each node has somebody in each. @param {number} count */
  async joinTopics(count) {
    const contacts = this.#node(0).contacts?.() ?? [];
    for (let topic = 0; topic < count; topic += 1) {
      const [first, ...others] = this.#nodes.map((node, index) => () => node.joinTopic?.(`topic ${topic}`, index === 0 ? [] : contacts));
      // The first is there before the others ask for it. It has somebody once they have come.
      const alone = first?.();
      await Promise.all([alone, ...others.map((join) => join())]);
    }
  }

  async leaveTopics() {
    await Promise.all(this.#nodes.map((node) => node.leaveTopics?.()));
  }

  /** What this process holds now: bytes of live objects, and connections that both ends of are its own. */
  async held() {
    await smallestRss();
    const { heapUsed, external, rss } = process.memoryUsage();
    const sockets = process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap').length;
    return { liveBytes: heapUsed + external, rssBytes: rss, connections: sockets / 2 };
  }

  /** Stops all nodes; more may be started then. */
  async stop() {
    for (const node of [...this.#guests.splice(0), ...this.#nodes.splice(0)]) await node.stop();
    this.#globals.splice(0);
    for (const dir of this.#dirs.splice(0)) await rm(dir, { recursive: true, force: true });
  }

  get #refused() {
    return this.#publisher?.refused ?? 0;
  }

  /** @param {number} index */
  #node(index) {
    const node = this.#nodes[index];
    if (node === undefined) throw new RangeError(`There is no node ${index} in this process.`);
    return node;
  }

  /**
   * @param {ClusterOptions} options
   * @param {(payload: Uint8Array) => void} onDelivery
   */
  async #start(options, onDelivery) {
    if (this.#system === undefined) throw new Error('No system was chosen.');
    const dir = await mkdtemp(join(tmpdir(), 'hearsay-bench-'));
    this.#dirs.push(dir);
    return this.#system.start({ topics: 1, maxBytes: 65_536, store: 'disk', monitor: false, ...options, dir, onDelivery });
  }

  /** @param {number} kind */
  #arrived(kind) {
    if (kind === CONFIRMATION) {
      this.#publisher?.confirmed();
      return;
    }
    this.#received += 1;
    this.#publisher?.confirm(this.#received);
  }
}

/** What is left after collecting garbage: the smallest of several looks. */
async function smallestRss() {
  let least = Infinity;
  for (let i = 0; i < 5; i += 1) {
    globalThis.gc?.();
    await sleep(200);
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least;
}

const worker = new Worker();

/** Requests are answered in any order: a newcomer joins while the others publish. */
process.on('message', (/** @type {{ id: number, verb: Verb, value: never }} */ { id, verb, value }) => {
  const done = (/** @type {object} */ answer) => void process.send?.({ id, ...answer });
  Promise.resolve(worker[verb](value)).then(
    (result) => done({ result }),
    (error) => done({ error: String(error?.stack ?? error) }),
  );
});
// The parent is done with us, or gone. Not `process.exit` at once: a CPU profile is written at the end.
process.on('disconnect', () => void worker.stop().finally(() => process.exit()));

/** @typedef {'start' | 'offer' | 'link' | 'links' | 'open' | 'publish' | 'settle' | 'join' | 'idle' | 'joinTopics' | 'leaveTopics' | 'held' | 'stop'} Verb */
/** @typedef {Worker} WorkerApi */
