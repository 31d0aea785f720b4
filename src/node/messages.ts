/**
 * What two nodes say to each other over a link, and its bytes. PROTOCOL.md has the table.
 * Fixed binary layouts: a type byte, then fields in order; strings and byte runs carry their length. Decoding never throws.
 */
import type { PeerId, RumorId } from '../ids.ts';
import { knownMarks, MessageReader } from './message-reader.ts';

/** `sub` and `number` are chosen by the asker and unique on its side of the pair, 0 to 2^32 - 1. */
export type Message =
  /** Subscribe: `topic` names the agent, see `topicOf`. Answered by WatchAck. */
  | { readonly type: 'Watch'; readonly sub: number; readonly topic: string; readonly path: string }
  /** `refused` is "" when accepted. */
  | { readonly type: 'WatchAck'; readonly sub: number; readonly refused: string }
  | { readonly type: 'Fact'; readonly sub: number; readonly mark: string; readonly payload: Uint8Array }
  | { readonly type: 'Kick'; readonly sub: number; readonly reason: string }
  | { readonly type: 'Leave'; readonly sub: number }
  | { readonly type: 'Poke'; readonly number: number; readonly topic: string; readonly mark: string; readonly payload: Uint8Array }
  /** `refused` is "" when accepted. */
  | { readonly type: 'PokeAck'; readonly number: number; readonly refused: string }
  /** A signed address record of the sender. */
  | { readonly type: 'Record'; readonly record: Uint8Array }
  /** Asks to be told when everything we said so far was worked off and every watch on us is answered. */
  | { readonly type: 'Settle'; readonly number: number }
  | { readonly type: 'Settled'; readonly number: number }
  /** What the overlay of a topic says, see overlay-messages.ts. */
  | { readonly type: 'Overlay'; readonly topic: string; readonly payload: Uint8Array }
  /** Where is that peer? The answer, if there is one, is its Record. */
  | { readonly type: 'Find'; readonly peer: PeerId }
  /** So many Facts of that subscription, since its Watch on this link, are on the receiver's disk. */
  | { readonly type: 'Ack'; readonly sub: number; readonly count: number }
  /** In place of a Fact: a rumor of so many bytes, which has a number of its own in that subscription. Answered by Want or Have. */
  | { readonly type: 'Offer'; readonly sub: number; readonly number: number; readonly id: RumorId; readonly hops: number; readonly bytes: number }
  | { readonly type: 'Want'; readonly sub: number; readonly number: number }
  /** What was wanted: a Fact of the mark `gossip-rumor`. */
  | { readonly type: 'Give'; readonly sub: number; readonly number: number; readonly payload: Uint8Array }
  /** What of the offers need not be given: the receiver has it, on its disk. */
  | { readonly type: 'Have'; readonly sub: number; readonly numbers: readonly number[] };

export type Decoded = { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly reason: string };

/** Longest path, in bytes of UTF-8 (our choice: four times what a mark may have). */
export const MAX_PATH_BYTES = 256;
/** Longest mark, in bytes of UTF-8 (research 6). */
export const MAX_MARK_BYTES = 64;
/** Longest reason, in bytes of UTF-8 (our choice). */
export const MAX_REASON_BYTES = 256;
const MAX_RECORD_BYTES = 512;
/** Largest message of an overlay: eight records, and as much around them as one more takes (our choice). */
export const MAX_OVERLAY_BYTES: number = 9 * MAX_RECORD_BYTES;
/** Numbers in one Have, at most (our choice: as many as facts share an Ack). */
export const MAX_HAVE_NUMBERS = 256;
const OFFER_BYTES = 46;
/** Where the payload of a Give begins: behind type, `sub` and `number`. */
export const GIVE_PAYLOAD_AT = 9;
/** Where the mark of a Fact begins: behind type, `sub` and its own length. */
const FACT_MARK_AT = 6;

const TYPES = ['Watch', 'WatchAck', 'Fact', 'Kick', 'Leave', 'Poke', 'PokeAck', 'Record', 'Settle', 'Settled', 'Overlay', 'Find', 'Ack', 'Offer', 'Want', 'Give', 'Have'] as const;
const TYPE_BYTE: Readonly<Record<Message['type'], number>> = Object.freeze(
  Object.fromEntries(TYPES.map((type, index) => [type, index + 1])) as Record<Message['type'], number>,
);

/** The bytes of a message. Lengths were checked where the values came from; too long ones are cut (reasons) or are a bug. */
export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case 'Watch':
      return concat(head(message.type, message.sub), Buffer.from(message.topic, 'hex'), text(message.path, 2));
    case 'WatchAck':
    case 'Kick':
      return concat(head(message.type, message.sub), text(clip(message.type === 'Kick' ? message.reason : message.refused), 2));
    case 'Fact':
      return concat(factHead(message.sub, message.mark), message.payload);
    case 'Leave':
      return head(message.type, message.sub);
    case 'Poke':
      return concat(head(message.type, message.number), Buffer.from(message.topic, 'hex'), text(message.mark, 1), message.payload);
    case 'PokeAck':
      return concat(head(message.type, message.number), text(clip(message.refused), 2));
    case 'Record':
      return concat(Uint8Array.of(TYPE_BYTE.Record), message.record);
    case 'Settle':
    case 'Settled':
      return head(message.type, message.number);
    case 'Overlay':
      return concat(Uint8Array.of(TYPE_BYTE.Overlay), Buffer.from(message.topic, 'hex'), message.payload);
    case 'Find':
      return concat(Uint8Array.of(TYPE_BYTE.Find), Buffer.from(message.peer, 'hex'));
    case 'Ack':
      return concat(head(message.type, message.sub), u32(message.count));
    case 'Offer':
      return offerBytes(message);
    case 'Want':
      return concat(head(message.type, message.sub), u32(message.number));
    case 'Give':
      return concat(giveHead(message.sub, message.number), message.payload);
    case 'Have':
      return concat(head(message.type, message.sub), ...message.numbers.map(u32));
  }
}

