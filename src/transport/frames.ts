/**
 * Frames: what the plaintext of one sealed message of the channel looks like. Records, one behind the other:
 *
 *   record = varint(length << 2 | kind) ‖ `length` bytes     kind 0: a message, or the last chunk of one
 *                                                            kind 1: a chunk of a message that goes on
 *                                                            kind 2: a control
 *   control = 0 (ping) | 1 (pong) | 2 ‖ reason (goaway)
 *
 * The varint is LEB128, in its shortest form. A message of at most 32 KiB is one record and never cut, so that its reader needs
 * no copy. The chunks of a message follow each other; only controls may stand between them. No sockets, no clock, no cipher.
 */
import { NONE, TAG_BYTES } from './noise-state.ts';
import { MAX_MESSAGE_BYTES as MAX_SEALED_BYTES } from './transport.ts';

/** Most bytes of records in one frame: 65,519, a Noise message without its tag. */
export const MAX_FRAME_BYTES: number = MAX_SEALED_BYTES - TAG_BYTES;

/** Most bytes of a message in one record. Above it a message is cut (our choice: data of 16 KiB and what goes around them stay whole, which halves what they cost). */
export const CHUNK_BYTES: number = 32 * 1024;

/** Longest message: the largest payload, 1 MiB, and 4 KiB of whatever goes around it (design). */
export const MAX_MESSAGE_BYTES: number = 1024 * 1024 + 4 * 1024;

/** Longest reason of a goaway, in characters (our choice: a word or three). */
export const MAX_REASON_LENGTH = 64;

/** What two channels say to each other that is nobody's message. After `goaway` its sender sends nothing more and still reads. */
export type Control = { readonly type: 'ping' } | { readonly type: 'pong' } | { readonly type: 'goaway'; readonly reason: string };

/** One thing out of a frame: a message's bytes, which are the receiver's, or a control. */
export type Inbound = Uint8Array | Control;

/** Why a frame was refused. */
export type FrameFault = 'bad-length' | 'bad-kind' | 'bad-control' | 'empty-chunk' | 'message-too-long';

/** What a frame held, in order, or why none of it counts. */
export type FrameRead = { readonly ok: true; readonly inbound: readonly Inbound[] } | { readonly ok: false; readonly reason: FrameFault };

const MESSAGE = 0;
const CHUNK = 1;
const CONTROL = 2;
const KIND_BITS = 2;
const KIND_MASK = 3;

const PING = 0;
const PONG = 1;
const GOAWAY = 2;

/** Three bytes of seven bits hold any length of a frame and its kind. */
const MAX_HEADER_BYTES = 3;

/** With less room than this a frame is full: a chunk of a few bytes costs more than it carries (our choice). */
const MIN_CHUNK_BYTES = 1024;

/** Stands before a control. Empty, and like no other part. */
const CONTROL_PART = new Uint8Array(0);

// One for all writers: packing never waits, so that no two are ever at it.
const scratch = new Uint8Array(MAX_FRAME_BYTES);

/** Collects what is sent in one turn and packs it into as few frames as whole messages of up to 32 KiB allow. */
export class FrameWriter {
  /** Two for each record: those of a message, of which the second may be empty, or {@link CONTROL_PART} and a control. */
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** What waits to be packed, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a message of at most {@link MAX_MESSAGE_BYTES}, in one part or two. They are not copied: they must stay as they are until `pack`. */
  addMessage(message: Uint8Array, rest: Uint8Array = NONE): void {
    this.#add(message, rest);
  }

  /** Adds a control behind the messages so far. */
  addControl(control: Control): void {
    this.#add(CONTROL_PART, encodeControl(control));
  }

  /** Gives the frames, in order, and is empty again. Each is a view that counts until `emit` returns. */
  pack(emit: (frame: Uint8Array) => void): void {
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    let used = 0;
    const makeRoom = (bytes: number): void => {
      if (used + MAX_HEADER_BYTES + bytes <= MAX_FRAME_BYTES) return;
      emit(scratch.subarray(0, used));
      used = 0;
    };
    for (let i = 0; i < parts.length; i += 2) {
      let head = parts[i]!;
      let rest = parts[i + 1]!;
      while (head.length + rest.length > CHUNK_BYTES) {
        makeRoom(MIN_CHUNK_BYTES);
        const length = Math.min(CHUNK_BYTES, MAX_FRAME_BYTES - MAX_HEADER_BYTES - used);
        const ofHead = Math.min(length, head.length);
        used = writeRecord(used, CHUNK, head.subarray(0, ofHead), rest.subarray(0, length - ofHead));
        head = head.subarray(ofHead);
        rest = rest.subarray(length - ofHead);
      }
      makeRoom(head.length + rest.length);
      used = writeRecord(used, head === CONTROL_PART ? CONTROL : MESSAGE, head, rest);
    }
    if (used > 0) emit(scratch.subarray(0, used));
  }

