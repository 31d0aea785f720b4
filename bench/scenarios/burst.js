/** What happens when far too much is published at once. */
import { inCluster } from '../lib/cluster.js';
import { regularGraph } from '../lib/graph.js';
import { GOSSIPS, LIMITS } from '../lib/systems.js';

/** @import { Scenario } from '../lib/types.d.mts' */

const DEGREE = 5;
const MESSAGES = 2_000;

/** @type {Scenario} */
export const scenario = {
  name: 'burst',
  about: `A random graph of degree ${DEGREE} in one process, whose nodes publish so many data in turn without a pause. libp2p with its connection monitor, as a user has it. Delivered: of what was not refused at the call. Links: of those there were before.`,
  systems: [...GOSSIPS, ...LIMITS],
  headline: 'deliveriesPerSecond',
  columns: [
    { name: 'deliveredShare', title: 'delivered', digits: 4, least: true },
    { name: 'refusedShare', title: 'refused', digits: 4 },
    { name: 'linksShare', title: 'links left', digits: 2, least: true },
    { name: 'deliveriesPerSecond', title: 'deliveries/s', digits: 0, spread: true },
    { name: 'cpuMicrosecondsPerDelivery', title: 'CPU µs a delivery', digits: 1 },
  ],
  settings: ({ nodes = 20, bytes = 256, messages = MESSAGES }) => [{ nodes, bytes, processes: 1, degree: DEGREE, messages, libp2pMonitor: 'on' }],
  measure: async (system, setting, { seed, profile }) => {
    const { nodes = 0, bytes = 0, messages = 0 } = /** @type {Record<string, number>} */ (setting);
    return inCluster({ nodes, processes: 1, options: { monitor: true }, profile }, async (cluster) => {
      await cluster.start(system, regularGraph(nodes, DEGREE, seed));
      const before = await cluster.links();
      const total = await cluster.run({ type: 'burst', count: messages, bytes });
      return {
        deliveredShare: total.deliveredShare,
        refusedShare: total.refused / total.published,
        linksShare: (await cluster.links()) / before,
        deliveriesPerSecond: (total.delivered / total.elapsedMs) * 1000,
        cpuMicrosecondsPerDelivery: total.cpuMicros / total.delivered,
      };
    });
  },
};
