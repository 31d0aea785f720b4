import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePayload, encodePayload } from '../../src/marks/payload.ts';
import { plain } from './arbitraries.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));

function reasonOf(bytes: Uint8Array | string): string {
  const decoded = decodePayload(typeof bytes === 'string' ? unhex(bytes) : bytes);
  return decoded.ok ? 'accepted' : decoded.reason;
}

describe('decodePayload refuses', () => {
  test.each<[name: string, bytes: string, reason: string]>([
    ['nothing at all', '', 'truncated'],
    ['two items', '0000', 'trailing-bytes'],
    ['a byte after a map', 'a0ff', 'trailing-bytes'],
    ['24 in a head for larger integers', '1817', 'not-canonical'],
    ['255 in two bytes', '1900ff', 'not-canonical'],
    ['65535 in four bytes', '1a0000ffff', 'not-canonical'],
    ['2^32 - 1 in eight bytes', '1b00000000ffffffff', 'not-canonical'],
    ['-1 in two bytes', '3800', 'not-canonical'],
    ['an over-long length of a string', '780161', 'not-canonical'],
    ['an over-long length of bytes', '590001 00', 'not-canonical'],
    ['an over-long count of an array', '9800', 'not-canonical'],
    ['an over-long count of a map', 'b90000', 'not-canonical'],
    ['an over-long key', 'a1 780161 00', 'not-canonical'],
    ['1.0, which is an integer', 'f93c00', 'not-canonical'],
    ['0.0', 'f90000', 'not-canonical'],
    ['-0.0', 'f98000', 'not-canonical'],
    ['-0.0 as a single', 'fa80000000', 'not-canonical'],
    ['1.5 as a single', 'fa3fc00000', 'not-canonical'],
    ['1.5 as a double', 'fb3ff8000000000000', 'not-canonical'],
    ['100000.5 as a double', 'fb40f86a0800000000', 'not-canonical'],
    ['a subnormal half as a single', 'fa34400000', 'not-canonical'],
    ['infinity as a single', 'fa7f800000', 'not-canonical'],
    ['-infinity as a double', 'fbfff0000000000000', 'not-canonical'],
    ['NaN with a payload', 'f97e01', 'not-canonical'],
    ['a signalling NaN', 'f97c01', 'not-canonical'],
    ['a negative NaN', 'f9fe00', 'not-canonical'],
    ['NaN as a single', 'fa7fc00000', 'not-canonical'],
    ['NaN as a double', 'fb7ff8000000000000', 'not-canonical'],
    ['keys out of order', 'a2 616200 616100', 'not-canonical'],
    ['a longer key first', 'a2 62616100 616200', 'not-canonical'],
    ['a key twice', 'a2 616100 616101', 'duplicate-key'],
    ['a key twice, the second over-long', 'a2 616100 78016101', 'not-canonical'],
    ['the empty key twice', 'a2 6000 6000', 'duplicate-key'],
    ['an integer as a key', 'a1 0000', 'bad-key'],
    ['bytes as a key', 'a1 416100', 'bad-key'],
    ['an array as a key', 'a1 8000', 'bad-key'],
    ['null as a key', 'a1 f600', 'bad-key'],
    ['__proto__ as a key', 'a1 695f5f70726f746f5f5f a0', 'bad-key'],
    ['undefined', 'f7', 'unsupported'],
    ['undefined in an array', '81f7', 'unsupported'],
    ['simple value 0', 'e0', 'unsupported'],
    ['simple value 19', 'f3', 'unsupported'],
    ['simple value 32', 'f820', 'unsupported'],
    ['a reserved simple head', 'fc', 'malformed'],
    ['a stray break', 'ff', 'malformed'],
    ['a break in an array', '81ff', 'malformed'],
    ['reserved info 28', '1c', 'malformed'],
    ['reserved info 30 of a map', 'be', 'malformed'],
    ['an integer without length', '1f', 'malformed'],
    ['an indefinite array', '9f0001ff', 'indefinite'],
    ['an indefinite map', 'bf616100ff', 'indefinite'],
    ['indefinite text', '7f6161ff', 'indefinite'],
    ['indefinite bytes', '5f4100ff', 'indefinite'],
    ['a tag', 'c000', 'tag'],
    ['a bignum', 'c249010000000000000000', 'tag'],
    ['self-described CBOR', 'd9d9f700', 'tag'],
    ['a tag in a map', 'a16161c000', 'tag'],
    ['a lone continuation byte', '6180', 'bad-utf8'],
    ['an over-long slash', '62c0af', 'bad-utf8'],
    ['a surrogate in UTF-8', '63eda080', 'bad-utf8'],
    ['a code point beyond U+10FFFF', '64f4908080', 'bad-utf8'],
    ['half a character', '61c3', 'bad-utf8'],
    ['a bad key', 'a1 61ff 00', 'bad-utf8'],
    ['a late fault in long text', `7821${'61'.repeat(32)}ff`, 'bad-utf8'],
  ])('%s: %s', (_name, bytes, reason) => {
    expect(reasonOf(bytes)).toBe(reason);
  });

  test.each([
    ['bytes', '5a80000000'],
    ['text', '7a80000000'],
    ['an array', '9a80000000'],
    ['a map', 'ba80000000'],
    ['bytes, 2^64 - 1', '5bffffffffffffffff'],
    ['text, 2^63', '7b8000000000000000'],
    ['an array, 2^32', '9b0000000100000000'],
    ['a map, 2^53', 'bb0020000000000000'],
  ])('a claim of 2^31 elements or more: %s', (_name, head) => {
    const padded = new Uint8Array(64);
    padded.set(unhex(head));
    expect(reasonOf(head)).toBe('claims-too-much');
    expect(reasonOf(padded)).toBe('claims-too-much');
    expect(reasonOf(unhex(`81${head}`))).toBe('claims-too-much');
  });

  test('one element more than there are bytes', () => {
    expect(reasonOf('83 0000')).toBe('claims-too-much');
    expect(reasonOf('43 0000')).toBe('claims-too-much');
    // A map of two needs four bytes.
    expect(reasonOf('a2 616100')).toBe('claims-too-much');
    expect(reasonOf('a2 6000 6161')).toBe('truncated');
  });

  test('17 containers, whatever they are; 16 pass', () => {
    expect(reasonOf(`${'81'.repeat(16)}00`)).toBe('accepted');
    expect(reasonOf(`${'81'.repeat(17)}00`)).toBe('too-deep');
    expect(reasonOf(`${'a160'.repeat(16)}00`)).toBe('accepted');
    expect(reasonOf(`${'a160'.repeat(17)}00`)).toBe('too-deep');
    expect(reasonOf(`${'81'.repeat(16)}80`)).toBe('too-deep');
  });

  test('a depth of 100,000', () => {
    expect(reasonOf(new Uint8Array(100_001).fill(0x81))).toBe('too-deep');
    expect(reasonOf(Buffer.from(`${'a160'.repeat(100_000)}00`, 'hex'))).toBe('too-deep');
    expect(reasonOf(new Uint8Array(100_001).fill(0xc1))).toBe('tag');
    expect(reasonOf(new Uint8Array(100_001).fill(0x9f))).toBe('indefinite');
  });

  test('a payload cut at any byte', () => {
    const whole = encodePayload({ a: [1, 300, 70_000, 2 ** 40, 1.5, 1.1, 100_000.5], b: { c: 'x'.repeat(300), d: new Uint8Array(30) }, e: null, f: 2n ** 60n });
    expect(reasonOf(whole)).toBe('accepted');
    const reasons = new Set(Array.from(whole.keys(), (end) => reasonOf(whole.subarray(0, end))));
    expect([...reasons].sort()).toEqual(['claims-too-much', 'truncated']);
  });
});

