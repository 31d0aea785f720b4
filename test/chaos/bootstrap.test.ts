/** The smaller form of `npm run chaos -- bootstrap`: real processes, real sockets, real SIGKILLs. */
import { expect, test } from '@jest/globals';
import { spawnFixture } from '../support/child.ts';

test('twelve nodes that joined through one go on without it and three of theirs, and let a newcomer in', async () => {
  const scenario = spawnFixture('chaos/fixtures/bootstrap');
  const verdict = (await scenario.next()) as { ok: boolean; survivors: number; missing: number };
  expect({ ...verdict, said: scenario.errors }).toMatchObject({ ok: true, survivors: 9, missing: 0 });
}, 120_000);
