/** As much of a host as the pals agent needs: a world of nodes on one clock, links that are up or down, payloads that go through CBOR. */
import { Observable } from 'rxjs';
import type { Bowl, Datum, Effect } from '../../src/agent.ts';
import { HearsayError } from '../../src/errors.ts';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import type { Limits } from '../../src/limits.ts';
import { decodePayload, encodePayload } from '../../src/marks/payload.ts';
import { palsAgent } from '../../src/pals/pals-agent.ts';
import type { PalsAgent } from '../../src/pals/pals-agent.ts';
import { PalsHandle } from '../../src/pals/pals-handle.ts';
import { seededRandom } from '../../src/random.ts';
import { identityFromSeed } from '../../src/transport/identity.ts';
import type { Identity } from '../../src/transport/identity.ts';
import { life, NOW } from './friends.ts';

/** A bowl for one arm. */
export function bowl(our: PeerId, src: PeerId, given: Partial<Bowl> = {}): Bowl {
  return { our, src, now: NOW, agent: 'pals', saved: new Map(), admin: our === src, run: given, seen: () => undefined, check: () => undefined, room: true, random: seededRandom(1), limits: limits(), ...given };
}

export class World {
  nowMs = NOW;
  readonly nodes = new Map<PeerId, TinyNode>();
  /** Pokes to this mark are lost. */
  losing: string | undefined;
  readonly #links = new Set<string>();
  readonly #turns: (() => void)[] = [];
  #running = false;

  node(seed: number, given: Partial<Limits> = {}): TinyNode {
    const node = new TinyNode(this, identityFromSeed(new Uint8Array(32).fill(seed)), life(seed), limits(given));
    this.nodes.set(node.id, node);
    return node;
  }

  linked(a: PeerId, b: PeerId): boolean {
    return this.#links.has([a, b].sort().join());
  }

  link(a: TinyNode, b: TinyNode, type: 'up' | 'down' = 'up'): void {
    const key = [a.id, b.id].sort().join();
    if (type === 'up') this.#links.add(key);
    else this.#links.delete(key);
    a.linkChanged(type, b.id);
    b.linkChanged(type, a.id);
  }

  /** One event at a time, in order. */
  turn(act: () => void): void {
    this.#turns.push(act);
    if (this.#running) return;
    this.#running = true;
    let turns = 0;
    for (let next = this.#turns.shift(); next !== undefined; next = this.#turns.shift()) {
      turns += 1;
      if (turns > 1_000) throw new Error('the nodes never stop talking');
      next();
    }
    this.#running = false;
  }
}

export class TinyNode {
  readonly id: PeerId;
  readonly identity: Identity;
  readonly saved = new Map<string, unknown>();
  readonly reports: string[] = [];
  readonly pals: PalsHandle;
  readonly settledWith: PeerId[] = [];
  readonly agent: PalsAgent;
  addresses: readonly string[] = ['ws://192.0.2.1:7700'];
  dial: (addresses: readonly string[], peer: PeerId) => Promise<void>;
  readonly #world: World;
  readonly #watchers = new Map<string, Set<(datum: Datum) => void>>();
  readonly #run = {};

  constructor(world: World, identity: Identity, incarnation: string, bounds: Limits) {
    this.#world = world;
    this.id = identity.id;
    this.identity = identity;
    this.agent = palsAgent({ incarnation, random: seededRandom(1), limits: bounds });
    this.dial = (_addresses, peer) => {
      const other = world.nodes.get(peer);
      if (other !== undefined) world.link(this, other);
      return Promise.resolve();
    };
    const { id } = this;
    const app = {
      poke: (mark: string, data: unknown): Promise<void> => this.#poked(id, mark, data),
      peek: (path: string): unknown => this.agent.onPeek(path, this.#bowl(id)),
      watch: (path: string): Observable<Datum> => this.#watch(path),
    };
    const port = {
      identity,
      now: () => world.nowMs,
      addresses: () => this.addresses,
      connect: (addresses: readonly string[], peer: PeerId) => this.dial(addresses, peer),
      settled: (peer: PeerId) => {
        this.settledWith.push(peer);
        return Promise.resolve();
      },
    };
    this.pals = new PalsHandle(app, port, bounds);
  }

  linkChanged(type: 'up' | 'down', peer: PeerId): void {
    this.#event(this.id, (b) => this.agent.onAgent('/links', { type: 'fact', mark: 'link', data: { type, peer } }, b));
  }

  peek(path: string): unknown {
    return this.agent.onPeek(path, this.#bowl(this.id));
  }

  #bowl(src: PeerId): Bowl {
    return bowl(this.id, src, { now: this.#world.nowMs, saved: this.saved, run: this.#run });
  }

  /** Resolves, or rejects with the refusal, in the turn of the event. */
  #poked(src: PeerId, mark: string, data: unknown): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#event(src, (b) => this.agent.onPoke({ mark, data }, b), (reason) =>
        reason === undefined ? resolve() : reject(new HearsayError('HEARSAY_REFUSED', { field: 'pals', rule: 'to accept', value: reason })),
      ),
    );
  }

  #event(src: PeerId, arm: (b: Bowl) => readonly Effect[], done: (refused?: string) => void = () => undefined): void {
    this.#world.turn(() => {
      const effects = arm(this.#bowl(src));
      const refusal = effects.find((effect) => effect.type === 'refuse');
      done(refusal?.reason);
      if (refusal === undefined) for (const effect of effects) this.#perform(effect);
    });
  }

  #perform(effect: Effect): void {
    if (effect.type === 'save') this.saved.set(effect.key, freeze(throughCbor(effect.value)));
    if (effect.type === 'forget') this.saved.delete(effect.key);
    if (effect.type === 'report' && effect.report.type === 'event') this.reports.push(`${effect.report.event.name} ${effect.report.event.peer}`);
    if (effect.type === 'fact') for (const path of effect.paths) for (const tell of this.#watchers.get(path) ?? []) tell(effect);
    if (effect.type === 'poke') this.#poke(effect);
  }

  #poke({ wire, peer, mark, data }: Extract<Effect, { type: 'poke' }>): void {
    const answer = (refused?: string): void => this.#event(peer, (b) => this.agent.onAgent(wire, { type: 'poke-ack', ...(refused !== undefined && { refused }) }, b));
    const other = this.#world.nodes.get(peer);
    if (other === undefined || !this.#world.linked(this.id, peer) || mark === this.#world.losing) return answer('unreachable');
    other.#event(this.id, (b) => other.agent.onPoke({ mark, data: throughCbor(data) }, b), answer);
  }

  #watch(path: string): Observable<Datum> {
    return new Observable((subscriber) => {
      const tell = (datum: Datum): void => subscriber.next(datum);
      const watchers = this.#watchers.get(path) ?? new Set();
      this.#watchers.set(path, watchers.add(tell));
      this.#world.turn(() => {
        for (const effect of this.agent.onWatch(path, this.#bowl(this.id))) if (effect.type === 'fact') tell(effect);
      });
      return () => watchers.delete(tell);
    });
  }
}

function throughCbor(value: unknown): unknown {
  const decoded = decodePayload(encodePayload(value));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

function freeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) Object.values(value).forEach(freeze);
  return value instanceof Uint8Array ? value : Object.freeze(value);
}
