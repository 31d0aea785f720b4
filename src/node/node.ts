/**
 * A running node: one identity, one store, its links and its agents, put together. Shell.
 */
import { Buffer } from 'node:buffer';
import { repeat } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Agent } from '../agent.ts';
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { palsAgent } from '../pals/pals-agent.ts';
import { PalsHandle } from '../pals/pals-handle.ts';
import { seededRandom } from '../random.ts';
import type { Store } from '../store/store.ts';
import type { JoinOptions, Topic } from '../topics/topic.ts';
import { Topics } from '../topics/topics.ts';
import { formatAddress } from '../transport/address.ts';
import type { Identity } from '../transport/identity.ts';
import { RunningApp } from './app.ts';
import type { AppOf } from './app.ts';
import type { Clock } from './clock.ts';
import type { HearsayNode } from './create-node.ts';
import { Host } from './host.ts';
import { linksAgent } from './links-agent.ts';
import { logApp } from './logger.ts';
import type { Logger } from './logger.ts';
import { Network } from './network.ts';
import type { NodeEvent, NodeEvents } from './node-events.ts';
import type { CheckedOptions, NodeOptions } from './options.ts';
import { OVERLAY, overlayAgent } from './overlay-agent.ts';
import { secretDice } from './secret-dice.ts';
import { seenHandle } from './seen-handle.ts';
import type { SeenHandle } from './seen-handle.ts';

export class Node implements HearsayNode {
  readonly id: PeerId;
  pals!: PalsHandle;
  readonly events$: Observable<NodeEvent>;
  readonly #logger: Logger | undefined;
  readonly #options: CheckedOptions;
  readonly #clock: Clock;
  readonly #identity: Identity;
  readonly #store: Store;
  readonly #random = seededRandom(Buffer.from(primitives().randomBytes(16)).toString('hex'));
  readonly #events: NodeEvents;
  readonly #apps = new Map<string, RunningApp>();
  readonly #host: Host;
  readonly #network: Network;
  readonly #topics: Topics;
  /** The last link that ended, and how: what is told of its peer next is told because of it. */
  #linkEnd: { readonly peer: PeerId; readonly reason: string } | undefined;
  #closing: Promise<void> | undefined;

  constructor(given: NodeOptions, options: CheckedOptions, clock: Clock, identity: Identity, store: Store, events: NodeEvents) {
    this.id = identity.id;
    this.#logger = given.logger;
    this.#options = options;
    this.#clock = clock;
    this.#identity = identity;
    this.#store = store;
    this.#events = events;
    this.events$ = events.stream;
    this.#host = this.#makeHost();
    const { transports } = given;
    this.#network = new Network({ identity, options, transports, clock, store, random: this.#random, host: this.#host, events: this.#events });
    this.#host.connect(this.#network.router);
    this.#topics = this.#makeTopics();
    this.events$.subscribe((event) => {
      if (event.type === 'link-down') this.#linkEnd = event;
      if (event.type === 'neighbor-down') this.#topics.neighborDown(event.topic, event.peer, event.reason);
    });
  }

  get addresses(): readonly string[] {
    return this.#network.addresses.map((url) => formatAddress(url, this.id));
  }

  get peers(): readonly PeerId[] {
    return this.#network.peers;
  }

  seen(name: string): SeenHandle {
    return seenHandle(this.#store, name);
  }

  get seenCount(): number {
    return this.#store.seenCount;
  }

  async start(): Promise<void> {
    await this.#network.open();
    await this.#run('links', linksAgent());
    await this.#run(OVERLAY, overlayAgent(this.#network.overlay));
    const pals = await this.#run('pals', palsAgent({ incarnation: this.#store.incarnation, random: this.#random.fork('pals'), limits: this.#options.limits }));
    this.pals = this.#makePals(pals);
    // Pals kicks when it starts again after a failed commit, and refuses when it is gone.
    this.pals.changes$.pipe(repeat()).subscribe({ next: (change) => this.#network.palChanged(change), error: () => undefined });
    pals.events$.subscribe(({ name, peer }) => {
      if (peer !== undefined && (name === 'pal-added' || name === 'pal-dropped' || name === 'pal-reset')) this.#events.tell({ type: name, peer });
    });
    await this.#network.start();
  }

  async run<A extends Agent>(name: string, agent: A): Promise<AppOf<A>> {
    return (await this.#run(name, agent)) as unknown as AppOf<A>;
  }

  join(options: JoinOptions): Promise<Topic> {
    return this.#topics.join(options);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const app of this.#apps.values()) app.refuse();
    await Promise.all([this.#topics.close(), this.#drain()]);
    this.#network.leave();
    for (const app of [...this.#apps.values()].reverse()) await app.close();
    await this.#network.close();
    await this.#store.close();
    this.#events.close();
  }

  /** Twice, so that what one agent of ours asks of another is done, too. */
  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(this.#options.limits.closeTimeoutMs, resolve);
      this.#host.barrier(() =>
        this.#host.barrier(() => {
          cancel();
          resolve();
        }),
      );
    });
  }

  async #run(name: string, agent: Agent): Promise<RunningApp> {
    if (this.#closing !== undefined) throw new HearsayError('HEARSAY_CLOSED', { field: 'node', rule: 'to be open', value: 'closed' });
    if (this.#apps.has(name)) throw new HearsayError('HEARSAY_ALREADY_RUNNING', { field: 'name', rule: 'to be the name of no running agent', value: name });
    const app = new RunningApp(name, this.#host, () => this.#apps.delete(name));
    this.#apps.set(name, app);
    if (this.#logger !== undefined) logApp(this.#logger, app);
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
      random: secretDice,
      lost: (peer, count) => this.#events.count({ type: 'dropped', peer, reason: 'owed-too-long' }, count),
      isAdmin: (peer) => peer === this.id || this.#options.admins.has(peer),
      isTarget: (peer) => this.#network.isTarget(peer),
      report: (agent, report) => {
        if (report.type === 'published') this.#network.published();
        this.#apps.get(agent)?.report(report);
      },
    });
  }

  #makeTopics(): Topics {
    return new Topics({
      limits: this.#options.limits,
      after: (delayMs, run) => this.#clock.after(delayMs, run),
      run: (name, agent) => this.#run(name, agent),
      listeners: (name) => this.#host.listeners(name)?.peers ?? [],
      listen: (name, port) => this.#host.listeners(name)?.tell(port),
      contact: (addresses) => this.#network.contact(addresses),
      linkEnd: (peer) => (this.#linkEnd?.peer === peer && !this.peers.includes(peer) ? this.#linkEnd.reason : undefined),
    });
  }

  #makePals(app: RunningApp): PalsHandle {
    return new PalsHandle(
      app,
      {
        identity: this.#identity,
        now: () => this.#clock.now(),
        addresses: () => this.#network.addresses,
        connect: (addresses, peer) => this.#network.connect(addresses, peer),
        settled: (peer) => new Promise((resolve, reject) => this.#network.router.settle(peer, (error) => (error === undefined ? resolve() : reject(error)))),
      },
      this.#options.limits,
    );
  }
}
