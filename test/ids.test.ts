import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPeerId, isRumorId, madeRumorId } from '../src/ids.ts';

const HEX_64 = /^[0-9a-f]{64}$/;

describe.each([
  ['a peer id', isPeerId],
  ['a rumor id', isRumorId],
])('%s', (_name, is) => {
  test('has 64 lower-case hex digits and nothing else', () => {
    const good = '0123456789abcdef'.repeat(4);
    expect([is(good), is('f'.repeat(64)), is('a'.repeat(63)), is('a'.repeat(65)), is(''), is(64), is(undefined), is(Buffer.from(good))]).toEqual([true, true, false, false, false, false, false, false]);
  });

  test('any other character in any place is found', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.integer({ min: 0, max: 0xffff }), fc.constantFrom('0', '9', 'a', 'f'), (at, code, digit) => {
        const text = digit.repeat(at) + String.fromCharCode(code) + digit.repeat(63 - at);
        return is(text) === HEX_64.test(text);
      }),
      { numRuns: 3_000 },
    );
    for (let code = 0; code < 0x180; code += 1) expect(is(`${String.fromCharCode(code)}${'0'.repeat(63)}`)).toBe(HEX_64.test(String.fromCharCode(code).repeat(64)));
  });
});

test('a hash that we made is a rumor id, and no other text becomes one by it', () => {
  const made = madeRumorId('12'.repeat(32));
  expect([isRumorId(made), isRumorId('12'.repeat(31)), isRumorId('x'.repeat(64))]).toEqual([true, false, false]);
});
