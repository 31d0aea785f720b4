/**
 * A world of gossip cores on one virtual clock: mutual pals with links of random latency, some of them black holes, that may lose their
 * process at any time. It does what the wrapper and the host do, and counts what each agent was given.
 */
import type { Seen } from '../../src/agent.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';
import type { Random } from '../../src/random.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import type { GossipConfig } from '../../src/wrapper/config.ts';
import { GossipCore } from '../../src/wrapper/core.ts';
import type { GossipEffect, Input, Timer } from '../../src/wrapper/core/messages.ts';
import type { RestoredRumor } from '../../src/wrapper/core/passing.ts';
import { BOUNDS, NOW, peerOf, rumorOf } from './names.ts';

type Out = GossipEffect<string>;
type In = Input<string>;
type Sent = Extract<Out, { type: 'Send' | 'SendUpgrade' | 'Pass' | 'Answer' }>;

/** Something that left a node. */
export interface Wire {
  readonly atMs: number;
  readonly from: PeerId;
  readonly effect: Sent;
}

export interface NetOptions {
  readonly config: Partial<GossipConfig>;
  /** Pairs of node numbers that are mutual pals. */
  readonly edges: readonly (readonly [number, number])[];
  readonly nodes: number;
  readonly random: Random;
  /** Nodes that accept what is passed to them, and do nothing with it. */
  readonly blackHoles?: readonly number[];
  /** Of a link, in ms, both inclusive. @defaultValue 10 to 100 */
  readonly latencyMs?: readonly [number, number];
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** All nodes and the clock. */
export class ModelNet {
  nowMs = NOW;
  readonly nodes: readonly ModelNode[];
  readonly wires: Wire[] = [];
  readonly #options: NetOptions;
  readonly #heap: Due[] = [];
  readonly #latencies = new Map<string, number>();
  #order = 0;

  constructor(options: NetOptions) {
    this.#options = options;
    this.nodes = Array.from({ length: options.nodes }, (_, n) => new ModelNode(this, n, options));
    for (const [a, b] of options.edges) this.befriend(a, b);
    this.runFor(10_000);
    this.wires.length = 0;
  }

  befriend(a: number, b: number): void {
    for (const [one, other] of [[a, b], [b, a]] as const) {
      for (const change of ['meet', 'near'] as const) this.nodes[one]?.input({ type: 'PalChanged', change, peer: peerOf(other + 1) });
      this.nodes[one]?.pals.add(peerOf(other + 1));
    }
  }

  at(peer: PeerId): ModelNode {
    return this.nodes[parseInt(peer, 16) - 1] as ModelNode;
  }

