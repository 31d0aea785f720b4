/**
 * All agents of a node: starts them, hands events between them, and sends what is for other peers to the router.
 */
import { Buffer } from 'node:buffer';
import type { Agent, Report, Sign } from '../agent.ts';
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { GOSSIP_GOSSIP } from '../marks/paths.ts';
import { decodePayload, encodePayload, viewBytes } from '../marks/payload.ts';
import type { Random } from '../random.ts';
import type { AgentState, Arrival, Store } from '../store/store.ts';
import { GOSSIP_WELCOME } from '../wrapper/orders.ts';
import { notRunning } from './agent-errors.ts';
import { AgentRunner } from './agent-runner.ts';
import type { Answer } from './agent-input.ts';
import type { Clock } from './clock.ts';
import { doorsOf, isOpenPath, reasonFor } from './doors.ts';
import type { Doors } from './doors.ts';
import { isMark } from './effects.ts';
import { Listeners } from './listeners.ts';
import { Missed } from './missed.ts';
import { OfferedFacts } from './offered-facts.ts';
import { maxWireBytes, offerOf, OutgoingFact } from './outgoing-fact.ts';
import { owe } from './owing.ts';
import type { Owing } from './owing.ts';
import { redeliver } from './redelivery.ts';
import type { Router } from './router.ts';
import type { Receipt } from './session.ts';
import { Subscriber, Subscriptions } from './subscribers.ts';
import { Tallies } from './tallies.ts';
import type { Outward } from './transaction.ts';
import { Watches } from './watches.ts';
import type { Watch, WatchName } from './watches.ts';

/** What the host asks of the node. */
export interface HostPort {
  readonly our: PeerId;
  readonly clock: Clock;
  readonly store: Store;
  readonly limits: Limits;
  readonly networkId: string;
  /** For the agents' bowls. */
  readonly random: Random;
  isAdmin(peer: PeerId): boolean;
  /** Whether we added that peer: it is owed what it misses. All others are strangers. */
  isTarget(peer: PeerId): boolean;
  /** So many facts that a peer was owed are past what is kept. */
  lost(peer: PeerId, count: number): void;
  /** Something to tell the app (of that agent). */
  report(agent: string, report: Report): void;
}

interface Running {
  readonly runner: AgentRunner;
  readonly topic: string;
  readonly subscriptions: Subscriptions;
  readonly watches: Watches;
  readonly tallies: Tallies;
  readonly listeners: Listeners;
  readonly open: Doors;
}

/** What becomes of a subscription of our own process. `acked` comes first, then facts, `kicked` at most once and last. */
export interface LocalWatcher {
  acked(refused?: string, error?: Error): void;
  fact(mark: string, data: unknown): void;
  kicked(reason: string): void;
}

export class Host {
  readonly #port: HostPort;
  readonly #maxWireBytes: number;
  readonly #running = new Map<string, Running>();
  readonly #byTopic = new Map<string, Running>();
  /** Agents whose state is being read. Whoever is no longer in it when that is done was stopped meanwhile. */
  readonly #starting = new Map<string, object>();
  readonly #offered: OfferedFacts;
  readonly #owing: Owing;
  readonly #missed: Missed = new Missed();
  #router!: Router;

  constructor(port: HostPort) {
    this.#port = port;
    this.#offered = new OfferedFacts(port.limits.maxOfferedBytes);
    this.#owing = { store: port.store, limits: port.limits, offered: this.#offered, isTarget: (peer) => port.isTarget(peer), lost: (peer, count) => port.lost(peer, count) };
    this.#maxWireBytes = maxWireBytes(port.limits);
  }

  /** The router needs the host and the host the router; this closes the ring, before anything runs. */
  connect(router: Router): void {
    this.#router = router;
  }

