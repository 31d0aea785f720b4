/** Values of the payload profile, and near misses. */
import fc from 'fast-check';

const float = fc.oneof(
  fc.double(),
  fc.float(),
  // The whole range of halves, subnormals too, is hit far too rarely by chance.
  fc.integer({ min: -1023, max: 1023 }).map((units) => units / 2 ** 24),
  fc.tuple(fc.integer({ min: 1024, max: 2047 }), fc.integer({ min: -24, max: 5 })).map(([fraction, exponent]) => fraction * 2 ** exponent),
);

const whole = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -70_000, max: 70_000 }), fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32));

const bigint = fc.oneof(fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }), fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }));

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constantFrom('', '\u0000', '\uFEFFleading mark', 'é', '😀', 'x'.repeat(300)));

const key = fc.oneof(text, fc.constantFrom('a', 'b', 'aa', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '0', '10')).filter((name) => name !== '__proto__');

/** What survives a round trip as it is; `-0`, which becomes `0`, excepted. */
export const plain: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), whole, bigint, float, text, fc.uint8Array({ maxLength: 40 })),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value.map(withoutMinusZero);

function withoutMinusZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutMinusZero(member)]));
}
