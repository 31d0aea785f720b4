/** Nodes that gossip with anybody, in memory and on one clock that a test moves. Beside them a network that it cuts in two. */
import * as z from 'zod';
import { configure, defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, GossipAgent, GossipApp, GossipConfig, HearsayNode, NodeEvent, NodeOptions, PeerId, Transport } from '../../src/index.ts';
import { ManualClock } from './clock.ts';
import { newRemains, TestNetwork } from './nodes.ts';
import type { Remains } from './nodes.ts';

const marks = defineMarks({ line: z.string().max(100) });
type Schemas = typeof marks extends { readonly names: readonly (infer _)[] } ? { readonly line: z.ZodString } : never;

/** `say` publishes a line; `config` changes the config. */
const lines: Agent = {
  onPoke: ({ mark, data }) => (mark === 'config' ? configure(data as object) : marks.invent('line', data as string)),
};

/** The name of the topic. */
export const LINES = 'lines';

export function gossiping(config: Partial<GossipConfig> = {}): GossipAgent<Schemas> {
  return withGossip(lines, { hops: 15, hear: 'anybody', tell: 'anybody', ...config, marks });
}

export interface Member {
  readonly name: string;
  readonly node: HearsayNode;
  readonly id: PeerId;
  readonly app: GossipApp<Schemas>;
  readonly remains: Remains;
  readonly neighbors: ReadonlySet<PeerId>;
  readonly events: readonly NodeEvent[];
  readonly heard: readonly string[];
}

export class OpenTopic {
  readonly network: TestNetwork = new TestNetwork();
  readonly clock: ManualClock = new ManualClock(Date.now());
  readonly members: Member[] = [];
  /** Who is on which side while the network is cut. */
  #sideOf: ((name: string) => number) | undefined;

  /** Adds a node, which knows the first one unless told otherwise. */
  async add(config: Partial<GossipConfig> = {}, options: Partial<NodeOptions> = {}, remains?: Remains): Promise<Member> {
    const name = `n${this.members.length}`;
    const bootstrap = this.members[0]?.node.addresses ?? [];
    const node = await this.network.node(name, { clock: this.clock, bootstrap, transports: [this.#gated(name)], ...options }, remains ?? newRemains(name));
    const neighbors = new Set<PeerId>();
    const events: NodeEvent[] = [];
    const heard: string[] = [];
    node.events$.subscribe((event) => {
      events.push(event);
      if (event.type === 'neighbor-up') neighbors.add(event.peer);
      if (event.type === 'neighbor-down') neighbors.delete(event.peer);
    });
    const app = await node.run(LINES, gossiping(config));
    app.received$.subscribe(({ data }) => heard.push(data as string));
    const member: Member = { name, node, id: node.id, app, remains: node.remains, neighbors, events, heard };
    this.members.push(member);
    return member;
  }

  /** Everybody has done what there was to do, but wait. */
  async quiet(turns = 150): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
  }

  /** Time goes by in steps, so that what is said in one is heard in it. */
  async pass(seconds: number, stepSeconds = 1): Promise<void> {
    for (let at = 0; at < seconds; at += stepSeconds) {
      this.clock.advance(stepSeconds * 1_000);
      await this.quiet(60);
    }
    await this.quiet();
  }

  /** Cuts the network: links across break, and nobody gets across. */
  part(sideOf: (name: string) => number): void {
    this.#sideOf = sideOf;
    for (const a of this.members) for (const b of this.members) if (sideOf(a.name) !== sideOf(b.name)) this.network.memory.cut(a.name, b.name);
  }

  heal(): void {
    this.#sideOf = undefined;
  }

  /** The addresses of members by name are theirs alone, so a dial tells who is meant. */
  #gated(name: string): Transport {
    const inner = this.network.memory.transport(name);
    return {
      ...inner,
      dial: (address, signal) => {
        const other = /\/\/(n\d+)-/.exec(address)?.[1] ?? name;
        const isCut = this.#sideOf !== undefined && this.#sideOf(name) !== this.#sideOf(other);
        return isCut ? Promise.reject(new Error('cut off')) : inner.dial(address, signal);
      },
    };
  }
}
