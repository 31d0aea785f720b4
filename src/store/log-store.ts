/**
 * The store on LevelDB. The disk is a log of group commits, the RAM its index: one batch a group, with one packed value for the ids it
 * remembered, one for the payloads it kept, and the values and timers it changed. Layout: layout.ts; values: packing.ts.
 *
 * Not here: making one of what may be damaged (level-store.ts).
 */
import type { Seen } from '../agent.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId, RumorId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { AgentNumbers, agentOperations, readAgentState } from './agent-state.ts';
import { OpenArrivals, packArrivals, unpackArrivals } from './arrivals.ts';
import type { AgentArrival } from './arrivals.ts';
import { Bringers } from './bringers.ts';
import { Checkpoints } from './checkpoints.ts';
import { damage, opened, readSealed, sealed, storeError, VIEW } from './database.ts';
import type { Operation } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import type { Done, Group } from './group-commit.ts';
import { GroupRecords } from './group-records.ts';
import type { RecordsPort } from './group-records.ts';
import { randomHashKey } from './hash-key.ts';
import { Horizon } from './horizon.ts';
import { IdRing } from './id-ring.ts';
import { agentOf, AgentPart, agentPart, BUCKET_MS, bucketOf, isBefore, isSealed, kindOf, logKey, valueKey, valueName, VALUES_RANGE } from './layout.ts';
import type { LogName, LogPosition } from './layout.ts';
import { PackedLog } from './log.ts';
import { mergeIds } from './merging.ts';
import type { Opened } from './open.ts';
import { OwedFacts } from './owed.ts';
import { agentAt, ID_RECORD_BYTES, isPackedIds, readId } from './packing.ts';
import { unpackPayload } from './payload-packing.ts';
import { PayloadWindow } from './payload-window.ts';
import { SeenSet } from './seen-set.ts';
import type { AgentState, Arrival, Changes, Kept, Owed, Remembered, SeenEntry, Store } from './store.ts';

/** Buckets are six hours long, so that looking hourly is often enough. Our choice. */
const EXPIRY_INTERVAL_MS: number = 60 * 60 * 1000;
/** The log on disk is cut when it is longer than needed by this part of what is kept. Our choice: 1.6 % more disk, few deletes. */
const SLACK = 1 / 64;
/** The log of arrivals is cut every so many commits. Our choice: few deletes, and little to read at a start. */
const ARRIVALS_CUT = 64;
/** With so many records for each id that there may be, the ids' log is merged whole. Our choice: twice what an id needs, which is two. */
const MERGE_AT = 4;
/** A node-wide value of our own: where expiry stands (4 bytes), and how many ids there were (4 bytes). */
const NOTES = '~store';
const NOTES_BYTES = 8;

/** One group's values of each log. */
type Packed = Readonly<Record<LogName, Uint8Array | undefined>>;
const LOGS: readonly LogName[] = ['ids', 'payloads', 'arrivals', 'owed'];
/** Of groups that are written, kept for those to come. Our choice: one is filled while another is written. */
const MAX_SPARE = 2;

