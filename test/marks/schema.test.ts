import { describe, expect, test } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as z from 'zod';
import { isSchema, validate } from '../../src/marks/schema.ts';
import type { Schema } from '../../src/marks/schema.ts';

function standard(check: (value: unknown) => unknown): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate: check as StandardSchemaV1.Props['validate'] } };
}

describe('validate', () => {
  test.each<{ name: string; schema: Schema; value: unknown; output: unknown }>([
    { name: 'zod', schema: z.object({ when: z.number() }), value: { when: 1, more: 2 }, output: { when: 1 } },
    { name: 'a zod transform', schema: z.string().transform(Number), value: '5', output: 5 },
    { name: 'a function', schema: (value) => String(value), value: 5, output: '5' },
    { name: 'a function that returns nothing', schema: () => undefined, value: 5, output: undefined },
    { name: 'a Standard Schema', schema: standard((value) => ({ value })), value: [1], output: [1] },
    { name: 'a Standard Schema that is a function', schema: Object.assign(() => 'the function', standard(() => ({ value: 'the standard' }))), value: 0, output: 'the standard' },
    { name: 'falsy issues', schema: standard(() => ({ value: 1, issues: null })), value: 0, output: 1 },
  ])('$name gives its output', ({ schema, value, output }) => {
    expect(validate(schema, value)).toEqual({ ok: true, value: output });
  });

  test.each<{ name: string; schema: Schema; value: unknown; reason: string | RegExp }>([
    { name: 'the path and the message', schema: z.object({ a: z.array(z.object({ n: z.number() })) }), value: { a: [{ n: 'secret' }] }, reason: /^a\.0\.n: Invalid input: expected number, received string$/ },
    { name: 'the message alone at the root', schema: z.number(), value: 'secret', reason: /^Invalid input/ },
    { name: 'path segments as objects', schema: standard(() => ({ issues: [{ message: 'no', path: [{ key: 'a' }, 1, Symbol('s')] }] })), value: 0, reason: 'a.1.Symbol(s): no' },
    { name: 'the first complaint', schema: standard(() => ({ issues: [{ message: 'one' }, { message: 'two' }] })), value: 0, reason: 'one' },
    { name: 'no complaint in particular', schema: standard(() => ({ issues: [] })), value: 0, reason: 'refused' },
    { name: 'the message of an error', schema: () => { throw new Error('too old'); }, value: 0, reason: 'too old' },
    { name: 'an error without a message', schema: () => { throw new Error(); }, value: 0, reason: 'refused' },
    { name: 'a thrown string, which may be the value', schema: (value) => { throw value; }, value: 'secret', reason: 'refused' },
    { name: 'a thrown undefined', schema: () => { throw undefined; }, value: 0, reason: 'refused' },
    { name: 'a Standard Schema that throws', schema: standard(() => { throw new TypeError('oops'); }), value: 0, reason: 'oops' },
    { name: 'a Standard Schema that returns nothing', schema: standard(() => undefined), value: 0, reason: /undefined/ },
    { name: 'a validator that overflows the stack', schema: function deep(value): unknown { return [deep(value)]; }, value: 0, reason: /stack/ },
    { name: 'one line, whatever the path holds', schema: standard(() => ({ issues: [{ message: 'no', path: ['a\n\u001b[31m\u202e\u0000'] }] })), value: 0, reason: 'a  [31m  : no' },
  ])('a refusal gives $name', ({ schema, value, reason }) => {
    const result = validate(schema, value);
    expect(result).toEqual({ ok: false, reason: typeof reason === 'string' ? reason : expect.stringMatching(reason) });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test('a reason has at most 200 characters and is well-formed text', () => {
    const long = (message: string): string => {
      const result = validate(standard(() => ({ issues: [{ message }] })), 0);
      return result.ok ? '' : result.reason;
    };
    expect(long('x'.repeat(200))).toBe('x'.repeat(200));
    expect(long('x'.repeat(201))).toBe(`${'x'.repeat(199)}…`);
    // The cut falls into a surrogate pair.
    expect(long('x' + '😀'.repeat(150))).toBe(`x${'😀'.repeat(99)}…`);
    expect(long('😀'.repeat(150))).toBe(`${'😀'.repeat(99)} …`);
  });

  test.each<[name: string, schema: Schema]>([
    ['an async function', async (value) => value],
    ['an async function that rejects', () => Promise.reject(new Error('unseen'))],
    ['a Standard Schema with a promise', standard(() => Promise.resolve({ value: 1 }))],
    ['a zod schema with an async check', z.string().refine(async () => false)],
    ['a thenable that throws', () => ({ then: () => { throw new Error('unseen'); } })],
  ])('%s is HEARSAY_ASYNC_VALIDATOR, and its rejection is nobody else\'s', async (_name, schema) => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    try {
      expect(() => validate(schema, 'x')).toThrow(expect.objectContaining({ code: 'HEARSAY_ASYNC_VALIDATOR' }));
      // Node reports unhandled rejections before the next turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', listener);
    }
  });
});

test('isSchema knows functions and Standard Schemas', () => {
  expect([() => 1, z.string(), standard(() => 1)].map(isSchema)).toEqual([true, true, true]);
  expect([undefined, null, 'x', {}, { '~standard': {} }, { '~standard': null }].map(isSchema)).toEqual([false, false, false, false, false, false]);
});