describe('prototypes', () => {
  const proto = '695f5f70726f746f5f5f';
  const polluted = 'a1 68706f6c6c75746564 f5';

  test.each([0, 1, 2, 7, 14])('__proto__ %d levels down is refused', (level) => {
    expect(reasonOf(`${'a16161'.repeat(level)} a1 ${proto} ${polluted}`)).toBe('bad-key');
    expect(reasonOf(`${'81'.repeat(level)} a1 ${proto} ${polluted}`)).toBe('bad-key');
  });

  test('constructor and prototype are keys like any other', () => {
    const value = decodeOf({ constructor: { prototype: { polluted: true } }, toString: 1 }) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['toString', 'constructor']);
    expect(Object.getPrototypeOf(Object.assign({}, value))).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('a key of Object.prototype becomes an own property even where that is frozen or a trap', () => {
    const calls: unknown[] = [];
    Object.defineProperty(Object.prototype, 'trap', { configurable: true, set: (value) => calls.push(value) });
    try {
      const value = decodeOf({ trap: 1 }) as object;
      expect(Object.hasOwn(value, 'trap')).toBe(true);
      expect(calls).toEqual([]);
    } finally {
      delete (Object.prototype as { trap?: unknown }).trap;
    }
  });

  function decodeOf(value: unknown): unknown {
    const decoded = decodePayload(encodePayload(value));
    return decoded.ok ? decoded.value : decoded.reason;
  }
});

describe('whatever the bytes', () => {
  const names = Object.getOwnPropertyNames(Object.prototype);
  afterEach(() => {
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(names);
  });

  /** Never a throw; what is accepted is the one form of its value. */
  function holds(bytes: Uint8Array): boolean {
    const decoded = decodePayload(bytes);
    return !decoded.ok || hex(encodePayload(decoded.value)) === hex(bytes);
  }

  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), holds), { numRuns: 5000 });
  });

  test('random bytes that look like containers, keys and floats', () => {
    const likely = fc.constantFrom(0x00, 0x18, 0x20, 0x41, 0x60, 0x61, 0x62, 0x80, 0x81, 0x82, 0xa1, 0xa2, 0xf6, 0xf9, 0xfa, 0xfb, 0x7e);
    fc.assert(fc.property(fc.array(likely, { maxLength: 24 }), (bytes) => holds(Uint8Array.from(bytes))), { numRuns: 5000 });
  });

  test('every half', () => {
    for (let bits = 0; bits <= 0xffff; bits += 1) {
      const bytes = Uint8Array.of(0xf9, bits >> 8, bits & 0xff);
      if (!holds(bytes)) throw new Error(bits.toString(16));
    }
  });

  test('singles and doubles of any bits', () => {
    const floats = fc.tuple(fc.constantFrom(0xfa, 0xfb), fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.nat(7));
    fc.assert(
      fc.property(floats, ([first, bits, zeros]) => {
        const width = first === 0xfa ? 4 : 8;
        // Trailing zeros are what makes a float fit a shorter one.
        return holds(Uint8Array.of(first, ...bits.subarray(0, width).map((byte, i) => (i < width - zeros ? byte : 0))));
      }),
      { numRuns: 5000 },
    );
  });

  test('payloads with one byte changed, one taken out, one put in', () => {
    fc.assert(
      fc.property(plain, fc.nat(), fc.nat(255), (value, at, byte) => {
        const bytes = encodePayload(value);
        const i = at % bytes.length;
        return holds(bytes.with(i, byte)) && holds(Uint8Array.of(...bytes.subarray(0, i), ...bytes.subarray(i + 1))) && holds(Uint8Array.of(...bytes.subarray(0, i), byte, ...bytes.subarray(i)));
      }),
      { numRuns: 1000 },
    );
  });
});
