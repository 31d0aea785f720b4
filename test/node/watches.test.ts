import { beforeEach, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { Watches } from '../../src/node/watches.ts';
import type { Watch } from '../../src/node/watches.ts';

const NAME = { wire: '/w', peer: 'a'.repeat(64) as PeerId, agent: 'radio' };

let watches: Watches;
let ended: string[];
beforeEach(() => {
  watches = new Watches();
  ended = [];
});

function begin(name: string, path = '/live'): Watch | undefined {
  const watch = watches.begin(NAME, path);
  if (watch !== undefined) watch.end = () => void ended.push(name);
  return watch;
}

test('one that stands is not asked again; another path takes its place', () => {
  const first = begin('first');
  expect(begin('again')).toBeUndefined();
  expect(begin('other', '/news')).toBeDefined();
  expect([ended, first?.left]).toEqual([['first'], true]);
});

test('one that is gone is asked anew, and what is still to be said of the old one is not for the agent', () => {
  const first = begin('first');
  if (first !== undefined) first.gone = true;
  const second = begin('second');
  expect([first?.left, second?.left, ended]).toEqual([true, false, []]);
  // The old one's end has its turn now, and takes nothing with it.
  if (first !== undefined) watches.forget(NAME, first);
  expect(begin('again')).toBeUndefined();
});

test('one whose end the agent knows is forgotten', () => {
  const first = begin('first');
  if (first !== undefined) watches.forget(NAME, first);
  expect(begin('second')).toBeDefined();
  expect([ended, first?.left]).toEqual([[], false]);
});

test('leaving tells the other side once, also when all are left', () => {
  begin('first');
  watches.leave(NAME);
  watches.leave(NAME);
  watches.leaveAll();
  begin('second');
  watches.leaveAll();
  watches.leaveAll();
  expect(ended).toEqual(['first', 'second']);
});
