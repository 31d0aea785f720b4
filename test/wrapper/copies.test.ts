import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RumorId } from '../../src/ids.ts';
import { Copies } from '../../src/wrapper/copies.ts';
import { encodeRumor, KeptRumor, withHops } from '../../src/wrapper/rumor.ts';

const id = (i: number): RumorId => i.toString(16).padStart(64, '0') as RumorId;
const payload = (i: number, length = 8): Uint8Array => new Uint8Array(length).fill(i).fill(i >> 8, 1, 2);

describe('copies', () => {
  test('a copy is known whatever its hops, and nothing else is', () => {
    const copies = new Copies();
    const rumor = encodeRumor('say', payload(1));
    copies.add(new KeptRumor(id(1), rumor));
    const copy = withHops(rumor.bytes, 9);
    expect(copies.find(copy)).toMatchObject({ id: id(1), bytes: rumor.bytes });
    expect(copy).toEqual(withHops(rumor.bytes, 9));
    expect(copies.find(encodeRumor('sag', payload(1)).bytes)).toBeUndefined();
    expect(copies.find(encodeRumor('say', payload(2)).bytes)).toBeUndefined();
    expect(copies.find(encodeRumor('say', payload(1, 9)).bytes)).toBeUndefined();
    expect(copies.find(new Uint8Array(0))).toBeUndefined();
  });

  test('one of another kind is another', () => {
    const copies = new Copies();
    const rumor = encodeRumor('say', payload(1));
    copies.add(new KeptRumor(id(1), rumor));
    const strange = withHops(rumor.bytes, 0);
    strange[0] = 1;
    expect(copies.find(strange)).toBeUndefined();
  });

  test('every byte counts, also those that the key leaves out', () => {
    const rumor = encodeRumor('say', new Uint8Array(5_000));
    const copies = new Copies();
    copies.add(new KeptRumor(id(1), rumor));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: rumor.bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = withHops(rumor.bytes, 0);
        other[at]! ^= change;
        return copies.find(other) === undefined && copies.find(rumor.bytes)?.id === id(1);
      }),
    );
  });

  test('most of the last few hundred are known, and of many more no more than 1,024', () => {
    const copies = new Copies();
    const rumors = Array.from({ length: 10_000 }, (_, i) => encodeRumor('say', payload(i)));
    rumors.forEach((rumor, i) => copies.add(new KeptRumor(id(i), rumor)));
    const found = rumors.map(({ bytes }) => copies.find(bytes)?.id);
    expect(found.filter((one) => one !== undefined).length).toBeLessThanOrEqual(1_024);
    expect(found.slice(-256).filter((one) => one !== undefined).length).toBeGreaterThan(192);
    expect(found.every((one, i) => one === undefined || one === id(i))).toBe(true);
  });

  test('at 2 MiB others make room, and what is longer is never kept', () => {
    const copies = new Copies();
    const rumors = Array.from({ length: 5 }, (_, i) => encodeRumor('say', payload(i, 500_000)));
    rumors.forEach((rumor, i) => copies.add(new KeptRumor(id(i), rumor)));
    expect(rumors.filter(({ bytes }) => copies.find(bytes) !== undefined)).toHaveLength(4);
    const huge = encodeRumor('say', payload(9, 2_200_000));
    copies.add(new KeptRumor(id(9), huge));
    expect(copies.find(huge.bytes)).toBeUndefined();
    expect(copies.find(rumors[4]!.bytes)).toBeDefined();
  });
});
