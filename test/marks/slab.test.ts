import { describe, expect, test } from '@jest/globals';
import { Slab } from '../../src/marks/slab.ts';

describe('a slab', () => {
  test('gives views that do not overlap, side by side while there is room', () => {
    const slab = new Slab();
    const views = Array.from({ length: 1_000 }, (_, i) => slab.take(1 + (i % 300)).fill(i % 251));
    views.forEach((view, i) => expect(view.length === 1 + (i % 300) && view.every((byte) => byte === i % 251)).toBe(true));
    expect(new Set(views.map(({ buffer }) => buffer)).size).toBe(Math.ceil((150.5 * 1_000) / 65_536));
  });

  test('is none for long bytes: they would keep others alive', () => {
    const slab = new Slab();
    expect(slab.take(4_096).buffer.byteLength).toBe(65_536);
    expect(slab.take(4_097).buffer.byteLength).toBe(4_097);
  });

  test('a copy is no view of the original', () => {
    const original = Uint8Array.of(1, 2, 3);
    const copy = new Slab().copy(original);
    original.fill(9);
    expect([...copy]).toEqual([1, 2, 3]);
  });
});
