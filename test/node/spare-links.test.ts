import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { SpareLinks } from '../../src/node/spare-links.ts';
import { ManualClock } from '../support/clock.ts';

const [ANN, BOB] = ['a', 'b'].map((digit) => digit.repeat(64)) as [PeerId, PeerId];

/** Links of a node; all were dialled and none is needed, unless told otherwise. */
function stage(maxLinks = 16): { spare: SpareLinks; clock: ManualClock; ended: string[]; needed: Set<PeerId>; accepted: Set<PeerId> } {
  const clock = new ManualClock();
  const [needed, accepted, ended] = [new Set<PeerId>(), new Set<PeerId>(), [] as string[]];
  const spare = new SpareLinks({
    clock,
    limits: { maxLinks },
    isDialled: (peer) => !accepted.has(peer),
    isNeeded: (peer) => needed.has(peer),
    disconnect: (peer, reason) => ended.push(`${peer === ANN ? 'ann' : 'bob'}: ${reason}`),
  });
  return { spare, clock, ended, needed, accepted };
}

describe('a link that is released', () => {
  test('ends a second later, once', () => {
    const { spare, clock, ended } = stage();
    spare.up(ANN);
    for (let n = 0; n < 3; n += 1) spare.released(ANN);
    clock.advance(999);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended).toEqual(['ann: unneeded']);
    expect(clock.timers).toBe(0);
  });

  test('stays when somebody needs it by then, and goes when it is released again', () => {
    const { spare, clock, ended, needed } = stage();
    spare.up(ANN);
    spare.released(ANN);
    needed.add(ANN);
    clock.advance(1_000);
    needed.delete(ANN);
    expect(ended).toEqual([]);
    spare.released(ANN);
    clock.advance(1_000);
    expect(ended).toEqual(['ann: unneeded']);
  });

  test('is left to the other side if that one dialled it: what counts is the connection at the end', () => {
    const { spare, clock, ended, accepted } = stage();
    for (const peer of [ANN, BOB]) {
      spare.up(peer);
      spare.released(peer);
    }
    accepted.add(BOB);
    clock.advance(1_000);
    expect(ended).toEqual(['ann: unneeded']);
  });

  test('and is none, or is released after the end, sets no timer', () => {
    const { spare, clock } = stage();
    spare.released(ANN);
    spare.up(BOB);
    spare.close();
    spare.released(BOB);
    expect(clock.timers).toBe(0);
  });
});

describe('room', () => {
  test('with an eighth left the oldest that nobody needs gives way, but none that is new', () => {
    const { spare, clock, ended, needed } = stage(2);
    needed.add(ANN);
    spare.up(ANN);
    spare.up(BOB);
    spare.makeRoom();
    expect(ended).toEqual([]);
    clock.advance(5_000);
    spare.makeRoom();
    expect(ended).toEqual(['bob: crowded']);
    spare.down(BOB);
    spare.makeRoom();
    expect(ended).toEqual(['bob: crowded']);
  });
});
