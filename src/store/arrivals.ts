/**
 * Rumors that were admitted and whose event is not committed yet: on disk from their arrival on, so that a process that dies between
 * the two hands them to its agent when it is back. An arrival is acknowledged by its id being remembered as delivered.
 *
 *     records:   who brought it (32), id (32), bytes of agent (1), of wire (2), of mark (2), of data (4), agent, wire, mark, data
 */
import { Buffer } from 'node:buffer';
import type { PeerId, RumorId } from '../ids.ts';
import { isBefore } from './layout.ts';
import type { LogPosition } from './layout.ts';
import { ID_BYTES, readHex, writeHex } from './packing.ts';
import type { Arrival } from './store.ts';

/** An arrival, and whose it is. */
export type AgentArrival = Arrival & { readonly agent: string };

const LENGTHS_AT: number = 2 * ID_BYTES;
const HEAD_BYTES: number = LENGTHS_AT + 9;

/** One group's arrivals, or `undefined` when there are none. */
export function packArrivals(arrivals: ReadonlyMap<RumorId, AgentArrival>): Uint8Array | undefined {
  return arrivals.size === 0 ? undefined : Buffer.concat(Array.from(arrivals.values(), pack));
}

function pack({ agent, from, id, wire, mark, data }: AgentArrival): Uint8Array {
  const texts = [agent, wire, mark].map((text) => Buffer.from(text));
  const head = Buffer.alloc(HEAD_BYTES);
  writeHex(from, head, 0);
  writeHex(id, head, ID_BYTES);
  head.writeUInt8(texts[0]!.length, LENGTHS_AT);
  head.writeUInt16BE(texts[1]!.length, LENGTHS_AT + 1);
  head.writeUInt16BE(texts[2]!.length, LENGTHS_AT + 3);
  head.writeUInt32BE(data.length, LENGTHS_AT + 5);
  return Buffer.concat([head, ...texts, data]);
}

/** The reverse; `undefined` when the value is not whole. The data are copies. */
export function unpackArrivals(value: Uint8Array): readonly AgentArrival[] | undefined {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const arrivals: AgentArrival[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + HEAD_BYTES > bytes.length) return undefined;
    const agentAt = at + HEAD_BYTES;
    const wireAt = agentAt + bytes.readUInt8(at + LENGTHS_AT);
    const markAt = wireAt + bytes.readUInt16BE(at + LENGTHS_AT + 1);
    const dataAt = markAt + bytes.readUInt16BE(at + LENGTHS_AT + 3);
    const end = dataAt + bytes.readUInt32BE(at + LENGTHS_AT + 5);
    if (end > bytes.length) return undefined;
    arrivals.push({
      agent: bytes.toString('utf8', agentAt, wireAt),
      from: readHex(bytes, at) as PeerId,
      id: readHex(bytes, at + ID_BYTES) as RumorId,
      wire: bytes.toString('utf8', wireAt, markAt),
      mark: bytes.toString('utf8', markAt, dataAt),
      data: Uint8Array.from(bytes.subarray(dataAt, end)),
    });
    at = end;
  }
  return arrivals;
}

interface Group {
  readonly at: LogPosition;
  open: number;
}

/** Which arrivals on disk are not delivered, and from where on they are needed. As many as events wait in agents' queues (limits.maxQueuedEvents). */
export class OpenArrivals {
  /** Oldest first. */
  readonly #groups: Group[] = [];
  readonly #byId = new Map<RumorId, Group>();

  /** On disk and not delivered. */
  has(id: RumorId): boolean {
    return this.#byId.has(id);
  }

  /** A group is on disk. */
  add(at: LogPosition, ids: Iterable<RumorId>): void {
    const group: Group = { at, open: 0 };
    for (const id of ids) {
      if (this.#byId.has(id)) continue;
      this.#byId.set(id, group);
      group.open += 1;
    }
    if (group.open > 0) this.#groups.push(group);
  }

  /** Its event is on disk, or it is set aside. */
  done(id: RumorId): void {
    const group = this.#byId.get(id);
    if (group === undefined) return;
    this.#byId.delete(id);
    group.open -= 1;
  }

  /** What is before it is needed no more. @param next where the next group goes, at the earliest */
  neededFrom(next: LogPosition): LogPosition {
    while (this.#groups[0]?.open === 0) this.#groups.shift();
    const oldest = this.#groups[0]?.at;
    return oldest !== undefined && isBefore(oldest, next) ? oldest : next;
  }
}
