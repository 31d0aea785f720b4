/** Nodes of one system in one process or several, linked in a graph. The parent's side: it only asks and adds up. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nowMs } from './datum.js';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { ClusterOptions, Load, Phase } from './types.d.mts' */
/** @import { Verb, WorkerApi } from './worker.js' */

/** Longer than a system takes to link 150 times. */
const LINK_PATIENCE_MS = 60_000;
/** Gossipsub builds its mesh at heartbeats, one a second. All systems get the time. */
export const MESH_MS = 2_500;

/** One process. */
class Member {
  /** @type {ChildProcess} */
  #child;
  #last = 0;
  /** @type {Map<number, { resolve: (result: never) => void, reject: (error: Error) => void }>} */
  #asked = new Map();

  /** @param {string | undefined} profile a directory for a CPU profile */
  constructor(profile) {
    const execArgv = ['--expose-gc', ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])];
    this.#child = fork(fileURLToPath(new URL('worker.js', import.meta.url)), { execArgv, serialization: 'advanced' });
    this.#child.on('message', (/** @type {{ id: number, result?: unknown, error?: string }} */ { id, result, error }) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error === undefined) asked?.resolve(/** @type {never} */ (result));
      else asked?.reject(new Error(error));
    });
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#asked.values()) reject(new Error(`A measured process ended early: ${code ?? signal}.`));
    });
  }

  /**
   * @template {Verb} V
   * @param {V} verb
   * @param {Parameters<WorkerApi[V]>[0]} [value]
   * @returns {Promise<Awaited<ReturnType<WorkerApi[V]>>>}
   */
  ask(verb, value) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#child.send({ id, verb, value });
    });
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}

/**
 * @typedef {object} Total what all processes counted in one phase
 * @property {number} published
 * @property {number} refused
 * @property {number} delivered
 * @property {number} duplicates
 * @property {number} deliveredShare of what was published and not refused
 * @property {number} elapsedMs from the first datum to the last arrival
 * @property {number} cpuMicros
 * @property {Float64Array} latencies sorted
 */

class Cluster {
  /** @type {Member[]} */
  #members;
  /** @type {ClusterOptions} */
  #options;
  #nodes;

  /**
   * @param {{ nodes: number, processes: number, options?: ClusterOptions, profile?: string | undefined }} of
   */
  constructor({ nodes, processes, options = {}, profile }) {
    this.#nodes = nodes;
    this.#options = options;
    this.#members = Array.from({ length: processes }, () => new Member(profile));
  }

  /**
   * Starts the nodes, links them, and waits until rumors can go over every link.
   * @param {string} system
   * @param {readonly [number, number][]} edges
   */
  async start(system, edges) {
    const globals = this.#members.map(() => /** @type {number[]} */ ([]));
    for (let node = 0; node < this.#nodes; node += 1) globals[node % this.#members.length]?.push(node);
    await Promise.all(this.#members.map((member, i) => member.ask('start', { system, process: i, globals: globals[i] ?? [], options: this.#options })));
    for (const [from, to] of edges) await this.#of(from).ask('link', { node: this.#local(from), offers: [await this.offer(to)] });
    const wanted = edges.length * 2;
    for (const startedMs = nowMs(); (await this.links()) < wanted; await sleep(50)) {
      if (nowMs() - startedMs > LINK_PATIENCE_MS) throw new Error(`${system}: ${await this.links()} of ${wanted} link ends came up.`);
    }
    await sleep(MESH_MS);
  }

  /** @param {number} node */
  offer(node) {
    return this.#of(node).ask('offer', this.#local(node));
  }

  /** Ends of links that are usable, over all nodes. */
  async links() {
    const each = await Promise.all(this.#members.map((member) => member.ask('links')));
    return each.flat().reduce((sum, links) => sum + links, 0);
  }

  /** Publishes in all processes, and waits until all has arrived or nothing comes any more. @param {Load} load */
  async run(load) {
    return this.runEach(this.#members.map(() => load));
  }

  /**
   * @param {readonly Load[]} loads one for each process
   * @returns {Promise<Total>}
   */
  async runEach(loads) {
    await Promise.all(this.#members.map((member) => member.ask('open')));
    const handed = await Promise.all(this.#members.map((member, i) => member.ask('publish', loads[i] ?? { type: 'listen', confirmEvery: 0 })));
    const all = sum(handed.map(({ published }) => published));
    const phases = await Promise.all(
      this.#members.map((member, i) => member.ask('settle', all * this.#nodesOf(i) - (handed[i]?.published ?? 0))),
    );
    return total(phases, this.#nodes);
  }

  /** Publishes in all processes, and waits for nothing. @param {Load} load */
  async publish(load) {
    await Promise.all(this.#members.map((member) => member.ask('publish', load)));
  }

  /** One more node in the first process. @param {readonly string[]} offers */
  async join(offers) {
    return this.#of(0).ask('join', { options: this.#options, offers: [...offers] });
  }

  /**
   * RSS and CPU of the first process, doing nothing.
   * @param {number} forMs
   */
  idle(forMs) {
    return this.#of(0).ask('idle', forMs);
  }

  /** All nodes of the first process join so many topics. @param {number} count */
  joinTopics(count) {
    return this.#of(0).ask('joinTopics', count);
  }

  leaveTopics() {
    return this.#of(0).ask('leaveTopics');
  }

  /** What the first process holds. */
  held() {
    return this.#of(0).ask('held');
  }

  async end() {
    await Promise.all(this.#members.map((member) => member.end()));
  }

  /** @param {number} node */
  #of(node) {
    return /** @type {Member} */ (this.#members[node % this.#members.length]);
  }

  /** @param {number} node */
  #local(node) {
    return Math.floor(node / this.#members.length);
  }

  /** @param {number} member */
  #nodesOf(member) {
    return Math.ceil((this.#nodes - member) / this.#members.length);
  }
}

/**
 * A cluster as long as the body runs.
 * @template T
 * @param {ConstructorParameters<typeof Cluster>[0]} of
 * @param {(cluster: Cluster) => Promise<T>} body
 */
export async function inCluster(of, body) {
  const cluster = new Cluster(of);
  try {
    return await body(cluster);
  } finally {
    await cluster.end();
  }
}

/**
 * @param {readonly Phase[]} phases
 * @param {number} nodes
 * @returns {Total}
 */
function total(phases, nodes) {
  const add = (/** @type {(phase: Phase) => number} */ part) => sum(phases.map(part));
  const [published, refused, delivered] = [add((p) => p.published), add((p) => p.refused), add((p) => p.delivered)];
  const expected = (published - refused) * (nodes - 1);
  return {
    published,
    refused,
    delivered,
    duplicates: add((p) => p.duplicates),
    deliveredShare: expected === 0 ? 1 : delivered / expected,
    elapsedMs: Math.max(...phases.map((p) => p.endedMs)) - Math.min(...phases.map((p) => p.startedMs)),
    cpuMicros: add((p) => p.cpuMicros),
    latencies: Float64Array.from(phases.flatMap((p) => [...p.latencies])).sort(),
  };
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((all, one) => all + one, 0);
}
