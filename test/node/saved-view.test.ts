import { describe, expect, test } from '@jest/globals';
import { encodePayload } from '../../src/marks/payload.ts';
import { SavedView } from '../../src/node/saved-view.ts';

const view = (values: Record<string, unknown>, maxBytes = 1_000): SavedView =>
  new SavedView(new Map(Object.entries(values).map(([key, value]) => [key, encodePayload(value)])), maxBytes);

describe('what an agent saved', () => {
  test('reads like a map', () => {
    const saved = view({ a: 1, b: { c: [true] } });
    expect([...saved]).toEqual([
      ['a', 1],
      ['b', { c: [true] }],
    ]);
    expect([saved.size, saved.has('a'), saved.get('nothing')]).toEqual([2, true, undefined]);
  });

  test('is deeply frozen', () => {
    const value = view({ b: { c: [true] } }).get('b') as { c: boolean[] };
    expect(() => value.c.push(false)).toThrow(TypeError);
  });

  test('shows each change, and forgets', () => {
    const saved = view({ a: 1 });
    expect(saved.get('a')).toBe(1);
    saved.apply([
      { key: 'a', value: encodePayload(2) },
      { key: 'b', value: encodePayload('x') },
    ]);
    expect([saved.get('a'), saved.get('b')]).toEqual([2, 'x']);
    saved.apply([{ key: 'a', value: undefined }]);
    expect([...saved.keys()]).toEqual(['b']);
  });

  test('is bounded by maxSavedBytes, and replacing a value frees what it took', () => {
    const saved = view({ a: 'x'.repeat(50) }, 60);
    const bigger = [{ key: 'a', value: encodePayload('y'.repeat(55)) }];
    expect(() => saved.check(bigger)).not.toThrow();
    expect(() => saved.check([...bigger, { key: 'b', value: encodePayload('z') }])).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE', value: expect.any(Number) }));
  });
});
