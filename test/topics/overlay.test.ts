import { describe, expect, test } from '@jest/globals';
import type { HearsayNode, NodeOptions, Topic, TopicEvent } from '../../src/index.ts';
import { TestNetwork, next } from '../support/nodes.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hears = (topic: Topic, what: string): Promise<unknown> => next(topic.messages$, (message) => new TextDecoder().decode(message) === what);

interface Member {
  readonly node: HearsayNode;
  readonly topic: Topic;
}

/** Strangers that join a topic by the address of the first. */
async function strangers(count: number, options: Partial<NodeOptions> = {}): Promise<Member[]> {
  const network = new TestNetwork();
  const members: Member[] = [];
  for (let i = 0; i < count; i += 1) {
    const node = await network.node(`n${i}`, options);
    members.push({ node, topic: await node.join({ name: 'chat', bootstrap: members[0]?.node.addresses ?? [] }) });
  }
  return members;
}

/** While an overlay is put together, a member may be without neighbours for a moment, and strangers are owed nothing: what comes then it misses. */
async function saysUntilHeard(who: string, from: Topic, by: readonly Member[]): Promise<void> {
  const said = new Set<string>();
  const all = Promise.all(by.map(({ topic }) => next(topic.messages$, (message) => said.has(new TextDecoder().decode(message))))).then(() => true);
  for (let n = 0; ; n += 1) {
    const text = `${who} says ${n}`;
    said.add(text);
    await from.gossip(bytes(text));
    if (await Promise.race([all, new Promise<false>((resolve) => setImmediate(() => resolve(false)))])) return;
  }
}

describe('among strangers', () => {
  test('who knows the address of a member is in the topic: what he says at once is heard, and he hears the others', async () => {
    const members = await strangers(12);
    const [first, last] = [members[0], members[11]] as [Member, Member];
    const near = members.slice(0, 11).map(({ topic }) => hears(topic, 'at once'));
    expect(await last.topic.gossip(bytes('at once'))).toMatchObject({ accepted: true });
    await Promise.any(near);
    await saysUntilHeard('last', last.topic, members.slice(0, 11));
    await saysUntilHeard('first', first.topic, members.slice(1));
  });

  test('what goes to a neighbour that leaves at that moment, and to nobody else, is heard by the next', async () => {
    const network = new TestNetwork();
    const [ann, bob, cat] = [await network.node('ann'), await network.node('bob'), await network.node('cat')];
    const atAnn = await ann.join({ name: 'chat' });
    const up = next(atAnn.events$, ({ type }) => type === 'NeighborUp');
    const atBob = await bob.join({ name: 'chat', bootstrap: ann.addresses });
    await up;
    const leaving = atBob.leave();
    expect(await atAnn.gossip(bytes('to bob'))).toMatchObject({ accepted: true, sent: [bob.id] });
    await leaving;
    const atCat = await cat.join({ name: 'chat', bootstrap: ann.addresses });
    await hears(atCat, 'to bob');
  });

  test('who leaves is gone, with the reason, and a link that nobody needs is let go', async () => {
    const [ann, bob] = (await strangers(2)) as [Member, Member];
    const joined = (topic: Topic): Promise<unknown> => next(topic.events$, ({ type }) => type === 'NeighborUp');
    await Promise.all([joined(ann.topic), joined(bob.topic)]);
    const down = next(ann.topic.events$, ({ type }) => type === 'NeighborDown');
    const unlinked = next(ann.node.events$, ({ type }) => type === 'link-down');
    await bob.topic.leave();
    expect(await down).toEqual({ type: 'NeighborDown', peer: bob.node.id, reason: 'left' } satisfies TopicEvent);
    await unlinked;
    expect([ann.node.peers, bob.node.peers]).toEqual([[], []]);
  });

  test('two that dial each other at the same moment have one link, which ends when both have left', async () => {
    const network = new TestNetwork();
    const meet = async (round: number): Promise<void> => {
      const [ann, bob] = [await network.node(`ann-${round}`), await network.node(`bob-${round}`)];
      const topics = await Promise.all([ann.join({ name: 'chat', bootstrap: bob.addresses }), bob.join({ name: 'chat', bootstrap: ann.addresses })]);
      await Promise.all(topics.map((topic) => next(topic.events$, ({ type }) => type === 'NeighborUp')));
      const ends = [ann, bob].map((node) => next(node.events$, ({ type }) => type === 'link-down'));
      await Promise.all(topics.map((topic) => topic.leave()));
      await Promise.all(ends);
      expect([ann.peers, bob.peers]).toEqual([[], []]);
    };
    await Promise.all(Array.from({ length: 12 }, (_, round) => meet(round)));
  });

  test('many topics by the same address: it is dialled once, and there is one link', async () => {
    const network = new TestNetwork();
    const [ann, bob] = [await network.node('ann'), await network.node('bob')];
    const ups: unknown[] = [];
    for (const node of [ann, bob]) node.events$.subscribe(({ type }) => type === 'link-up' && ups.push(type));
    const names = Array.from({ length: 20 }, (_, i) => `topic ${i}`);
    for (const name of names) await ann.join({ name });
    const atBob = await Promise.all(names.map((name) => bob.join({ name, bootstrap: ann.addresses })));
    const said = await Promise.all(atBob.map((topic) => topic.gossip(bytes(topic.name))));
    expect(said.every(({ sent }) => sent[0] === ann.id)).toBe(true);
    expect(ups).toHaveLength(2);
  });
});