  later(delayMs: number, run: () => void): void {
    push(this.#heap, { atMs: this.nowMs + delayMs, order: (this.#order += 1), run });
  }

  /** Fixed for each direction of a link, so that links keep their order. */
  latency(from: PeerId, to: PeerId): number {
    const key = `${from} ${to}`;
    const [min, max] = this.#options.latencyMs ?? [10, 100];
    const latencyMs = this.#latencies.get(key) ?? min + this.#options.random.below(max - min + 1);
    this.#latencies.set(key, latencyMs);
    return latencyMs;
  }

  runFor(ms: number): void {
    const endMs = this.nowMs + ms;
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      pop(this.#heap);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }

  /** Sets one node to say something, and lets everything come to rest. */
  say(origin: number, n: number): RumorId {
    const id = rumorOf(n);
    this.nodes[origin]?.input({ type: 'Published', id, body: id, bytes: 100 });
    return id;
  }
}

/** One node: its core, and what the shell keeps for it. */
export class ModelNode {
  readonly id: PeerId;
  readonly pals = new Set<PeerId>();
  readonly blackHole: boolean;
  readonly seen = new Map<RumorId, Seen>();
  readonly disk = new Map<RumorId, Extract<Out, { type: 'SaveHeld' }>>();
  readonly given = new Map<RumorId, number>();
  readonly said = new Set<RumorId>();
  /** Every effect, newest last, where a test wants to look. */
  log: Out[] | undefined;
  core!: GossipCore<string>;
  readonly #net: ModelNet;
  readonly #config: GossipConfig;
  readonly #random: Random;
  readonly #subscribers = new Set<PeerId>();
  readonly #timers = new Map<string, object>();
  #runs = 0;

  constructor(net: ModelNet, n: number, { config, random, blackHoles }: NetOptions) {
    this.#net = net;
    this.id = peerOf(n + 1);
    this.blackHole = blackHoles?.includes(n) === true;
    this.#config = gossipConfig({ hear: 'mutuals', tell: 'mutuals', ...config }, 15);
    this.#random = random.fork(`node ${n}`);
    this.#start();
  }

  /** The process is gone, and another one starts on the same disk. */
  restart(): void {
    for (const peer of this.pals) this.#net.at(peer).lost(this.id);
    this.#subscribers.clear();
    this.#start();
    for (const peer of this.pals) {
      for (const change of ['meet', 'near'] as const) this.input({ type: 'PalChanged', change, peer });
      this.#net.later(this.#net.latency(peer, this.id), () => this.asked(peer));
    }
  }

  lost(peer: PeerId): void {
    if (this.#subscribers.delete(peer)) this.input({ type: 'SubscriberLeft', peer });
  }

  asked(by: PeerId): void {
    const refused = this.input({ type: 'WatchAsked', peer: by }).some(({ type }) => type === 'Refuse');
    if (!refused) this.#subscribers.add(by);
    this.#net.later(this.#net.latency(this.id, by), () => this.#net.at(by).input(refused ? { type: 'WatchRefused', peer: this.id, reason: 'no' } : { type: 'WatchAcked', peer: this.id }));
  }

  input(input: In): readonly Out[] {
    const effects = this.core.step(input, this.#net.nowMs);
    this.log?.push(...effects);
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  /** A copy comes. @returns what came of it */
  hears(id: RumorId, hops: number, from: PeerId): readonly Out[] {
    const seen = this.seen.get(id);
    if (seen !== undefined && !this.core.mustRead(id, hops, seen)) return this.input({ type: 'RepeatArrived', id, from, hops, seen });
    return this.input({ type: 'RumorArrived', id, from, hops, seen, verdict: { type: 'valid' }, room: true, body: id, bytes: 100 });
  }

  /** A rumor to pass on comes. @returns whether it was refused, and what came of it */
  poked(id: RumorId, hops: number, from: PeerId): readonly Out[] {
    if (this.blackHole) return [];
    return this.input({ type: 'RumorPoked', id, from, hops, seen: this.seen.get(id), verdict: { type: 'valid' }, room: true, body: id, bytes: 100 });
  }

  #start(): void {
    this.#runs += 1;
    const held = [...this.disk.values()].map(
      ({ id, hops, successor, deadlineMs, body }): RestoredRumor<string> => ({ id, hops, successor, deadlineMs, body, bytes: 100, unknown: false, delivered: this.seen.get(id)?.delivered === true, heard: this.seen.get(id)?.relayed === true }),
    );
    this.core = new GossipCore<string>({ ...BOUNDS, our: this.id, maxHops: 15, given: this.#config, persisted: this.#config, held, random: this.#random.fork(`run ${this.#runs}`) });
    this.input({ type: 'Started' });
  }

  #perform(effect: Out): void {
    switch (effect.type) {
      case 'Watch':
        return this.#net.later(this.#net.latency(this.id, effect.peer), () => this.#net.at(effect.peer).asked(this.id));
      case 'SetTimer':
        return this.#setTimer(effect.timer, effect.delayMs);
      case 'CancelTimer':
        return void this.#timers.delete(JSON.stringify(effect.timer));
      case 'Remember': {
        const before = this.seen.get(effect.id);
        this.seen.set(effect.id, { hops: Math.max(effect.hops, before?.hops ?? 0), delivered: effect.delivered || before?.delivered === true, relayed: effect.relayed || before?.relayed === true });
        return undefined;
      }
      case 'SaveHeld':
        return void this.disk.set(effect.id, effect);
      case 'ForgetHeld':
        return void this.disk.delete(effect.id);
      case 'Deliver':
        return void this.given.set(effect.id, (this.given.get(effect.id) ?? 0) + 1);
      case 'Send':
      case 'SendUpgrade':
      case 'Pass':
        return this.#send(effect);
      default:
        return undefined;
    }
  }

  #send(effect: Exclude<Sent, { type: 'Answer' }>): void {
    if (this.blackHole && effect.type !== 'Pass') return;
    this.#net.wires.push({ atMs: this.#net.nowMs, from: this.id, effect });
    if (effect.type === 'Pass') return this.#net.later(this.#net.latency(this.id, effect.to), () => this.#pass(effect));
    for (const peer of this.#subscribers) {
      if (effect.only?.includes(peer) === false || (effect.type === 'Send' && effect.except === peer)) continue;
      const { hops } = effect;
      this.#net.later(this.#net.latency(this.id, peer), () => {
        const to = this.#net.at(peer);
        if (effect.type === 'Send') to.hears(effect.body as RumorId, hops, this.id);
        else to.input({ type: 'UpgradeArrived', id: effect.id, from: this.id, hops, seen: to.seen.get(effect.id) });
      });
    }
  }

  #pass({ id, to, hops }: Extract<Out, { type: 'Pass' }>): void {
    const refused = this.#net.at(to).poked(id, hops, this.id).some(({ type }) => type === 'Refuse');
    this.#net.later(this.#net.latency(to, this.id), () => this.input({ type: 'PassAnswered', id, peer: to, refused }));
  }

  #setTimer(timer: Timer, delayMs: number): void {
    const key = JSON.stringify(timer);
    const mine = {};
    this.#timers.set(key, mine);
    this.#net.later(delayMs, () => {
      if (this.#timers.get(key) !== mine) return;
      this.#timers.delete(key);
      this.input({ type: 'TimerFired', timer });
    });
  }
}

const before = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function push(heap: Due[], due: Due): void {
  let at = heap.push(due) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (before(heap[up] as Due, due)) break;
    heap[at] = heap[up] as Due;
    at = up;
  }
  heap[at] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop() as Due;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let down = 2 * at + 1;
    if (down >= heap.length) break;
    if (down + 1 < heap.length && before(heap[down + 1] as Due, heap[down] as Due)) down += 1;
    if (before(last, heap[down] as Due)) break;
    heap[at] = heap[down] as Due;
    at = down;
  }
  heap[at] = last;
}
