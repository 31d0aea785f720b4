/**
 * The store on LevelDB. The disk is a log of group commits, the RAM its index: one batch a group, with one packed value for the ids it
 * remembered, one for the payloads it kept, and the values and timers it changed. Layout: layout.ts; values: packing.ts.
 *
 * Not here: making one of what may be damaged (level-store.ts), the index (ram.ts), what becomes of old logs (upkeep.ts).
 */
import type { Seen } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId, RumorId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { agentOperations, readAgentState } from './agent-state.ts';
import { packArrivals } from './arrivals.ts';
import { Bringers } from './bringers.ts';
import { readSealed, sealed, sealedInPlace, storeError, VIEW } from './database.ts';
import type { Operation } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import type { Done, Group } from './group-commit.ts';
import { GroupRecords } from './group-records.ts';
import type { RecordsPort } from './group-records.ts';
import { randomHashKey } from './hash-key.ts';
import { IdRing } from './id-ring.ts';
import { BUCKET_MS, logKey, valueKey } from './layout.ts';
import type { LogName, LogPosition } from './layout.ts';
import { Logs, LOGS } from './logs.ts';
import type { Opened } from './open.ts';
import { agentAt, ID_RECORD_BYTES, readId } from './packing.ts';
import { unpackPayload } from './payload-packing.ts';
import { arrivalsIn, Ram } from './ram.ts';
import { Sequence } from './sequence.ts';
import type { AgentState, Arrival, Changes, Kept, Owed, Remembered, SeenEntry, Store } from './store.ts';
import { Upkeep } from './upkeep.ts';
import type { Notes } from './upkeep.ts';

/** One group's operation on each log. */
type Packed = Readonly<Record<LogName, Operation | undefined>>;
/** Of groups that are written, kept for those to come. Our choice: one is filled while another is written. */
const MAX_SPARE = 2;

export class LevelStore implements Store {
  readonly incarnation: string;
  readonly #opened: Opened;
  readonly #sync: boolean;
  readonly #bringers: Bringers;
  readonly #ram: Ram;
  readonly #sequence: Sequence;
  readonly #logs: Logs;
  readonly #upkeep: Upkeep;
  readonly #commits: GroupCommit<GroupRecords>;
  /** Empty ones. */
  readonly #spare: GroupRecords[] = [];
  /** A write failed: the database has to recover before the next one. */
  #failed = false;
  #closing: Promise<void> | undefined;

  /** @param notes what is noted in the database (upkeep.ts) */
  constructor(database: Opened, limits: Limits, now: () => number, sync: boolean, notes: Notes | undefined) {
    const { db } = database;
    this.incarnation = database.incarnation;
    this.#opened = database;
    this.#sync = sync;
    this.#bringers = new Bringers(database.bringers);
    const ram = new Ram(limits, notes?.ids ?? 0);
    const sequence = new Sequence(now);
    const logs = new Logs(db, () => (this.#failed = true));
    const records: RecordsPort = {
      remembered: (bytes, at) => ram.seen.mergeRecord(bytes, at, sequence.bucket()),
      tagOf: this.#bringers.tagOf,
      numberOf: ram.numbers.of,
      hasPayload: (id) => ram.window.has(id),
      isOpen: (id) => ram.openArrivals.has(id),
    };
    this.#ram = ram;
    this.#sequence = sequence;
    this.#logs = logs;
    this.#commits = new GroupCommit(
      () => this.#spare.pop() ?? new GroupRecords(records),
      (group) => this.#write(group),
    );
    this.#upkeep = new Upkeep({ db, logs, ram, sequence, limits, now, put: (key, value) => this.#commits.put(key, value) }, notes);
  }

  /** Reads the log into RAM. Called once, before anything else. */
  async load(): Promise<void> {
    const sequence = this.#sequence;
    await this.#ram.load(this.#opened.db, this.#logs, (at) => sequence.passed(at), (records) => this.#upkeep.added(records));
    this.#upkeep.start();
  }

  get seenCount(): number {
    return this.#ram.seen.size;
  }

  seen(id: RumorId): Seen | undefined {
    return this.#ram.seen.get(id);
  }

  async undelivered(agent: string): Promise<readonly Arrival[]> {
    await this.#commits.flush();
    return this.#read(async () => {
      const found = new Map<RumorId, Arrival>();
      for await (const [, value] of this.#logs.arrivals.entries()) {
        for (const { agent: whose, ...arrival } of arrivalsIn(value)) if (whose === agent && this.#ram.openArrivals.has(arrival.id) && !found.has(arrival.id)) found.set(arrival.id, arrival);
      }
      return [...found.values()];
    });
  }

  owe(agent: string, entry: Omit<Owed, 'number'>): Owed {
    return this.#ram.owed.add(agent, entry);
  }

  lastOwed(agent: string): number {
    return this.#ram.owed.last(agent);
  }

  owed(agent: string, number: number): Owed | undefined {
    return this.#ram.owed.get(agent, number);
  }

  owedCursor(agent: string, peer: PeerId): number | undefined {
    return this.#ram.owed.cursor(agent, peer);
  }

