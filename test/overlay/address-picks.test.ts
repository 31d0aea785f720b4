import { describe, expect, test } from '@jest/globals';
import { pickJoins, pickProbe, probeDelayMs } from '../../src/overlay/address-picks.ts';
import { seededRandom } from '../../src/random.ts';
import { contactOf, peerOf } from './peers.ts';

const book = (size: number) => Array.from({ length: size }, (_, at) => contactOf(at + 1));

describe('probing', () => {
  test('every 60 s ± 50 %', () => {
    const random = seededRandom(1);
    const delays = Array.from({ length: 1_000 }, () => probeDelayMs(random));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(90_000);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(50_000);
  });

  test.each([
    [1, 1],
    [10, 1],
    [20, 0.5],
    [64, 10 / 64],
  ])('of %i entries one is probed with probability %f', (size, share) => {
    const random = seededRandom(2);
    let probes = 0;
    for (let i = 0; i < 4_000; i += 1) if (pickProbe(book(size), () => false, random) !== undefined) probes += 1;
    expect(probes / 4_000).toBeCloseTo(share, 1);
  });

  test('never a neighbour, and any other', () => {
    const random = seededRandom(3);
    const picked = new Set(Array.from({ length: 200 }, () => pickProbe(book(4), (peer) => peer === peerOf(2), random)?.peer));
    expect([...picked].sort()).toEqual([1, 3, 4].map(peerOf));
    expect(pickProbe(book(1), () => true, random)).toBeUndefined();
    expect(pickProbe([], () => false, random)).toBeUndefined();
  });

  test('an isolated node gets eight to ask at once', () => {
    expect(new Set(pickJoins(book(64), seededRandom(4))).size).toBe(8);
    expect(pickJoins(book(2), seededRandom(4))).toHaveLength(2);
  });
});
