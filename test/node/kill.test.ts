/** Whole nodes as processes: what a SIGKILL leaves, what a lock keeps out, what a close lets go of. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import { createIdentity, createNode, withGossip } from '../../src/index.ts';
import { seededRandom } from '../../src/random.ts';
import { spawnFixture } from '../support/child.ts';
import type { Fixture } from '../support/child.ts';
import type { Order, Start } from './fixtures/gossiper.ts';
import { marks, numbers } from './fixtures/numbers.ts';

const KILLS = 10;
const SEED = process.env['SEED'] ?? String(Date.now());

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearsay-node-kill-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

/** Follows what a gossiper says; `onHeard` gets the numbers. */
class Follower {
  readonly #fixture: Fixture;
  readonly #onHeard: (number: number) => void;

  constructor(fixture: Fixture, onHeard: (number: number) => void) {
    this.#fixture = fixture;
    this.#onHeard = onHeard;
  }

  async hears(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) this.#onHeard(((await this.#fixture.next()) as { heard: number }).heard);
  }

  async obeys(order: Order): Promise<void> {
    this.#fixture.tell(order);
    for (;;) {
      const said = (await this.#fixture.next()) as { heard: number } | { done: string };
      if ('done' in said) return;
      this.#onHeard(said.heard);
    }
  }

  /** Reads what it said before it ended. */
  async ends(): Promise<void> {
    for (;;) {
      const said = await this.#fixture.next().catch(() => undefined);
      if (said === undefined) return;
      this.#onHeard((said as { heard: number }).heard);
    }
  }
}

describe('a node that is killed with SIGKILL while rumors flow', () => {
  test(`better 9: ${KILLS} times: identity, pals, config, saved state and seen-set survive, and nothing is delivered twice (SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    await using ann = await createNode({ store: new MemoryLevel(), identity: createIdentity(), listen: 'ws://127.0.0.1:0' });
    const app = await ann.run('numbers', withGossip(numbers, { hops: 1, marks }));
    const confirmed = new Set<number>();
    const confirm = (number: number): void => {
      if (confirmed.has(number)) throw new Error(`${number} was delivered twice`);
      confirmed.add(number);
    };
    let said = 0;
    let flowing = false;
    const flow = async (): Promise<void> => {
      flowing = true;
      while (flowing) await app.poke('say', (said += 1));
    };

    let fixture = spawnFixture('node/fixtures/gossiper', [join(dir, 'bob')]);
    const first = (await fixture.next()) as Start;
    expect(first).toMatchObject({ targets: [], mutuals: [], hops: 1, heard: [], seen: 0 });
    await new Follower(fixture, confirm).obeys({ verb: 'redeem', value: await ann.pals.invite() });
    const targets: string[] = [ann.id];
    let hops = 1;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const bob = new Follower(fixture, confirm);
      const flown = flow();
      await bob.hears(1 + random.below(30));
      hops = random.below(16);
      await bob.obeys({ verb: 'hops', value: String(hops) });
      const met = createIdentity().id;
      await bob.obeys({ verb: 'meet', value: met });
      targets.push(met);
      await bob.hears(random.below(30));
      expect(await fixture.kill()).toEqual({ code: null, signal: 'SIGKILL' });
      flowing = false;
      await Promise.all([flown, bob.ends()]);

      fixture = spawnFixture('node/fixtures/gossiper', [join(dir, 'bob')]);
      const again = (await fixture.next()) as Start;
      expect(again).toMatchObject({ id: first.id, targets: [...targets].sort(), mutuals: [ann.id], hops });
      const heard = new Set(again.heard);
      expect([...confirmed].filter((number) => !heard.has(number))).toEqual([]);
      expect(again.seen).toBeGreaterThanOrEqual(heard.size);
      // What it had and could not say before it died is not to come either.
      for (const number of heard) confirmed.add(number);
    }
    await app.poke('say', (said += 1));
    const bob = new Follower(fixture, confirm);
    while (!confirmed.has(said)) await bob.hears(1);
  }, KILLS * 6_000);
});

describe('two processes on one directory', () => {
  test('the second is refused with HEARSAY_LOCKED, and the first goes on; once it is dead the directory is free', async () => {
    const place = join(dir, 'locked');
    const fixture = spawnFixture('node/fixtures/gossiper', [place]);
    const { id } = (await fixture.next()) as Start;
    await expect(createNode({ dir: place })).rejects.toMatchObject({ code: 'HEARSAY_LOCKED' });
    await new Follower(fixture, () => undefined).obeys({ verb: 'hops', value: '3' });
    await fixture.kill();
    await using node = await createNode({ dir: place });
    expect(node.id).toBe(id);
  });
});

describe('a clean close', () => {
  test('lets the process end by itself: nothing is left of listeners, links, apps, topics, timers, dials and files', async () => {
    const fixture = spawnFixture('node/fixtures/closing', [join(dir, 'closing')]);
    const { before, after, ...answers } = (await fixture.next()) as { before: string[]; after: string[] };
    expect(answers).toEqual({ redeemed: 'HEARSAY_CLOSED', waits: 'left', read: true });
    expect(after).toEqual(before);
    expect(await fixture.ended).toEqual({ code: 0, signal: null });
  }, 10_000);
});
