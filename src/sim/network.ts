/**
 * A network on a virtual clock: nodes that run the overlay core, links with latencies, losses, crashes and partitions. Pure.
 * It is the shell of ten thousand cores at once. Nothing of the protocol is in it.
 *
 * A link is open at each end by itself: who closes it or dies is noticed at the other end one latency later.
 */
import { assert } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { pickJoins, pickProbe, probeDelayMs } from '../overlay/address-picks.ts';
import type { OverlayConfig } from '../overlay/config.ts';
import { HyParView } from '../overlay/hyparview.ts';
import type { Contact, OverlayEffect, OverlayEvent, OverlayInput, OverlayMessage, OverlayTimer, Role } from '../overlay/messages.ts';
import { seededRandom } from '../random.ts';
import type { Random } from '../random.ts';
import { ContactBook } from './contact-book.ts';
import { graphOf } from './graph-stats.ts';
import type { Graph } from './graph-stats.ts';
import { Heap } from './heap.ts';
import { TraceHash } from './trace-hash.ts';

/** A node's place in the network: 0, 1, 2 … in the order of their coming. */
export type NodeIndex = number;

/** What a network is like. */
export interface NetworkOptions {
  readonly seed: number;
  readonly config: OverlayConfig;
  /** One way, in ms, drawn once per link, all values from first to last equally likely. */
  readonly latencyMs: readonly [number, number];
  /** Share of messages that vanish on their way, 0 to 1. Links are ordered and reliable, so this is harsher than the world. */
  readonly lossShare: number;
}

/** What stands at a place: an honest node runs the core; a scenario may put something else there. */
export interface Actor {
  /** Something happened to it. */
  input(input: OverlayInput): void;
  /** The time set with {@link Network.wake} is there. */
  wake(): void;
  /** Its neighbours. */
  readonly neighbors: readonly PeerId[];
}

interface Place {
  readonly index: NodeIndex;
  readonly contact: Contact;
  actor: Actor;
  alive: boolean;
  side: number;
  /** Links open at this end. */
  readonly links: Set<NodeIndex>;
}

type Event =
  | { readonly type: 'input'; readonly to: Place; readonly input: OverlayInput }
  | { readonly type: 'message'; readonly to: Place; readonly from: Place; readonly message: OverlayMessage }
  | { readonly type: 'dial'; readonly to: Place; readonly from: Place; readonly message: OverlayMessage }
  | { readonly type: 'lost'; readonly to: Place; readonly from: Place }
  | { readonly type: 'wake'; readonly to: Place }
  | { readonly type: 'call'; readonly run: () => void };

/** A dial that nobody answers, as across a partition, is given up after that time (limits.handshakeTimeoutMs). */
const DIAL_TIMEOUT_MS = 5_000;
/** A link that fell silent is given up after that time: a heartbeat and its answer (twice limits.heartbeatMs). */
const SILENCE_MS = 30_000;

const INPUT_CODES: Readonly<Record<OverlayInput['type'] | OverlayMessage['type'], number>> = {
  Started: 1,
  RecordChanged: 2,
  JoinRequested: 3,
  ProbeRequested: 4,
  MessageReceived: 5,
  TimerFired: 6,
  LinkLost: 7,
  ConnectFailed: 8,
  LeaveRequested: 9,
  Join: 10,
  JoinReply: 11,
  ForwardJoin: 12,
  Neighbor: 13,
  NeighborReply: 14,
  Disconnect: 15,
  Shuffle: 16,
  ShuffleReply: 17,
};

export class Network {
  readonly options: NetworkOptions;
  readonly random: Random;
  /** Of all that happened so far. */
  readonly trace: TraceHash = new TraceHash();
  readonly #places: Place[] = [];
  readonly #byPeer = new Map<PeerId, Place>();
  readonly #heap = new Heap<Event>();
  readonly #latencySeed: number;
  readonly #lossRandom: Random;
  #partitioned = false;
  #nowMs = 0;

