/** Nodes that have nothing but links, in memory, and what they are told. */
import { jest } from '@jest/globals';
import type { HearsayError } from '../../src/errors.ts';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import type { Limits } from '../../src/limits.ts';
import { seededRandom } from '../../src/random.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import type { Identity } from '../../src/transport/identity.ts';
import { Links } from '../../src/transport/links.ts';
import type { LinksOptions } from '../../src/transport/links/options.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Connection, Transport } from '../../src/transport/transport.ts';

export const NOW_MS: number = Date.UTC(2026, 10, 20);
export const DAY_MS: number = 24 * 60 * 60 * 1000;

const opened: Links[] = [];

/** After each test: the clock is the machine's again, and nothing is left open. */
export async function closeLinks(): Promise<void> {
  jest.restoreAllMocks();
  jest.useRealTimers();
  await Promise.all(opened.splice(0).map((links) => links.close()));
}

export interface Plan extends Partial<Pick<LinksOptions, 'networkId' | 'networkKey' | 'now' | 'rekeyAfter' | 'random'>> {
  readonly identity?: Identity;
  readonly limits?: Partial<Limits>;
}

/** A node's links, and what was told of them, in order. */
export class Node {
  readonly identity: Identity;
  readonly links: Links;
  readonly told: string[] = [];
  readonly messages: Uint8Array[] = [];
  readonly errors: HearsayError[] = [];
  readonly book = new Map<PeerId, string[]>();
  onMessage: (peer: PeerId, message: Uint8Array) => void = () => undefined;
  onUp: (peer: PeerId) => void = () => undefined;

  constructor(transport: Transport, { identity = createIdentity(), limits: given, ...rest }: Plan = {}) {
    this.identity = identity;
    this.links = new Links({
      identity,
      networkId: 'test',
      transports: [transport],
      limits: limits(given),
      random: seededRandom(identity.id),
      now: () => NOW_MS,
      addressesOf: (peer) => this.book.get(peer) ?? [],
      events: {
        onUp: (peer, { dialled, host }) => {
          this.told.push(`up ${dialled ?? `from ${host}`}`);
          this.onUp(peer);
        },
        onDown: (_peer, reason) => this.told.push(`down ${reason}`),
        onMessage: (peer, message) => {
          this.messages.push(message);
          this.onMessage(peer, message);
        },
        onRefused: (reason, host) => this.told.push(`refused ${reason} from ${host}`),
        onDialFailed: (_peer, address, error) => {
          this.errors.push(error);
          this.told.push(`dial failed ${address}`);
        },
        onDrained: () => this.told.push('drained'),
      },
      ...rest,
    });
    opened.push(this.links);
  }

  get id(): PeerId {
    return this.identity.id;
  }
}

/** Lets the event loop turn until nothing is under way in memory. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets the event loop turn until something holds. Jest's own timeout ends a wait in vain. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

export async function errorOf(promise: Promise<unknown>): Promise<HearsayError> {
  return promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: HearsayError) => error,
  );
}

/** Ann and bob on one network; bob listens on memory://bob. */
export async function pair(ann: Plan = {}, bob: Plan = {}): Promise<{ network: MemoryNetwork; ann: Node; bob: Node }> {
  const network = new MemoryNetwork();
  const nodes = { network, ann: new Node(network.transport('ann'), ann), bob: new Node(network.transport('bob'), bob) };
  await nodes.bob.links.listen('memory://bob');
  return nodes;
}

/** Somebody who speaks no hearsay. */
export async function stranger(network: MemoryNetwork, host = 'mallory'): Promise<{ connection: Connection; told: string[] }> {
  const connection = await network.transport(host).dial('memory://bob', new AbortController().signal);
  const told: string[] = [];
  connection.listen({ onMessage: ({ length }) => told.push(`${length} bytes`), onClose: (reason) => told.push(reason) });
  return { connection, told };
}

/** Time that passes only when told to. What is under way in memory arrives between two steps. */
export class Time {
  nowMs = 0;

  constructor() {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });
    jest.spyOn(performance, 'now').mockImplementation(() => this.nowMs);
  }

  async pass(ms: number, stepMs = 50): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      this.nowMs += Math.min(leftMs, stepMs);
      jest.advanceTimersByTime(Math.min(leftMs, stepMs));
      await settle(8);
    }
  }

  /** The loop hangs: timers that came due fire at its end, before any socket is read. */
  hang(ms: number): void {
    this.nowMs += ms;
    jest.advanceTimersByTime(ms);
  }
}

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
