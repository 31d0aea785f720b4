/**
 * After a start: hands an agent what came before the process died and was not committed, one at a time and in order: first the
 * rumors, then the timers that were due. What was being handed over at three deaths is set aside: it would kill the fourth too.
 */
import { Buffer } from 'node:buffer';
import type { Arrival, Changes, Store } from '../store/store.ts';

/** Deaths after which an event is set aside (design). */
const MAX_DEATHS = 3;

/** What it asks of the host. */
export interface RedeliveryPort {
  readonly store: Store;
  readonly arrivals: readonly Arrival[];
  /** Wires of timers. */
  readonly timers: readonly string[];
  /** Hands it over; calls back when its event is over, with whether there was one that remembers it. */
  deliver(arrival: Arrival, done: (delivered: boolean) => void): void;
  /** Calls back when its event is over. */
  wake(wire: string, done: () => void): void;
  /** It was set aside. */
  poison(what: Poison): void;
  readonly stopped: () => boolean;
}

/** An event that processes die of. */
export interface Poison {
  readonly deaths: number;
  /** Which: one of the two. */
  readonly arrival?: Arrival;
  readonly wire?: string;
}

interface Due {
  /** Of the note on disk. */
  readonly key: string;
  readonly poison: Omit<Poison, 'deaths'>;
  /** What says that nobody is handed it again. */
  readonly aside: Changes;
  /** @returns whether it is still to be set aside: no event took it */
  handOver(port: RedeliveryPort): Promise<boolean>;
}

/** Resolves when all are handed over, or the agent has stopped. */
export async function redeliver(agent: string, port: RedeliveryPort): Promise<void> {
  const { store, stopped } = port;
  const due = [...port.arrivals.map((arrival) => ofArrival(agent, arrival)), ...port.timers.map((wire) => ofTimer(agent, wire))];
  if (due.length === 0) return;
  const noteKey = `~dying ${agent}`;
  const note = parse(await store.readMeta(noteKey));
  for (const { key, poison, aside, handOver } of due) {
    if (stopped()) return;
    // That it is here means that one process has died over it, or before it.
    const deaths = note?.key === key ? note.deaths : 1;
    if (deaths >= MAX_DEATHS) {
      store.append(aside, () => undefined);
      port.poison({ ...poison, deaths });
      continue;
    }
    store.writeMeta(noteKey, format(key, deaths + 1));
    await store.flush();
    const untaken = await handOver(port);
    // An agent that is stopped in the middle of it has not died of it.
    if (stopped()) return store.writeMeta(noteKey, format(key, deaths));
    if (untaken) store.append(aside, () => undefined);
  }
}

function ofArrival(agent: string, arrival: Arrival): Due {
  return {
    key: arrival.id,
    poison: { arrival },
    // Its payload stays in the window for its time.
    aside: { agent, remember: [{ id: arrival.id, hops: 0, delivered: true, relayed: false }] },
    handOver: ({ deliver }) => new Promise((resolve) => deliver(arrival, (delivered) => resolve(!delivered))),
  };
}

function ofTimer(agent: string, wire: string): Due {
  return {
    key: `wake ${wire}`,
    poison: { wire },
    aside: { agent, timers: [{ wire, atMs: undefined }] },
    // Its own event cancels it.
    handOver: ({ wake }) => new Promise((resolve) => wake(wire, () => resolve(false))),
  };
}

function format(key: string, deaths: number): Uint8Array {
  return Buffer.concat([Uint8Array.of(deaths), Buffer.from(key)]);
}

function parse(value: Uint8Array | undefined): { readonly key: string; readonly deaths: number } | undefined {
  const [deaths] = value ?? [];
  return value === undefined || deaths === undefined ? undefined : { deaths, key: Buffer.from(value.subarray(1)).toString() };
}
