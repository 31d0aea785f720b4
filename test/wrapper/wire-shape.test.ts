/**
 * Research 4.3: what leaves a node looks alike, whether it is the node's own or was passed to it. The whole wrapper on a virtual clock:
 * when something leaves, in what form, and how many bytes long. See passing-net.test.ts for the same of what is relayed.
 */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import type { Effect } from '../../src/agent.ts';
import { defineMarks } from '../../src/marks/define-marks.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { seededRandom } from '../../src/random.ts';
import { encodeRumor, withHops } from '../../src/wrapper/rumor.ts';
import { withGossip } from '../../src/wrapper/with-gossip.ts';
import { BOB, CAT, DAN } from './names.ts';
import { TestHost } from './test-host.ts';

const DATA = 2_000;
const HOPS = 4;
const marks = defineMarks({ say: z.string() });

interface Leaving {
  readonly form: string;
  readonly afterMs: number;
  readonly bytes: number;
}

/** A host whose timers go off in order of time. */
class ClockedHost extends TestHost {
  #timers: { readonly wire: string; readonly atMs: number }[] = [];
  #read = 0;

  /** Lets so much time go by. @returns what left for others, and when */
  async runFor(ms: number): Promise<readonly { readonly atMs: number; readonly effect: Extract<Effect, { type: 'poke' | 'fact' }> }[]> {
    const endMs = this.nowMs + ms;
    const left: { atMs: number; effect: Extract<Effect, { type: 'poke' | 'fact' }> }[] = [];
    for (;;) {
      for (; this.#read < this.out.length; this.#read += 1) {
        const effect = this.out[this.#read] as Effect;
        if (effect.type === 'wait') this.#timers = [...this.#timers.filter(({ wire }) => wire !== effect.wire), { wire: effect.wire, atMs: this.nowMs + effect.delayMs }];
        if (effect.type === 'rest') this.#timers = this.#timers.filter(({ wire }) => wire !== effect.wire);
        if (effect.type === 'poke' || effect.type === 'fact') left.push({ atMs: this.nowMs, effect });
      }
      const next = this.#timers.reduce<{ wire: string; atMs: number } | undefined>((first, timer) => (timer.atMs <= endMs && (first === undefined || timer.atMs < first.atMs) ? timer : first), undefined);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowMs = next.atMs;
      await this.event((agent, bowl) => agent.onWake?.(next.wire, bowl));
    }
    this.nowMs = endMs;
    return left;
  }
}

/** How each of so many data leaves first. */
async function leavings(pass: true | 'stem', come: (host: ClockedHost, text: string) => Promise<unknown>, seed: string): Promise<readonly Leaving[]> {
  const random = seededRandom(seed);
  const agent = withGossip({ onPoke: ({ data }) => marks.invent('say', data as string) }, { hops: HOPS, pass, marks });
  const host = new ClockedHost(agent);
  host.random = random.fork('host');
  await host.init();
  for (const peer of [BOB, CAT, DAN]) {
    await host.befriend(peer);
    await host.watch('/~/gossip/gossip', peer);
  }
  await host.runFor(1_000);
  const all: Leaving[] = [];
  for (let n = 0; n < DATA; n += 1) {
    const cameMs = host.nowMs;
    await come(host, `${n} `.padEnd(8 + random.below(200), 'x'));
    const [first] = await host.runFor(2_500);
    if (first === undefined) throw new Error('it did not leave');
    const { effect, atMs } = first;
    all.push({ form: `${effect.type} ${effect.mark}`, afterMs: atMs - cameMs, bytes: (effect.data as Uint8Array).length });
    // Others publish it, so that no proxy is blamed, and two minutes later all is forgotten.
    for (const peer of [BOB, CAT, DAN]) host.arrive(withHops(effect.data as Uint8Array, HOPS - 2), peer);
    await host.runFor(130_000);
  }
  return all;
}

/** The largest distance between two empirical distributions (Kolmogorov and Smirnov). */
function distance(one: readonly number[], other: readonly number[]): number {
  const shareUpTo = (sorted: readonly number[], x: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] as number) <= x) low = middle + 1;
      else high = middle;
    }
    return low / sorted.length;
  };
  const [a, b] = [one, other].map((all) => [...all].sort((x, y) => x - y)) as [number[], number[]];
  return Math.max(...[...new Set([...a, ...b])].map((x) => Math.abs(shareUpTo(a, x) - shareUpTo(b, x))));
}

describe('on the wire our own and what we are passed are alike', () => {
  test.each([true, 'stem'] as const)(`pass %p: time, form and size of 2 x ${DATA}`, async (pass) => {
    const own = await leavings(pass, (host, text) => host.poke('say', text), `own ${pass}`);
    const passed = await leavings(pass, (host, text) => host.poke('gossip-rumor', withHops(encodeRumor('say', encodePayload(text)).bytes, HOPS - 1), BOB), `passed ${pass}`);
    expect(distance(own.map(({ afterMs }) => afterMs), passed.map(({ afterMs }) => afterMs))).toBeLessThanOrEqual(0.06);
    for (const form of new Set(own.map((leaving) => leaving.form))) {
      const [ours, theirs] = [own, passed].map((all) => all.filter((leaving) => leaving.form === form).map(({ bytes }) => bytes)) as [number[], number[]];
      // Nothing that is ours leaves in a form in which nothing of others does.
      expect(theirs.length).toBeGreaterThan(DATA / 4);
      expect(distance(ours, theirs)).toBeLessThanOrEqual(0.06);
    }
  });
});
