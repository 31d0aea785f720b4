import { describe, expect, test } from '@jest/globals';
import { decode as cborgDecode, encode as cborgEncode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { HearsayError } from '../../src/errors.ts';
import { decodePayload, encodePayload } from '../../src/marks/payload.ts';
import { plain } from './arbitraries.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));

/** RFC 8949, appendix A, what of it lies in the profile; then the edges. */
const FORMS: readonly (readonly [value: unknown, bytes: string])[] = [
  [0, '00'],
  [1, '01'],
  [10, '0a'],
  [23, '17'],
  [24, '1818'],
  [25, '1819'],
  [100, '1864'],
  [255, '18ff'],
  [256, '190100'],
  [1000, '1903e8'],
  [65_535, '19ffff'],
  [65_536, '1a00010000'],
  [1_000_000, '1a000f4240'],
  [2 ** 32 - 1, '1affffffff'],
  [2 ** 32, '1b0000000100000000'],
  [1_000_000_000_000, '1b000000e8d4a51000'],
  [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
  [2n ** 53n, '1b0020000000000000'],
  [18_446_744_073_709_551_615n, '1bffffffffffffffff'],
  [-1, '20'],
  [-10, '29'],
  [-24, '37'],
  [-25, '3818'],
  [-100, '3863'],
  [-1000, '3903e7'],
  [Number.MIN_SAFE_INTEGER, '3b001ffffffffffffe'],
  [-(2n ** 53n), '3b001fffffffffffff'],
  [-18_446_744_073_709_551_616n, '3bffffffffffffffff'],
  [1.1, 'fb3ff199999999999a'],
  [1.5, 'f93e00'],
  [-4.1, 'fbc010666666666666'],
  [100_000.5, 'fa47c35040'],
  [3.402_823_466_385_288_6e38, 'fa7f7fffff'],
  [1e300, 'fb7e37e43c8800759c'],
  [2 ** 53, 'fa5a000000'],
  [5.960_464_477_539_063e-8, 'f90001'],
  [3 * 2 ** -24, 'f90003'], // cborg 6.1.5 writes fa34400000
  [-1023 * 2 ** -24, 'f983ff'],
  [2 ** -14, 'f90400'],
  [0.000_061_035_156_25 + 2 ** -24, 'f90401'],
  [2 ** -25, 'fa33000000'],
  [65_503.5, 'fa477fdf80'],
  [1 + 2 ** -10, 'f93c01'],
  [1 + 2 ** -11, 'fa3f801000'],
  [Infinity, 'f97c00'],
  [-Infinity, 'f9fc00'],
  [NaN, 'f97e00'],
  [false, 'f4'],
  [true, 'f5'],
  [null, 'f6'],
  [new Uint8Array(0), '40'],
  [Uint8Array.of(1, 2, 3, 4), '4401020304'],
  ['', '60'],
  ['a', '6161'],
  ['IETF', '6449455446'],
  ['"\\', '62225c'],
  ['ü', '62c3bc'],
  ['水', '63e6b0b4'],
  ['\u{10151}', '64f0908591'],
  ['\uFEFFa', '64efbbbf61'], // cborg 6.1.5 reads this as 'a'
  [[], '80'],
  [[1, 2, 3], '83010203'],
  [[1, [2, 3], [4, 5]], '8301820203820405'],
  [{}, 'a0'],
  [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
  [['a', { b: 'c' }], '826161a161626163'],
  [{ a: 'A', b: 'B', c: 'C', d: 'D', e: 'E' }, 'a56161614161626142616361436164614461656145'],
  // Section 4.2.1: bytewise on the encoded keys, so length first and then by UTF-8, not by UTF-16.
  [{ aa: 1, b: 2, '': 3 }, 'a36003616202626161 01'],
  [{ '\u{1F600}': 1, '￿￿': 2, '￿a': 3 }, 'a3 64efbfbf61 03 64f09f9880 01 66efbfbfefbfbf 02'],
];

describe('encodePayload and decodePayload', () => {
  test.each(FORMS)('%p has one form, %s, both ways', (value, bytes) => {
    expect(hex(encodePayload(value))).toBe(bytes.replaceAll(' ', ''));
    expect(decodePayload(unhex(bytes))).toEqual({ ok: true, value });
  });

  test('reading what was written gives the value, and writing that the bytes', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const bytes = encodePayload(value);
        const decoded = decodePayload(bytes);
        if (!decoded.ok) throw new Error(decoded.reason);
        expect(decoded.value).toEqual(value);
        return hex(encodePayload(decoded.value)) === hex(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test('the order of keys in an object does not matter', () => {
    expect(hex(encodePayload({ b: 1, a: { d: 2, c: 3 } }))).toBe(hex(encodePayload({ a: { c: 3, d: 2 }, b: 1 })));
  });

  test('cborg agrees on the bytes and on the values, where it is right', () => {
    fc.assert(
      fc.property(plain, (value) => {
        fc.pre(!strains(value));
        const bytes = encodePayload(value);
        expect(hex(cborgEncode(value, rfc8949EncodeOptions))).toBe(hex(bytes));
        expect(encodePayload(cborgDecode(bytes, { strict: true, rejectDuplicateMapKeys: true }))).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  test('-0 is 0', () => {
    expect(hex(encodePayload(-0))).toBe('00');
    expect(hex(encodePayload([-0]))).toBe('8100');
  });

  test('undefined members of an object are left out, as in JSON', () => {
    expect(hex(encodePayload({ a: undefined, b: 1 }))).toBe('a1616201');
  });

  test('objects without a prototype and Buffers are plain data', () => {
    expect(hex(encodePayload(Object.assign(Object.create(null), { a: 1 })))).toBe('a1616101');
    expect(hex(encodePayload(Buffer.from('ab')))).toBe('426162');
  });

  test('the result is a Uint8Array of its own, and so is a byte string that was read', () => {
    const data = Uint8Array.of(1, 2, 3);
    const bytes = encodePayload(data);
    data[0] = 9;
    expect(hex(bytes)).toBe('43010203');
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.buffer.byteLength).toBe(4);
    const frame = Buffer.from(bytes);
    const decoded = decodePayload(frame) as { value: Uint8Array };
    frame[1] = 9;
    expect(hex(decoded.value)).toBe('010203');
    expect(decoded.value.constructor).toBe(Uint8Array);
    expect(decoded.value.buffer.byteLength).toBe(3);
  });

  test('a view into a larger frame is read at its own offset', () => {
    const frame = unhex('ffff a1 6161 fb3ff199999999999a ffff');
    expect(decodePayload(frame.subarray(2, -2))).toEqual({ ok: true, value: { a: 1.1 } });
  });

  test('a getter is read once', () => {
    let reads = 0;
    const data = {
      get a() {
        reads += 1;
        return reads;
      },
    };
    expect(hex(encodePayload(data))).toBe('a1616101');
    expect(reads).toBe(1);
  });
});

/** What cborg 6.1.5 gets wrong: subnormal halves and a leading U+FEFF. */
function strains(value: unknown): boolean {
  if (typeof value === 'number') return value !== 0 && Math.abs(value) < 2 ** -14 && Number.isInteger(value * 2 ** 24);
  if (typeof value === 'string') return value.startsWith('\uFEFF');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.entries(value).some(([key, member]) => strains(key) || strains(member));
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : depth % 2 === 0 ? [nested(depth - 1)] : { a: nested(depth - 1) });

describe('encodePayload refuses', () => {
  const cycle: unknown[] = [];
  cycle.push({ back: cycle });
  class Point {
    x = 1;
  }

  test.each<{ name: string; data: unknown; field: string; rule: string; value: string }>([
    { name: 'undefined', data: undefined, field: 'data', rule: 'to be plain data', value: 'undefined' },
    { name: 'undefined in an array', data: { a: [1, undefined] }, field: 'data.a[1]', rule: 'to be plain data', value: 'undefined' },
    { name: 'a hole', data: new Array(1), field: 'data[0]', rule: 'to be plain data', value: 'undefined' },
    { name: 'a function', data: { f: () => 1 }, field: 'data.f', rule: 'to be plain data', value: 'a function' },
    { name: 'a symbol', data: [Symbol('s')], field: 'data[0]', rule: 'to be plain data', value: 'a symbol' },
    { name: 'a symbol as a key', data: { a: { [Symbol('s')]: 1 } }, field: 'data.a', rule: 'to have strings as keys', value: 'a symbol' },
    { name: 'a small bigint', data: [7n], field: 'data[0]', rule: 'to be a number where a number can count it (a small bigint would arrive as one)', value: 'a bigint' },
    { name: 'the least bigint that a number can count', data: -(2n ** 53n) + 1n, field: 'data', rule: 'to be a number where a number can count it (a small bigint would arrive as one)', value: 'a bigint' },
    { name: 'a bigint of 65 bits', data: 2n ** 64n, field: 'data', rule: 'to fit 64 bits', value: 'a larger bigint' },
    { name: 'a negative bigint of 65 bits', data: -(2n ** 64n) - 1n, field: 'data', rule: 'to fit 64 bits', value: 'a larger bigint' },
    { name: 'a lone surrogate', data: { a: '\ud800x' }, field: 'data.a', rule: 'to be well-formed text', value: 'a lone surrogate' },
    { name: 'a lone surrogate as a key', data: { '\udfff': 1 }, field: 'data', rule: 'to be well-formed text', value: 'a lone surrogate' },
    { name: 'an own __proto__', data: JSON.parse('{"a":{"__proto__":{"x":1}}}'), field: 'data.a', rule: 'to have no key `__proto__`', value: 'one' },
    { name: 'a cycle', data: cycle, field: 'data[0].back', rule: 'not to contain itself', value: 'a cycle' },
    { name: 'a 17th container', data: nested(17), field: `data${'.a[0]'.repeat(8)}`, rule: 'to nest at most 16 deep', value: 'more' },
  ])('$name', ({ data, field, rule, value }) => {
    expect(() => encodePayload(data)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_DATA', field, rule, value }));
  });

  test.each<[kind: string, data: unknown]>([
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set()],
    ['a Date', new Date(0)],
    ['a RegExp', /x/],
    ['a Error', new Error('x')],
    ['a Float64Array', new Float64Array(1)],
    ['a Uint16Array', new Uint16Array(1)],
    ['a ArrayBuffer', new ArrayBuffer(1)],
    ['a DataView', new DataView(new ArrayBuffer(1))],
    ['a Promise', Promise.resolve()],
    ['a Number', Object(1)],
    ['an instance of a class', new Point()],
    ['an instance of a class', Object.create({ inherited: 1 })],
  ])('%s', (kind, data) => {
    const rule = 'to be plain data: null, a boolean, number, string, Uint8Array, array or plain object';
    expect(() => encodePayload({ at: data })).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_DATA', field: 'data.at', rule, value: kind }));
  });

  test('16 containers are few enough, and the same container twice is no cycle', () => {
    expect(decodePayload(encodePayload(nested(16)))).toEqual({ ok: true, value: nested(16) });
    const shared = { a: 1 };
    expect(hex(encodePayload([shared, shared]))).toBe('82a1616101a1616101');
  });

  test('`around` counts the containers that the caller adds', () => {
    expect(() => encodePayload(nested(15), 1000, 1)).not.toThrow();
    expect(() => encodePayload(nested(16), 1000, 1)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_DATA', rule: 'to nest at most 15 deep' }));
  });

  test('a message shows a key in part and a value not at all', () => {
    const error = caught(() => encodePayload({ ['k'.repeat(100)]: [{ secret: new Date(0) }] }));
    expect(error.field).toBe(`data.${'k'.repeat(40)}[0].secret`);
    expect(error.message).not.toContain('1970');
  });
});

describe('encodePayload is bounded', () => {
  test('exactly maxBytes pass, one less is too large, and the error names both sizes', () => {
    const data = { what: 'x'.repeat(300), n: [1, 2.5, 1000] };
    const size = encodePayload(data).length;
    expect(encodePayload(data, size)).toHaveLength(size);
    const error = caught(() => encodePayload(data, size - 1));
    expect(error).toMatchObject({ code: 'HEARSAY_TOO_LARGE', field: 'data', rule: `to take at most ${size - 1} bytes`, value: `at least ${size} bytes` });
  });

  test('without maxBytes the bound is 1 MiB', () => {
    expect(encodePayload(new Uint8Array(2 ** 20 - 5))).toHaveLength(2 ** 20);
    expect(() => encodePayload(new Uint8Array(2 ** 20 - 4))).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE' }));
  });

  test('text is measured by its length before it is encoded', () => {
    expect(() => encodePayload(['é'.repeat(100)], 50)).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE', value: 'at least 101 bytes' }));
  });

  test('a bound of nothing refuses everything', () => {
    expect(() => encodePayload(null, 0)).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE' }));
  });

  test('data that unfold without end stop at the bound', () => {
    // 10^16 leaves in memory for 16 arrays.
    let bomb: unknown = 1;
    for (let i = 0; i < 16; i += 1) bomb = new Array(10).fill(bomb);
    expect(() => encodePayload(bomb, 65_536)).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE', value: 'at least 65537 bytes' }));
  });
});

function caught(act: () => unknown): HearsayError {
  try {
    act();
  } catch (error) {
    if (error instanceof HearsayError) return error;
  }
  throw new Error('Expected a HearsayError.');
}
