import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { configure, defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, GossipAgent, GossipApp, GossipOptions, HearsayNode, NodeEvent, PeerId } from '../../src/index.ts';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, next } from '../support/nodes.ts';

const marks = defineMarks({ line: z.string().max(100) });
type Schemas = typeof marks extends { readonly names: readonly (infer _)[] } ? { readonly line: z.ZodString } : never;
type LineApp = GossipApp<Schemas>;

const lines: Agent = {
  onPoke: ({ mark, data }) => (mark === 'config' ? configure(data as object) : marks.invent('line', data as string)),
};

function open(options: Partial<GossipOptions<Schemas>> = {}): GossipAgent<Schemas> {
  return withGossip(lines, { hops: 15, hear: 'anybody', tell: 'anybody', ...options, marks });
}

interface Member {
  readonly node: HearsayNode;
  readonly app: LineApp;
  readonly neighbors: Set<PeerId>;
  readonly events: NodeEvent[];
}

/** Nodes of one topic that find each other through the first. */
class Topic {
  readonly network = new TestNetwork();
  readonly clock = new ManualClock(Date.now());
  readonly members: Member[] = [];

  async add(options: Partial<GossipOptions<Schemas>> = {}, node: Partial<Parameters<TestNetwork['node']>[1]> = {}): Promise<Member> {
    const [first] = this.members;
    const made = await this.network.node(`n${this.members.length}`, { clock: this.clock, bootstrap: first === undefined ? [] : first.node.addresses, ...node });
    const member: Member = { node: made, app: undefined as unknown as LineApp, neighbors: new Set(), events: [] };
    made.events$.subscribe((event) => {
      member.events.push(event);
      if (event.type === 'neighbor-up') member.neighbors.add(event.peer);
      if (event.type === 'neighbor-down') member.neighbors.delete(event.peer);
    });
    (member as { app: LineApp }).app = await made.run('lines', open(options));
    this.members.push(member);
    return member;
  }

  /** Everybody has done what there was to do, but wait. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
  }

  /** Time goes by, in steps, so that what is said in one is heard in it. */
  async pass(seconds: number): Promise<void> {
    for (let at = 0; at < seconds; at += 1) {
      this.clock.advance(1_000);
      await this.quiet();
    }
  }
}

describe('a topic open to anybody', () => {
  test('three nodes that know one of them are neighbours and hear each other', async () => {
    const topic = new Topic();
    const [ann, bob, cat] = [await topic.add(), await topic.add(), await topic.add()];
    await topic.pass(5);
    const ids = [ann, bob, cat].map(({ node }) => node.id);
    for (const { node, neighbors } of [ann, bob, cat]) expect([...neighbors].sort()).toEqual(ids.filter((id) => id !== node.id).sort());
    const heard = [next(ann.app.received$), next(cat.app.received$)];
    await bob.app.poke('say', 'hello');
    expect((await Promise.all(heard)).map(({ data }) => data)).toEqual(['hello', 'hello']);
  });
});
