/** What was acknowledged survives a SIGKILL, and each group is there whole or not at all. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import { openStore } from '../../src/store/level-store.ts';
import { spawnFixture } from '../support/child.ts';
import { AGENT, idOf, numberBytes, payloadOf } from './fixtures/events.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearsay-kill-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

describe('a SIGKILL', () => {
  test.each([
    { perTurn: 1, after: 1 },
    { perTurn: 1, after: 100 },
    { perTurn: 7, after: 40 },
    { perTurn: 50, after: 1_000 },
    { perTurn: 200, after: 3_000 },
  ])('after $after acknowledgements, $perTurn events a turn', async ({ perTurn, after }) => {
    const place = { dir: join(dir, `${perTurn}-${after}`) };
    const fixture = spawnFixture('store/fixtures/append-loop', [place.dir, String(perTurn)]);
    for (let n = 1; n <= after; n += 1) expect(await fixture.next()).toBe(n);
    expect(await fixture.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    let acknowledged = after;
    // What it said before it died counts too.
    for (;;) {
      const said = await fixture.next().catch(() => undefined);
      if (said === undefined) break;
      acknowledged += 1;
      expect(said).toBe(acknowledged);
    }

    const store = await openStore(place, limits(), Date.now);
    const state = await store.readAgent(AGENT);
    const count = store.seenCount;
    expect(count).toBeGreaterThanOrEqual(acknowledged);
    // Ids, payloads, the saved number and the timer are all of the same last event.
    expect(state).toEqual({ saved: new Map([['count', numberBytes(count)]]), timers: new Map([['tick', count]]) });
    for (const n of [1, Math.ceil(count / 2), count]) expect([store.seen(idOf(n))?.delivered, (await store.payload(idOf(n)))?.payload]).toEqual([true, payloadOf(n)]);
    expect([store.seen(idOf(count + 1)), await store.payload(idOf(count + 1))]).toEqual([undefined, undefined]);
    for (let n = 1; n <= count; n += 1) if (store.seen(idOf(n)) === undefined) throw new Error(`event ${n} of ${count} is lost`);
    await store.close();
  });
});