export class LevelStore implements Store {
  readonly incarnation: string;
  readonly #opened: Opened;
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #sync: boolean;
  readonly #bringers: Bringers;
  #seen: SeenSet;
  #horizon: Horizon;
  readonly #window: PayloadWindow;
  readonly #idsLog: PackedLog;
  readonly #payloadsLog: PackedLog;
  readonly #arrivalsLog: PackedLog;
  readonly #owedLog: PackedLog;
  readonly #owed: OwedFacts = new OwedFacts();
  readonly #openArrivals: OpenArrivals = new OpenArrivals();
  #arrivalsCut = 0;
  readonly #checkpoints: Checkpoints;
  readonly #numbers: AgentNumbers = new AgentNumbers();
  readonly #commits: GroupCommit<GroupRecords>;
  /** Empty ones. */
  readonly #spare: GroupRecords[] = [];
  /** Where the next group goes, at the earliest. The bucket never goes back, whatever the clock does: the log's order is that of time. */
  #next: LogPosition = { bucket: 0, sequence: 0 };
  /** The ids' log is not needed before it. */
  #idsFrom: LogPosition = { bucket: 0, sequence: 0 };
  /** `droppedBytes` of the window when its log was cut last. */
  #cutBytes = 0;
  /** A write failed: the database has to recover before the next one. */
  #failed = false;
  /** Buckets before it are merged. */
  #mergedTo = 0;
  /** Records that were appended to the ids' log since it was merged whole. */
  #records = 0;
  #merging = false;
  #expiry: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(database: Opened, limits: Limits, now: () => number, sync: boolean) {
    const key = randomHashKey();
    const failed = (): void => {
      this.#failed = true;
    };
    this.incarnation = database.incarnation;
    this.#opened = database;
    this.#limits = limits;
    this.#now = now;
    this.#sync = sync;
    this.#bringers = new Bringers(database.bringers);
    this.#seen = new SeenSet(limits.maxSeen, key);
    this.#horizon = new Horizon(bucketOf(now()));
    this.#window = new PayloadWindow(limits.maxPayloadWindowBytes, key);
    this.#idsLog = new PackedLog(database.db, 'ids', failed);
    this.#payloadsLog = new PackedLog(database.db, 'payloads', failed);
    this.#arrivalsLog = new PackedLog(database.db, 'arrivals', failed);
    this.#owedLog = new PackedLog(database.db, 'owed', failed);
    this.#checkpoints = new Checkpoints(Math.ceil(limits.maxSeen * SLACK));
    const records: RecordsPort = {
      remembered: (bytes, at) => this.#seen.mergeRecord(bytes, at, this.#bucket()),
      tagOf: this.#bringers.tagOf,
      numberOf: this.#numbers.of,
      hasPayload: (id) => this.#window.has(id),
      isOpen: (id) => this.#openArrivals.has(id),
    };
    this.#commits = new GroupCommit(
      () => this.#spare.pop() ?? new GroupRecords(records),
      (group) => this.#write(group),
    );
  }

  /** Reads the log into RAM. Called once, before anything else. */
  async load(): Promise<void> {
    const notes = await readSealed(this.#opened.db, valueKey(NOTES), 'a value of the node');
    if (notes?.length === NOTES_BYTES) this.#readNotes(notes);
    await this.#checkValues();
    await this.#idsLog.read((value, at) => {
      if (!isPackedIds(value)) throw damage(`a group of ids of ${value.length} bytes`);
      for (let i = 0; i < value.length; i += ID_RECORD_BYTES) this.#seen.mergeRecord(value, i, at.bucket);
      this.#records += value.length / ID_RECORD_BYTES;
      this.#passed(at);
      this.#checkpoints.note(this.#seen.added, this.#next);
    });
    await this.#payloadsLog.read((value, at) => {
      if (this.#window.index(value, at) === undefined) throw damage(`a group of payloads of ${value.length} bytes`);
      this.#passed(at);
    });
    await this.#arrivalsLog.read((value, at) => {
      this.#passed(at);
      this.#openArrivals.add(at, arrivalsIn(value).flatMap(({ id }) => (this.#seen.get(id)?.delivered === false ? [id] : [])));
    });
    await this.#owedLog.read((value, at) => {
      this.#passed(at);
      if (!this.#owed.read(value)) throw damage(`a group of owed facts of ${value.length} bytes`);
    });
    this.#owed.started();
    this.#expire();
    this.#expiry = setInterval(() => this.#tend(), EXPIRY_INTERVAL_MS).unref();
  }

  get seenCount(): number {
    return this.#seen.size;
  }

  seen(id: RumorId): Seen | undefined {
    return this.#seen.get(id);
  }

  async undelivered(agent: string): Promise<readonly Arrival[]> {
    await this.#commits.flush();
    return this.#read(async () => {
      const found = new Map<RumorId, Arrival>();
      for await (const [, value] of this.#arrivalsLog.entries()) {
        for (const { agent: whose, ...arrival } of arrivalsIn(value)) if (whose === agent && this.#openArrivals.has(arrival.id) && !found.has(arrival.id)) found.set(arrival.id, arrival);
      }
      return [...found.values()];
    });
  }

  owe(agent: string, entry: Omit<Owed, 'number'>): Owed {
    return this.#owed.add(agent, entry);
  }

  lastOwed(agent: string): number {
    return this.#owed.last(agent);
  }

  owed(agent: string, number: number): Owed | undefined {
    return this.#owed.get(agent, number);
  }

  owedCursor(agent: string, peer: PeerId): number | undefined {
    return this.#owed.cursor(agent, peer);
  }

  setOwedCursor(agent: string, peer: PeerId, number: number): void {
    if (this.#closing !== undefined) return;
    const first = this.#owed.cursor(agent, peer) === undefined;
    const [key, value] = this.#owed.setCursor(agent, peer, number);
    // After a crash a later one is as good as any before it: what the pal has is sent to it again.
    if (first) this.#commits.put(key, value);
    else this.#commits.putLater(key, value);
  }

  forgetOwed(peer: PeerId): void {
    for (const key of this.#owed.dropCursors(peer)) this.#commits.put(key, new Uint8Array(0));
  }

  async *replay(agent: string): AsyncGenerator<SeenEntry> {
    await this.#commits.flush();
    const number = this.#numbers.find(agent);
    if (number === undefined) return;
    const given = new IdRing(Math.max(this.#seen.size, 1), randomHashKey(), () => ({}));
    for await (const [{ bucket }, value] of this.#idsLog.entries()) {
      for (let at = 0; at < value.length; at += ID_RECORD_BYTES) {
        if (agentAt(value, at) !== number || given.findBytes(value, at) >= 0) continue;
        given.add();
        const id = readId(value, at);
        const seen = this.#seen.get(id);
        if (seen !== undefined) yield { id, ...seen, sinceMs: bucket * BUCKET_MS };
      }
    }
  }

  markSeen(entry: Remembered): void {
    this.#seen.merge(entry, this.#bringers.tagOf(entry.from), this.#bucket());
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
      const found = this.#window.find(id);
      if (found === undefined) return undefined;
      // It may leave the window while it is read.
      const value = await this.#payloadsLog.get(found.at);
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
    clearInterval(this.#expiry);
    if (!this.#failed) this.#writeNotes();
    await this.#commits.flush();
    await this.#idsLog.settled();
    await this.#payloadsLog.settled();
    await this.#arrivalsLog.settled();
    await this.#owedLog.settled();
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
    const at: LogPosition = { bucket: this.#bucket(), sequence: this.#next.sequence };
    // A sequence is not used twice, also when it did not get to the disk.
    this.#passed(at);
    const packed = this.#pack(content);
    const operations = this.#operations(content, values, packed, at);
    if (operations.length === 0) return;
    const indexed = packed.payloads === undefined ? 0 : (this.#window.index(packed.payloads, at) ?? 0);
    // What does not know `sync` ignores it.
    const options = { ...VIEW, sync: this.#sync };
    try {
      await this.#opened.db.batch<Uint8Array, Uint8Array>(operations, options);
    } catch (error) {
      this.#failed = true;
      this.#window.takeBack(indexed);
      throw error;
    }
    this.#written(content, packed, at);
    if (this.#spare.length >= MAX_SPARE) return;
    content.clear();
    this.#spare.push(content);
  }

  #pack(records: GroupRecords): Packed {
    const { ids, payloads } = records;
    return {
      ids: ids.length === 0 ? undefined : ids,
      payloads: payloads.length === 0 ? undefined : payloads,
      arrivals: packArrivals(records.arrived),
      owed: this.#owed.pack(records.agents.values()),
    };
  }

  #operations({ agents }: GroupRecords, values: ReadonlyMap<string, Uint8Array>, packed: Packed, at: LogPosition): Operation[] {
    const operations: Operation[] = agentOperations(agents.values(), this.#numbers);
    for (const [key, value] of values) operations.push(value.length === 0 ? { type: 'del', key: valueKey(key) } : sealed(valueKey(key), value));
    for (const log of LOGS) {
      const value = packed[log];
      if (value !== undefined) operations.push(sealed(logKey(log, at), value));
    }
    return operations;
  }

  #written({ agents, arrived, delivered }: GroupRecords, { ids, owed }: Packed, at: LogPosition): void {
    for (const agent of agents.keys()) this.#numbers.written(agent);
    this.#checkpoints.note(this.#seen.added, this.#next);
    this.#records += (ids?.length ?? 0) / ID_RECORD_BYTES;
    if (arrived.size > 0) this.#openArrivals.add(at, arrived.keys());
    for (const id of delivered) this.#openArrivals.done(id);
    if (owed !== undefined && this.#owed.written()) this.#owedLog.clearBefore(at);
    this.#cut();
    if (this.#records > MERGE_AT * this.#limits.maxSeen) this.#merge(this.#next);
  }

  async #recover(): Promise<void> {
    await this.#idsLog.settled();
    await this.#payloadsLog.settled();
    await this.#arrivalsLog.settled();
    await this.#owedLog.settled();
    await this.#opened.recover();
    this.#failed = false;
  }

  /** The bucket of now, or the latest one there was when the clock went back. */
  #bucket(): number {
    const bucket = bucketOf(this.#now());
    if (bucket > this.#next.bucket) this.#next = { bucket, sequence: this.#next.sequence };
    return this.#next.bucket;
  }

  /** What comes next comes after `at`. */
  #passed({ bucket, sequence }: LogPosition): void {
    this.#next = { bucket: Math.max(bucket, this.#next.bucket), sequence: Math.max(sequence + 1, this.#next.sequence) };
  }

  #expire(): void {
    const horizonMs = this.#horizon.step(bucketOf(this.#now())) * BUCKET_MS;
    const expired: LogPosition = { bucket: bucketOf(horizonMs - this.#limits.seenRetentionMs), sequence: 0 };
    this.#seen.expireBefore(expired.bucket);
    if (isBefore(this.#idsFrom, expired)) this.#idsFrom = expired;
    this.#window.expireBefore(bucketOf(horizonMs - this.#limits.payloadRetentionMs));
    this.#cutBytes = -Infinity;
    this.#cut();
  }

  /** Every hour: what is old goes, and what is past is merged. */
  #tend(): void {
    this.#expire();
    this.#writeNotes();
    if (this.#mergedTo < this.#next.bucket) this.#merge({ bucket: this.#next.bucket, sequence: 0 });
  }

  #merge(before: LogPosition): void {
    if (this.#merging) return;
    this.#merging = true;
    const whole = this.#records > MERGE_AT * this.#limits.maxSeen;
    const records = this.#records;
    const from: LogPosition = { bucket: whole ? 0 : this.#mergedTo, sequence: 0 };
    const work = async (start: LogPosition): Promise<void> => {
      await mergeIds(this.#opened.db, isBefore(start, from) ? from : start, before, (bytes, at) => this.#seen.hasRecord(bytes, at));
      this.#mergedTo = before.bucket;
      if (whole) this.#records += this.#seen.size - records;
    };
    void this.#idsLog.alone(work).finally(() => (this.#merging = false));
  }

  #readNotes(notes: Uint8Array): void {
    const view = new DataView(notes.buffer, notes.byteOffset, notes.byteLength);
    this.#horizon = new Horizon(view.getUint32(0));
    this.#seen = new SeenSet(this.#limits.maxSeen, randomHashKey(), view.getUint32(4));
  }

  #writeNotes(): void {
    const notes = new Uint8Array(NOTES_BYTES);
    const view = new DataView(notes.buffer);
    view.setUint32(0, this.#horizon.bucket);
    view.setUint32(4, this.#seen.size);
    this.#commits.put(NOTES, notes);
  }

  /** LevelDB's own reads find no flipped byte, and what agents and the node saved is not read before it is wanted. */
  async #checkValues(): Promise<void> {
    for await (const [key, value] of this.#opened.db.iterator<Uint8Array, Uint8Array>({ ...VALUES_RANGE, ...VIEW })) {
      const plain = isSealed(key) ? opened(key, value, 'a saved value') : undefined;
      if (plain === undefined) continue;
      if (kindOf(key) === 'values') this.#owed.readCursor(valueName(key), plain);
      if (kindOf(key) !== 'agents') continue;
      const agent = agentOf(key);
      if (agentPart(agent, key).part === AgentPart.ran) this.#numbers.read(agent, plain);
    }
  }

  /** Shortens the logs on disk to what is still in RAM, when that is worth a delete. */
  #cut(): void {
    const overtaken = this.#checkpoints.overtaken(this.#seen.dropped);
    if (overtaken !== undefined && isBefore(this.#idsFrom, overtaken)) this.#idsFrom = overtaken;
    this.#idsLog.clearBefore(this.#idsFrom);
    this.#arrivalsCut += 1;
    if (this.#arrivalsCut >= ARRIVALS_CUT) {
      this.#arrivalsCut = 0;
      this.#arrivalsLog.clearBefore(this.#openArrivals.neededFrom(this.#next));
    }
    if (this.#window.droppedBytes - this.#cutBytes < this.#limits.maxPayloadWindowBytes * SLACK) return;
    this.#cutBytes = this.#window.droppedBytes;
    this.#payloadsLog.clearBefore(this.#window.oldest ?? this.#next);
  }
}

function closed(): HearsayError {
  return new HearsayError('HEARSAY_CLOSED', { field: 'store', rule: 'to be open', value: 'a closed one' });
}

function arrivalsIn(value: Uint8Array): readonly AgentArrival[] {
  const arrivals = unpackArrivals(value);
  if (arrivals === undefined) throw damage(`a group of arrivals of ${value.length} bytes`);
  return arrivals;
}
