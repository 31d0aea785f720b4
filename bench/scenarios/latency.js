/** How long a datum takes, and what it costs, when there is little to do. */
import { inCluster } from '../lib/cluster.js';
import { regularGraph } from '../lib/graph.js';
import { quantile } from '../lib/statistics.js';
import { ALL } from '../lib/systems.js';

/** @import { Scenario } from '../lib/types.d.mts' */

const DEGREE = 5;
const PER_SECOND = 50;
const SECONDS = 20;
const WARM_UP_MS = 2_000;

/** @type {Scenario} */
export const scenario = {
  name: 'latency',
  about: `A random graph of degree ${DEGREE}, in which the nodes publish ${PER_SECOND} data a second in all, in turn. Latency is from publishing to the app of each other node; CPU is of all processes.`,
  systems: ALL,
  headline: 'latencyMs.p50',
  columns: [
    { name: 'latencyMs.p50', title: 'p50 ms', digits: 2, spread: true },
    { name: 'latencyMs.p99', title: 'p99 ms', digits: 2, spread: true },
    { name: 'cpuPercent', title: 'CPU %', digits: 1 },
    { name: 'deliveredShare', title: 'delivered', digits: 4, least: true },
  ],
  settings: ({ nodes = 30, bytes = 256, processes = 2 }) => [{ nodes, bytes, processes, degree: DEGREE, perSecond: PER_SECOND }],
  measure: async (system, setting, { seed, seconds = SECONDS, profile }) => {
    const { nodes = 0, bytes = 0, processes = 0 } = /** @type {Record<string, number>} */ (setting);
    return inCluster({ nodes, processes, profile }, async (cluster) => {
      await cluster.start(system, regularGraph(nodes, DEGREE, seed));
      const pace = { type: /** @type {const} */ ('pace'), everyMs: (1000 * processes) / PER_SECOND, bytes };
      await cluster.run({ ...pace, forMs: WARM_UP_MS });
      const { latencies, cpuMicros, elapsedMs, deliveredShare } = await cluster.run({ ...pace, forMs: seconds * 1000 });
      return {
        'latencyMs.p50': quantile(latencies, 0.5),
        'latencyMs.p99': quantile(latencies, 0.99),
        cpuPercent: cpuMicros / elapsedMs / 10,
        deliveredShare,
      };
    });
  },
};
