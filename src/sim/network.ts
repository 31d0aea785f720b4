/**
 * A network on a virtual clock: nodes that run the overlay core, links with latencies, losses and cuts, crashes. Pure.
 * It is the shell of ten thousand cores at once. Nothing of the protocol is in it.
 */
import { assert, assertNever } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { OverlayConfig } from '../overlay/config.ts';
import type { Contact, OverlayInput, OverlayMessage, OverlayTimer, Role } from '../overlay/messages.ts';
import { seededRandom } from '../random.ts';
import type { Random } from '../random.ts';
import { Agenda } from './agenda.ts';
import { INPUT_CODES, placeOf } from './events.ts';
import type { Event, Place } from './events.ts';
import { graphOf } from './graph-stats.ts';
import type { Graph } from './graph-stats.ts';
import { HonestNode } from './honest-node.ts';
import { Links } from './links.ts';
import type { LinkOptions } from './links.ts';
import { TraceHash } from './trace-hash.ts';

/** A node's place in the network: 0, 1, 2 … in the order of their coming. */
export type NodeIndex = number;

/** What a network is like. */
export interface NetworkOptions extends LinkOptions {
  readonly seed: number;
  readonly config: OverlayConfig;
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

export class Network {
  readonly options: NetworkOptions;
  readonly random: Random;
  /** Of all that happened so far. */
  readonly trace: TraceHash = new TraceHash();
  readonly #places: Place[] = [];
  readonly #byPeer = new Map<PeerId, Place>();
  readonly #agenda = new Agenda<Event>();
  readonly #links: Links;

  constructor(options: NetworkOptions) {
    this.options = options;
    this.random = seededRandom(options.seed);
    this.#links = new Links(options, this.random, this.#agenda);
  }

  get nowMs(): number {
    return this.#agenda.nowMs;
  }

  /** Places so far, those of the dead included. */
  get size(): number {
    return this.#places.length;
  }

  get traceHash(): string {
    return this.trace.toString();
  }

  /** Adds an honest node, which does nothing until it is told to join. */
  addNode(role: Role = 'member'): NodeIndex {
    const place = this.#addPlace();
    place.actor = new HonestNode(this, place, this.options.config, this.random.fork(`node ${place.index}`));
    this.tell(place.index, { type: 'Started', role, record: undefined });
    return place.index;
  }

  /** Adds something of another kind. */
  addActor(make: (place: Place) => Actor): NodeIndex {
    const place = this.#addPlace();
    place.actor = make(place);
    return place.index;
  }

  contactOf(node: NodeIndex): Contact {
    return this.#place(node).contact;
  }

  indexOf(peer: PeerId): NodeIndex {
    return this.#placeOf(peer).index;
  }

  /** Gives a node an input, now. */
  tell(node: NodeIndex, input: OverlayInput): void {
    this.#input(this.#place(node), input);
  }

  /** A node dies. Its links close, one latency away from each neighbour. */
  crash(node: NodeIndex): void {
    const place = this.#place(node);
    place.alive = false;
    for (const other of [...place.links.keys()]) this.#links.close(place, this.#place(other));
  }

  /** A node says goodbye, and is gone. */
  leave(node: NodeIndex): void {
    this.tell(node, { type: 'LeaveRequested' });
    this.crash(node);
  }

  /** Cuts the network: what goes from one side to another vanishes, and links across fall silent within 30 s. */
  partition(sideOf: (node: NodeIndex) => number): void {
    this.#links.cut(this.#places, ({ index }) => sideOf(index));
  }

  /** Makes the network whole again. */
  heal(): void {
    this.#links.mend();
  }

  /** Runs `run` at that time. */
  at(atMs: number, run: () => void): void {
    this.#agenda.add(atMs, { type: 'call', run });
  }

  /** Lets everything happen that is due until `untilMs`, which is then the time. */
  runUntil(untilMs: number): void {
    this.#agenda.runUntil(untilMs, (event) => this.#happen(event));
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

  // What actors may do.

  send(from: Place, to: PeerId, message: OverlayMessage): void {
    this.#links.send(from, this.#placeOf(to), message);
  }

  connect(from: Place, to: PeerId, message: OverlayMessage): void {
    this.#links.connect(from, this.#placeOf(to), message);
  }

  close(from: Place, to: PeerId): void {
    this.#links.close(from, this.#placeOf(to));
  }

  setTimer(from: Place, timer: OverlayTimer, delayMs: number): void {
    this.#agenda.add(this.nowMs + delayMs, { type: 'input', to: from, input: { type: 'TimerFired', timer } });
  }

  wake(from: Place, delayMs: number): void {
    this.#agenda.add(this.nowMs + delayMs, { type: 'wake', to: from });
  }

  #happen(event: Event): void {
    switch (event.type) {
      case 'input':
        return this.#input(event.to, event.input);
      case 'message':
        if (event.to.links.has(event.from.index) && this.#links.reaches(event.from, event.to)) this.#deliver(event.to, event.from, event.message);
        return undefined;
      case 'dial':
        return this.#onDial(event.to, event.from, event.message);
      case 'lost':
        if (event.to.links.delete(event.from.index)) this.#input(event.to, { type: 'LinkLost', peer: event.from.contact.peer });
        return undefined;
      case 'wake':
        if (event.to.alive) event.to.actor.wake();
        return undefined;
      case 'call':
        return event.run();
      default:
        return assertNever(event);
    }
  }

  #onDial(to: Place, from: Place, message: OverlayMessage): void {
    if (!from.alive) return;
    if (!to.alive || !this.#links.reaches(from, to)) return this.#links.fail(from, to);
    this.#links.open(from, to);
    return this.#deliver(to, from, message);
  }

  #deliver(to: Place, from: Place, message: OverlayMessage): void {
    this.trace.add(INPUT_CODES[message.type]);
    this.trace.add(from.index);
    this.#input(to, { type: 'MessageReceived', from: from.contact.peer, message });
  }

  #input(to: Place, input: OverlayInput): void {
    if (!to.alive) return;
    this.trace.add(Math.round(this.nowMs));
    this.trace.add(to.index);
    this.trace.add(INPUT_CODES[input.type]);
    to.actor.input(input);
  }

  #addPlace(): Place {
    const place = placeOf(this.#places.length);
    this.#places.push(place);
    this.#byPeer.set(place.contact.peer, place);
    return place;
  }

  #place(node: NodeIndex): Place {
    const place = this.#places[node];
    assert(place !== undefined, `node ${node} exists`);
    return place;
  }

  #placeOf(peer: PeerId): Place {
    const place = this.#byPeer.get(peer);
    assert(place !== undefined, 'simulated nodes know only simulated nodes');
    return place;
  }
}
