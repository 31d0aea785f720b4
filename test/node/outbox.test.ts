import { expect, test } from '@jest/globals';
import { Outbox } from '../../src/node/outbox.ts';

test('a later event never overtakes an earlier one that still commits', () => {
  const out: string[] = [];
  const outbox = new Outbox();
  const first = outbox.wait();
  const second = outbox.wait();
  outbox.pass(() => out.push('third'));
  outbox.done(second, () => out.push('second'));
  expect(out).toEqual([]);
  outbox.done(first, () => out.push('first'));
  expect(out).toEqual(['first', 'second', 'third']);
});

test('with nobody waiting it lets go at once', () => {
  const out: string[] = [];
  new Outbox().pass(() => out.push('now'));
  expect(out).toEqual(['now']);
});
