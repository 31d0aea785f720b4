import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { RumorId } from '../../src/ids.ts';
import { isMark } from '../../src/marks/names.ts';
import { encodeRumor, KeptRumor, parseRumor, rumorFact, withHops } from '../../src/wrapper/rumor.ts';

const MAX = 100;
const ID = '1'.repeat(64) as RumorId;
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('the wire form of a rumor', () => {
  test('kind, hops, length of the mark, mark, payload', () => {
    const { bytes } = encodeRumor('say', Uint8Array.of(0x18, 0x2a));
    expect(bytes).toEqual(hex('00 00 03 736179 182a'));
    expect(withHops(bytes, 14)).toEqual(hex('00 0e 03 736179 182a'));
  });

  test('what was built is read back, whatever mark and payload', () => {
    const mark = fc.string({ minLength: 1, maxLength: 16, unit: 'grapheme' }).filter((text) => isMark(text));
    fc.assert(
      fc.property(mark, fc.uint8Array({ maxLength: MAX }), fc.integer({ min: 0, max: 255 }), (name, payload, hops) => {
        const bytes = withHops(encodeRumor(name, payload).bytes, hops);
        expect(parseRumor(bytes, MAX)).toEqual({ bytes, kind: 0, hops, mark: name, payload });
      }),
    );
  });

  test('an unknown kind has the same form', () => {
    expect(parseRumor(hex('07 02 01 61 ff'), MAX)).toMatchObject({ kind: 7, hops: 2, mark: 'a', payload: hex('ff') });
  });

  test('another count leaves the original alone, of a Buffer too', () => {
    const original = Buffer.from(encodeRumor('say', Uint8Array.of(1)).bytes);
    expect(withHops(original, 9)[1]).toBe(9);
    expect(original[1]).toBe(0);
  });

  test.each([1, 4_000, 4_096, 70_000])('as a fact it is the same with %i bytes, in one part or two', (length) => {
    const { bytes } = encodeRumor('say', new Uint8Array(length).fill(7));
    const { mark, data, parts } = rumorFact(bytes, 9);
    expect([mark, data]).toEqual(['gossip-rumor', withHops(bytes, 9)]);
    expect(parts && new Uint8Array(Buffer.concat(parts))).toEqual(length < 4_096 ? undefined : data);
    expect(bytes[1]).toBe(0);
  });

  describe('what is kept', () => {
    const rumor = withHops(encodeRumor('say', Uint8Array.of(7, 8)).bytes, 3);
    const keptOf = (came: Uint8Array): KeptRumor | undefined => {
      const parsed = parseRumor(came, MAX);
      return typeof parsed === 'string' ? undefined : new KeptRumor(ID, parsed);
    };

    test('of a frame with others in it is no view of that', () => {
      const frame = new Uint8Array(2 * rumor.length);
      frame.set(rumor, 1);
      const kept = keptOf(frame.subarray(1, 1 + rumor.length));
      frame.fill(0);
      expect(kept).toMatchObject({ id: ID, bytes: hex('00 03 03 736179 0708'), kind: 0, hops: 3, mark: 'say', payload: hex('0708') });
    });

    test('of a message that is an array of its own is not copied: half of what is held is the rumor', () => {
      const message = new Uint8Array(2 * rumor.length - 1);
      message.set(rumor, 1);
      const kept = keptOf(message.subarray(1, 1 + rumor.length));
      expect(kept).toMatchObject({ bytes: hex('00 03 03 736179 0708'), payload: hex('0708') });
      expect(kept?.bytes.buffer).toBe(message.buffer);
    });
  });

  test.each([
    { name: 'text', data: 'rumor', reason: 'not-bytes' },
    { name: 'nothing', data: undefined, reason: 'not-bytes' },
    { name: 'a list of numbers', data: [0, 0, 1, 97], reason: 'not-bytes' },
    { name: 'no bytes', data: hex(''), reason: 'truncated' },
    { name: 'no length of the mark', data: hex('00 01'), reason: 'truncated' },
    { name: 'a shorter mark than said', data: hex('00 01 03 6161'), reason: 'truncated' },
    { name: 'an empty mark', data: hex('00 01 00 01'), reason: 'bad-mark' },
    { name: 'a mark that is no UTF-8', data: hex('00 01 02 c328'), reason: 'bad-mark' },
    { name: 'an overlong slash as a mark', data: hex('00 01 02 c0af'), reason: 'bad-mark' },
    { name: 'a mark of 65 bytes', data: hex(`00 01 41 ${'61'.repeat(65)}`), reason: 'bad-mark' },
    { name: 'a mark of the wrapper', data: new Uint8Array(Buffer.from('\0\x01\x0egossip-unknown')), reason: 'bad-mark' },
    { name: 'one byte of payload too many', data: hex(`00 01 01 61 ${'00'.repeat(MAX + 1)}`), reason: 'too-large' },
  ])('$name is refused: $reason', ({ data, reason }) => {
    expect(parseRumor(data, MAX)).toBe(reason);
  });

  test('a payload of exactly the limit is taken', () => {
    expect(parseRumor(hex(`00 01 01 61 ${'00'.repeat(MAX)}`), MAX)).toMatchObject({ mark: 'a' });
  });

  test('a byte order mark is part of a mark, so that two byte strings are never one mark', () => {
    expect(parseRumor(hex('00 01 04 efbbbf61'), MAX)).toMatchObject({ mark: '\uFEFFa' });
  });

  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const parsed = parseRumor(bytes, 10);
        return typeof parsed === 'string' || parsed.bytes === bytes;
      }),
    );
  });
});
