/** What one link between two processes carries. */
import { inCluster } from '../lib/cluster.js';
import { ALL } from '../lib/systems.js';

/** @import { Scenario } from '../lib/types.d.mts' */

const SECONDS = 4;
const WARM_UP_SHARE = 0.4;
const MIB = 1024 * 1024;
/** A datum of a MiB, less the header that its system puts before it. */
const LARGEST_BYTES = MIB - 1024;

/** @type {Scenario} */
export const scenario = {
  name: 'link',
  about: 'Two nodes, each in a process of its own, and one link. One publishes; the other confirms every few data by publishing a small one, so that a bounded number is under way.',
  systems: ALL,
  headline: 'deliveriesPerSecond',
  columns: [
    { name: 'deliveriesPerSecond', title: 'data/s', digits: 0, spread: true },
    { name: 'mebibytesPerSecond', title: 'MiB/s', digits: 1 },
    { name: 'deliveredShare', title: 'delivered', digits: 4, least: true },
    { name: 'cpuMicrosecondsPerDelivery', title: 'CPU µs a datum', digits: 1 },
  ],
  settings: ({ bytes, window }) => (bytes === undefined ? [256, 16_384, LARGEST_BYTES] : [bytes]).map((b) => ({ nodes: 2, processes: 2, bytes: b, window: window ?? windowFor(b) })),
  measure: async (system, setting, { seconds = SECONDS, profile }) => {
    const { bytes = 0, window = 0 } = /** @type {Record<string, number>} */ (setting);
    return inCluster({ nodes: 2, processes: 2, options: { maxBytes: bytes }, profile }, async (cluster) => {
      await cluster.start(system, [[0, 1]]);
      const confirmEvery = Math.max(1, Math.floor(window / 8));
      const stream = { type: /** @type {const} */ ('stream'), window, bytes, confirmEvery };
      const listen = { type: /** @type {const} */ ('listen'), confirmEvery };
      const warm = await cluster.runEach([{ ...stream, forMs: seconds * 1000 * WARM_UP_SHARE }, listen]);
      const total = await cluster.runEach([{ ...stream, forMs: seconds * 1000 }, listen]);
      const perSecond = (total.delivered / total.elapsedMs) * 1000;
      return {
        deliveriesPerSecond: perSecond,
        mebibytesPerSecond: (perSecond * bytes) / MIB,
        deliveredShare: Math.min(warm.deliveredShare, total.deliveredShare),
        cpuMicrosecondsPerDelivery: total.cpuMicros / total.delivered,
      };
    });
  },
};

/** Half a MiB under way, at least two data and at most 1,024. */
function windowFor(/** @type {number} */ bytes) {
  return Math.min(1024, Math.max(2, Math.floor(MIB / 2 / bytes)));
}
