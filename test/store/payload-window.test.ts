import { describe, expect, test } from '@jest/globals';
import { Growing } from '../../src/store/growing.ts';
import { packPayload } from '../../src/store/payload-packing.ts';
import { PAYLOAD_OVERHEAD_BYTES, PayloadWindow } from '../../src/store/payload-window.ts';
import type { Kept } from '../../src/store/store.ts';
import { idOf } from './fixtures/events.ts';

const KEY = [0x9e3779b1, 0x85ebca77] as const;
/** What a payload of 100 bytes with the mark `m` counts. */
const EACH = 101 + PAYLOAD_OVERHEAD_BYTES;

const keeping = (...numbers: number[]): Uint8Array => packed(numbers.map((n) => ({ id: idOf(n), mark: 'm', payload: new Uint8Array(100).fill(n), hops: 1 })));

function packed(all: readonly Kept[]): Uint8Array {
  const bytes = new Growing();
  for (const kept of all) packPayload(bytes, kept);
  return bytes.view;
}

function put(window: PayloadWindow, sequence: number, ...numbers: number[]): number | undefined {
  return window.index(keeping(...numbers), { bucket: 0, sequence });
}

describe('the payload window', () => {
  test('it says in which group, and where in it, a payload lies', () => {
    const window = new PayloadWindow(10 * EACH, KEY);
    expect(put(window, 7, 1, 2)).toBe(2);
    expect(window.find(idOf(1))).toEqual({ at: { bucket: 0, sequence: 7 }, offset: 0 });
    expect(window.find(idOf(2))).toEqual({ at: { bucket: 0, sequence: 7 }, offset: 140 });
    expect(window.find(idOf(3))).toBeUndefined();
  });

  test('at its bytes the oldest go, and no sooner', () => {
    const window = new PayloadWindow(3 * EACH, KEY);
    put(window, 0, 1);
    put(window, 1, 2, 3);
    expect([window.size, window.droppedBytes, window.oldest]).toEqual([3, 0, { bucket: 0, sequence: 0 }]);
    put(window, 2, 4);
    expect([window.size, window.droppedBytes, window.oldest]).toEqual([3, EACH, { bucket: 0, sequence: 1 }]);
    expect([1, 2, 3, 4].map((n) => window.find(idOf(n)) !== undefined)).toEqual([false, true, true, true]);
  });

  test('empty payloads fill it too: its bytes bound their number', () => {
    const window = new PayloadWindow(10 * PAYLOAD_OVERHEAD_BYTES, KEY);
    for (let n = 0; n < 30; n += 1) window.index(packed([{ id: idOf(n), mark: '', payload: new Uint8Array(0), hops: 0 }]), { bucket: 0, sequence: n });
    expect(window.size).toBe(10);
  });

  test('one that is larger than the window is not in it, and pushes out the rest', () => {
    const window = new PayloadWindow(EACH, KEY);
    put(window, 0, 1);
    window.index(packed([{ id: idOf(2), mark: 'm', payload: new Uint8Array(101), hops: 1 }]), { bucket: 0, sequence: 1 });
    expect([window.size, window.oldest]).toEqual([0, undefined]);
  });

  test('one that is there already stays where it is, and in one group counts once', () => {
    const window = new PayloadWindow(10 * EACH, KEY);
    expect(put(window, 0, 1, 1)).toBe(1);
    expect([window.has(idOf(1)), window.has(idOf(2))]).toEqual([true, false]);
    expect(put(window, 1, 1, 2)).toBe(1);
    expect(window.find(idOf(1))?.at.sequence).toBe(0);
  });

  test('what did not reach the disk is taken back, and may come again', () => {
    const window = new PayloadWindow(3 * EACH, KEY);
    put(window, 0, 1);
    window.takeBack(put(window, 1, 2, 3)!);
    expect([window.size, window.find(idOf(2))]).toEqual([1, undefined]);
    put(window, 2, 2, 3);
    expect([window.size, window.droppedBytes, window.find(idOf(2))?.at.sequence]).toEqual([3, 0, 2]);
  });

  test('a group larger than the window is taken back as far as it is there', () => {
    const window = new PayloadWindow(2 * EACH, KEY);
    window.takeBack(put(window, 0, 1, 2, 3)!);
    expect(window.size).toBe(0);
    put(window, 1, 4, 5);
    expect(window.size).toBe(2);
  });

  test('earlier buckets expire whole', () => {
    const window = new PayloadWindow(10 * EACH, KEY);
    for (const bucket of [3, 4, 5]) window.index(keeping(bucket), { bucket, sequence: bucket });
    window.expireBefore(5);
    expect([window.size, window.oldest]).toEqual([1, { bucket: 5, sequence: 5 }]);
  });

  test('a value that is cut off is not a whole one', () => {
    const window = new PayloadWindow(10 * EACH, KEY);
    expect(window.index(keeping(1, 2).subarray(0, -1), { bucket: 0, sequence: 0 })).toBeUndefined();
  });
});
