/** A host without links, on a real store in memory: for what happens within one node. Closed after each test. */
import { afterEach } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import type { AgentEvent, Report } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import type { Limits } from '../../src/limits.ts';
import { Host, topicOf } from '../../src/node/host.ts';
import { Router } from '../../src/node/router.ts';
import { Subscriber } from '../../src/node/subscribers.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { seededRandom } from '../../src/random.ts';
import { openStore } from '../../src/store/level-store.ts';
import type { AnyLevel } from '../../src/store/database.ts';
import type { Store } from '../../src/store/store.ts';
import { ManualClock } from './clock.ts';

export const OUR = '0'.repeat(64) as PeerId;
export const STRANGER = 'f'.repeat(64) as PeerId;
export const ADMIN = 'e'.repeat(64) as PeerId;
export const FRIEND = 'd'.repeat(64) as PeerId;
const NETWORK = 'test';

export type Level = AnyLevel;

export interface LoneHost {
  readonly host: Host;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly level: Level;
  readonly events: (AgentEvent & { agent: string })[];
  readonly reports: Report[];
  /** A poke by a peer; the answer is the refusal or `undefined`. */
  pokeFrom(src: PeerId, agent: string, mark: string, data: unknown): Promise<string | undefined>;
  /** A watch by a peer. `got` fills with facts; `end` is the peer leaving. */
  watchFrom(src: PeerId, agent: string, path: string): Promise<{ refused: string | undefined; got: unknown[]; end(): void }>;
  /** All events that wait are done and committed. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

const open: LoneHost[] = [];
afterEach(async () => {
  for (const lone of open.splice(0)) await lone.close();
});

export async function loneHost(given: { level?: Level; limits?: Partial<Limits>; clock?: ManualClock } = {}): Promise<LoneHost> {
  const level: Level = given.level ?? new MemoryLevel();
  const clock = given.clock ?? new ManualClock();
  const bounds = limits(given.limits);
  const store = await openStore({ level }, bounds, () => clock.now());
  const events: (AgentEvent & { agent: string })[] = [];
  const reports: Report[] = [];
  const host = new Host({
    our: OUR,
    clock,
    store,
    limits: bounds,
    networkId: NETWORK,
    random: seededRandom(1),
    isAdmin: (peer) => peer === OUR || peer === ADMIN,
    lost: () => undefined,
    isTarget: (peer) => peer === FRIEND,
    report: (agent, report) => {
      if (report.type === 'event') events.push({ agent, ...report.event });
      else reports.push(report);
    },
  });
  const nothing = (): undefined => undefined;
  const router = new Router({ clock, limits: bounds, send: () => false, congested: () => false, want: nothing, misbehaved: nothing, dropped: nothing, watched: nothing, poked: nothing, record: nothing, overlay: nothing, find: nothing, barrier: (done) => host.barrier(done) });
  host.connect(router);
  const lone: LoneHost = {
    host,
    clock,
    store,
    level,
    events,
    reports,
    pokeFrom: (src, agent, mark, data) => new Promise((resolve) => host.poked(topicOf(NETWORK, agent), src, mark, encodePayload(data), resolve)),
    watchFrom: (src, agent, path) =>
      new Promise((resolve) => {
        const got: unknown[] = [];
        const subscriber = new Subscriber(src, path, { fact: ({ data }) => void got.push(data), kicked: (reason) => got.push({ kicked: reason }), dropped: () => got.push('dropped') });
        host.watched(topicOf(NETWORK, agent), subscriber, (refused) => {
          if (refused === undefined) subscriber.open();
          resolve({ refused, got, end: () => subscriber.end() });
        });
      }),
    quiet: async () => {
      await new Promise<void>((resolve) => host.barrier(resolve));
      await store.flush();
    },
    close: async () => {
      host.stopAll();
      await store.close();
    },
  };
  open.push(lone);
  return lone;
}