  constructor(options: NetworkOptions) {
    this.options = options;
    this.random = seededRandom(options.seed);
    this.#latencySeed = this.random.fork('latency').below(2 ** 32);
    this.#lossRandom = this.random.fork('loss');
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get size(): number {
    return this.#places.length;
  }

  get traceHash(): string {
    return this.trace.toString();
  }

  /** Adds an honest node, which does nothing until it is told to join. */
  addNode(role: Role = 'member'): NodeIndex {
    const place = this.#addPlace();
    place.actor = new HonestNode(this, place.contact, this.options.config, this.random.fork(`node ${place.index}`));
    this.tell(place.index, { type: 'Started', role, record: undefined });
    return place.index;
  }

  /** Adds something of another kind. */
  addActor(make: (contact: Contact) => Actor): NodeIndex {
    const place = this.#addPlace();
    place.actor = make(place.contact);
    return place.index;
  }

  contactOf(node: NodeIndex): Contact {
    return this.#place(node).contact;
  }

  indexOf(peer: PeerId): NodeIndex {
    return (this.#byPeer.get(peer) as Place).index;
  }

  /** Gives a node an input, now. */
  tell(node: NodeIndex, input: OverlayInput): void {
    this.#input(this.#place(node), input);
  }

  /** A node dies. Its links close, one latency away from each neighbour. */
  crash(node: NodeIndex): void {
    const place = this.#place(node);
    place.alive = false;
    for (const other of place.links) this.#loseLater(this.#place(other), place, this.latencyMs(node, other));
    place.links.clear();
  }

  /** A node says goodbye, and is gone. */
  leave(node: NodeIndex): void {
    this.tell(node, { type: 'LeaveRequested' });
    this.crash(node);
  }

  /** Cuts the network: what goes from one side to another vanishes, and links across fall silent. */
  partition(sideOf: (node: NodeIndex) => number): void {
    this.#partitioned = true;
    for (const place of this.#places) place.side = sideOf(place.index);
    for (const place of this.#places) {
      for (const other of place.links) if (!this.#reaches(place, this.#place(other))) this.#loseLater(place, this.#place(other), this.random.below(SILENCE_MS));
    }
  }

  /** Makes the network whole again. */
  heal(): void {
    this.#partitioned = false;
  }

  /** Runs `run` at that time. */
  at(atMs: number, run: () => void): void {
    this.#heap.push(atMs, { type: 'call', run });
  }

  /** Lets everything happen that is due until `untilMs`, which is then the time. */
  runUntil(untilMs: number): void {
    while (this.#heap.nextMs <= untilMs) {
      this.#nowMs = this.#heap.nextMs;
      this.#happen(this.#heap.pop() as Event);
    }
    this.#nowMs = untilMs;
  }

  /** The active views of the nodes that live and pass the test; the dead and the others have no arcs and are left out as targets. */
  graph(counts: (node: NodeIndex) => boolean = () => true): { readonly graph: Graph; readonly nodes: readonly NodeIndex[] } {
    const nodes = this.#places.filter(({ index, alive }) => alive && counts(index)).map(({ index }) => index);
    const rank = new Int32Array(this.#places.length).fill(-1);
    for (const [at, node] of nodes.entries()) rank[node] = at;
    return { graph: graphOf(nodes.map((node) => this.neighborsOf(node).map((other) => rank[other] as number))), nodes };
  }

  neighborsOf(node: NodeIndex): NodeIndex[] {
    return this.#place(node).actor.neighbors.map((peer) => this.indexOf(peer));
  }

  /** One way, in ms: always the same for a pair, whichever way. */
  latencyMs(a: NodeIndex, b: NodeIndex): number {
    const [min, max] = this.options.latencyMs;
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    return min + (mix32(this.#latencySeed ^ mix32(low * 0x9e3779b1 + high)) % (max - min + 1));
  }

  // What actors may do.

  send(from: Contact, to: PeerId, message: OverlayMessage): void {
    const source = this.#byPeer.get(from.peer) as Place;
    const target = this.#byPeer.get(to);
    if (target === undefined || !source.links.has(target.index)) return;
    this.#transmit(source, target, message);
  }

  connect(from: Contact, to: PeerId, message: OverlayMessage): void {
    const source = this.#byPeer.get(from.peer) as Place;
    const target = this.#byPeer.get(to);
    assert(target !== undefined, 'simulated nodes know only simulated nodes');
    if (source.links.has(target.index)) return this.#transmit(source, target, message);
    const oneWayMs = this.latencyMs(source.index, target.index);
    // One round trip for the link, then the message.
    return this.#heap.push(this.#nowMs + 3 * oneWayMs, { type: 'dial', to: target, from: source, message });
  }

  close(from: Contact, to: PeerId): void {
    const source = this.#byPeer.get(from.peer) as Place;
    const target = this.#byPeer.get(to);
    if (target === undefined || !source.links.delete(target.index)) return;
    this.#loseLater(target, source, this.latencyMs(source.index, target.index));
  }

  setTimer(from: Contact, timer: OverlayTimer, delayMs: number): void {
    this.#heap.push(this.#nowMs + delayMs, { type: 'input', to: this.#byPeer.get(from.peer) as Place, input: { type: 'TimerFired', timer } });
  }

  wake(from: Contact, delayMs: number): void {
    this.#heap.push(this.#nowMs + delayMs, { type: 'wake', to: this.#byPeer.get(from.peer) as Place });
  }

  #happen(event: Event): void {
    switch (event.type) {
      case 'input':
        return this.#input(event.to, event.input);
      case 'message':
        if (event.to.links.has(event.from.index) && this.#reaches(event.from, event.to)) this.#deliver(event.to, event.from, event.message);
        return undefined;
      case 'dial':
        return this.#onDial(event.to, event.from, event.message);
      case 'lost':
        if (event.to.links.delete(event.from.index)) this.#input(event.to, { type: 'LinkLost', peer: event.from.contact.peer });
        return undefined;
      case 'wake':
        if (event.to.alive) event.to.actor.wake();
        return undefined;
      default:
        return event.run();
    }
  }

  #onDial(to: Place, from: Place, message: OverlayMessage): void {
    if (!from.alive) return;
    if (to.alive && this.#reaches(from, to)) {
      from.links.add(to.index);
      to.links.add(from.index);
      return this.#deliver(to, from, message);
    }
    const failed: OverlayInput = { type: 'ConnectFailed', peer: to.contact.peer };
    // A dead process refuses at once; across a partition nobody answers.
    if (this.#reaches(from, to)) return this.#input(from, failed);
    return this.#heap.push(this.#nowMs + DIAL_TIMEOUT_MS, { type: 'input', to: from, input: failed });
  }

  #transmit(from: Place, to: Place, message: OverlayMessage): void {
    const { lossShare } = this.options;
    if (lossShare > 0 && this.#lossRandom.below(1_000_000) < lossShare * 1_000_000) return;
    this.#heap.push(this.#nowMs + this.latencyMs(from.index, to.index), { type: 'message', to, from, message });
  }

  #loseLater(at: Place, other: Place, delayMs: number): void {
    this.#heap.push(this.#nowMs + delayMs, { type: 'lost', to: at, from: other });
  }

  #deliver(to: Place, from: Place, message: OverlayMessage): void {
    this.trace.add(INPUT_CODES[message.type]);
    this.trace.add(from.index);
    this.#input(to, { type: 'MessageReceived', from: from.contact.peer, message });
  }

  #input(to: Place, input: OverlayInput): void {
    if (!to.alive) return;
    this.trace.add(Math.round(this.#nowMs));
    this.trace.add(to.index);
    this.trace.add(INPUT_CODES[input.type]);
    to.actor.input(input);
  }

  #reaches(a: Place, b: Place): boolean {
    return !this.#partitioned || a.side === b.side;
  }

  #addPlace(): Place {
    const index = this.#places.length;
    const place: Place = { index, contact: { peer: peerIdOf(index), record: undefined }, actor: NOBODY, alive: true, side: 0, links: new Set() };
    this.#places.push(place);
    this.#byPeer.set(place.contact.peer, place);
    return place;
  }

  #place(node: NodeIndex): Place {
    const place = this.#places[node];
    assert(place !== undefined, `node ${node} exists`);
    return place;
  }
}

const NOBODY: Actor = { input: () => undefined, wake: () => undefined, neighbors: [] };

/** A node as the package runs it: the overlay core, an address book, and the probing rule. */
class HonestNode implements Actor {
  readonly #network: Network;
  readonly #me: Contact;
  readonly #core: HyParView;
  readonly #book = new ContactBook();
  readonly #random: Random;

  constructor(network: Network, me: Contact, config: OverlayConfig, random: Random) {
    this.#network = network;
    this.#me = me;
    this.#random = random;
    this.#core = new HyParView(me.peer, config, random);
    network.wake(me, probeDelayMs(random));
  }

  get neighbors(): readonly PeerId[] {
    return this.#core.activeView;
  }

  input(input: OverlayInput): void {
    if (input.type === 'JoinRequested') for (const contact of input.contacts) this.#book.heardOf(contact);
    for (const effect of this.#core.step(input, this.#network.nowMs)) this.#perform(effect);
  }

  wake(): void {
    this.#network.wake(this.#me, probeDelayMs(this.#random));
    const contact = pickProbe(this.#book.entries, (peer) => this.#core.isNeighbor(peer), this.#random);
    if (contact !== undefined) this.input({ type: 'ProbeRequested', contact });
  }

  #perform(effect: OverlayEffect): void {
    switch (effect.type) {
      case 'Send':
        return this.#network.send(this.#me, effect.to, effect.message);
      case 'Connect':
        return this.#network.connect(this.#me, effect.to.peer, effect.message);
      case 'Close':
        return this.#network.close(this.#me, effect.peer);
      case 'SetTimer':
        return this.#network.setTimer(this.#me, effect.timer, effect.delayMs);
      default:
        return this.#onEvent(effect.event);
    }
  }

  #onEvent(event: OverlayEvent): void {
    if (event.type === 'NeighborUp') this.#book.worked(this.#network.contactOf(this.#network.indexOf(event.peer)), this.#random);
    if (event.type === 'Learned') for (const contact of event.contacts) this.#book.heardOf(contact);
    if (event.type !== 'Isolated') return;
    const contacts = pickJoins(this.#book.entries, this.#random);
    // As an event of its own: a step is not to be entered from within.
    if (contacts.length > 0) this.#network.at(this.#network.nowMs, () => this.#network.tell(this.#network.indexOf(this.#me.peer), { type: 'JoinRequested', contacts }));
  }
}

/** The digits that differ come first, and the string is the engine's one copy of it, as the names of properties are: comparing two is comparing pointers. */
function peerIdOf(index: NodeIndex): PeerId {
  const [interned] = Object.keys({ [index.toString(16).padStart(8, '0').padEnd(64, '0')]: 0 });
  return interned as PeerId;
}

function mix32(x: number): number {
  let z = x >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