/** In one array: there are several for each rumor. */
function offerBytes({ type, sub, number, id, hops, bytes: size }: Extract<Message, { type: 'Offer' }>): Uint8Array {
  const bytes = Buffer.allocUnsafe(OFFER_BYTES);
  bytes[0] = TYPE_BYTE[type];
  bytes.writeUInt32BE(sub, 1);
  bytes.writeUInt32BE(number, 5);
  bytes.write(id, 9, 'hex');
  bytes[41] = hops;
  bytes.writeUInt32BE(size, 42);
  return bytes;
}

/** What stands before the payload of a `Give`. */
export function giveHead(sub: number, number: number): Uint8Array {
  return concat(head('Give', sub), u32(number));
}

/** What stands before the payload of a `Fact`: the same for all facts of one mark to one subscriber. */
export function factHead(sub: number, mark: string): Uint8Array {
  return concat(head('Fact', sub), text(mark, 1));
}

/** Never throws: a bad message is a fact about the peer, and the caller decides what it costs them. */
export function decodeMessage(bytes: Uint8Array): Decoded {
  const reader = new MessageReader(bytes);
  const type = TYPES[reader.u8() - 1];
  if (type === undefined) return { ok: false, reason: 'unknown-type' };
  const message = readBody(type, reader);
  return reader.wrong === undefined ? { ok: true, message } : { ok: false, reason: reader.wrong };
}

/** What stands before the payload of a `Fact`. */
export interface FactHead {
  sub: number;
  mark: string;
  /** Where the payload begins. */
  payloadAt: number;
}

/** Reads the head of a `Fact`, which nearly all messages are, and makes nothing of it. @returns whether it is one, and a whole one; else `head` means nothing */
export function readFact(bytes: Uint8Array, head: FactHead): boolean {
  const markLength = bytes[FACT_MARK_AT - 1];
  if (bytes[0] !== TYPE_BYTE.Fact || markLength === undefined || markLength > MAX_MARK_BYTES) return false;
  const payloadAt = FACT_MARK_AT + markLength;
  const mark = payloadAt > bytes.length ? undefined : knownMarks.read(bytes, FACT_MARK_AT, markLength);
  if (mark === undefined) return false;
  head.sub = ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
  head.mark = mark;
  head.payloadAt = payloadAt;
  return true;
}

function readBody(type: Message['type'], reader: MessageReader): Message {
  switch (type) {
    case 'Watch':
      return { type, sub: reader.u32(), topic: reader.hex32(), path: reader.lastText(2, MAX_PATH_BYTES) };
    case 'WatchAck':
      return { type, sub: reader.u32(), refused: reader.lastText(2, MAX_REASON_BYTES) };
    case 'Fact':
      return { type, sub: reader.u32(), mark: reader.text(1, MAX_MARK_BYTES), payload: reader.rest() };
    case 'Kick':
      return { type, sub: reader.u32(), reason: reader.lastText(2, MAX_REASON_BYTES) };
    case 'Leave':
      return { type, sub: reader.lastU32() };
    case 'Poke':
      return { type, number: reader.u32(), topic: reader.hex32(), mark: reader.text(1, MAX_MARK_BYTES), payload: reader.rest() };
    case 'PokeAck':
      return { type, number: reader.u32(), refused: reader.lastText(2, MAX_REASON_BYTES) };
    case 'Record':
      return { type, record: reader.rest(MAX_RECORD_BYTES) };
    case 'Settle':
    case 'Settled':
      return { type, number: reader.lastU32() };
    case 'Overlay':
      return { type, topic: reader.hex32(), payload: reader.rest(MAX_OVERLAY_BYTES) };
    case 'Find':
      return { type, peer: reader.lastHex32() as PeerId };
    case 'Ack':
      return { type, sub: reader.u32(), count: reader.lastU32() };
    case 'Offer':
      return { type, sub: reader.u32(), number: reader.u32(), id: reader.hex32() as RumorId, hops: reader.u8(), bytes: reader.lastU32() };
    case 'Want':
      return { type, sub: reader.u32(), number: reader.lastU32() };
    case 'Give':
      return { type, sub: reader.u32(), number: reader.u32(), payload: reader.rest() };
    case 'Have':
      return { type, sub: reader.u32(), numbers: reader.lastNumbers(MAX_HAVE_NUMBERS) };
  }
}

function head(type: Message['type'], number: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = TYPE_BYTE[type];
  bytes.writeUInt32BE(number, 1);
  return bytes;
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string, lengthBytes: 1 | 2): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  return concat(lengthBytes === 1 ? Uint8Array.of(bytes.length) : Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes);
}

/** Cuts a reason to what fits, at a character. */
function clip(reason: string): string {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason;
  return Buffer.from(reason).subarray(0, MAX_REASON_BYTES).toString('utf8').replace(/\uFFFD+$/, '');
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
