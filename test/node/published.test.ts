/** What becomes of a publication: `published$`, and what a topic's `gossip` answers. */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import type { Report } from '../../src/agent.ts';
import { configure, defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, GossipConfig } from '../../src/index.ts';
import { GOSSIP_GOSSIP } from '../../src/marks/paths.ts';
import { topicOf } from '../../src/node/host.ts';
import { Subscriber } from '../../src/node/subscribers.ts';
import type { Ungiven } from '../../src/node/subscribers.ts';
import { FRIEND, STRANGER, loneHost } from '../support/lone-host.ts';
import { TestNetwork, befriend, next } from '../support/nodes.ts';

const marks = defineMarks({ line: z.string() });
const lines: Agent = { onPoke: ({ mark, data }) => (mark === 'config' ? configure(data as Partial<GossipConfig>) : marks.invent('line', data as string)) };

describe('an app that publishes', () => {
  test('is told to whom it went, and that what goes through a proxy has gone to nobody yet', async () => {
    const network = new TestNetwork();
    const [ann, bob] = [await network.node('ann'), await network.node('bob')];
    const atAnn = await ann.run('lines', withGossip(lines, { hops: 2, marks }));
    await bob.run('lines', withGossip(lines, { marks }));
    await befriend(ann, bob);
    const told = next(atAnn.published$);
    await atAnn.poke('say', 'aloud');
    expect(await told).toMatchObject({ data: 'aloud', sent: [bob.id], refused: [], passed: false });
    await atAnn.poke('config', { pass: 'stem' });
    const passed = next(atAnn.published$);
    await atAnn.poke('say', 'by way of bob');
    expect(await passed).toMatchObject({ data: 'by way of bob', sent: [], refused: [], passed: true });
  });

  test('is told which pals asked to hear it and may not', async () => {
    const network = new TestNetwork();
    const [ann, bob, eve] = [await network.node('ann'), await network.node('bob'), await network.node('eve')];
    const atAnn = await ann.run('lines', withGossip(lines, { tell: 'targets', marks }));
    for (const node of [bob, eve]) await node.run('lines', withGossip(lines, { marks }));
    await befriend(ann, bob);
    await befriend(ann, eve);
    await ann.pals.part(bob.id);
    const told = next(atAnn.published$);
    await atAnn.poke('say', 'not for bob');
    expect(await told).toMatchObject({ sent: [eve.id], refused: [{ peer: bob.id, reason: 'gossip-forbidden' }] });
  });
});

describe('the host', () => {
  /** Lets a peer listen to `lines`, over a link that takes what it is given, or does not. */
  async function listener(on: Awaited<ReturnType<typeof loneHost>>, peer: typeof FRIEND, ungiven?: Ungiven): Promise<Subscriber> {
    const subscriber = new Subscriber(peer, GOSSIP_GOSSIP, { fact: () => ungiven, kicked: () => undefined, dropped: () => undefined });
    await new Promise<void>((resolve, reject) =>
      on.host.watched(topicOf('test', 'lines'), subscriber, (refused) => {
        subscriber.open();
        if (refused === undefined) resolve();
        else reject(new Error(refused));
      }),
    );
    return subscriber;
  }

  test('says who reads too slowly, and is owed it; of two publications in one event each has its own', async () => {
    const on = await loneHost();
    const both: Agent = { onPoke: () => [marks.invent('line', 'one'), marks.invent('line', 'two', 0), marks.invent('line', 'three')] };
    await on.host.run('lines', withGossip(both, { tell: 'anybody', marks }));
    await listener(on, FRIEND);
    await listener(on, STRANGER, 'slow-reader');
    await on.host.poke('lines', 'say', null);
    const published = on.reports.filter((report): report is Extract<Report, { type: 'published' }> => report.type === 'published').map(({ rumor }) => rumor);
    const fate = { sent: [FRIEND], refused: [{ peer: STRANGER, reason: 'owed' }], passed: false };
    // The second is for nobody: hops 0.
    expect(published).toEqual([expect.objectContaining({ data: 'one', ...fate }), expect.objectContaining({ data: 'three', ...fate })]);
  });

  test('tells who listens, once for all subscriptions of a peer, and how each ended', async () => {
    const on = await loneHost();
    await on.host.run('lines', withGossip(lines, { tell: 'anybody', marks }));
    const told: unknown[] = [];
    const first = await listener(on, FRIEND);
    on.host.listeners('lines')?.tell({ up: (peer) => told.push(['up', peer]), down: (peer, kicked) => told.push(['down', peer, kicked]) });
    const second = await listener(on, FRIEND);
    await listener(on, STRANGER);
    expect(on.host.listeners('lines')?.peers).toEqual([FRIEND, STRANGER]);
    first.end();
    second.end();
    await on.host.poke('lines', 'config', { tell: 'targets' });
    expect(told).toEqual([['up', FRIEND], ['up', STRANGER], ['down', FRIEND, false], ['down', STRANGER, true]]);
    expect(on.host.listeners('nobody')).toBeUndefined();
  });
});
