import { expect, test } from '@jest/globals';
import { main } from '../../examples/trust-at-runtime/main.ts';

test('trust-at-runtime: each change of the config opens or closes what it says', async () => {
  const printed: string[] = [];
  await main((line) => printed.push(line));
  expect(printed).toEqual([
    'zoe says: good morning',
    'ann sets {"hear":"anybody"}',
    'ann hears: good morning',
    'zoe says: lunch?',
    'ann hears: lunch?',
    'zoe sets {"hops":0}',
    'zoe says: I am on a diet',
    'zoe sets {"hops":1}',
    'zoe says: dinner?',
    'ann hears: dinner?',
    'zoe sets {"tell":"mutuals"}',
    'ann is no longer told',
    'zoe says: among us',
  ]);
});
