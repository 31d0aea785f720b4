/** How many data a second reach apps when everybody publishes as fast as it goes. */
import { inCluster } from '../lib/cluster.js';
import { regularGraph } from '../lib/graph.js';
import { ALL } from '../lib/systems.js';

/** @import { Scenario } from '../lib/types.d.mts' */

const DEGREE = 5;
const SECONDS = 5;
/** Before what is measured: the compiler has seen everything by then. */
const WARM_UP_SHARE = 0.4;

/** @type {Scenario} */
export const scenario = {
  name: 'throughput',
  about: `A random graph of degree ${DEGREE}. All nodes publish in turn, with a bounded number of data under way (window), so that nothing is lost to overload.`,
  systems: ALL,
  headline: 'deliveriesPerSecond',
  columns: [
    { name: 'deliveriesPerSecond', title: 'deliveries/s', digits: 0, spread: true },
    { name: 'deliveredShare', title: 'delivered', digits: 4, least: true },
    { name: 'cpuMicrosecondsPerDelivery', title: 'CPU µs a delivery', digits: 1 },
  ],
  settings: ({ nodes, bytes, processes, window }) =>
    choices(nodes, [10, 30]).flatMap((n) =>
      choices(bytes, [256, 16_384]).flatMap((b) => choices(processes, [1, 2]).map((p) => ({ nodes: n, bytes: b, processes: p, degree: DEGREE, window: window ?? windowFor(b) }))),
    ),
  measure: async (system, setting, { seed, seconds = SECONDS, profile }) => {
    const { nodes = 0, bytes = 0, processes = 0, window = 0 } = /** @type {Record<string, number>} */ (setting);
    return inCluster({ nodes, processes, profile }, async (cluster) => {
      await cluster.start(system, regularGraph(nodes, DEGREE, seed));
      const flow = { type: /** @type {const} */ ('flow'), window: Math.max(1, Math.floor(window / processes)), bytes };
      const warm = await cluster.run({ ...flow, forMs: seconds * 1000 * WARM_UP_SHARE });
      const total = await cluster.run({ ...flow, forMs: seconds * 1000 });
      return {
        deliveriesPerSecond: (total.delivered / total.elapsedMs) * 1000,
        deliveredShare: Math.min(warm.deliveredShare, total.deliveredShare),
        cpuMicrosecondsPerDelivery: total.cpuMicros / total.delivered,
      };
    });
  },
};

/** Half a MiB under way in all, and not more than 256 data: no link's share of it makes any system drop. */
function windowFor(/** @type {number} */ bytes) {
  return Math.min(256, Math.floor((512 * 1024) / bytes));
}

/**
 * @param {number | undefined} given
 * @param {readonly number[]} usual
 */
function choices(given, usual) {
  return given === undefined ? usual : [given];
}
