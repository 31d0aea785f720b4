import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { agentEnd, agentKey, agentPart, AgentPart, BUCKET_MS, bucketOf, isBefore, logEnd, logKey, logPosition, valueKey } from '../../src/store/layout.ts';

const compare = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);
/** Any string at all: lone surrogates, NULs, the empty one, and prefixes of each other. */
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('', '\0', 'a', 'a\0', 'a\u0001', 'aa', '\ud800', '\ud801', '\uffff', '\u00ff'));

describe('keys of the log', () => {
  const position = fc.record({ bucket: fc.nat(0xffffffff), sequence: fc.nat(Number.MAX_SAFE_INTEGER) });

  test('they are in the order of time, and read back', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const order = compare(logKey('ids', a), logKey('ids', b));
        expect(order < 0).toBe(isBefore(a, b));
        expect(logPosition(logKey('payloads', a))).toEqual(a);
      }),
    );
  });

  test('one log ends before the other begins', () => {
    const last = { bucket: 0xffffffff, sequence: Number.MAX_SAFE_INTEGER };
    expect(compare(logKey('payloads', last), logEnd('payloads'))).toBe(-1);
    expect(compare(logEnd('payloads'), logKey('ids', { bucket: 0, sequence: 0 }))).toBe(-1);
    expect(logPosition(Uint8Array.of(1, 2, 3))).toBeUndefined();
  });

  test.each([
    { ms: -1, bucket: 0 },
    { ms: BUCKET_MS - 1, bucket: 0 },
    { ms: BUCKET_MS, bucket: 1 },
    { ms: Number.MAX_SAFE_INTEGER, bucket: 416_999_965 },
  ])('$ms ms is in bucket $bucket', ({ ms, bucket }) => {
    expect(bucketOf(ms)).toBe(bucket);
  });
});

describe('keys of agents', () => {
  test('whatever the names are, an entry is in its own agent’s range and in no other’s, and reads back', () => {
    fc.assert(
      fc.property(text, text, text, fc.constantFrom(AgentPart.saved, AgentPart.timer), (agent, other, name, part) => {
        const key = agentKey(agent, part, name);
        const within = (owner: string): boolean => compare(key, agentKey(owner, 0)) >= 0 && compare(key, agentEnd(owner)) < 0;
        expect(within(agent)).toBe(true);
        expect(within(other)).toBe(agent === other);
        expect(agentPart(agent, key)).toEqual({ part, name });
      }),
      { numRuns: 500 },
    );
  });

  test('different names have different keys, also as node-wide values', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(compare(valueKey(a), valueKey(b)) === 0).toBe(a === b);
        expect(compare(agentKey('x', AgentPart.saved, a), agentKey('x', AgentPart.saved, b)) === 0).toBe(a === b);
        expect(compare(agentKey('x', AgentPart.saved, a), agentKey('x', AgentPart.timer, b))).not.toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
