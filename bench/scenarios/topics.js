/** What many topics cost, and whether leaving them gives everything back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { inCluster } from '../lib/cluster.js';

/** @import { Scenario } from '../lib/types.d.mts' */

const TOPICS = 200;
const NODES = 10;
const SECONDS = 10;
/** After leaving: links that nobody needs are let go after a second, and commits are on disk. */
const SETTLE_MS = 4_000;

/** @type {Scenario} */
export const scenario = {
  name: 'topics',
  about:
    'Nodes in one process, strangers to each other, that join topics by the address of the first, each of them all, and leave them again. All topics of two nodes go over one link: connections a pair, 1 at most. Memory: live objects after garbage collection. Left over: what is there more after leaving than before joining.',
  systems: ['hearsay'],
  headline: 'liveKibPerTopic',
  columns: [
    { name: 'joinSeconds', title: 's to join', digits: 1 },
    { name: 'connectionsPerPair', title: 'connections a pair', digits: 2, spread: true },
    { name: 'liveKibPerTopic', title: 'KiB a topic at a node', digits: 1, spread: true },
    { name: 'rssKibPerTopic', title: 'RSS', digits: 1, spread: true },
    { name: 'cpuMsPerSecondPerNode', title: 'idle CPU ms/s a node', digits: 3, spread: true },
    { name: 'cpuMsPerSecondPerNodeBefore', title: 'before joining', digits: 3, spread: true },
    { name: 'cpuMsPerSecondPerNodeAfter', title: 'after leaving', digits: 3, spread: true },
    { name: 'leftKibPerTopic', title: 'KiB left over', digits: 2, spread: true },
    { name: 'leftConnections', title: 'connections left over', digits: 0, spread: true },
  ],
  settings: ({ nodes = NODES, topics = TOPICS }) => [{ nodes, topics }],
  measure: async (system, setting, { seconds = SECONDS, profile }) => {
    const { nodes = NODES, topics = TOPICS } = /** @type {Record<string, number>} */ (setting);
    return inCluster({ nodes, processes: 1, profile }, async (cluster) => {
      await cluster.start(system, []);
      // Once before, so that the first of everything is not counted.
      await cluster.joinTopics(1);
      await cluster.leaveTopics();
      await sleep(SETTLE_MS);
      const before = { ...(await cluster.idle(seconds * 1000)), ...(await cluster.held()) };
      const startedMs = performance.now();
      await cluster.joinTopics(topics);
      const joinSeconds = (performance.now() - startedMs) / 1000;
      await sleep(SETTLE_MS);
      const joined = { ...(await cluster.idle(seconds * 1000)), ...(await cluster.held()) };
      await cluster.leaveTopics();
      await sleep(SETTLE_MS);
      const after = { ...(await cluster.idle(seconds * 1000)), ...(await cluster.held()) };
      const perTopic = (/** @type {number} */ bytes) => bytes / 1024 / nodes / topics;
      const perNode = (/** @type {number} */ microsPerSecond) => microsPerSecond / 1000 / nodes;
      return {
        joinSeconds,
        connectionsPerPair: joined.connections / ((nodes * (nodes - 1)) / 2),
        liveKibPerTopic: perTopic(joined.liveBytes - before.liveBytes),
        rssKibPerTopic: perTopic(joined.rssBytes - before.rssBytes),
        cpuMsPerSecondPerNode: perNode(joined.cpuMicrosPerSecond),
        cpuMsPerSecondPerNodeBefore: perNode(before.cpuMicrosPerSecond),
        cpuMsPerSecondPerNodeAfter: perNode(after.cpuMicrosPerSecond),
        leftKibPerTopic: perTopic(after.liveBytes - before.liveBytes),
        leftConnections: after.connections - before.connections,
      };
    });
  },
};
