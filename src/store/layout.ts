/**
 * Where things lie in the database: the keys, and nothing about values. All keys are binary; integers are big-endian, so that
 * LevelDB's order is the order of time. Not here: what the packed values hold (packing.ts).
 *
 *     h schema                                   the schema's number in ASCII digits; alone without a sum
 *     h migrating                                only while a migration runs: the last key it did; without a sum
 *     h incarnation | h bringers                 16 random bytes; 8 random bytes, see bringers.ts
 *     m <key>                                    a node-wide value
 *     a <length> <agent> ran                     the agent has run here; the value is empty
 *     a <length> <agent> saved <key>             a saved value
 *     a <length> <agent> timer <wire>            a timer, ms since 1970 as a double
 *     s <bucket> <sequence>                      the ids that one group commit remembered, packed
 *     p <bucket> <sequence>                      the payloads that one group commit kept, packed
 *
 *     e <bucket> <sequence>                      the rumors that one group commit admitted, packed (arrivals.ts)
 *     o <bucket> <sequence>                      what one group commit sent to subscribers, packed (owed.ts)
 *
 * `s`, `p`, `e` and `o` are logs: one value a group commit, one sequence for all. A further kind of record gets a letter and the same tail.
 * Behind every other value stands its sum (seal.ts).
 *
 * Schema 1 had no sums, and ids without who brought them.
 */

/** The layout that this code writes. A change of any key or value raises it by one. */
export const SCHEMA_VERSION = 2;

/** The log's time is cut into buckets of six hours (research 7), which expire whole. */
export const BUCKET_MS: number = 6 * 60 * 60 * 1000;

/** A place in the log: before everything of a later bucket, and of a later sequence in the same bucket. */
export interface LogPosition {
  /** Six-hour periods since 1970, below 2^32. */
  readonly bucket: number;
  /** Number of the group commit, below 2^53. */
  readonly sequence: number;
}

/** `ids` is the log of what was seen, `payloads` that of the payload window, `arrivals` of what is to be delivered, `owed` of what was sent. */
export type LogName = 'arrivals' | 'ids' | 'owed' | 'payloads';

/** What an agent has on disk. The number is the byte in the key. */
export const AgentPart = { ran: 0, saved: 1, timer: 2 } as const;

const LETTER = { header: 0x68, values: 0x6d, agents: 0x61, arrivals: 0x65, ids: 0x73, owed: 0x6f, payloads: 0x70 } as const;
const KINDS = Object.keys(LETTER) as readonly (keyof typeof LETTER)[];
const LOG_KEY_BYTES = 13;
const TWO_TO_32 = 0x1_0000_0000;

/** Stays what and where it is in every schema to come: it is what tells them apart. */
export const SCHEMA_KEY: Uint8Array = headerKey('schema');
/** See `Store.incarnation`. */
export const INCARNATION_KEY: Uint8Array = headerKey('incarnation');

/** See migrations.ts. */
export const MIGRATING_KEY: Uint8Array = headerKey('migrating');
/** See bringers.ts. */
export const BRINGERS_KEY: Uint8Array = headerKey('bringers');
/** Past all keys. */
export const LAST_KEY: Uint8Array = Uint8Array.of(0xff);

/** Where agents' and node-wide values lie; the header is among them. */
export const VALUES_RANGE: { readonly gte: Uint8Array; readonly lt: Uint8Array } = { gte: Uint8Array.of(LETTER.agents), lt: Uint8Array.of(LETTER.values + 1) };

/** What a key is for. */
export type KeyKind = keyof typeof LETTER;

/** `undefined` for a key that is none of ours. */
export function kindOf(key: Uint8Array): KeyKind | undefined {
  return KINDS.find((kind) => LETTER[kind] === key[0]);
}

/** Whether the value of a key has its sum behind it. */
export function isSealed(key: Uint8Array): boolean {
  return !isSame(key, SCHEMA_KEY) && !isSame(key, MIGRATING_KEY);
}

/** The bucket of a time, ms since 1970. What is before 1970 is in the first one. */
export function bucketOf(ms: number): number {
  return Math.max(Math.floor(ms / BUCKET_MS), 0);
}

/** Where one group's record of one log lies; as a bound of a range, everything before that group. */
export function logKey(log: LogName, { bucket, sequence }: LogPosition): Uint8Array {
  const key = new Uint8Array(LOG_KEY_BYTES);
  const view = new DataView(key.buffer);
  key[0] = LETTER[log];
  view.setUint32(1, bucket);
  view.setUint32(5, Math.floor(sequence / TWO_TO_32));
  view.setUint32(9, sequence % TWO_TO_32);
  return key;
}

/** The first key after all of a log. */
export function logEnd(log: LogName): Uint8Array {
  return Uint8Array.of(LETTER[log] + 1);
}

/** The reverse of {@link logKey}, or `undefined` for a key of another length. */
export function logPosition(key: Uint8Array): LogPosition | undefined {
  if (key.byteLength !== LOG_KEY_BYTES) return undefined;
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return { bucket: view.getUint32(1), sequence: view.getUint32(5) * TWO_TO_32 + view.getUint32(9) };
}

/** Whether `a` lies before `b`. */
export function isBefore(a: LogPosition, b: LogPosition): boolean {
  return a.bucket < b.bucket || (a.bucket === b.bucket && a.sequence < b.sequence);
}

/** The key of a node-wide value. */
export function valueKey(key: string): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * key.length);
  bytes[0] = LETTER.values;
  writeText(key, bytes, 1);
  return bytes;
}

/** The reverse of {@link valueKey}. */
export function valueName(key: Uint8Array): string {
  return readText(key, 1);
}

/** The key of something an agent has. `name` is a saved value's key or a timer's wire, and empty for `ran`. */
export function agentKey(agent: string, part: number, name = ''): Uint8Array {
  const head = 5 + 2 * agent.length;
  const key = new Uint8Array(head + 1 + 2 * name.length);
  key[0] = LETTER.agents;
  // The length in front keeps one agent's keys from being another's, whatever the names are.
  new DataView(key.buffer).setUint32(1, agent.length);
  writeText(agent, key, 5);
  key[head] = part;
  writeText(name, key, head + 1);
  return key;
}

/** The first key after all of an agent's. */
export function agentEnd(agent: string): Uint8Array {
  return agentKey(agent, 0xff);
}

/** Whose a key of an agent's is. */
export function agentOf(key: Uint8Array): string {
  const length = new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(1);
  return readText(key.subarray(0, 5 + 2 * length), 5);
}

/** The reverse of {@link agentKey}, for a key of that agent. */
export function agentPart(agent: string, key: Uint8Array): { readonly part: number; readonly name: string } {
  const head = 5 + 2 * agent.length;
  return { part: key[head] ?? 0xff, name: readText(key, head + 1) };
}

function headerKey(name: string): Uint8Array {
  return Uint8Array.from([LETTER.header, ...[...name].map((character) => character.charCodeAt(0))]);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

// UTF-16, not UTF-8: names may be any string, and UTF-8 makes all lone surrogates one character.
function writeText(text: string, into: Uint8Array, at: number): void {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    into[at + 2 * i] = unit >>> 8;
    into[at + 2 * i + 1] = unit;
  }
}

function readText(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = at; i + 1 < bytes.length; i += 2) text += String.fromCharCode(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  return text;
}
