import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CHUNK_BYTES, FrameReader, FrameWriter, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, MAX_REASON_LENGTH } from '../../src/transport/frames.ts';
import type { Control, FrameRead, Inbound } from '../../src/transport/frames.ts';

type Sent = Uint8Array | Control;

function pack(sent: readonly Sent[]): Uint8Array[] {
  const writer = new FrameWriter();
  for (const one of sent) {
    if (one instanceof Uint8Array) writer.addMessage(one);
    else writer.addControl(one);
  }
  const frames: Uint8Array[] = [];
  writer.pack((frame) => frames.push(frame.slice()));
  return frames;
}

function readAll(frames: readonly Uint8Array[]): Inbound[] {
  const reader = new FrameReader();
  return frames.flatMap((frame) => {
    const read = reader.read(frame);
    if (!read.ok) throw new Error(read.reason);
    return read.inbound;
  });
}

/** A message whose bytes tell where they belong. */
function message(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + seed) & 0xff);
}

function record(kind: number, length: number, body: Uint8Array = message(length)): number[] {
  const header: number[] = [];
  let value = length * 4 + kind;
  for (; value > 0x7f; value = Math.floor(value / 128)) header.push((value % 128) | 0x80);
  return [...header, value, ...body];
}

const long = (kind: number, times: number): Uint8Array[] =>
  Array.from({ length: times }, () => Uint8Array.from([...record(kind, CHUNK_BYTES)]));

