/**
 * A node: one identity, one store, its links and its agents, put together. Shell.
 */
import type { Observable } from 'rxjs';
import type { Agent } from '../agent.ts';
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { PalsEvent } from '../pals/core/types.ts';
import { palsAgent } from '../pals/pals-agent.ts';
import { PalsHandle } from '../pals/pals-handle.ts';
import { seededRandom } from '../random.ts';
import { openStore } from '../store/level-store.ts';
import type { Store } from '../store/store.ts';
import { formatAddress, parseAddress } from '../transport/address.ts';
import { openIdentity } from '../transport/identity.ts';
import type { Identity } from '../transport/identity.ts';
import { Links } from '../transport/links.ts';
import { wsTransport } from '../transport/ws.ts';
import { Addresses } from './addresses.ts';
import { RunningApp } from './app.ts';
import type { AppOf } from './app.ts';
import { Bootstrap } from './bootstrap.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { Host } from './host.ts';
import { linksAgent } from './links-agent.ts';
import type { LinkChange } from './links-agent.ts';
import { NodeEvents } from './node-events.ts';
import type { NodeEvent } from './node-events.ts';
import { checkOptions } from './options.ts';
import type { CheckedOptions, NodeOptions } from './options.ts';
import { Router } from './router.ts';
import { WantedLinks } from './wanted-links.ts';

/** One node. Make it with {@link createNode}; `await using` closes it. */
export interface HearsayNode extends AsyncDisposable {
  /** Its public key. */
  readonly id: PeerId;
  /** Where others can dial it, best first, each with its peer id. */
  readonly addresses: readonly string[];
  /** Its friends. */
  readonly pals: PalsHandle;
  /** Links, refusals, dials. Hot. */
  readonly events$: Observable<NodeEvent>;
  /** The peers it has a link to now. */
  readonly peers: readonly PeerId[];
  /** How many ids of rumors it remembers, over all agents: what it will not deliver again. */
  readonly seenCount: number;
  /**
   * Runs an agent under a name; the name is its topic, the same for all users of the app.
   * @throws HearsayError `HEARSAY_BAD_CONFIG` for the name (1 to 64 bytes), `HEARSAY_ALREADY_RUNNING`, `HEARSAY_AGENT_FAILED` when `onInit` or `onLoad` failed
   */
  run<A extends Agent>(name: string, agent: A): Promise<AppOf<A>>;
  /** Stops agents, says goodbye, and lets go of everything. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a node.
 * @throws HearsayError `HEARSAY_BAD_CONFIG`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_BAD_PEER_ID` for the options; `HEARSAY_BAD_IDENTITY`; `HEARSAY_LOCKED`,
 * `HEARSAY_NEWER_SCHEMA`, `HEARSAY_STORE_DAMAGED`, `HEARSAY_STORE_FAILED` for the directory; `HEARSAY_PORT_IN_USE`, `HEARSAY_LISTEN_FAILED`
 */
export async function createNode(given: NodeOptions): Promise<HearsayNode> {
  const options = checkOptions(given);
  const clock = given.clock ?? systemClock;
  // The store first: it holds the lock that keeps a second process out of the directory.
  const store = await openStore(given.store === undefined ? { dir: dirOf(given) } : { level: given.store }, options.limits, () => clock.now());
  let node: Node | undefined;
  try {
    const identity = given.identity ?? (await openIdentity(dirOf(given)));
    node = new Node(given, options, clock, identity, store);
    await node.start();
    return node;
  } catch (error) {
    await (node ?? store).close();
    throw error;
  }
}

class Node implements HearsayNode {
  readonly id: PeerId;
  pals!: PalsHandle;
  readonly events$: Observable<NodeEvent>;
  readonly #options: CheckedOptions;
  readonly #clock: Clock;
  readonly #identity: Identity;
  readonly #store: Store;
  readonly #random = seededRandom(Buffer.from(primitives().randomBytes(16)).toString('hex'));
  readonly #events = new NodeEvents();
  readonly #apps = new Map<string, RunningApp>();
  readonly #host: Host;
  readonly #router: Router;
  readonly #links: Links;
  readonly #wanted: WantedLinks;
  readonly #bootstrap: Bootstrap;
  readonly #targets = new Set<PeerId>();
  #addresses: Addresses | undefined;
  #closing: Promise<void> | undefined;

