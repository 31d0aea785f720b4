import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import type { Sign } from '../../src/agent.ts';
import type { RumorId } from '../../src/ids.ts';
import { defineMarks } from '../../src/marks/define-marks.ts';
import type { MarkSchemas } from '../../src/marks/define-marks.ts';
import { decodePayload, encodePayload } from '../../src/marks/payload.ts';

const ID = 'ab'.repeat(32) as RumorId;

const marks = defineMarks({
  rumor: z.object({ when: z.number(), what: z.string().max(10) }),
  count: z.string().transform(Number),
  shout: (value) => {
    if (typeof value !== 'string') throw new Error('not a string');
    return value.toUpperCase();
  },
  bell: { schema: z.looseObject({ tone: z.int() }), repeat: true },
  slow: async (value) => value,
});

const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));

describe('defineMarks', () => {
  test('invent publishes on the source path, answer goes to the one subscriber', () => {
    const data = { when: 1, what: 'x' };
    expect(marks.invent('rumor', data)).toEqual({ type: 'fact', paths: ['/~/gossip/source'], mark: 'rumor', data });
    expect(marks.answer('rumor', data)).toEqual({ type: 'fact', paths: [], mark: 'rumor', data });
  });

  test('names are those of the schemas, and methods need no this', () => {
    const { has, invent } = marks;
    expect(marks.names).toEqual(['rumor', 'count', 'shout', 'bell', 'slow']);
    expect([has('rumor'), has('other'), has('constructor'), has('__proto__')]).toEqual([true, false, false, false]);
    expect(invent('count', '1').type).toBe('fact');
  });

  test.each<[name: string, schemas: unknown]>([
    ['an empty name', { '': z.string() }],
    ['a reserved name', { 'gossip-config': z.string() }],
    ['a name of 65 bytes', { ['x'.repeat(65)]: z.string() }],
    ['no schema', { a: 'string' }],
    ['null', { a: null }],
    ['an object that is none', { a: { schema: z.string() } }],
    ['repeat without a schema', { a: { repeat: true } }],
    ['repeat that is not true', { a: { schema: z.string(), repeat: 1 } }],
  ])('%s is refused', (_name, schemas) => {
    expect(() => defineMarks(schemas as MarkSchemas)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field: expect.stringMatching(/^marks\./) }));
  });
});

describe('heard', () => {
  const wire = '/~/gossip/gossip';

  test.each<{ name: string; sign: Sign; heard: unknown }>([
    { name: 'a rumor', sign: { type: 'fact', mark: 'count', data: 5 }, heard: { mark: 'count', data: 5 } },
    { name: 'a rumor with its id, replayed', sign: { type: 'fact', mark: 'count', data: 5, id: ID, replayed: true }, heard: { mark: 'count', data: 5, id: ID, replayed: true } },
    { name: 'gossip-unknown', sign: { type: 'fact', mark: 'gossip-unknown', data: { mark: 'x', data: 1, reason: 'r' } }, heard: { mark: 'gossip-unknown', data: { mark: 'x', data: 1, reason: 'r' } } },
    { name: 'a mark that is not ours', sign: { type: 'fact', mark: 'toString', data: 5 }, heard: undefined },
    { name: 'a watch-ack', sign: { type: 'watch-ack' }, heard: undefined },
    { name: 'a kick', sign: { type: 'kick', reason: 'x' }, heard: undefined },
    { name: 'a poke-ack', sign: { type: 'poke-ack' }, heard: undefined },
  ])('$name', ({ sign, heard }) => {
    expect(marks.heard(wire, sign)).toEqual(heard);
  });

  test('on another wire there is nothing to hear', () => {
    expect(marks.heard('/~/gossip/source', { type: 'fact', mark: 'count', data: 5 })).toBeUndefined();
  });
});

describe('encode', () => {
  test('carries the input, not the output', () => {
    expect(marks.encode('count', '5', 100)).toEqual(encodePayload('5'));
    expect(marks.encode('shout', 'hey', 100)).toEqual(encodePayload('hey'));
    expect(marks.encode('rumor', { what: 'x', when: 1 }, 100)).toEqual(encodePayload({ when: 1, what: 'x' }));
  });

  test.each<{ name: string; mark: string; data: unknown; max?: number; error: object }>([
    { name: 'an unknown mark', mark: 'nope', data: 1, error: { code: 'HEARSAY_UNKNOWN_MARK', field: 'mark', rule: 'to be one of rumor, count, shout, bell, slow', value: 'nope' } },
    { name: 'a mark named like a method of all objects', mark: 'toString', data: 1, error: { code: 'HEARSAY_UNKNOWN_MARK' } },
    { name: 'data that do not fit', mark: 'rumor', data: { when: 'now', what: 'x' }, error: { code: 'HEARSAY_BAD_DATA', field: 'data', rule: expect.stringContaining('(when: '), value: 'an object' } },
    { name: 'data that a function refuses', mark: 'shout', data: 5, error: { code: 'HEARSAY_BAD_DATA', rule: 'to be a `shout` (not a string)', value: 'a number' } },
    { name: 'data that fit and are not plain', mark: 'bell', data: { tone: 1, at: new Date(0) }, error: { code: 'HEARSAY_BAD_DATA', field: 'data.at', value: 'a Date' } },
    { name: 'too much', mark: 'rumor', data: { when: 1, what: 'x' }, max: 5, error: { code: 'HEARSAY_TOO_LARGE', rule: 'to take at most 5 bytes' } },
    { name: 'an async validator', mark: 'slow', data: 1, error: { code: 'HEARSAY_ASYNC_VALIDATOR' } },
  ])('$name is the developer\'s error', ({ mark, data, max = 1000, error }) => {
    expect(() => marks.encode(mark, data, max)).toThrow(expect.objectContaining(error));
  });

  test('without schemas nothing can be published', () => {
    expect(() => defineMarks({}).encode('x', 1, 100)).toThrow(expect.objectContaining({ code: 'HEARSAY_UNKNOWN_MARK', rule: 'to be one of none' }));
  });
});

