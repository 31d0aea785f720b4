/** Passing over real sockets while a proxy dies. `npm run chaos -- proxy` is the same in real time. */
import { describe, expect, test } from '@jest/globals';
import { verdictOf } from '../../src/chaos/proxy.ts';
import { spawnFixture } from '../support/child.ts';

// Embargoes last 0.25 to 5.5 s then.
const SPEED = '20';

describe('five processes, one of which is killed with SIGKILL in the middle of 200 rumors', () => {
  test.each(['true', 'stem'])('pass %s: the other four hear all that they say, once each', async (pass) => {
    const verdict = await spawnFixture('chaos/fixtures/proxy', [pass, '200', SPEED]).next();
    expect(verdict).toMatchObject({ ok: true, said: 200, lost: [], twice: [] });
  }, 120_000);
});

test('the verdict finds what is missing, twice, and late', () => {
  const wanted = (node: number): readonly string[] => (node === 0 ? ['1/1', '1/3'] : ['0/0']);
  const fine = { times: 1, afterMs: 40 };
  expect(verdictOf([{ '1/1': fine, '1/3': fine }, { '0/0': fine }], wanted)).toEqual({ ok: true, lost: [], twice: [], byEmbargo: 0, slowestMs: 40 });
  expect(verdictOf([{ '1/1': { times: 2, afterMs: 9_000 } }, { '0/0': fine }], wanted)).toEqual({ ok: false, lost: ['0 1/3'], twice: ['0 1/1'], byEmbargo: 1, slowestMs: 9_000 });
});
