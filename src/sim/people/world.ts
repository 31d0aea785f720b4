/**
 * A world of people on a virtual clock: everybody runs the wrapper's own gossip core, or, to compare, other rules. Pure.
 * It does what wrapper, host and pals do: it opens watches, carries copies, headers and pokes, keeps timers, and remembers. Nothing of the protocol
 * is in it. Links are ordered, and stand for the whole run.
 */
import { assert } from '../../errors.ts';
import type { PeerId, RumorId } from '../../ids.ts';
import type { Random } from '../../random.ts';
import type { GossipConfig } from '../../wrapper/config.ts';
import type { GossipEffect, Input, Timer } from '../../wrapper/core/messages.ts';
import { Agenda } from '../agenda.ts';
import type { NodeIndex } from '../network.ts';
import { TraceHash } from '../trace-hash.ts';
import { Datum, rumorOf } from './datum.ts';
import type { WorldEvent } from './events.ts';
import type { Friends } from './graphs.ts';
import type { Latency } from './latencies.ts';
import { ourRules, peerOf, Timers } from './person.ts';
import type { Gossiper, Person, Self } from './person.ts';

type In = Input<Datum>;
type Effect = GossipEffect<Datum>;
type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

export interface WorldOptions {
  /** By node, those it added. Who also added it is a mutual. */
  readonly targets: Friends;
  /** By node, its neighbours in the topic's overlay, which count where the policy says `anybody`. @defaultValue none */
  readonly neighbors?: Friends;
  readonly latency: Latency;
  readonly random: Random;
  /** The policy of each. */
  readonly config: (node: NodeIndex) => GossipConfig;
  /** They do all that honest nodes do, and take notes. @defaultValue none */
  readonly spies?: ReadonlySet<NodeIndex>;
  /** They accept what is passed to them, and do nothing with it. Else they are like all others. @defaultValue none */
  readonly blackHoles?: ReadonlySet<NodeIndex>;
  /** @defaultValue the package's own */
  readonly rules?: (self: Self) => Gossiper;
}

/** What a datum weighs, in bytes: two lines of text (our choice; it only counts against bounds). */
const DATUM_BYTES = 200;
/** By then all watches are open: the longest of a million latencies is near 700 ms, and a watch takes two. */
const SETTLED_MS = 10_000;

export class World {
  /** Of all that happened so far. */
  readonly trace: TraceHash = new TraceHash();
  /** How often an agent was given what it had: it must stay 0. */
  repeats = 0;
  readonly #latency: Latency;
  readonly #spies: ReadonlySet<NodeIndex>;
  readonly #blackHoles: ReadonlySet<NodeIndex>;
  readonly #people: readonly Person[];
  readonly #byPeer: Map<PeerId, Person> = new Map();
  readonly #data: Map<RumorId, Datum> = new Map();
  readonly #agenda: Agenda<WorldEvent> = new Agenda();
  #said = 0;
  #timersSet = 0;

