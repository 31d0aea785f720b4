/** What a node, a link and a topic cost when nothing happens. */
import { inCluster } from '../lib/cluster.js';
import { regularGraph } from '../lib/graph.js';
import { ALL } from '../lib/systems.js';

/** @import { ClusterOptions, Options, Scenario } from '../lib/types.d.mts' */

const DEGREE = 5;
/** The same with fewer nodes, with more links at each, with more topics at each: the differences are what those cost. */
const FEWER_NODES_SHARE = 1 / 3;
const MORE_LINKS = 5;
const MORE_TOPICS = 20;
const SECONDS = 10;
/** Knows topics; for the others a topic is nothing. */
const WITH_TOPICS = new Set(['hearsay', 'gossipsub', 'gossipsub-unsigned', 'floodsub']);

/** @type {Scenario} */
export const scenario = {
  name: 'idle',
  about: `Nodes in a random graph of degree ${DEGREE} in one process, RSS after garbage collection. A node, its links included: the difference to a process with a third of the nodes. A link (one end of it): the difference to degree ${DEGREE + MORE_LINKS}. A topic at one node: the difference to ${MORE_TOPICS} topics more. Only hearsay has a store; what LevelDB takes is the difference of the two tables.`,
  systems: ALL,
  headline: 'rssKibPerNode',
  columns: [
    { name: 'rssKibPerNode', title: 'KiB a node', digits: 0, spread: true },
    { name: 'cpuMsPerSecondPerNode', title: 'CPU ms/s a node', digits: 3, spread: true },
    { name: 'rssKibPerLink', title: 'KiB a link', digits: 1, spread: true },
    { name: 'rssKibPerTopic', title: 'KiB a topic', digits: 1, spread: true },
  ],
  settings: ({ nodes = 30 }) => ['memory', 'disk'].map((store) => ({ nodes, processes: 1, degree: DEGREE, store })),
  measure: async (system, setting, options) => {
    const nodes = Number(setting['nodes']);
    const store = setting['store'] === 'disk' ? 'disk' : 'memory';
    // Only hearsay has a store.
    if (store === 'disk' && system !== 'hearsay') return undefined;
    const fewer = Math.max(DEGREE + 1, Math.ceil((nodes * FEWER_NODES_SHARE) / 2) * 2);
    const few = await costs(system, fewer, DEGREE, { store }, options);
    const plain = await costs(system, nodes, DEGREE, { store }, options);
    const linked = await costs(system, nodes, DEGREE + MORE_LINKS, { store }, options);
    const subscribed = WITH_TOPICS.has(system) ? await costs(system, nodes, DEGREE, { store, topics: 1 + MORE_TOPICS }, options) : undefined;
    return {
      rssKibPerNode: (plain.rssKib - few.rssKib) / (nodes - fewer),
      cpuMsPerSecondPerNode: plain.cpuMicrosPerSecond / 1000 / nodes,
      rssKibPerLink: (linked.rssKib - plain.rssKib) / (nodes * MORE_LINKS),
      rssKibPerTopic: subscribed && (subscribed.rssKib - plain.rssKib) / (nodes * MORE_TOPICS),
    };
  },
};

/**
 * @param {string} system
 * @param {number} nodes
 * @param {number} degree
 * @param {ClusterOptions} options
 * @param {Options} run
 */
async function costs(system, nodes, degree, options, { seed, seconds = SECONDS, profile }) {
  return inCluster({ nodes, processes: 1, options, profile }, async (cluster) => {
    await cluster.start(system, regularGraph(nodes, degree, seed));
    const { rssBytes, cpuMicrosPerSecond } = await cluster.idle(seconds * 1000);
    return { rssKib: rssBytes / 1024, cpuMicrosPerSecond };
  });
}
