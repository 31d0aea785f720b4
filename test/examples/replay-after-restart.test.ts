import { expect, test } from '@jest/globals';
import { main } from '../../examples/replay-after-restart/main.ts';

test('replay-after-restart: a restarted node says how many ids it restored and delivers nothing twice', async () => {
  const printed: string[] = [];
  await main((line) => printed.push(line));
  expect(printed).toEqual([
    'bob remembers 0 ids',
    'bob hears: one',
    'bob hears: two',
    'bob hears: three',
    'bob has: one, two, three',
    'bob remembers 3 ids',
    'bob hears: four',
    'bob has: one, two, three, four',
    '4 ids go to the other machine',
    'bob remembers 4 ids',
    'bob hears: five',
    'bob has: five',
  ]);
});
