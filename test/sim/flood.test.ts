/** The plain flood that the overlay's figures are taken with, against the package's own gossip cores on the same links. */
import { expect, test } from '@jest/globals';
import { overlayConfig } from '../../src/overlay/config.ts';
import { seededRandom } from '../../src/random.ts';
import { flood } from '../../src/sim/flood.ts';
import { graphOf } from '../../src/sim/graph-stats.ts';
import { Network } from '../../src/sim/network.ts';
import { World } from '../../src/sim/people/world.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';

const NODES = 200;
const LATENCY_MS = 50;

test('a flood is what gossip cores do where all links are equally slow: as many reached, as many copies, as many hops', () => {
  const network = new Network({ seed: 7, config: overlayConfig(), latencyMs: [20, 100], jitterShare: 0, lossShare: 0 });
  for (let node = 0; node < NODES; node += 1) {
    network.runUntil(node * 10);
    network.addNode();
    if (node > 0) network.tell(node, { type: 'JoinRequested', contacts: [network.contactOf(0)] });
  }
  network.runUntil(300_000);
  const views = Array.from({ length: NODES }, (_, node) => network.neighborsOf(node));
  // A link that one end is just giving up carries what it sends only one way: that is no matter of gossip.
  const targets = views.map((view, node) => view.filter((other) => views[other]?.includes(node)));
  const world = new World({ targets, latency: () => LATENCY_MS, random: seededRandom(1), config: () => gossipConfig({ hops: 15 }, 15) });
  for (const source of [0, 50, 199]) {
    const datum = world.say(source);
    world.runFor(60_000);
    const lastMs = Math.max(...targets.map((_, node) => datum.delayMs(node)));
    expect({ reached: datum.heardBy + 1, copies: datum.payloads + datum.headers, lastHop: lastMs / LATENCY_MS }).toEqual(flood(graphOf(targets), source));
  }
});
