/** How soon a newcomer hears something. */
import { setTimeout as sleep } from 'node:timers/promises';
import { inCluster } from '../lib/cluster.js';
import { dice, regularGraph } from '../lib/graph.js';
import { median } from '../lib/statistics.js';
import { ALL } from '../lib/systems.js';

/** @import { Scenario } from '../lib/types.d.mts' */

const DEGREE = 5;
const NEWCOMERS = 30;
const PERIOD_MS = 100;

/** @type {Scenario} */
export const scenario = {
  name: 'join',
  about: `A random graph of degree ${DEGREE} in one process, in which something is published every ${PERIOD_MS} ms. Newcomers start one after the other, at any moment of a period, and dial ${DEGREE} nodes; the time runs from the first dial to the first datum at the newcomer's app. Half a period of it, on average, is waiting for something to be published.`,
  systems: ALL,
  headline: 'firstHeardMs',
  columns: [{ name: 'firstHeardMs', title: 'ms to the first datum', digits: 1, spread: true }],
  settings: ({ nodes = 30, bytes = 256, messages = NEWCOMERS }) => [{ nodes, bytes, processes: 1, degree: DEGREE, periodMs: PERIOD_MS, newcomers: messages }],
  measure: async (system, setting, { seed, profile }) => {
    const { nodes = 0, bytes = 0, newcomers = 0 } = /** @type {Record<string, number>} */ (setting);
    return inCluster({ nodes, processes: 1, profile }, async (cluster) => {
      await cluster.start(system, regularGraph(nodes, DEGREE, seed));
      const below = dice(seed);
      let published = true;
      const publishing = (async () => {
        // In short runs, one after the other, so that there is no end to be known beforehand.
        while (published) await cluster.publish({ type: 'pace', everyMs: PERIOD_MS, forMs: PERIOD_MS, bytes });
      })();
      // When the process ends early the join below fails too, and is awaited first.
      publishing.catch(() => undefined);
      const times = [];
      for (let i = 0; i < newcomers; i += 1) {
        // Or each would begin when the one before it has heard something, and so just has missed it.
        await sleep(below(PERIOD_MS));
        const hosts = new Set();
        while (hosts.size < DEGREE) hosts.add(below(nodes));
        const offers = await Promise.all([...hosts].map((node) => cluster.offer(node)));
        times.push(await cluster.join(offers));
      }
      published = false;
      await publishing;
      return { firstHeardMs: median(times) };
    });
  },
};