  #add(head: Uint8Array, rest: Uint8Array): void {
    this.#parts.push(head, rest);
    this.#bytes += head.length + rest.length;
  }
}

/** Takes frames apart, and puts chunked messages together again. After a fault it is of no more use. */
export class FrameReader {
  /** What has come of a message that goes on. Copied, or a chunk of one byte would hold on to its whole frame. */
  #assembly: Uint8Array = new Uint8Array(0);
  #assembled = 0;

  /** Reads one frame. Never throws. Messages are views of the frame: whoever keeps a small one keeps its frame with it. */
  read(frame: Uint8Array): FrameRead {
    const inbound: Inbound[] = [];
    let at = 0;
    while (at < frame.length) {
      const header = headerAt(frame, at);
      const start = at + (header < 0x80 ? 1 : header < 0x4000 ? 2 : MAX_HEADER_BYTES);
      const end = start + (header >>> KIND_BITS);
      if (header < 0 || end > frame.length) return { ok: false, reason: 'bad-length' };
      // Not `subarray`, which costs a Buffer half as much again.
      const next = this.#record(header & KIND_MASK, new Uint8Array(frame.buffer, frame.byteOffset + start, end - start));
      if (typeof next === 'string') return { ok: false, reason: next };
      if (next !== undefined) inbound.push(next);
      at = end;
    }
    return { ok: true, inbound };
  }

  #record(kind: number, body: Uint8Array): Inbound | FrameFault | undefined {
    switch (kind) {
      case MESSAGE:
        return this.#message(body);
      case CHUNK:
        if (body.length === 0) return 'empty-chunk';
        return this.#assemble(body) ? undefined : 'message-too-long';
      case CONTROL:
        return decodeControl(body) ?? 'bad-control';
      default:
        return 'bad-kind';
    }
  }

  #message(body: Uint8Array): Inbound | FrameFault {
    if (this.#assembled === 0) return body;
    if (!this.#assemble(body)) return 'message-too-long';
    const bytes = this.#assembly.subarray(0, this.#assembled);
    this.#assembly = new Uint8Array(0);
    this.#assembled = 0;
    return bytes;
  }

  #assemble(chunk: Uint8Array): boolean {
    const needed = this.#assembled + chunk.length;
    if (needed > MAX_MESSAGE_BYTES) return false;
    if (needed > this.#assembly.length) {
      // Doubling, so that a message of many chunks is copied twice at most, and claims nothing that did not come.
      const grown = new Uint8Array(Math.min(MAX_MESSAGE_BYTES, Math.max(needed, 2 * this.#assembly.length)));
      grown.set(this.#assembly.subarray(0, this.#assembled));
      this.#assembly = grown;
    }
    this.#assembly.set(chunk, this.#assembled);
    this.#assembled = needed;
    return true;
  }
}

/** Writes a record into the scratch frame. @returns where the next one begins */
function writeRecord(offset: number, kind: number, head: Uint8Array, rest: Uint8Array): number {
  let header = ((head.length + rest.length) << KIND_BITS) | kind;
  let at = offset;
  while (header > 0x7f) {
    scratch[at] = (header & 0x7f) | 0x80;
    header >>>= 7;
    at += 1;
  }
  scratch[at] = header;
  at += 1;
  scratch.set(head, at);
  if (rest.length > 0) scratch.set(rest, at + head.length);
  return at + head.length + rest.length;
}

/** The varint of a record. -1 when it is none, or not in its shortest form. */
function headerAt(frame: Uint8Array, at: number): number {
  const first = frame[at] ?? 0;
  if (first < 0x80) return first;
  const second = frame[at + 1];
  if (second === undefined) return -1;
  if (second < 0x80) return second === 0 ? -1 : (second << 7) | (first & 0x7f);
  const third = frame[at + 2];
  if (third === undefined || third === 0 || third > 0x7f) return -1;
  return (third << 14) | ((second & 0x7f) << 7) | (first & 0x7f);
}

function encodeControl(control: Control): Uint8Array {
  if (control.type === 'ping') return Uint8Array.of(PING);
  if (control.type === 'pong') return Uint8Array.of(PONG);
  return Uint8Array.of(GOAWAY, ...[...reasonText(control.reason)].map((character) => character.charCodeAt(0)));
}

function decodeControl(body: Uint8Array): Control | undefined {
  if (body.length === 1 && body[0] === PING) return { type: 'ping' };
  if (body.length === 1 && body[0] === PONG) return { type: 'pong' };
  if (body[0] !== GOAWAY || body.length > 1 + MAX_REASON_LENGTH) return undefined;
  const reason = String.fromCharCode(...body.subarray(1));
  return reason === reasonText(reason) ? { type: 'goaway', reason } : undefined;
}

/** A reason ends up in logs and terminals of others: printable ASCII and no more. */
function reasonText(reason: string): string {
  return reason.slice(0, MAX_REASON_LENGTH).replace(/[^\x20-\x7e]/g, '?');
}
