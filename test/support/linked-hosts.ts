/**
 * Hosts and routers of several nodes, with pals, and between them wires that a test opens, cuts and reads from message by message.
 * It stands where `Network` and the links stand in a node.
 */
import { MemoryLevel } from 'memory-level';
import type { Agent, Report } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { Host } from '../../src/node/host.ts';
import { LINK_WIRE, linksAgent } from '../../src/node/links-agent.ts';
import { decodeMessage } from '../../src/node/messages.ts';
import type { Message } from '../../src/node/messages.ts';
import { Router } from '../../src/node/router.ts';
import { palsAgent } from '../../src/pals/pals-agent.ts';
import { seededRandom } from '../../src/random.ts';
import { openStore } from '../../src/store/level-store.ts';
import type { Store } from '../../src/store/store.ts';
import { ManualClock } from './clock.ts';

export class LinkedHost {
  readonly id: PeerId;
  readonly clock: ManualClock;
  readonly reports: { readonly agent: string; readonly report: Report }[] = [];
  readonly faults: string[] = [];
  readonly host: Host;
  readonly router: Router;
  readonly #store: Store;
  readonly #world: LinkedHosts;
  readonly #current = new Map<PeerId, object>();

  constructor(world: LinkedHosts, id: PeerId, store: Store) {
    const bounds = limits();
    const { clock } = world;
    this.id = id;
    this.clock = clock;
    this.#store = store;
    this.#world = world;
    this.host = new Host({ our: id, clock, store, limits: bounds, networkId: 'test', random: seededRandom(id), isAdmin: (peer) => peer === id, lost: () => undefined, isTarget: () => true, report: (agent, report) => this.reports.push({ agent, report }) });
    this.router = new Router({
      clock,
      limits: bounds,
      send: (peer, bytes, rest) => world.send(this, peer, rest === undefined ? bytes : Buffer.concat([bytes, rest])),
      congested: () => false,
      want: () => undefined,
      misbehaved: (_peer, reason) => this.faults.push(reason),
      dropped: () => this.faults.push('dropped'),
      watched: (topic, subscriber, answer) => this.host.after('pals', () => this.host.watched(topic, subscriber, answer)),
      poked: (topic, src, mark, payload, answer) => this.host.poked(topic, src, mark, payload, answer),
      record: () => undefined,
      overlay: () => undefined,
      find: () => undefined,
      barrier: (done) => this.host.barrier(done),
    });
    this.host.connect(this.router);
  }

  async start(): Promise<void> {
    await this.host.run('links', linksAgent());
    await this.host.run('pals', palsAgent({ incarnation: this.#store.incarnation, random: seededRandom(this.id), limits: limits() }));
  }

  linkChanged(peer: PeerId, up: boolean): void {
    const link = {};
    if (up) this.#current.set(peer, link);
    else this.#current.delete(peer);
    if (!up) this.router.linkDown(peer);
    this.host.tell('links', LINK_WIRE, 'link', { type: up ? 'up' : 'down', peer }, () =>
      this.host.after('pals', () => {
        if (this.#current.get(peer) === link) this.router.linkUp(peer);
      }),
    );
  }

  /** What was committed. */
  async quiet(): Promise<void> {
    await new Promise<void>((resolve) => this.host.barrier(resolve));
    await this.#store.flush();
  }

  async close(): Promise<void> {
    this.router.close();
    this.host.stopAll();
    await this.#store.close();
    this.#world.closed(this);
  }
}

interface Wire {
  readonly from: LinkedHost;
  readonly to: LinkedHost;
  readonly messages: Uint8Array[];
}

export class LinkedHosts {
  readonly clock = new ManualClock();
  readonly hosts: LinkedHost[] = [];
  /** Every message that went over a wire, in order. */
  readonly sent: { readonly from: PeerId; readonly to: PeerId; readonly message: Message }[] = [];
  /** Both directions of each link that is up. */
  readonly #wires = new Map<string, Wire>();

  /** @param agents what runs on each beside links and pals */
  static async make(count: number, agents: (index: number) => Readonly<Record<string, Agent>>): Promise<LinkedHosts> {
    const world = new LinkedHosts();
    for (let index = 0; index < count; index += 1) {
      const store = await openStore({ level: new MemoryLevel() }, limits(), () => world.clock.now());
      const host = new LinkedHost(world, `${index + 1}`.repeat(64) as PeerId, store);
      await host.start();
      for (const [name, agent] of Object.entries(agents(index))) await host.host.run(name, agent);
      world.hosts.push(host);
    }
    return world;
  }

  isUp(a: LinkedHost, b: LinkedHost): boolean {
    return this.#wires.has(nameOf(a, b));
  }

  up(a: LinkedHost, b: LinkedHost): void {
    if (a === b || this.isUp(a, b)) return;
    for (const [from, to] of [[a, b], [b, a]] as const) {
      this.#wires.set(nameOf(from, to), { from, to, messages: [] });
      from.linkChanged(to.id, true);
    }
  }

  /** What is under way is lost. */
  down(a: LinkedHost, b: LinkedHost): void {
    if (a === b || !this.isUp(a, b)) return;
    for (const [from, to] of [[a, b], [b, a]] as const) {
      this.#wires.delete(nameOf(from, to));
      from.linkChanged(to.id, false);
    }
  }

  send(from: LinkedHost, peer: PeerId, bytes: Uint8Array): boolean {
    const to = this.hosts.find(({ id }) => id === peer);
    const wire = to && this.#wires.get(nameOf(from, to));
    if (to === undefined || wire === undefined) return false;
    wire.messages.push(bytes);
    const decoded = decodeMessage(bytes);
    if (decoded.ok) this.sent.push({ from: from.id, to: to.id, message: decoded.message });
    return true;
  }

  /** Hands over at most so many messages of one direction. @returns how many there were */
  deliver(a: LinkedHost, b: LinkedHost, most = Infinity): number {
    const wire = this.#wires.get(nameOf(a, b));
    let delivered = 0;
    for (; wire !== undefined && delivered < most; delivered += 1) {
      const bytes = wire.messages.shift();
      if (bytes === undefined) return delivered;
      b.router.received(a.id, bytes);
    }
    return delivered;
  }

  /** Until nothing is under way and nobody has anything to do but wait. */
  async quiet(): Promise<void> {
    for (let idle = 0; idle < 3; idle += 1) {
      for (const host of this.hosts) await host.quiet();
      for (const a of this.hosts) for (const b of this.hosts) if (this.deliver(a, b) > 0) idle = -1;
    }
  }

  closed(host: LinkedHost): void {
    this.hosts.splice(this.hosts.indexOf(host), 1);
  }

  async close(): Promise<void> {
    for (const host of [...this.hosts]) await host.close();
  }
}

function nameOf(a: LinkedHost, b: LinkedHost): string {
  return `${a.id} ${b.id}`;
}
