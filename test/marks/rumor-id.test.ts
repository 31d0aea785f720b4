import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isMark, isName } from '../../src/marks/names.ts';
import { rumorId } from '../../src/marks/rumor-id.ts';

const NONE = new Uint8Array(0);

describe('rumorId', () => {
  // Made with `printf … | sha256sum`, not with this code.
  test.each([
    { topic: 'rumors', mark: 'rumor', payload: 'a1647768617463686921', id: 'fdc8c6db9bfe2cb5112715d32b95bf5481f4765511071c459c16be316cba7e28' },
    { topic: 'a', mark: 'b', payload: '', id: '7afae5547f678de659a474f6799eb8e82b1b2adbe64d0706de57b871d150ca83' },
    { topic: 'é'.repeat(32), mark: '水', payload: 'f6', id: '9c6b85ddc0173d0e4ca23cae12fa2d75ba283954528d090f3f0136db89a1ed95' },
  ])('$topic, $mark, $payload', ({ topic, mark, payload, id }) => {
    expect(rumorId(topic, mark, Buffer.from(payload, 'hex'))).toBe(id);
  });

  test('is SHA-256 of tag, u8 length, topic, u8 length, mark, payload', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 16 }).filter((text) => Buffer.byteLength(text) <= 64);
    fc.assert(
      fc.property(name, name, fc.uint8Array({ maxLength: 200 }), (topic, mark, payload) => {
        const hash = createHash('sha256').update('hearsay/1 datum');
        for (const text of [topic, mark]) hash.update(Uint8Array.of(Buffer.byteLength(text))).update(text, 'utf8');
        return rumorId(topic, mark, payload) === hash.update(payload).digest('hex');
      }),
    );
  });

  test('a hundred topics and marks later an id is still the same', () => {
    const first = rumorId('topic', 'mark', NONE);
    for (let i = 0; i < 100; i += 1) {
      rumorId(`topic${i}`, 'mark', NONE);
      rumorId('topic', `mark${i}`, NONE);
    }
    expect(rumorId('topic', 'mark', NONE)).toBe(first);
  });

  test('payloads of all lengths, also past what fits the usual place', () => {
    for (const length of [0, 16_365, 16_366, 100_000, 3]) {
      const payload = new Uint8Array(length).fill(length);
      expect(rumorId('t', 'm', payload)).toBe(createHash('sha256').update('hearsay/1 datum\x01t\x01m').update(payload).digest('hex'));
    }
  });

  test('where a name ends matters', () => {
    expect(rumorId('ab', 'c', NONE)).not.toBe(rumorId('a', 'bc', NONE));
    expect(rumorId('a', 'b', Uint8Array.of(0x63))).not.toBe(rumorId('a', 'bc', NONE));
  });

  test.each([
    ['topic', 'é'.repeat(33), 'm'],
    ['topic', '', 'm'],
    ['mark', 't', 'x'.repeat(65)],
    ['mark', 't', ''],
    ['mark', 't', '\ud800'],
  ])('a bad %s is the caller\'s error', (field, topic, mark) => {
    expect(() => rumorId(topic, mark, NONE)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_DATA', field }));
  });
});

describe('names', () => {
  test.each<[name: string, fits: boolean]>([
    ['x', true],
    ['', false],
    ['x'.repeat(64), true],
    ['x'.repeat(65), false],
    ['é'.repeat(32), true],
    ['é'.repeat(33), false],
    ['😀'.repeat(16), true],
    ['😀'.repeat(16) + 'x', false],
    ['\udc00', false],
    ['x'.repeat(1_000_000), false],
  ])('%# has 1 to 64 bytes of UTF-8: %p', (name, fits) => {
    expect(isName(name)).toBe(fits);
  });

  test('a mark does not start with `gossip-`', () => {
    expect([isMark('gossip-rumor'), isMark('gossip-'), isMark('gossip'), isMark('Gossip-x'), isMark('')]).toEqual([false, false, true, true, false]);
  });
});
