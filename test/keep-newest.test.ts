import { describe, expect, test } from '@jest/globals';
import { keepNewest } from '../src/keep-newest.ts';

describe('keepNewest', () => {
  test.each([
    { max: 4, left: ['a', 'b', 'c'] },
    { max: 3, left: ['a', 'b', 'c'] },
    { max: 2, left: ['b', 'c'] },
    { max: 1, left: ['c'] },
    { max: 0, left: [] },
  ])('of three leaves the newest, at most $max', ({ max, left }) => {
    const set = new Set(['a', 'b', 'c']);
    const map = new Map([...set].map((key, index) => [key, index]));
    keepNewest(set, max);
    keepNewest(map, max);
    expect([[...set], [...map.keys()]]).toEqual([left, left]);
  });

  test('what is set anew is as old as it was; what was deleted before is the newest', () => {
    const map = new Map([['a', 1], ['b', 2], ['c', 3]]);
    map.set('a', 4);
    map.delete('b');
    map.set('b', 5);
    keepNewest(map, 2);
    expect([...map]).toEqual([['c', 3], ['b', 5]]);
  });
});
