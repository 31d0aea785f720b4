/**
 * What each agent published or relayed, numbered, and how far each pal has acknowledged it: from it a pal that was away is sent what it
 * missed. It holds ids; the payloads are in the window. The latest {@link MAX_OWED} of each agent, in RAM and on disk.
 *
 *     value:     agents (2), for each: bytes of its name (1), name; then the records
 *     records:   which agent (2), number (8), hops (1), id (32), whom not to tell (32), zeros for nobody
 */
import { Buffer } from 'node:buffer';
import { isPeerId } from '../ids.ts';
import type { PeerId, RumorId } from '../ids.ts';
import { Growing } from './growing.ts';
import { ID_BYTES, readHex, writeHex } from './packing.ts';
import type { Owed } from './store.ts';

/** Of one agent (design). */
export const MAX_OWED = 10_000;
const RECORD_BYTES: number = 11 + 2 * ID_BYTES;
const NOBODY = '0'.repeat(2 * ID_BYTES) as PeerId;
/** The log is written anew when it has so many times what may be owed. Our choice: a third more writes, and 3 MB an agent on disk at most. */
const ANEW_AT = 4;
/** Where a pal's cursor lies among the node-wide values: this, its id, a space, the agent. */
const CURSOR_KEY = '~owed ';
const PEER_LENGTH = 64;
const TWO_TO_32 = 0x1_0000_0000;
const CURSOR_BYTES = 8;

type Entry = readonly [agent: string, owed: Owed];

/** What one agent sent. */
export interface AgentOwed {
  readonly agent: string;
  readonly owed: readonly Owed[];
}

/** One agent's: numbers rise by one, so that a number says where it lies. */
class Line {
  /** Number of the first entry. */
  first = 1;
  /** `undefined` where a commit failed. */
  entries: (Owed | undefined)[] = [];
  /** Entries before it were dropped, and are taken out of the array now and then. */
  start = 0;
  /** Of pals: all up to there is acknowledged. */
  readonly cursors = new Map<PeerId, number>();

  get last(): number {
    return this.first + this.entries.length - 1;
  }

  push(entry: Owed | undefined): void {
    this.entries.push(entry);
    if (this.entries.length - this.start > MAX_OWED) this.start += 1;
    if (this.start < MAX_OWED) return;
    this.entries = this.entries.slice(this.start);
    this.first += this.start;
    this.start = 0;
  }

  /** The next number is above this one. */
  skipTo(number: number): void {
    if (number - this.last >= MAX_OWED || this.entries.length === 0) {
      this.first = Math.max(this.last, number) + 1;
      this.entries = [];
      this.start = 0;
    }
    while (this.last < number) this.push(undefined);
  }

  all(): readonly Owed[] {
    return this.entries.slice(this.start).filter((entry) => entry !== undefined);
  }

  get(number: number): Owed | undefined {
    const at = number - this.first;
    return at < this.start ? undefined : this.entries[at];
  }
}

export class OwedFacts {
  readonly #lines = new Map<string, Line>();
  /** On disk. */
  #records = 0;
  /** In the value packed last. */
  #packed = 0;
  #anew = false;

  /** The next one of an agent. */
  add(agent: string, { id, hops, except }: Omit<Owed, 'number'>): Owed {
    const line = this.#line(agent);
    const number = line.last + 1;
    const owed: Owed = except === undefined ? { number, id, hops } : { number, id, hops, except };
    line.push(owed);
    return owed;
  }

  /** The latest number; 0 when there is none. */
  last(agent: string): number {
    return this.#lines.get(agent)?.last ?? 0;
  }

  get(agent: string, number: number): Owed | undefined {
    return this.#lines.get(agent)?.get(number);
  }

  cursor(agent: string, peer: PeerId): number | undefined {
    return this.#lines.get(agent)?.cursors.get(peer);
  }

  /** @returns the node-wide value that says so, and its key */
  setCursor(agent: string, peer: PeerId, number: number): readonly [key: string, value: Uint8Array] {
    this.#line(agent).cursors.set(peer, number);
    const value = Buffer.alloc(CURSOR_BYTES);
    value.writeBigUInt64BE(BigInt(number));
    return [cursorKey(peer, agent), value];
  }