  /** Everybody is there, knows their pals and has heard from them. */
  constructor({ targets, neighbors = [], latency, random, config, spies = new Set(), blackHoles = new Set(), rules = ourRules }: WorldOptions) {
    this.#latency = latency;
    this.#spies = spies;
    this.#blackHoles = blackHoles;
    this.#people = targets.map((_, index) => {
      const peer = peerOf(index);
      const self = { our: peer, config: config(index), random: random.fork(`person ${index}`) };
      return { index, peer, config: self.config, core: rules(self), subscribers: new Set(), timers: new Timers() };
    });
    for (const person of this.#people) this.#byPeer.set(person.peer, person);
    for (const person of this.#people) this.#input(person, { type: 'Started' });
    for (const [index, added] of targets.entries()) {
      for (const target of added) {
        const [one, other] = [this.#person(index), this.#person(target)];
        this.#input(one, { type: 'PalChanged', change: 'meet', peer: other.peer });
        this.#input(other, { type: 'PalChanged', change: 'near', peer: one.peer });
      }
    }
    for (const [index, others] of neighbors.entries()) for (const other of others) this.#input(this.#person(index), { type: 'NeighborChanged', change: 'up', peer: this.#person(other).peer });
    this.runFor(SETTLED_MS);
  }

  get nowMs(): number {
    return this.#agenda.nowMs;
  }

  get size(): number {
    return this.#people.length;
  }

  /** By node, those who hear it. */
  audiences(): Friends {
    return this.#people.map(({ subscribers }) => [...subscribers].map(({ index }) => index));
  }

  /** A node says something, now. It is what its agent has first. */
  say(origin: NodeIndex): Datum {
    const datum = new Datum(rumorOf((this.#said += 1)), origin, this.#person(origin).config.hops - 1, this.size, this.nowMs);
    this.#data.set(datum.id, datum);
    datum.give(origin, this.nowMs);
    this.#input(this.#person(origin), { type: 'Published', id: datum.id, body: datum, bytes: DATUM_BYTES });
    return datum;
  }

  /** Lets everything happen that is due in that time. */
  runFor(ms: number): void {
    this.#agenda.runUntil(this.nowMs + ms, (event) => this.#happen(event));
  }

  /** Drops what was said so far, when all of it has come to rest. */
  forget(): void {
    this.#data.clear();
  }

  #happen(event: WorldEvent): void {
    switch (event.type) {
      case 'copy':
        return this.#onCopy(event.to, event.from, event.datum, event.hops);
      case 'header':
        return this.#input(event.to, { type: 'UpgradeArrived', id: event.datum.id, from: event.from.peer, hops: event.hops, seen: event.datum.seenBy(event.to.index) });
      case 'pass':
        return this.#onPass(event.to, event.from, event.datum, event.hops);
      case 'watch':
        return this.#onWatch(event.to, event.from);
      case 'input':
        return this.#input(event.to, event.input);
      case 'timer':
        return this.#onTimer(event.to, event.timer, event.setAs);
    }
  }

  #onCopy(to: Person, from: Person, datum: Datum, hops: number): void {
    const { id } = datum;
    const seen = datum.seenBy(to.index);
    this.#spy(to, from, datum);
    if (seen !== undefined && !to.core.mustRead(id, hops, seen)) return this.#input(to, { type: 'RepeatArrived', id, from: from.peer, hops, seen });
    this.#input(to, { type: 'RumorArrived', id, from: from.peer, hops, seen, verdict: { type: 'valid' }, room: true, body: datum, bytes: DATUM_BYTES });
  }

  #onPass(to: Person, from: Person, datum: Datum, hops: number): void {
    const { id } = datum;
    this.#spy(to, from, datum);
    const taken = this.#blackHoles.has(to.index) || this.#step(to, { type: 'RumorPoked', id, from: from.peer, hops, seen: datum.seenBy(to.index), verdict: { type: 'valid' }, room: true, body: datum, bytes: DATUM_BYTES });
    this.#later(from, to, { type: 'input', to: from, input: { type: 'PassAnswered', id, peer: to.peer, refused: !taken } });
  }

  #onWatch(to: Person, from: Person): void {
    const taken = this.#step(to, { type: 'WatchAsked', peer: from.peer });
    if (taken) to.subscribers.add(from);
    const input: In = taken ? { type: 'WatchAcked', peer: to.peer } : { type: 'WatchRefused', peer: to.peer, reason: 'gossip-forbidden' };
    this.#later(to, from, { type: 'input', to: from, input });
  }

  #onTimer(to: Person, timer: Timer, setAs: number): void {
    if (to.timers.take(timer, setAs)) this.#input(to, { type: 'TimerFired', timer });
  }

  #input(to: Person, input: In): void {
    this.#step(to, input);
  }

  /** @returns whether it was not refused */
  #step(to: Person, input: In): boolean {
    this.trace.add(Math.round(this.nowMs));
    this.trace.add(to.index);
    this.trace.addName(input.type);
    let taken = true;
    for (const effect of to.core.step(input, this.nowMs)) {
      if (effect.type === 'Refuse') taken = false;
      else this.#perform(to, effect);
    }
    return taken;
  }

  #perform(person: Person, effect: Effect): void {
    switch (effect.type) {
      case 'Watch': {
        const to = this.#at(effect.peer);
        return this.#later(person, to, { type: 'watch', to, from: person });
      }
      case 'Send':
        return this.#send(person, effect);
      case 'SendUpgrade':
        return this.#sendUpgrade(person, effect);
      case 'Pass': {
        const to = this.#at(effect.to);
        if (effect.body.publishers.length === 0) effect.body.stem.push({ from: person.index, to: to.index });
        return this.#later(person, to, { type: 'pass', to, from: person, datum: effect.body, hops: effect.hops });
      }
      case 'Remember':
        return this.#data.get(effect.id)?.remember(person.index, effect);
      case 'Deliver':
        if (!effect.body.give(person.index, this.nowMs)) this.repeats += 1;
        return undefined;
      case 'SetTimer':
        return this.#setTimer(person, effect);
      case 'CancelTimer':
        return person.timers.cancel(effect.timer);
      default:
        return undefined; // For the disk and the user: the world keeps neither.
    }
  }

  #setTimer(person: Person, { timer, delayMs }: Of<'SetTimer'>): void {
    this.#timersSet += 1;
    person.timers.set(timer, this.#timersSet);
    this.#agenda.add(this.nowMs + delayMs, { type: 'timer', to: person, timer, setAs: this.#timersSet });
  }

  #send(from: Person, { body: datum, hops, except, only }: Of<'Send'>): void {
    datum.leaves(from.index, hops);
    for (const to of from.subscribers) {
      if (to.peer === except || only?.includes(to.peer) === false) continue;
      datum.payloads += 1;
      this.#later(from, to, { type: 'copy', to, from, datum, hops });
    }
  }

  #sendUpgrade(from: Person, { id, hops, only }: Of<'SendUpgrade'>): void {
    const datum = this.#data.get(id) as Datum;
    datum.leaves(from.index, hops);
    for (const peer of only) {
      const to = this.#at(peer);
      datum.headers += 1;
      this.#later(from, to, { type: 'header', to, from, datum, hops });
    }
  }

  #spy(to: Person, from: Person, datum: Datum): void {
    if (datum.firstSpied === undefined && this.#spies.has(to.index)) datum.firstSpied = { from: from.index, to: to.index };
  }

  #later(from: Person, to: Person, event: WorldEvent): void {
    this.#agenda.add(this.nowMs + this.#latency(from.index, to.index), event);
  }

  #at(peer: PeerId): Person {
    const person = this.#byPeer.get(peer);
    assert(person !== undefined, 'people know only people of their world');
    return person;
  }

  #person(index: NodeIndex): Person {
    const person = this.#people[index];
    assert(person !== undefined, `person ${index} exists`);
    return person;
  }
}
