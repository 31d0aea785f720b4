/** The simulated network itself: what it does to links and messages, and that a run can be repeated. */
import { describe, expect, test } from '@jest/globals';
import { overlayConfig } from '../../src/overlay/config.ts';
import type { OverlayInput } from '../../src/overlay/messages.ts';
import { seededRandom } from '../../src/random.ts';
import type { Place } from '../../src/sim/events.ts';
import { componentSizes } from '../../src/sim/graph-stats.ts';
import { Latencies } from '../../src/sim/latencies.ts';
import { Network } from '../../src/sim/network.ts';
import type { NetworkOptions } from '../../src/sim/network.ts';
import { simulate } from '../../src/sim/index.ts';

function network(given: Partial<NetworkOptions> = {}): Network {
  return new Network({ seed: 1, config: overlayConfig(), latencyMs: [10, 10], jitterShare: 0, lossShare: 0, ...given });
}

/** Two places that do nothing but note what they are told, and when. */
function pair(given: Partial<NetworkOptions> = {}) {
  const net = network(given);
  const heard: [number, string, string][] = [];
  const places: Place[] = [];
  for (const name of ['a', 'b']) {
    net.addActor((place) => {
      places.push(place);
      return { neighbors: [], wake: () => undefined, input: (input: OverlayInput) => heard.push([net.nowMs, name, input.type === 'MessageReceived' ? input.message.type : input.type]) };
    });
  }
  return { net, heard, a: places[0] as Place, b: places[1] as Place };
}

const hello = { type: 'Join', generation: 1, leaf: false, record: undefined } as const;

describe('links', () => {
  test('a dial takes a round trip more; then messages take one way, in order; a close is noticed after them', () => {
    const { net, heard, a, b } = pair();
    net.send(a, b.contact.peer, hello);
    net.connect(a, b.contact.peer, hello);
    net.runUntil(30);
    net.send(b, a.contact.peer, { type: 'ForwardJoin', joiner: a.contact, ttlHops: 1 });
    net.close(b, a.contact.peer);
    net.send(b, a.contact.peer, hello);
    net.runUntil(100);
    expect(heard).toEqual([
      [30, 'b', 'Join'],
      [40, 'a', 'ForwardJoin'],
      [40, 'a', 'LinkLost'],
    ]);
  });

  test('what is under way when its receiver closes the link does not arrive', () => {
    const { net, heard, a, b } = pair();
    net.connect(a, b.contact.peer, hello);
    net.runUntil(30);
    net.send(b, a.contact.peer, hello);
    net.close(a, b.contact.peer);
    net.runUntil(100);
    expect(heard).toEqual([
      [30, 'b', 'Join'],
      [40, 'b', 'LinkLost'],
    ]);
  });

  test('the dead hear nothing, whoever tells them', () => {
    const { net, heard, b } = pair();
    net.setTimer(b, 'repair', 10);
    net.crash(1);
    net.tell(1, { type: 'LeaveRequested' });
    net.runUntil(100);
    expect(heard).toEqual([]);
  });

  test('the dead refuse at once, and their neighbours notice one latency later', () => {
    const { net, heard, a, b } = pair();
    net.connect(a, b.contact.peer, hello);
    net.runUntil(30);
    net.crash(1);
    net.runUntil(40);
    net.connect(a, b.contact.peer, hello);
    net.runUntil(100);
    expect(heard).toEqual([
      [30, 'b', 'Join'],
      [40, 'a', 'LinkLost'],
      [70, 'a', 'ConnectFailed'],
    ]);
  });

  test('across a cut nothing arrives, links fall silent within 30 s, and dials take 5 s to fail', () => {
    const { net, heard, a, b } = pair();
    net.connect(a, b.contact.peer, hello);
    net.runUntil(30);
    net.partition((node) => node);
    net.send(a, b.contact.peer, hello);
    net.runUntil(30_030);
    net.connect(a, b.contact.peer, hello);
    net.runUntil(40_000);
    net.heal();
    net.connect(a, b.contact.peer, hello);
    net.runUntil(40_030);
    expect(heard.map(([, name, what]) => `${name} ${what}`).sort()).toEqual(['a ConnectFailed', 'a LinkLost', 'b Join', 'b Join', 'b LinkLost']);
    expect(heard.find(([, , what]) => what === 'ConnectFailed')?.[0]).toBe(35_060);
  });

  test('loss takes its share', () => {
    const { net, heard, a, b } = pair({ lossShare: 0.3 });
    net.connect(a, b.contact.peer, hello);
    net.runUntil(30);
    for (let i = 0; i < 1_000; i += 1) net.send(a, b.contact.peer, hello);
    net.runUntil(100);
    expect(heard.length).toBeGreaterThan(650);
    expect(heard.length).toBeLessThan(750);
  });

  test('a link’s latency is one of the range, the same both ways and each time', () => {
    const latencies = new Latencies({ latencyMs: [20, 100], jitterShare: 0 }, seededRandom(1));
    const all = Array.from({ length: 500 }, (_, node) => latencies.ofLink(0, node + 1));
    expect(Math.min(...all)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...all)).toBeLessThanOrEqual(100);
    expect(new Set(all).size).toBeGreaterThan(70);
    expect(Array.from({ length: 500 }, (_, node) => latencies.ofMessage(node + 1, 0))).toEqual(all);
  });

  test('with jitter a message is late by up to that share, and none overtakes another or the close', () => {
    const { net, heard, a, b } = pair({ latencyMs: [100, 100], jitterShare: 0.5 });
    net.connect(a, b.contact.peer, hello);
    net.runUntil(300);
    heard.length = 0;
    for (let ttlHops = 0; ttlHops < 50; ttlHops += 1) {
      net.runUntil(300 + ttlHops);
      net.send(b, a.contact.peer, { type: 'ForwardJoin', joiner: a.contact, ttlHops });
    }
    net.close(b, a.contact.peer);
    net.runUntil(1_000);
    expect(heard.map(([, , what]) => what)).toEqual([...Array<string>(50).fill('ForwardJoin'), 'LinkLost']);
    const times = heard.map(([atMs]) => atMs);
    expect(times).toEqual([...times].sort((x, y) => x - y));
    expect(times[0]).toBeGreaterThan(400);
    expect(times.at(-1)).toBeGreaterThan(450);
    expect(times.at(-1)).toBeLessThan(500);
  });
});