describe('writing', () => {
  test('the bytes of a frame are those of the specification', () => {
    const frames = pack([Uint8Array.of(7, 8), { type: 'ping' }, { type: 'goaway', reason: 'ok' }, message(100), { type: 'pong' }]);
    expect(frames).toEqual([Uint8Array.from([8, 7, 8, 6, 0, 14, 2, 0x6f, 0x6b, 0x90, 0x03, ...message(100), 6, 1])]);
  });

  test('nothing to send is no frame', () => {
    expect(pack([])).toEqual([]);
  });

  test('a hundred small messages share one frame', () => {
    expect(pack(Array.from({ length: 100 }, () => message(200)))).toHaveLength(1);
  });

  test('a message in two parts is the message in one, however long', () => {
    fc.assert(
      fc.property(fc.nat(40_000), fc.nat(40_000), (first, second) => {
        const writer = new FrameWriter();
        const frames: Uint8Array[] = [];
        writer.addMessage(message(first), message(second));
        writer.pack((frame) => frames.push(Uint8Array.from(frame)));
        const whole = Uint8Array.from([...message(first), ...message(second)]);
        expect(Buffer.concat(frames).equals(Buffer.concat(pack([whole])))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('a message of 32 KiB is one record, one of a byte more is cut', () => {
    expect(pack([message(CHUNK_BYTES)])).toEqual([Uint8Array.from(record(0, CHUNK_BYTES))]);
    const cut = message(CHUNK_BYTES + 1);
    expect(pack([cut])).toEqual([
      Uint8Array.from([...record(1, CHUNK_BYTES, cut.subarray(0, CHUNK_BYTES)), ...record(0, 1, cut.subarray(CHUNK_BYTES))]),
    ]);
  });

  test('chunks fill frames: the longest message takes as many as its bare bytes would', () => {
    const frames = pack([message(MAX_MESSAGE_BYTES)]);
    expect(frames).toHaveLength(Math.ceil(MAX_MESSAGE_BYTES / MAX_FRAME_BYTES));
    expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  });

  test('a writer counts what waits, and is empty after packing', () => {
    const writer = new FrameWriter();
    writer.addMessage(message(10));
    writer.addMessage(message(20));
    expect(writer.bytes).toBe(30);
    writer.pack(() => undefined);
    expect(writer.bytes).toBe(0);
    writer.pack(() => {
      throw new Error('a second frame');
    });
  });

  test('a reason is cut and made printable, so that the reader takes it', () => {
    const [control] = readAll(pack([{ type: 'goaway', reason: `\u001b[2J\u2028${'x'.repeat(100)}` }]));
    expect(control).toEqual({ type: 'goaway', reason: `?[2J?${'x'.repeat(MAX_REASON_LENGTH - 5)}` });
  });
});

describe('reading', () => {
  const faults: { name: string; frames: readonly Uint8Array[]; result: FrameRead }[] = [
    { name: 'an empty frame', frames: [Uint8Array.of()], result: { ok: true, inbound: [] } },
    { name: 'an empty message', frames: [Uint8Array.of(0)], result: { ok: true, inbound: [Uint8Array.of()] } },
    { name: 'a record longer than the frame', frames: [Uint8Array.of(8, 1)], result: { ok: false, reason: 'bad-length' } },
    { name: 'a header that goes on', frames: [Uint8Array.of(0x80)], result: { ok: false, reason: 'bad-length' } },
    { name: 'a header of four bytes', frames: [Uint8Array.of(0x80, 0x80, 0x80, 1)], result: { ok: false, reason: 'bad-length' } },
    { name: 'a header not in its shortest form', frames: [Uint8Array.of(0x84, 0, 1)], result: { ok: false, reason: 'bad-length' } },
    { name: 'kind 3', frames: [Uint8Array.of(7, 0)], result: { ok: false, reason: 'bad-kind' } },
    { name: 'an empty control', frames: [Uint8Array.of(2)], result: { ok: false, reason: 'bad-control' } },
    { name: 'an unknown control', frames: [Uint8Array.of(6, 9)], result: { ok: false, reason: 'bad-control' } },
    { name: 'a ping with a tail', frames: [Uint8Array.of(10, 0, 0)], result: { ok: false, reason: 'bad-control' } },
    { name: 'a reason that is too long', frames: [Uint8Array.from(record(2, 66, new Uint8Array(66).fill(0x78).fill(2, 0, 1)))], result: { ok: false, reason: 'bad-control' } },
    { name: 'a reason with an escape', frames: [Uint8Array.of(10, 2, 27)], result: { ok: false, reason: 'bad-control' } },
    { name: 'an empty chunk', frames: [Uint8Array.of(1)], result: { ok: false, reason: 'empty-chunk' } },
    { name: 'a good record before a bad one counts for nothing', frames: [Uint8Array.of(4, 1, 7, 0)], result: { ok: false, reason: 'bad-kind' } },
    { name: 'a chunk more than the longest message', frames: long(1, 65), result: { ok: false, reason: 'message-too-long' } },
    {
      name: 'a last chunk more than the longest message',
      frames: [...long(1, 64), Uint8Array.from(record(0, 4097))],
      result: { ok: false, reason: 'message-too-long' },
    },
  ];
  test.each(faults)('$name', ({ frames, result }) => {
    const reader = new FrameReader();
    expect(frames.map((frame) => reader.read(frame)).at(-1)).toEqual(result);
  });

  test('the longest message comes whole, over frames, with a control between its chunks', () => {
    const sent = message(MAX_MESSAGE_BYTES);
    const frames = pack([sent]);
    frames.splice(3, 0, Uint8Array.of(6, 0));
    const [ping, whole] = readAll(frames);
    expect(ping).toEqual({ type: 'ping' });
    expect(whole instanceof Uint8Array && Buffer.from(sent).equals(whole)).toBe(true);
  });

  test('an unfinished message holds what came of it and not the frames it came in', () => {
    const reader = new FrameReader();
    // A chunk of one byte, and behind it a ping.
    const frames = Array.from({ length: 400 }, (_, i) => Uint8Array.of(5, i & 0xff, 6, 0));
    for (const frame of frames) {
      reader.read(frame);
      frame.fill(0xff);
    }
    const read = reader.read(Uint8Array.of(0));
    const bytes = read.ok && read.inbound[0] instanceof Uint8Array ? read.inbound[0] : Uint8Array.of();
    expect(bytes).toEqual(Uint8Array.from({ length: 400 }, (_, i) => i & 0xff));
    expect(bytes.buffer.byteLength).toBeLessThanOrEqual(2 * 400);
  });

  test('a message is a view of its frame: no copy', () => {
    const [frame] = pack([message(1000)]);
    const [inbound] = readAll(frame === undefined ? [] : [frame]);
    expect(inbound instanceof Uint8Array && inbound.buffer).toBe(frame?.buffer);
  });
});

describe('properties', () => {
  const reason = fc.string({ maxLength: MAX_REASON_LENGTH, unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  const control = fc.oneof(
    fc.constant<Control>({ type: 'ping' }),
    fc.constant<Control>({ type: 'pong' }),
    reason.map((text): Control => ({ type: 'goaway', reason: text })),
  );
  const length = fc.oneof(fc.nat(300), fc.integer({ min: CHUNK_BYTES - 3, max: CHUNK_BYTES + 3 }), fc.nat(MAX_FRAME_BYTES + 100), fc.nat(200_000));
  const sent = fc.array(fc.oneof({ weight: 3, arbitrary: fc.tuple(length, fc.nat(255)).map(([n, seed]) => message(n, seed)) }, { weight: 1, arbitrary: control }), { maxLength: 12 });

  test('what was sent is what is read, in order, in frames that are not too long', () => {
    fc.assert(
      fc.property(sent, (all) => {
        const frames = pack(all);
        const read = readAll(frames);
        const same = (one: Sent, other: Inbound | undefined): boolean =>
          one instanceof Uint8Array ? other instanceof Uint8Array && Buffer.from(one).equals(other) : JSON.stringify(one) === JSON.stringify(other);
        return read.length === all.length && all.every((one, i) => same(one, read[i])) && frames.every(({ length: bytes }) => bytes <= MAX_FRAME_BYTES);
      }),
      { numRuns: 60 },
    );
  });

  test('frames are few: none but the last has room for another uncut message of 32 KiB', () => {
    fc.assert(
      fc.property(sent, (all) => {
        const sizes = pack(all).map(({ length: bytes }) => bytes);
        return sizes.slice(0, -1).every((size) => size > MAX_FRAME_BYTES - CHUNK_BYTES - 3);
      }),
      { numRuns: 60 },
    );
  });

  test('no bytes make the reader throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (frames) => {
        const reader = new FrameReader();
        for (const frame of frames) reader.read(frame);
      }),
      { numRuns: 2000 },
    );
  });
});