  /**
   * Starts an agent. Resolves once its first event is committed.
   * @throws HearsayError `HEARSAY_BAD_CONFIG` for the name or what is open, `HEARSAY_ALREADY_RUNNING`, `HEARSAY_AGENT_FAILED` when `onInit` or `onLoad` threw,
   * `HEARSAY_CLOSED` when it was stopped meanwhile; then it does not run.
   */
  async run(name: string, agent: Agent): Promise<void> {
    if (!isMark(name)) throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'name', rule: 'to be a string of 1 to 64 bytes', value: name });
    if (this.#running.has(name) || this.#starting.has(name)) throw new HearsayError('HEARSAY_ALREADY_RUNNING', { field: 'name', rule: 'to be the name of no running agent', value: name });
    const open = doorsOf(name, agent);
    const start = {};
    this.#starting.set(name, start);
    let running: Running | undefined;
    try {
      const { store } = this.#port;
      const state = await store.readAgent(name);
      const arrivals = await store.undelivered(name);
      if (this.#starting.get(name) !== start) throw notRunning(name);
      running = this.#begin(name, agent, open, state);
      const { runner } = running;
      // Another copy of one of them must not come first.
      for (const { id } of arrivals) store.markSeen({ id, hops: 0, delivered: true, relayed: false });
      let timers: readonly string[] = [];
      await new Promise<void>((resolve, reject) => {
        timers = runner.start(state, (refused, error) => (refused === undefined ? resolve() : reject(error ?? refusal(name, refused))));
      });
      this.#redeliver(running, arrivals, timers);
      this.#welcome(running.topic);
    } catch (error) {
      if (running !== undefined && this.#running.get(name) === running) this.stop(name);
      throw error;
    } finally {
      if (this.#starting.get(name) === start) this.#starting.delete(name);
    }
  }

  #begin(name: string, agent: Agent, open: Doors, state: AgentState | undefined): Running {
    const topic = topicOf(this.#port.networkId, name);
    const subscriptions = new Subscriptions();
    const runner: AgentRunner = new AgentRunner(name, agent, state, {
      ...pick(this.#port),
      isAdmin: (peer) => this.#port.isAdmin(peer),
      admit: (subscriber) => {
        subscriber.since = this.#port.store.lastOwed(name);
        subscriptions.add(subscriber);
      },
      perform: (effect, answering, early, number) => this.#perform(running, effect, answering, early, number),
      report: (report) => this.#port.report(name, report.type === 'published' ? running.tallies.complete(report) : report),
      restarted: () => this.#cut(running, 'restarted'),
    });
    const running: Running = { runner, topic, subscriptions, open, watches: new Watches(), tallies: new Tallies(), listeners: new Listeners() };
    this.#running.set(name, running);
    this.#byTopic.set(topic, running);
    return running;
  }

  #welcome(topic: string): void {
    const nothing = encodePayload(null);
    for (const peer of this.#missed.take(topic)) this.#router.poke(peer, topic, GOSSIP_WELCOME, nothing, () => undefined);
  }

  #redeliver(running: Running, arrivals: readonly Arrival[], timers: readonly string[]): void {
    const { runner } = running;
    const { store } = this.#port;
    const stopped = (): boolean => this.#running.get(runner.name) !== running;
    redeliver(runner.name, {
      store,
      arrivals,
      timers,
      stopped,
      deliver: (arrival, done) => runner.arriveAgain(arrival, done),
      wake: (wire, done) => runner.wakeAgain(wire, done),
      poison: ({ arrival, wire, deaths: count }) =>
        this.#port.report(runner.name, {
          type: 'event',
          event: { name: 'poison', reason: 'set aside: the process died of it', count, ...(arrival === undefined ? { detail: { wire } } : { peer: arrival.from, detail: { id: arrival.id } }) },
        }),
    }).catch((error: unknown) => {
      // A disk that fails now is somebody else's to report; what is left comes with the next start.
      if (!stopped()) this.#port.report(runner.name, { type: 'event', event: { name: 'failed', reason: 'what arrived before cannot be handed over', error: error as Error } });
    });
  }

  /** Stops an agent, also one that is starting: its watches are left and its subscribers kicked. What it saved stays. */
  stop(name: string): void {
    this.#starting.delete(name);
    const running = this.#running.get(name);
    if (running === undefined) return;
    this.#running.delete(name);
    this.#byTopic.delete(running.topic);
    running.runner.stop();
    this.#cut(running, 'stopped');
  }

  stopAll(): void {
    for (const name of [...this.#starting.keys(), ...this.#running.keys()]) this.stop(name);
  }

  /** A command from our own process. Resolves once its event is committed. @throws HearsayError `HEARSAY_REFUSED`, or what the arm threw */
  poke(name: string, mark: string, data: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pokeLocal(name, mark, data, (refused, error) => (refused === undefined ? resolve() : reject(error ?? refusal(name, refused))));
    });
  }

  /** A read. `undefined` when the agent does not run or has nothing there. */
  peek(name: string, path: string): unknown {
    return this.#running.get(name)?.runner.peek(path);
  }

  /** The peers that listen to what a running agent gossips. */
  listeners(name: string): Listeners | undefined {
    return this.#running.get(name)?.listeners;
  }

  /** A subscription from our own process; the result ends it. */
  watch(name: string, path: string, on: LocalWatcher): () => void {
    const dropped = (): void => this.#port.report(name, { type: 'event', event: { name: 'lagged', count: 1, reason: 'a fact while the watch was being answered' } });
    const subscriber = new Subscriber(this.#port.our, path, { fact: ({ mark, data }) => void on.fact(mark, data), kicked: (reason) => on.kicked(reason), dropped });
    this.#watchLocal(name, subscriber, (refused, error) => on.acked(refused, error));
    return () => subscriber.end();
  }

  /** A peer asks for a path. */
  watched(topic: string, subscriber: Subscriber, answer: (refused?: string) => void): void {
    const running = this.#byTopic.get(topic);
    if (running === undefined && this.#port.isTarget(subscriber.peer)) this.#missed.add(topic, subscriber.peer);
    // Not running and not open look alike, so that strangers do not learn what runs.
    if (running === undefined || !isOpenPath(running.open, subscriber.path)) return answer('forbidden');
    this.#enqueueWatch(running, subscriber, (refused) => {
      const gossips = refused === undefined && subscriber.path === GOSSIP_GOSSIP && !subscriber.ended;
      if (gossips) owe(this.#owing, running.runner.name, subscriber);
      answer(this.#reasonFor(subscriber.peer, running, refused));
      if (gossips) running.listeners.add(subscriber);
    });
  }

  /** A peer pokes. */
  poked(topic: string, src: PeerId, mark: string, payload: Uint8Array, answer: (refused?: string) => void): void {
    const running = this.#byTopic.get(topic);
    if (running === undefined || !running.open.pokes.includes(mark)) return answer('forbidden');
    const decoded = this.#decode(payload);
    const told = (refused?: string): void => answer(this.#reasonFor(src, running, refused));
    if (!decoded.ok) return told(`bad-payload: ${decoded.reason}`);
    running.runner.enqueue({ arm: 'onPoke', datum: { mark, data: decoded.value }, bytes: payload.length, src, answer: told });
  }

  #reasonFor(peer: PeerId, { runner }: Running, refused: string | undefined): string | undefined {
    return reasonFor(this.#port.isTarget(peer), runner.name, refused);
  }

  /** Our user dropped a peer: what it was owed, it is not owed any more. */
  parted(peer: PeerId): void {
    this.#port.store.forgetOwed(peer);
  }

  /** Calls back once every event that waits now, in any agent, is done and committed. */
  barrier(done: () => void): void {
    let open = 1;
    const one = (): void => {
      open -= 1;
      if (open === 0) done();
    };
    for (const { runner } of this.#running.values()) {
      open += 1;
      runner.enqueue({ arm: 'barrier', src: this.#port.our, answer: one });
    }
    one();
  }

  /** Calls back once the events that wait in one agent are done and what they send is on its way. At once when it does not run. */
  after(name: string, done: () => void): void {
    const running = this.#running.get(name);
    if (running === undefined) done();
    else running.runner.enqueue({ arm: 'barrier', src: this.#port.our, answer: done });
  }

  /** A fact from the node itself; there is always room for it. `done` comes once what follows from it is on its way; at once when the agent does not run. */
  tell(name: string, wire: string, mark: string, data: unknown, done: () => void): void {
    const running = this.#running.get(name);
    if (running !== undefined) this.#sign(running, wire, { type: 'fact', mark, data }, this.#port.our);
    this.after(name, done);
  }

  #cut({ watches, subscriptions }: Running, reason: string): void {
    watches.leaveAll();
    subscriptions.kickAll(reason);
  }

  #perform(from: Running, effect: Outward, answering: Subscriber | undefined, early: boolean, number: number | undefined): void {
    switch (effect.type) {
      case 'fact':
        return this.#fact(from, effect, answering, early, number);
      case 'kick':
        return from.subscriptions.kick(effect.paths, effect.peer, effect.reason ?? 'kicked');
      case 'poke':
        return this.#poke(from, effect);
      case 'watch':
        return this.#watch(from, effect);
      case 'leave':
        return from.watches.leave(effect);
    }
  }

  #fact(from: Running, effect: Extract<Outward, { type: 'fact' }>, answering: Subscriber | undefined, early: boolean, number: number | undefined): void {
    const { paths, rumor } = effect;
    const fact = new OutgoingFact(effect, this.#maxWireBytes, number, offerOf(effect, this.#port.limits));
    if (paths.length === 0) answering?.give(fact, early);
    // What is relayed on receipt is nobody's publication.
    else from.subscriptions.give(paths, fact, effect, early, rumor === undefined || early ? undefined : from.tallies.of(rumor));
    if (fact.isOffered) this.#offered.add(from.runner.name, fact);
    if (fact.fault !== undefined) this.#port.report(from.runner.name, { type: 'event', event: { name: 'failed', reason: 'a fact that no link can carry', error: fact.fault } });
  }

  #poke(from: Running, { wire, peer, agent, mark, data }: Extract<Outward, { type: 'poke' }>): void {
    const acked = (refused?: string): void => this.#sign(from, wire, { type: 'poke-ack', ...(refused !== undefined && { refused }) }, peer);
    if (peer === this.#port.our) return this.#pokeLocal(agent, mark, data, acked);
    const { payload, fault } = new OutgoingFact({ mark, data }, this.#maxWireBytes);
    if (payload !== undefined) return this.#router.poke(peer, topicOf(this.#port.networkId, agent), mark, payload[1], acked);
    this.#port.report(from.runner.name, { type: 'event', event: { name: 'failed', reason: 'a poke that no link can carry', ...(fault !== undefined && { error: fault }) } });
    acked('failed');
  }

  #watch(from: Running, { path, ...name }: Extract<Outward, { type: 'watch' }>): void {
    const watch = from.watches.begin(name, path);
    if (watch === undefined) return;
    const { wire, peer, agent } = name;
    const over = (sign: Sign): void => {
      watch.gone = true;
      this.#sign(from, wire, sign, peer, watch, () => from.watches.forget(name, watch));
    };
    const watcher = {
      acked: (refused?: string): void => (refused === undefined ? this.#sign(from, wire, { type: 'watch-ack' }, peer, watch) : over({ type: 'watch-ack', refused })),
      kicked: (reason: string): void => over({ type: 'kick', reason }),
    };
    if (peer === this.#port.our) watch.end = this.watch(agent, path, { ...watcher, fact: (mark, data) => this.#sign(from, wire, { type: 'fact', mark, data }, peer, watch) });
    else {
      watch.end = this.#router.watch(peer, topicOf(this.#port.networkId, agent), path, {
        ...watcher,
        fact: (mark, message, payloadAt, receipt) => this.#heard(from, name, mark, message, payloadAt, watch, receipt),
        offered: (offered, receipt) => from.runner.offered(wire, offered, peer, receipt),
      });
    }
  }

  #heard(to: Running, { wire, peer }: WatchName, mark: string, message: Uint8Array, payloadAt: number, watch: Watch, receipt: Receipt): void {
    const length = message.length - payloadAt;
    const bytes = length <= this.#maxWireBytes ? viewBytes(message, payloadAt) : undefined;
    // A rumor, as a rule: not copied before it is known to be new.
    if (bytes !== undefined) return void to.runner.arrive(wire, { type: 'fact', mark, data: bytes }, peer, length, watch, receipt);
    const decoded = this.#decode(message.subarray(payloadAt));
    if (decoded.ok) to.runner.arrive(wire, { type: 'fact', mark, data: decoded.value }, peer, length, watch, receipt);
    else this.#port.report(to.runner.name, { type: 'event', event: { name: 'bad-payload', peer, reason: decoded.reason } });
    if (!decoded.ok) to.runner.nothingArrived(receipt);
  }

  #decode(payload: Uint8Array): ReturnType<typeof decodePayload> | { readonly ok: false; readonly reason: 'too-large' } {
    return payload.length > this.#maxWireBytes ? { ok: false, reason: 'too-large' } : decodePayload(payload);
  }

  #sign(to: Running, wire: string, sign: Sign, src: PeerId, watch?: Watch, answer?: Answer): void {
    to.runner.enqueue({ arm: 'onAgent', wire, sign, src, bytes: 0, ...(watch !== undefined && { watch }), ...(answer !== undefined && { answer }) });
  }

  #pokeLocal(name: string, mark: string, data: unknown, answer: Answer): void {
    const running = this.#running.get(name);
    if (running === undefined) return answer('no-such-agent');
    running.runner.enqueue({ arm: 'onPoke', datum: { mark, data }, bytes: 0, src: this.#port.our, answer });
  }

  #watchLocal(name: string, subscriber: Subscriber, answer: Answer): void {
    const running = this.#running.get(name);
    if (running === undefined) return answer('no-such-agent');
    this.#enqueueWatch(running, subscriber, (refused, error) => {
      // It was left, or the agent kicked it, before it was answered.
      if (subscriber.ended) return;
      answer(refused, error);
      if (refused === undefined) subscriber.open();
      else subscriber.refuse();
    });
  }

  /** What is lost is told behind the watch and ahead of the next one, though it may not be answered yet; the runner drops it when the agent never accepted it. */
  #enqueueWatch({ runner }: Running, subscriber: Subscriber, answer: Answer): void {
    const { path, peer: src } = subscriber;
    runner.enqueue({ arm: 'onWatch', path, subscriber, src, answer });
    subscriber.onLost(() => runner.enqueue({ arm: 'onLeave', path, subscriber, src }));
  }
}

/** What a topic is called on the wire: SHA-256 over domain tag, network id and name, in hex, so that strangers do not learn what runs. */
export function topicOf(networkId: string, name: string): string {
  return primitives().sha256Hex(Buffer.from(`hearsay/1 topic\0${networkId}\0${name}`, 'utf8'));
}

function pick({ our, clock, store, limits, random }: HostPort): Pick<HostPort, 'our' | 'clock' | 'store' | 'limits' | 'random'> {
  return { our, clock, store, limits, random };
}

function refusal(name: string, reason: string): HearsayError {
  return new HearsayError('HEARSAY_REFUSED', { field: name, rule: 'to accept', value: reason });
}