describe('a repeat mark', () => {
  test('said twice is two data, each [nonce of 16 bytes, data]', () => {
    const one = marks.encode('bell', { tone: 7 }, 100);
    expect(one).not.toEqual(marks.encode('bell', { tone: 7 }, 100));
    expect(decodePayload(one)).toEqual({ ok: true, value: [expect.any(Uint8Array), { tone: 7 }] });
    expect(Buffer.from(one.subarray(0, 2)).toString('hex')).toBe('8250');
    expect(one.subarray(18)).toEqual(encodePayload({ tone: 7 }));
    expect(marks.decode('bell', one)).toEqual({ verdict: 'valid', data: { tone: 7 } });
  });

  test('a mark without repeat gives the same bytes each time', () => {
    expect(marks.encode('count', '5', 100)).toEqual(marks.encode('count', '5', 100));
  });

  test('the nonce counts against maxBytes, and the array against the depth', () => {
    const size = 18 + encodePayload({ tone: 7 }).length;
    expect(marks.encode('bell', { tone: 7 }, size)).toHaveLength(size);
    expect(() => marks.encode('bell', { tone: 7 }, size - 1)).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE' }));
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    expect(marks.decode('bell', marks.encode('bell', { tone: 7, deep: deep(14) }, 100)).verdict).toBe('valid');
    expect(() => marks.encode('bell', { tone: 7, deep: deep(15) }, 100)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_DATA' }));
  });

  test.each<[name: string, value: unknown]>([
    ['no array', { tone: 7 }],
    ['a nonce of 15 bytes', [new Uint8Array(15), { tone: 7 }]],
    ['a nonce of 17 bytes', [new Uint8Array(17), { tone: 7 }]],
    ['text for a nonce', ['x'.repeat(16), { tone: 7 }]],
    ['no data', [new Uint8Array(16)]],
    ['more data', [new Uint8Array(16), { tone: 7 }, 1]],
  ])('from a peer with %s is invalid', (_name, value) => {
    expect(marks.decode('bell', encodePayload(value))).toEqual({ verdict: 'invalid', reason: 'no-nonce', data: value });
  });
});

describe('decode', () => {
  test.each<{ name: string; mark: string; payload: Uint8Array; verdict: object }>([
    { name: 'valid data become the schema\'s output', mark: 'count', payload: encodePayload('5'), verdict: { verdict: 'valid', data: 5 } },
    { name: 'valid data of a function too', mark: 'shout', payload: encodePayload('hey'), verdict: { verdict: 'valid', data: 'HEY' } },
    { name: 'zod takes what was decoded', mark: 'rumor', payload: encodePayload({ when: 1, what: 'x' }), verdict: { verdict: 'valid', data: { when: 1, what: 'x' } } },
    { name: 'data that do not fit are invalid', mark: 'shout', payload: encodePayload(5), verdict: { verdict: 'invalid', reason: 'not a string', data: 5 } },
    { name: 'a mark without schema is unknown', mark: 'other', payload: encodePayload([1]), verdict: { verdict: 'unknown', data: [1] } },
    { name: 'so is one named like a method of all objects', mark: 'constructor', payload: encodePayload([1]), verdict: { verdict: 'unknown', data: [1] } },
    { name: 'garbage is invalid', mark: 'count', payload: unhex('ff'), verdict: { verdict: 'invalid', reason: 'malformed', data: undefined } },
    { name: 'garbage under an unknown mark is invalid, so that nobody relays it', mark: 'other', payload: unhex('a16161'), verdict: { verdict: 'invalid', reason: 'truncated', data: undefined } },
    { name: 'a reserved mark is invalid', mark: 'gossip-unknown', payload: encodePayload(1), verdict: { verdict: 'invalid', reason: 'bad-mark', data: undefined } },
    { name: 'a mark that is no name is invalid', mark: 'x'.repeat(65), payload: encodePayload(1), verdict: { verdict: 'invalid', reason: 'bad-mark', data: undefined } },
    {
      name: 'an async validator is our fault, and the peer\'s data do not make it throw',
      mark: 'slow',
      payload: encodePayload(1),
      verdict: { verdict: 'invalid', reason: 'async-validator', data: 1, error: expect.objectContaining({ code: 'HEARSAY_ASYNC_VALIDATOR' }) },
    },
  ])('$name', ({ mark, payload, verdict }) => {
    expect(marks.decode(mark, payload)).toEqual(verdict);
  });

  test('what was encoded is valid at the receiver', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 10 }).filter((what) => what.length <= 10);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), text, (when, what) => {
        expect(marks.decode('rumor', marks.encode('rumor', { when, what }, 1000))).toEqual({ verdict: 'valid', data: { when: when + 0, what } });
      }),
    );
  });

  test('no bytes under no mark make it throw', () => {
    const mark = fc.oneof(fc.constantFrom(...marks.names, 'gossip-x', 'toString', ''), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(mark, fc.uint8Array({ maxLength: 40 }), (name, payload) => ['valid', 'unknown', 'invalid'].includes(marks.decode(name, payload).verdict)),
      { numRuns: 2000 },
    );
  });
});
