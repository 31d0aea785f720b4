/**
 * Point 11 of DESIGN 4: refusals end, and nobody is polled for ever.
 */
import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import type { GossipConfig } from '../../src/wrapper/config.ts';
import { GossipCore } from '../../src/wrapper/core.ts';
import { FORBIDDEN } from '../../src/wrapper/core/audience.ts';
import type { GossipEffect, Input } from '../../src/wrapper/core/messages.ts';
import { MAX_REFUSED, Refusals, REFUSED_MS } from '../../src/wrapper/core/refusals.ts';
import { ANN, BOB, BOUNDS, CAT, NOW, peerOf } from './names.ts';

type In = Input<string>;
type Out = GossipEffect<string>;

const MINUTE = 60_000;
const pal = (change: 'meet' | 'near' | 'part' | 'away', peer: PeerId): In => ({ type: 'PalChanged', change, peer });
const asks = (peer: PeerId): In => ({ type: 'WatchAsked', peer });
const refused = (peer: PeerId): In => ({ type: 'WatchRefused', peer, reason: 'forbidden' });
const retries = (peer: PeerId): In => ({ type: 'TimerFired', timer: { of: 'hear', peer } });
const welcomed = (peer: PeerId): In => ({ type: 'Welcomed', peer });
const welcome = (peer: PeerId): Out => ({ type: 'Welcome', peer });
const again = (peer: PeerId): readonly Out[] => [{ type: 'CancelTimer', timer: { of: 'hear', peer } }, { type: 'Watch', peer }];

function coreOf(config: Partial<GossipConfig> = {}): GossipCore<string> {
  const given = gossipConfig({ hear: 'targets', tell: 'mutuals', ...config }, 15);
  return new GossipCore<string>({ ...BOUNDS, our: ANN, maxHops: 15, given, persisted: given });
}

describe('better 11: refusals end', () => {
  // The reference says nothing in any of these: whom it refused asks again half an hour later, for ever.
  test.each<{ name: string; config?: Partial<GossipConfig>; before: readonly In[]; atMs?: number; input: In; effects: readonly Out[] }>([
    { name: 'a pal who becomes a mutual is told to come', before: [pal('meet', BOB), asks(BOB)], input: pal('near', BOB), effects: [welcome(BOB)] },
    { name: 'a wider tell tells whom it lets in, once each', before: [asks(BOB), asks(BOB), asks(CAT), pal('meet', BOB)], input: { type: 'Configured', change: { tell: 'targets' } }, effects: [any('SaveConfig'), any('ReportConfig'), welcome(BOB)] },
    { name: 'who was kicked is told too', before: [pal('meet', BOB), pal('near', BOB), asks(BOB), pal('away', BOB)], input: pal('near', BOB), effects: [welcome(BOB)] },
    { name: 'who was let in meanwhile is not', before: [pal('meet', BOB), asks(BOB), pal('near', BOB), asks(BOB), pal('away', BOB), { type: 'Configured', change: { tell: 'anybody' } }, asks(BOB)], input: { type: 'Configured', change: { tell: 'targets' } }, effects: [any('SaveConfig'), any('ReportConfig'), { type: 'LeaveOverlay' }] },
    { name: 'who never asked is not', before: [pal('meet', BOB)], input: pal('near', BOB), effects: [] },
    { name: 'a day later it is forgotten', before: [pal('meet', BOB), asks(BOB)], atMs: NOW + REFUSED_MS, input: pal('near', BOB), effects: [] },
    { name: 'a welcome: asked again at once', before: [pal('meet', BOB), refused(BOB)], input: welcomed(BOB), effects: again(BOB) },
    { name: 'a welcome after a kick', before: [pal('meet', BOB), { type: 'Kicked', peer: BOB, reason: FORBIDDEN }], input: welcomed(BOB), effects: again(BOB) },
    { name: 'a welcome by one whom we hear: nothing', before: [pal('meet', BOB)], input: welcomed(BOB), effects: [] },
    { name: 'a welcome by one whom we do not want to hear: refused', before: [], input: welcomed(BOB), effects: [{ type: 'Refuse', reason: FORBIDDEN }] },
    { name: 'who asks for our rumors runs the agent: asked back at once', config: { tell: 'anybody' }, before: [pal('meet', BOB), refused(BOB)], input: asks(BOB), effects: again(BOB) },
  ])('$name', ({ config, before, atMs = NOW, input, effects }) => {
    const core = coreOf(config);
    for (const past of before) core.step(past, NOW);
    expect(core.step(input, atMs)).toEqual(effects);
  });

  test('W16 who refuses is asked after 30 min, and then ever more seldom, at most three times a day', () => {
    const core = coreOf();
    core.step(pal('meet', BOB), NOW);
    const waits = Array.from({ length: 7 }, () => {
      const delay = core.step(refused(BOB), NOW).find((effect) => effect.type === 'SetTimer');
      core.step(retries(BOB), NOW);
      return delay?.type === 'SetTimer' ? delay.delayMs / MINUTE : undefined;
    });
    expect(waits).toEqual([30, 60, 120, 240, 480, 480, 480]);
    core.step({ type: 'WatchAcked', peer: BOB }, NOW);
    expect(core.step(refused(BOB), NOW)).toContainEqual({ type: 'SetTimer', timer: { of: 'hear', peer: BOB }, delayMs: 30 * MINUTE });
  });

  test('a peer that refuses and welcomes by turns makes us ask ten times, not for ever', () => {
    const core = coreOf();
    core.step(pal('meet', BOB), NOW);
    let asked = 0;
    for (let i = 0; i < 100; i += 1) {
      core.step(refused(BOB), NOW);
      asked += core.step(welcomed(BOB), NOW).filter(({ type }) => type === 'Watch').length;
    }
    expect(asked).toBe(10);
    expect(core.step(retries(BOB), NOW)).toEqual([{ type: 'Watch', peer: BOB }]);
  });

  test('the refused are remembered up to a limit: the oldest has to ask by itself', () => {
    const refusals = new Refusals();
    for (let n = 0; n <= MAX_REFUSED; n += 1) refusals.add(peerOf(n), NOW);
    expect([[...refusals.peers()].length, refusals.take(peerOf(0), NOW), refusals.take(peerOf(1), NOW), refusals.take(peerOf(1), NOW)]).toEqual([MAX_REFUSED, false, true, false]);
  });
});

function any(type: Out['type']): Out {
  return expect.objectContaining({ type }) as unknown as Out;
}