  /** @returns the keys of node-wide values that are to be deleted */
  dropCursors(peer: PeerId): readonly string[] {
    return [...this.#lines].filter(([, { cursors }]) => cursors.delete(peer)).map(([agent]) => cursorKey(peer, agent));
  }

  /** A node-wide value at start; most are not ours. */
  readCursor(key: string, value: Uint8Array): void {
    const peer = key.slice(CURSOR_KEY.length, CURSOR_KEY.length + PEER_LENGTH);
    if (!key.startsWith(CURSOR_KEY) || !isPeerId(peer) || value.length !== CURSOR_BYTES) return;
    this.#line(key.slice(CURSOR_KEY.length + PEER_LENGTH + 1)).cursors.set(peer, Number(Buffer.from(value).readBigUInt64BE()));
  }

  /** One group from disk; they come in order, perhaps twice. @returns `false` when it is not whole */
  read(value: Uint8Array): boolean {
    const entries = unpackOwed(value);
    if (entries === undefined) return false;
    this.#records += entries.length;
    for (const [agent, owed] of entries) {
      const line = this.#line(agent);
      if (owed.number <= line.last) continue;
      line.skipTo(owed.number - 1);
      line.push(owed);
    }
    return true;
  }

  /** All is read. A number that a pal has acknowledged is not given again, though what had it was not written: nobody was owed it. */
  started(): void {
    for (const line of this.#lines.values()) for (const cursor of line.cursors.values()) line.skipTo(cursor);
  }

  /** One group's, or, when there are too many on disk, all. Nothing is written for an agent that no pal ever subscribed to. */
  pack(group: Iterable<AgentOwed>): Uint8Array | undefined {
    this.#anew = this.#records > ANEW_AT * MAX_OWED * Math.max(this.#lines.size, 1);
    const all = this.#anew ? Array.from(this.#lines, ([agent, line]) => ({ agent, owed: line.all() })) : [...group].filter(({ agent }) => this.#lines.get(agent)?.cursors.size !== 0);
    this.#packed = all.reduce((count, { owed }) => count + owed.length, 0);
    return packOwed(all);
  }

  /** What was packed last is on disk. @returns whether all before it can go */
  written(): boolean {
    this.#records = this.#packed + (this.#anew ? 0 : this.#records);
    return this.#anew;
  }

  #line(agent: string): Line {
    let line = this.#lines.get(agent);
    if (line === undefined) this.#lines.set(agent, (line = new Line()));
    return line;
  }
}

function cursorKey(peer: PeerId, agent: string): string {
  return `${CURSOR_KEY}${peer} ${agent}`;
}

/** `undefined` when there are none. */
export function packOwed(group: readonly AgentOwed[]): Uint8Array | undefined {
  const some = group.filter(({ owed }) => owed.length > 0);
  if (some.length === 0) return undefined;
  const names = some.flatMap(({ agent }) => [Buffer.of(Buffer.byteLength(agent)), Buffer.from(agent)]);
  const records = new Growing();
  for (const [index, { owed }] of some.entries()) for (const each of owed) packRecord(records, index, each);
  return Buffer.concat([Buffer.of(some.length >>> 8, some.length), ...names, records.view]);
}

function packRecord(into: Growing, agent: number, { number, hops, id, except = NOBODY }: Owed): void {
  const at = into.extend(RECORD_BYTES);
  const { bytes } = into;
  const high = Math.floor(number / TWO_TO_32);
  bytes[at] = agent >>> 8;
  bytes[at + 1] = agent;
  for (let i = 0; i < 4; i += 1) {
    bytes[at + 2 + i] = high >>> (24 - 8 * i);
    bytes[at + 6 + i] = number >>> (24 - 8 * i);
  }
  bytes[at + 10] = hops;
  writeHex(id, bytes, at + 11);
  writeHex(except, bytes, at + 11 + ID_BYTES);
}

/** The reverse; `undefined` when the value is not whole. */
export function unpackOwed(value: Uint8Array): readonly Entry[] | undefined {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < 2) return undefined;
  const agents: string[] = [];
  let at = 2;
  for (let left = bytes.readUInt16BE(0); left > 0; left -= 1) {
    const from = at + 1;
    at = from + (bytes[at] ?? 0);
    agents.push(bytes.toString('utf8', from, at));
  }
  const entries: Entry[] = [];
  for (; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const agent = agents[bytes.readUInt16BE(at)];
    if (agent === undefined) return undefined;
    const except = readHex(bytes, at + 11 + ID_BYTES);
    const owed: Owed = {
      number: Number(bytes.readBigUInt64BE(at + 2)),
      hops: bytes.readUInt8(at + 10),
      id: readHex(bytes, at + 11) as RumorId,
      ...(except !== NOBODY && { except: except as PeerId }),
    };
    entries.push([agent, owed]);
  }
  return at === bytes.length ? entries : undefined;
}