describe('runs', () => {
  test('the same seed gives the same trace and figures, another seed another', () => {
    const run = (seed: number) => {
      const { elapsedMs: _elapsedMs, rssBytes: _rssBytes, ...rest } = simulate('churn', { nodes: 30, seed, messages: 10 });
      return rest;
    };
    const first = run(5);
    expect(run(5)).toEqual(first);
    expect(run(6).traceHash).not.toBe(first.traceHash);
  });

  test('a crash leaves somebody', () => {
    expect(() => simulate('crash', { nodes: 20, shares: [0.95] })).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field: 'shares' }));
  });

  test('an overlay comes about though one message in fifty is lost', () => {
    const net = network({ lossShare: 0.02 });
    for (let node = 0; node < 100; node += 1) {
      net.runUntil(node * 10);
      net.addNode();
      if (node > 0) net.tell(node, { type: 'JoinRequested', contacts: [net.contactOf(0)] });
    }
    net.runUntil(300_000);
    expect(componentSizes(net.graph().graph)).toEqual([100]);
  });

  test('leaves hear and are heard, and are in nobody’s active view', () => {
    const net = network();
    for (let node = 0; node < 40; node += 1) {
      net.runUntil(node * 100);
      net.addNode(node % 4 === 3 ? 'leaf' : 'member');
      if (node > 0) net.tell(node, { type: 'JoinRequested', contacts: [net.contactOf(0)] });
    }
    net.runUntil(120_000);
    const named = new Set(Array.from({ length: 40 }, (_, node) => net.neighborsOf(node)).flat());
    for (let node = 3; node < 40; node += 4) {
      expect(named.has(node)).toBe(false);
      expect(net.neighborsOf(node).length).toBeGreaterThanOrEqual(4);
    }
  });
});