  constructor(given: NodeOptions, options: CheckedOptions, clock: Clock, identity: Identity, store: Store) {
    this.id = identity.id;
    this.#options = options;
    this.#clock = clock;
    this.#identity = identity;
    this.#store = store;
    this.events$ = this.#events.stream;
    this.#host = this.#makeHost();
    this.#router = this.#makeRouter();
    this.#host.connect(this.#router);
    this.#links = this.#makeLinks(given);
    this.#wanted = new WantedLinks(options.limits.maxHotPals, this.#links);
    this.#bootstrap = new Bootstrap(options.bootstrap, {
      clock,
      random: this.#random.fork('bootstrap'),
      limits: options.limits,
      connect: (address, signal) => this.#links.connect(address, { signal }),
    });
  }

  get addresses(): readonly string[] {
    return (this.#addresses?.own ?? []).map((url) => formatAddress(url, this.id));
  }

  get peers(): readonly PeerId[] {
    return this.#links.peers();
  }

  get seenCount(): number {
    return this.#store.seenCount;
  }

  async start(): Promise<void> {
    const { limits, listen, announce } = this.#options;
    this.#addresses = await Addresses.open(
      {
        identity: this.#identity,
        store: this.#store,
        clock: this.#clock,
        maxRecords: limits.maxAddressRecords,
        isPal: (peer) => this.#targets.has(peer),
        renewed: (record) => this.#links.peers().forEach((peer) => this.#router.record(peer, record)),
      },
      (error) => this.#events.tell({ type: 'damaged', error }),
    );
    await this.#run('links', linksAgent());
    const pals = await this.#run('pals', palsAgent({ incarnation: this.#store.incarnation, random: this.#random.fork('pals'), limits }));
    this.pals = this.#makePals(pals);
    this.pals.changes$.subscribe({ next: (change) => this.#palChanged(change), error: () => undefined });
    const listening: string[] = [];
    for (const address of listen) listening.push(await this.#links.listen(address));
    this.#addresses.announce([...announce, ...listening]);
    this.#bootstrap.start();
  }

  async run<A extends Agent>(name: string, agent: A): Promise<AppOf<A>> {
    return (await this.#run(name, agent)) as unknown as AppOf<A>;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#bootstrap.close();
    // The router first: to peers a node that goes is a lost link, not a kick.
    this.#router.close();
    for (const app of [...this.#apps.values()].reverse()) await app.close();
    await this.#links.close();
    this.#addresses?.close();
    await this.#store.close();
    this.#events.close();
  }

  async #run(name: string, agent: Agent): Promise<RunningApp> {
    if (this.#closing !== undefined) throw new HearsayError('HEARSAY_CLOSED', { field: 'node', rule: 'to be open', value: 'closed' });
    if (this.#apps.has(name)) throw new HearsayError('HEARSAY_ALREADY_RUNNING', { field: 'name', rule: 'to be the name of no running agent', value: name });
    const app = new RunningApp(name, this.#host, () => this.#apps.delete(name));
    this.#apps.set(name, app);
    try {
      await this.#host.run(name, agent);
      return app;
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  #makeHost(): Host {
    return new Host({
      our: this.id,
      clock: this.#clock,
      store: this.#store,
      limits: this.#options.limits,
      networkId: this.#options.network,
      isAdmin: (peer) => peer === this.id || this.#options.admins.has(peer),
      report: (agent, report) => this.#apps.get(agent)?.report(report),
    });
  }

  #makeRouter(): Router {
    return new Router({
      clock: this.#clock,
      limits: this.#options.limits,
      send: (peer, bytes) => this.#links.send(peer, bytes),
      congested: (peer) => this.#links.congested(peer),
      want: (peer, wanted) => this.#wanted.set(peer, 'router', wanted),
      misbehaved: (peer, reason) => this.#misbehaved(peer, reason),
      dropped: (peer) => this.#events.count({ type: 'dropped', peer, reason: 'slow-reader' }),
      // Behind the gestures that came before it on the link: they may be what makes the peer a mutual.
      watched: (topic, subscriber, answer) => this.#host.after('pals', () => this.#host.watched(topic, subscriber, answer)),
      poked: (topic, src, mark, payload, answer) => this.#host.poked(topic, src, mark, payload, answer),
      record: (peer, record) => this.#learn(peer, record),
      barrier: (done) => this.#host.barrier(done),
    });
  }

  #makeLinks(given: NodeOptions): Links {
    const { network, password, limits } = this.#options;
    return new Links({
      identity: this.#identity,
      networkId: network,
      ...(password !== undefined && { networkKey: networkKey(password, network) }),
      transports: given.transports ?? [wsTransport({ onRefused: (reason, host) => this.#events.count({ type: 'refused', reason, host }) })],
      limits,
      random: this.#random.fork('links'),
      now: () => this.#clock.now(),
      addressesOf: (peer) => this.#addresses?.of(peer) ?? [],
      events: {
        onUp: (peer, { dialled }) => this.#linkUp(peer, dialled),
        onDown: (peer, reason) => this.#linkDown(peer, reason),
        onMessage: (peer, message) => {
          this.#wanted.useful(peer);
          this.#router.received(peer, message);
        },
        onRefused: (reason, host) => this.#events.count({ type: 'refused', reason, host }),
        onDialFailed: (peer, address, error) => this.#events.tell({ type: 'dial-failed', peer, address, error }),
        onDrained: () => undefined,
      },
    });
  }

  #makePals(app: RunningApp): PalsHandle {
    return new PalsHandle(
      app,
      {
        identity: this.#identity,
        now: () => this.#clock.now(),
        addresses: () => this.#addresses?.own ?? [],
        connect: (addresses, peer) => this.#connectTo(addresses, peer),
        settled: (peer) => new Promise((resolve, reject) => this.#router.settle(peer, (error) => (error === undefined ? resolve() : reject(error)))),
      },
      this.#options.limits,
    );
  }

  /** At the first of the addresses where the peer is. */
  async #connectTo(addresses: readonly string[], peer: PeerId): Promise<void> {
    let last: unknown;
    for (const address of addresses) {
      try {
        await this.#links.connect(formatAddress(parseAddress(address).url, peer));
        return;
      } catch (error) {
        last = error;
      }
    }
    throw new HearsayError('HEARSAY_UNREACHABLE', { field: 'link', rule: 'to hold an address where the inviter answers', value: addresses, cause: last });
  }

  #linkUp(peer: PeerId, dialled: string | undefined): void {
    if (dialled !== undefined) this.#addresses?.worked(peer, dialled);
    this.#events.tell({ type: 'link-up', peer, dialled: dialled !== undefined });
    if (this.#addresses !== undefined) this.#router.record(peer, this.#addresses.record);
    this.#tellLinks({ type: 'up', peer }, () => {
      // Pals has said its hello by now, so that our watches come behind it.
      if (this.#links.isUp(peer)) this.#router.linkUp(peer);
    });
  }

  #linkDown(peer: PeerId, reason: string): void {
    this.#events.tell({ type: 'link-down', peer, reason });
    this.#router.linkDown(peer);
    this.#tellLinks({ type: 'down', peer });
    this.#bootstrap.lost(peer);
  }

  /** `done` once pals has heard of it too. When the node is closing nobody is left to be told. */
  #tellLinks(change: LinkChange, done: () => void = () => undefined): void {
    this.#host.poke('links', 'link', change).then(
      () => this.#host.after('pals', done),
      () => undefined,
    );
  }

  #learn(from: PeerId, record: Uint8Array): void {
    const learnt = this.#addresses?.learn(record);
    if (learnt === undefined) return;
    if (learnt.ok) {
      if (learnt.changed) this.#links.nudge(learnt.id);
    } else {
      this.#events.count({ type: 'misbehaved', peer: from, reason: `record: ${learnt.reason}` });
    }
  }

  #misbehaved(peer: PeerId, reason: string): void {
    this.#events.count({ type: 'misbehaved', peer, reason });
    this.#links.disconnect(peer, reason);
  }

  #palChanged({ type, peer }: PalsEvent): void {
    if (type !== 'meet' && type !== 'part') return;
    if (type === 'meet') this.#targets.add(peer);
    else this.#targets.delete(peer);
    this.#wanted.set(peer, 'pal', type === 'meet');
  }
}

function dirOf({ dir }: NodeOptions): string {
  // `checkOptions` saw to it.
  return dir ?? '';
}

/** 32 bytes that only those who know the password can have. scrypt makes guessing slow; the network id is its salt. */
function networkKey(password: string, network: string): Uint8Array {
  return primitives().scrypt(Buffer.from(password, 'utf8'), Buffer.from(`hearsay/1 network\0${network}`, 'utf8'));
}
