import { expect, test } from '@jest/globals';
import { main } from '../../examples/wrap-existing-agent/main.ts';

test('wrap-existing-agent: the app keeps its state, and shares from then on', async () => {
  const printed: string[] = [];
  await main((line) => printed.push(line));
  expect(printed).toEqual([
    'alone, ann has: milk (ann)',
    'wrapped, ann still has: milk (ann)',
    'ann has: milk (ann), eggs (ann), bread (bob)',
    'bob has: milk (ann), eggs (ann), bread (bob)',
  ]);
});
