/**
 * The rules of Urbit's /lib/gossip, as they are, to compare ours with. Pure. Nothing but the simulator knows them.
 * Rules W9, W12 to W15, W18, W19 and W25, without those for what a standing world has not: changes of mind, unknown kinds, validators.
 */
import type { Seen } from '../../agent.ts';
import type { PeerId, RumorId } from '../../ids.ts';
import { Circle } from '../../wrapper/core/circle.ts';
import type { GossipEffect, Input, Timer } from '../../wrapper/core/messages.ts';
import type { Datum } from './datum.ts';
import type { Gossiper, Self } from './person.ts';

type Effect = GossipEffect<Datum>;

/** How long a proxy has to answer. */
const PASSED_MS = 30_000;

interface Passed {
  readonly datum: Datum;
  readonly hops: number;
  readonly from: PeerId;
  readonly proxy: PeerId;
}

export class Reference implements Gossiper {
  readonly #self: Self;
  readonly #circle: Circle;
  /** What its agent has had, and what it published or relayed. For the length of a run. */
  readonly #memory: Set<RumorId> = new Set();
  readonly #shared: Set<RumorId> = new Set();
  readonly #passed: Map<RumorId, Passed> = new Map();
  readonly #misses: Set<PeerId> = new Set();
  readonly #watched: Set<PeerId> = new Set();
  #effects: Effect[] = [];

  constructor(self: Self) {
    this.#self = self;
    this.#circle = new Circle(self.our);
  }

  /** It reads all that comes. */
  mustRead(_id: RumorId, _hops: number, _seen: Seen): boolean {
    return true;
  }

  step(input: Input<Datum>): readonly Effect[] {
    this.#effects = [];
    switch (input.type) {
      case 'PalChanged':
        this.#circle.apply(input.change, input.peer);
        this.#hear(input.peer);
        break;
      case 'NeighborChanged':
        this.#circle.applyNeighbor(input.change, input.peer);
        this.#hear(input.peer);
        break;
      case 'WatchAsked':
        if (!this.#circle.mayTell(this.#self.config.tell, input.peer)) this.#effects.push({ type: 'Refuse', reason: 'gossip-forbidden' });
        break;
      case 'Published':
        this.#memory.add(input.id);
        this.#emit(input.body, this.#self.config.hops - 1, this.#self.our);
        break;
      case 'RumorArrived':
        this.#arrived(input.body, input.hops, input.from);
        break;
      case 'RumorPoked':
        this.#poked(input.body, input.hops, input.from);
        break;
      case 'PassAnswered':
        this.#answered(input.id, input.peer, input.refused);
        break;
      case 'TimerFired':
        this.#fired(input.timer);
        break;
      default:
    }
    return this.#effects;
  }

  #hear(peer: PeerId): void {
    if (this.#watched.has(peer) || !this.#circle.mayHear(this.#self.config.hear, peer)) return;
    this.#watched.add(peer);
    this.#effects.push({ type: 'Watch', peer });
  }

  /** W18: the first copy wins. */
  #arrived(datum: Datum, hops: number, from: PeerId): void {
    this.#misses.delete(from);
    this.#deliver(datum, from);
    if (hops > 0 && !this.#shared.has(datum.id)) this.#emit(datum, hops - 1, from);
  }

  /** W19: what is known goes no further, and the sender believes that it did. */
  #poked(datum: Datum, hops: number, from: PeerId): void {
    if (!this.#circle.mayHear(this.#self.config.hear, from)) return void this.#effects.push({ type: 'Refuse', reason: 'gossip-rejected' });
    this.#misses.delete(from);
    if (this.#memory.has(datum.id)) return;
    this.#deliver(datum, from);
    this.#emit(datum, hops, from);
  }

  #deliver(datum: Datum, from: PeerId): void {
    if (this.#memory.has(datum.id)) return;
    this.#memory.add(datum.id);
    this.#effects.push({ type: 'Deliver', id: datum.id, from, body: datum, replayed: false });
  }

  /** W12: what is emitted, and what is relayed. */
  #emit(datum: Datum, hops: number, from: PeerId): void {
    const { config, random, our } = this.#self;
    const proxies = config.pass === false || random.below(2) === 0 ? [] : this.#circle.everybody().filter((peer) => this.#circle.mayTell(config.tell, peer) && peer !== our && peer !== from && !this.#misses.has(peer));
    const proxy = proxies.length === 0 ? undefined : proxies[random.below(proxies.length)];
    if (proxy === undefined) {
      this.#shared.add(datum.id);
      this.#passed.delete(datum.id);
      // The sender is told again.
      return void this.#effects.push({ type: 'Send', id: datum.id, hops, body: datum });
    }
    this.#passed.set(datum.id, { datum, hops, from, proxy });
    this.#effects.push({ type: 'Pass', id: datum.id, to: proxy, hops, body: datum }, { type: 'SetTimer', timer: { of: 'embargo', id: datum.id }, delayMs: PASSED_MS });
  }

  /** W14: an ack is as good as a publication. */
  #answered(id: RumorId, proxy: PeerId, refused: boolean): void {
    if (refused) return this.#failed(id, proxy);
    this.#misses.delete(proxy);
    if (this.#passed.get(id)?.proxy === proxy) this.#passed.delete(id);
  }

  #fired(timer: Timer): void {
    if (timer.of !== 'embargo') return;
    const passed = this.#passed.get(timer.id);
    if (passed !== undefined) this.#failed(timer.id, passed.proxy);
  }

  #failed(id: RumorId, proxy: PeerId): void {
    this.#misses.add(proxy);
    const passed = this.#passed.get(id);
    if (passed === undefined) return;
    this.#passed.delete(id);
    this.#emit(passed.datum, passed.hops, passed.from);
  }
}