  setOwedCursor(agent: string, peer: PeerId, number: number): void {
    if (this.#closing !== undefined) return;
    const first = this.#ram.owed.cursor(agent, peer) === undefined;
    const [key, value] = this.#ram.owed.setCursor(agent, peer, number);
    // After a crash a later one is as good as any before it: what the pal has is sent to it again.
    if (first) this.#commits.put(key, value);
    else this.#commits.putLater(key, value);
  }

  forgetOwed(peer: PeerId): void {
    for (const key of this.#ram.owed.dropCursors(peer)) this.#commits.put(key, new Uint8Array(0));
  }

  async *replay(agent: string): AsyncGenerator<SeenEntry> {
    await this.#commits.flush();
    const number = this.#ram.numbers.find(agent);
    if (number === undefined) return;
    const given = new IdRing(Math.max(this.#ram.seen.size, 1), randomHashKey(), () => ({}));
    for await (const [{ bucket }, value] of this.#logs.ids.entries()) {
      for (let at = 0; at < value.length; at += ID_RECORD_BYTES) {
        if (agentAt(value, at) !== number || given.findBytes(value, at) >= 0) continue;
        given.add();
        const id = readId(value, at);
        const seen = this.#ram.seen.get(id);
        if (seen !== undefined) yield { id, ...seen, sinceMs: bucket * BUCKET_MS };
      }
    }
  }

  markSeen(entry: Remembered): void {
    this.#ram.seen.merge(entry, this.#bringers.tagOf(entry.from), this.#sequence.bucket());
  }

  append(changes: Changes, done: Done): void {
    if (this.#closing !== undefined) {
      void this.#commits.flush().then(() => done(closed()));
      return;
    }
    // What it remembers is in RAM at once, and a failed commit does not take that back: the process did have the rumor and passed it on,
    // and every later copy would be let in again for as long as the disk is full. The host, which hears of the failure, decides whether to
    // run the event again; after a restart the disk decides.
    this.#commits.append(changes, done);
  }

  writeMeta(key: string, value: Uint8Array): void {
    if (this.#closing !== undefined) throw closed();
    this.#commits.put(key, value);
  }

  async readMeta(key: string): Promise<Uint8Array | undefined> {
    return this.#commits.pending(key) ?? this.#read(() => readSealed(this.#opened.db, valueKey(key), 'a value of the node'));
  }

  async readAgent(agent: string): Promise<AgentState | undefined> {
    await this.#commits.flush();
    return this.#read(() => readAgentState(this.#opened.db, agent));
  }

  async payload(id: RumorId): Promise<Kept | undefined> {
    await this.#commits.flush();
    return this.#read(async () => {
      const found = this.#ram.window.find(id);
      if (found === undefined) return undefined;
      // It may leave the window while it is read.
      const value = await this.#logs.payloads.get(found.at);
      const kept = value && unpackPayload(value, found.offset);
      // The index knows half of the id.
      return kept?.id === id ? kept : undefined;
    });
  }

  flush(): Promise<void> {
    return this.#commits.flush();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#upkeep.stop();
    if (!this.#failed) this.#upkeep.writeNotes();
    await this.#commits.flush();
    await this.#logs.settled();
    await this.#opened.release();
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw closed();
    try {
      return await read();
    } catch (error) {
      throw this.#closing === undefined ? storeError(error) : closed();
    }
  }

  /** Puts one group on disk, whole or not at all. */
  async #write({ content, values }: Group<GroupRecords>): Promise<void> {
    if (this.#failed) await this.#recover();
    const at = this.#sequence.take();
    const remembered = content.ids.length / ID_RECORD_BYTES;
    const indexed = this.#ram.window.index(content.payloads.view, at) ?? 0;
    const packed = this.#pack(content, at);
    const operations = this.#operations(content, values, packed);
    if (operations.length === 0) return;
    // What does not know `sync` ignores it.
    const options = { ...VIEW, sync: this.#sync };
    try {
      await this.#opened.db.batch<Uint8Array, Uint8Array>(operations, options);
    } catch (error) {
      this.#failed = true;
      this.#ram.window.takeBack(indexed);
      throw error;
    }
    this.#written(content, packed.owed !== undefined, at);
    this.#upkeep.committed(remembered);
    if (this.#spare.length >= MAX_SPARE) return;
    content.clear();
    this.#spare.push(content);
  }

  #pack(records: GroupRecords, at: LogPosition): Packed {
    const { ids, payloads } = records;
    const owed = this.#ram.owed.pack(records.agents.values());
    const arrivals = packArrivals(records.arrived);
    return {
      ids: ids.length === 0 ? undefined : sealedInPlace(logKey('ids', at), ids.take()),
      payloads: payloads.length === 0 ? undefined : sealedInPlace(logKey('payloads', at), payloads.take()),
      arrivals: arrivals && sealed(logKey('arrivals', at), arrivals),
      owed: owed && sealed(logKey('owed', at), owed),
    };
  }

  #operations({ agents }: GroupRecords, values: ReadonlyMap<string, Uint8Array>, packed: Packed): Operation[] {
    const operations: Operation[] = agentOperations(agents.values(), this.#ram.numbers);
    for (const [key, value] of values) operations.push(value.length === 0 ? { type: 'del', key: valueKey(key) } : sealed(valueKey(key), value));
    for (const log of LOGS) {
      const operation = packed[log];
      if (operation !== undefined) operations.push(operation);
    }
    return operations;
  }

  #written({ agents, arrived, delivered }: GroupRecords, owed: boolean, at: LogPosition): void {
    for (const agent of agents.keys()) this.#ram.numbers.written(agent);
    if (arrived.size > 0) this.#ram.openArrivals.add(at, arrived.keys());
    for (const id of delivered) this.#ram.openArrivals.done(id);
    if (owed && this.#ram.owed.written()) this.#logs.owed.clearBefore(at);
  }

  async #recover(): Promise<void> {
    await this.#logs.settled();
    await this.#opened.recover();
    this.#failed = false;
  }
}

function closed(): HearsayError {
  return new HearsayError('HEARSAY_CLOSED', { field: 'store', rule: 'to be open', value: 'a closed one' });
}
