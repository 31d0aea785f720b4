/** What holds in the link core whatever happens, and what two of them agree on. */
import { describe, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { PeerId } from '../../src/ids.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import type { Random } from '../../src/random.ts';
import { seededRandom } from '../../src/random.ts';
import { LinkCore } from '../../src/transport/link-core.ts';
import type { ConnectionId, LinkEffect, LinkInput, LinkLimits } from '../../src/transport/link-core/events.ts';

const peerIds = ['1', '3', '5', '7', '9'].map((digit) => digit.repeat(64) as PeerId);
const [ann = '' as PeerId, , self = '' as PeerId, , eve = '' as PeerId] = peerIds;

const limits: LinkLimits = {
  ...DEFAULT_LIMITS,
  maxLinks: 3,
  maxHalfOpen: 3,
  maxHalfOpenPerPrefix: 2,
  maxPals: 3,
  maxBufferedBytes: 1000,
  maxStalledBytes: 4000,
};

describe('whatever happens', () => {
  // Our own id is among the peers, and numbers are drawn for connections that never were.
  const peer = fc.constantFrom(...peerIds);
  const connection = fc.integer({ min: 1, max: 25 });
  const reason = fc.constantFrom('duplicate', 'closing', 'lost');
  const input: fc.Arbitrary<LinkInput> = fc.oneof(
    fc.record({ type: fc.constantFrom('Wanted', 'Unwanted', 'Nudged'), peer }),
    fc.record({ type: fc.constant('DialRequested'), connection: fc.constant(0) }),
    fc.record({ type: fc.constant('Accepted'), connection: fc.constant(0), prefix: fc.constantFrom('', 'a', 'b') }),
    fc.record({ type: fc.constant('AddressesExhausted'), connection }),
    fc.record({ type: fc.constant('Authenticated'), connection, peer }),
    fc.record({ type: fc.constant('Authenticated'), connection, peer }),
    fc.record({ type: fc.constantFrom('GoawayReceived', 'Closed'), connection, reason }),
    fc.record({ type: fc.constant('Buffered'), connection, bufferedBytes: fc.constantFrom(0, 1001, 4001, 20_000) }),
    fc.record({ type: fc.constant('DisconnectRequested'), peer, reason }),
    fc.record({
      type: fc.constant('TimerFired'),
      readings: fc.array(fc.record({ connection, frames: fc.nat(2), bufferedBytes: fc.constantFrom(0, 1001, 4001) }), { maxLength: 4 }),
    }),
  ) as fc.Arbitrary<LinkInput>;
  const story = fc.array(fc.tuple(input, fc.constantFrom(0, 1, 20, 2000, 5001, 20_000)), { maxLength: 120 });

  /** Keeps the shell's books from the effects alone, and throws where they do not add up. */
  class Books {
    readonly core = new LinkCore(self, limits, seededRandom('story'));
    readonly #open = new Set<ConnectionId>();
    readonly #dials = new Set<ConnectionId>();
    readonly #authenticated = new Set<ConnectionId>();
    readonly #up = new Set<PeerId>();
    #nowMs = 0;

    step(next: LinkInput, laterMs: number): void {
      this.#nowMs += laterMs;
      const begins = next.type === 'Accepted' || next.type === 'DialRequested';
      const input = begins ? { ...next, connection: this.core.number() } : next;
      if (input.type === 'Accepted') this.#open.add(input.connection);
      if (input.type === 'Closed') this.#open.delete(input.connection);
      if (input.type === 'AddressesExhausted' && this.#dials.has(input.connection)) this.#open.delete(input.connection);
      if (input.type === 'Authenticated') this.#authenticated.add(input.connection);
      if (input.type === 'Authenticated') this.#dials.delete(input.connection);
      for (const effect of this.core.step(input, this.#nowMs)) this.#perform(effect);
      check(this.core.peers().length <= limits.maxLinks, 'too many links');
      // Links and dials together, losing, leaving; and half-open ones.
      check(this.#open.size <= 3 * limits.maxLinks + limits.maxHalfOpen, 'too many connections');
      check([...this.#up].sort().join() === this.core.peers().sort().join(), 'ups and downs do not tell who is up');
    }

    #perform(effect: LinkEffect): void {
      switch (effect.type) {
        case 'Dial':
          check(!this.#open.has(effect.connection), 'a number twice');
          this.#open.add(effect.connection);
          this.#dials.add(effect.connection);
          return;
        case 'Up':
          check(!this.#up.has(effect.peer) && effect.peer !== self, 'up twice, or ourselves');
          this.#up.add(effect.peer);
          return;
        case 'Down':
          return check(this.#up.delete(effect.peer), 'down twice');
        case 'Switch':
        case 'Drained':
          return check(this.#up.has(effect.peer), 'something about a peer that is down');
        case 'Terminate':
          return check(this.#open.delete(effect.connection), 'the end of what is gone');
        case 'Refuse':
          // At once; only who is authenticated is told why, and then the core sees to its end.
          if (!this.#authenticated.has(effect.connection)) this.#open.delete(effect.connection);
          return;
        case 'SetTimer':
          return check(effect.delayMs >= 0 && Number.isFinite(effect.delayMs), 'a bad timer');
        default:
          check(this.#open.has(effect.connection), 'something for a connection that is gone');
      }
    }
  }

  test('ups and downs alternate, everything is bounded, and nothing is asked of connections that are gone', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const books = new Books();
        for (const [input, laterMs] of steps) books.step(input, laterMs);
      }),
      { numRuns: 1500 },
    );
  });
});

function check(holds: boolean, fault: string): void {
  if (!holds) throw new Error(fault);
}

/** Two cores and what lies between them: connections whose two directions have delays of their own. */
describe('two peers', () => {
  type Item = 'welcome' | 'goaway' | 'end' | number;

  interface End {
    readonly node: Node;
    readonly id: ConnectionId;
    other: End | undefined;
    isOpen: boolean;
    /** The peer let us in. */
    admitted: boolean;
    saidGoaway: boolean;
    /** When the last thing that was sent from here arrives. */
    arrivesMs: number;
  }

  class World {
    nowMs = 0;
    readonly #random: Random;
    readonly #queue: { readonly atMs: number; readonly run: () => void }[] = [];

    constructor(seed: number) {
      this.#random = seededRandom(seed);
    }

    /** Not more than 300 ms, often at once. */
    delayMs(): number {
      return this.#random.below(3) === 0 ? 0 : this.#random.below(300);
    }

    at(atMs: number, run: () => void): void {
      const place = this.#queue.findLastIndex((event) => event.atMs <= atMs) + 1;
      this.#queue.splice(place, 0, { atMs, run });
    }

    run(untilMs: number): void {
      for (let event = this.#queue.shift(); event !== undefined && event.atMs <= untilMs; event = this.#queue.shift()) {
        this.nowMs = event.atMs;
        event.run();
      }
    }
  }

  class Node {
    readonly received: number[] = [];
    readonly downs: string[] = [];
    sent = 0;
    ups = 0;
    readonly ends = new Map<ConnectionId, End>();
    readonly #world: World;
    readonly #peer: PeerId;
    readonly core: LinkCore;
    remote: Node = this;
    current: End | undefined;
    #timer = 0;

    constructor(world: World, id: PeerId, peer: PeerId, seed: number) {
      this.#world = world;
      this.#peer = peer;
      this.core = new LinkCore(id, DEFAULT_LIMITS, seededRandom(seed));
    }

    step(input: LinkInput): void {
      for (const effect of this.core.step(input, this.#world.nowMs)) this.#perform(effect);
    }

    say(): void {
      if (this.current === undefined) return;
      this.#send(this.current, this.sent);
      this.sent += 1;
    }

    #perform(effect: LinkEffect): void {
      if (effect.type === 'Dial') return this.#dial(effect.connection, effect.turn);
      if (effect.type === 'SetTimer') return this.#setTimer(effect.delayMs);
      if (effect.type === 'Down') {
        this.downs.push(effect.reason);
        this.current = undefined;
      }
      if (!('connection' in effect)) return;
      const end = this.ends.get(effect.connection);
      if (end === undefined) return;
      if (effect.type === 'Up') this.ups += 1;
      if (effect.type === 'Up' || effect.type === 'Switch') this.current = end;
      if (effect.type === 'Up') this.say();
      if (effect.type === 'Goaway' || effect.type === 'Close' || effect.type === 'Refuse') this.#goaway(end);
      if (effect.type === 'Close' || effect.type === 'Refuse') this.#send(end, 'end');
      if (effect.type === 'Terminate') this.#break(end);
    }

    #dial(id: ConnectionId, turn: number): void {
      if (turn > 0) return this.step({ type: 'AddressesExhausted', connection: id });
      const near = this.#end(this, id);
      const after = (run: () => void): void => this.#world.at(this.#world.nowMs + this.#world.delayMs(), () => near.isOpen && run());
      after(() => {
        const far = this.#end(this.remote, this.remote.core.number());
        near.other = far;
        far.other = near;
        this.remote.step({ type: 'Accepted', connection: far.id, prefix: '' });
        after(() => this.remote.#onProof(far));
      });
    }

    #onProof(end: End): void {
      if (!end.isOpen) return;
      end.admitted = true;
      this.step({ type: 'Authenticated', connection: end.id, peer: this.#peer });
      if (!end.saidGoaway) this.#send(end, 'welcome');
    }

    #end(node: Node, id: ConnectionId): End {
      const end: End = { node, id, other: undefined, isOpen: true, admitted: false, saidGoaway: false, arrivesMs: 0 };
      node.ends.set(id, end);
      return end;
    }

    #goaway(end: End): void {
      if (!end.saidGoaway) this.#send(end, 'goaway');
      end.saidGoaway = true;
    }

    #send(end: End, item: Item): void {
      check(!end.saidGoaway || typeof item !== 'number', 'a message after a goaway');
      end.arrivesMs = Math.max(end.arrivesMs, this.#world.nowMs + this.#world.delayMs());
      this.#world.at(end.arrivesMs, () => end.other?.isOpen && this.remote.#receive(end.other, item));
    }

    #receive(end: End, item: Item): void {
      if (item === 'end' || (item === 'goaway' && !end.admitted)) return this.#break(end);
      if (!end.admitted) {
        end.admitted = true;
        this.step({ type: 'Authenticated', connection: end.id, peer: this.#peer });
      }
      if (item === 'goaway') this.step({ type: 'GoawayReceived', connection: end.id, reason: 'duplicate' });
      if (typeof item === 'number' && this.core.isUp(this.#peer)) this.received.push(item);
    }

    #break(end: End): void {
      if (!end.isOpen) return;
      end.isOpen = false;
      this.step({ type: 'Closed', connection: end.id, reason: 'lost' });
      const { other } = end;
      if (other !== undefined) this.#world.at(this.#world.nowMs, () => this.remote.#break(other));
    }

    #setTimer(delayMs: number): void {
      this.#timer += 1;
      const timer = this.#timer;
      this.#world.at(this.#world.nowMs + delayMs, () => {
        if (timer !== this.#timer) return;
        // They hear each other all the time: heartbeats have tests of their own.
        const readings = [...this.ends.keys()].map((connection) => ({ connection, frames: this.#world.nowMs, bufferedBytes: 0 }));
        this.step({ type: 'TimerFired', readings });
      });
    }
  }

  const dials = fc.array(fc.record({ byLarger: fc.boolean(), wanted: fc.boolean(), atMs: fc.oneof(fc.nat(600), fc.integer({ min: 4800, max: 5600 })) }), { minLength: 1, maxLength: 6 });

  test('however they dial each other, one connection is left, both use it, and nothing sent after the up is lost or comes twice', () => {
    fc.assert(
      fc.property(fc.integer(), dials, (seed, plan) => {
        const world = new World(seed);
        const small = new Node(world, ann, eve, seed);
        const large = new Node(world, eve, ann, seed + 1);
        small.remote = large;
        large.remote = small;
        for (const { byLarger, wanted, atMs } of plan) {
          const node = byLarger ? large : small;
          const input = (): LinkInput => (wanted ? { type: 'Wanted', peer: byLarger ? ann : eve } : { type: 'DialRequested', connection: node.core.number() });
          world.at(atMs, () => node.step(input()));
        }
        for (let atMs = 0; atMs < 8000; atMs += 25) world.at(atMs, () => (small.say(), large.say()));
        world.run(12_000);
        for (const node of [small, large]) {
          check(node.ups === 1 && node.downs.length === 0, `ups: ${node.ups}, downs: ${node.downs.join()}`);
          check([...node.ends.values()].filter(({ isOpen }) => isOpen).length === 1, 'more than one connection is left');
          check(node.current?.isOpen === true && node.current.other === node.remote.current, 'they use different connections');
          check(new Set(node.received).size === node.received.length, 'a message came twice');
          check(node.received.length === node.remote.sent, `${node.received.length} of ${node.remote.sent} messages came`);
        }
      }),
      { numRuns: 150 },
    );
  });
});
