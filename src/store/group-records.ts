/**
 * What one group puts on disk, packed as it is appended: of an event nothing has to be kept until the write but its `done`.
 * Not here: when it is written (group-commit.ts), and what a write does (log-store.ts).
 */
import type { PeerId, RumorId } from '../ids.ts';
import type { AgentArrival } from './arrivals.ts';
import { Growing } from './growing.ts';
import { ID_BYTES, ID_RECORD_BYTES, isDelivered, notDelivered, packSeen, writeIdRecord } from './packing.ts';
import { packPayload } from './payload-packing.ts';
import type { Arrival, Changes, Owed, Remembered } from './store.ts';

/** What it asks of the store's RAM. */
export interface RecordsPort {
  /** The id of the record at `at` is remembered from now on. */
  remembered(records: Uint8Array, at: number): void;
  /** Who brought it, as a number (bringers.ts). */
  tagOf(peer: PeerId | undefined): number;
  /** 0 to 255. */
  numberOf(agent: string): number;
  /** Whether that payload is on disk. */
  hasPayload(id: RumorId): boolean;
  /** Whether that arrival is on disk and not delivered. */
  isOpen(id: RumorId): boolean;
}

/** What a group changes of one agent. */
export interface AgentRecords {
  readonly agent: string;
  readonly number: number;
  /** By key: the last change is the only one that is written. `undefined` forgets. */
  readonly saved: Map<string, Uint8Array | undefined>;
  /** By wire, ms since 1970. `undefined` cancels. */
  readonly timers: Map<string, number | undefined>;
  readonly owed: Owed[];
}

const NONE: readonly never[] = [];

export class GroupRecords {
  readonly #port: RecordsPort;
  readonly #ids: Growing = new Growing();
  readonly #payloads: Growing = new Growing();
  readonly #agents = new Map<string, AgentRecords>();
  /** What arrived and is not delivered so far, with its agent. */
  readonly #arrived = new Map<RumorId, AgentArrival>();
  readonly #delivered: RumorId[] = [];
  /** The last one asked for: most of a group is one agent's. */
  #last: AgentRecords | undefined;

  constructor(port: RecordsPort) {
    this.#port = port;
  }

  /** Records of ids (packing.ts). */
  get ids(): Growing {
    return this.#ids;
  }

  /** Records of payloads (payload-packing.ts). */
  get payloads(): Growing {
    return this.#payloads;
  }

  /** Whose changes it holds. */
  get agents(): ReadonlyMap<string, AgentRecords> {
    return this.#agents;
  }

  /** Ids remembered as delivered that did not arrive in this group. */
  get delivered(): readonly RumorId[] {
    return this.#delivered;
  }

  /** What arrived and is not delivered by this group, in order. */
  get arrived(): ReadonlyMap<RumorId, AgentArrival> {
    return this.#arrived;
  }

  add({ agent, saves = NONE, timers = NONE, remember = NONE, keep = NONE, arrived = NONE, owed = NONE }: Changes): void {
    const mine = this.#of(agent);
    for (const { key, value } of saves) mine.saved.set(key, value);
    for (const { wire, atMs } of timers) mine.timers.set(wire, atMs);
    for (const entry of owed) mine.owed.push(entry);
    for (const entry of remember) this.#remember(entry, mine, arrived);
    for (const kept of keep) if (!this.#port.hasPayload(kept.id)) packPayload(this.#payloads, kept);
  }

  /** As new, once the records of ids and payloads were taken. */
  clear(): void {
    this.#agents.clear();
    this.#arrived.clear();
    this.#delivered.length = 0;
    this.#last = undefined;
  }

  #of(agent: string): AgentRecords {
    if (this.#last?.agent === agent) return this.#last;
    let records = this.#agents.get(agent);
    if (records === undefined) this.#agents.set(agent, (records = { agent, number: this.#port.numberOf(agent), saved: new Map(), timers: new Map(), owed: [] }));
    this.#last = records;
    return records;
  }

  /**
   * What arrives counts as delivered in RAM, so that no copy is let in; on disk it does not, until its event is there, too. An arrival of
   * which nothing is remembered is left out: nobody would ever say that it is delivered.
   */
  #remember(entry: Remembered, { agent, number }: AgentRecords, arrived: readonly Arrival[]): void {
    const { id } = entry;
    const state = packSeen(entry);
    const at = this.#ids.extend(ID_RECORD_BYTES);
    const { bytes } = this.#ids;
    writeIdRecord(bytes, at, id, state, this.#port.tagOf(entry.from), number);
    this.#port.remembered(bytes, at);
    const arrival = arrived.find((each) => each.id === id);
    if (arrival !== undefined) {
      bytes[at + ID_BYTES] = notDelivered(state);
      if (!this.#port.isOpen(id)) this.#arrived.set(id, { agent, ...arrival });
    } else if (isDelivered(state) && !this.#arrived.delete(id)) {
      this.#delivered.push(id);
    }
  }
}
