/** What is passed on before it is published, through the wrapper. The core's rules have their tables in passing.test.ts. */
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { fact, poke, rest, save, wait, watch } from '../../src/agent.ts';
import { defineMarks } from '../../src/marks/define-marks.ts';
import type { Random } from '../../src/random.ts';
import { configure, readConfig } from '../../src/wrapper/configure.ts';
import { encodeUpgrade } from '../../src/wrapper/upgrade.ts';
import { withGossip } from '../../src/wrapper/with-gossip.ts';
import { ANN, BOB, CAT, DAN, peerOf } from './names.ts';
import { TestHost } from './test-host.ts';
import { CONFIG, Echo, events, GOSSIP, idOf, marks, ofType, returning, started, tells, wireOf, wrap } from './wrapped.ts';

describe('passing', () => {
  /** Dice that always say pass, choose the first and wait as briefly as can be. */
  const eager: Random = { below: (bound) => (bound === 2 ** 32 ? bound - 1 : bound === 2 ? 1 : 0), fork: () => eager };
  const heldKeys = (host: TestHost): string[] => [...host.saved.keys()].filter((key) => key.startsWith('/~/gossip/held/'));
  const wakes = (host: TestHost, wire: string): ReturnType<TestHost['event']> => host.event((agent, bowl) => agent.onWake?.(wire, bowl));

  async function passing(pass: true | 'stem', before?: TestHost): Promise<{ host: TestHost; echo: Echo }> {
    const echo = new Echo();
    echo.does = ({ data }) => marks.invent('say', data as string);
    const host = new TestHost(wrap(echo, { hops: 3, pass }), before);
    host.random = eager;
    await (before === undefined ? host.init() : host.load());
    for (const peer of [BOB, CAT, DAN]) {
      await host.befriend(peer);
      await host.watch(GOSSIP, peer);
    }
    host.out.length = 0;
    return { host, echo };
  }

  test('W12 W13 ours is saved first, and then poked to one peer, the count unchanged', async () => {
    const { host } = await passing(true);
    const id = idOf('hi');
    const said = await host.poke('say', 'hi');
    expect(ofType(said.effects, 'save')).toEqual([save(`/~/gossip/held/${id}`, { rumor: wireOf('hi', 2), successor: null, deadlineMs: host.nowMs + 5_000 })]);
    expect(ofType(said.effects, 'wait')).toEqual([wait(`/~/gossip/embargo/${id}`, 5_000), wait(`/~/gossip/leave/${id}`, 0)]);
    expect(ofType(said.effects, 'fact')).toEqual([]);
    const left = await wakes(host, `/~/gossip/leave/${id}`);
    expect(left.effects).toEqual([save(`/~/gossip/held/${id}`, { rumor: wireOf('hi', 2), successor: BOB, deadlineMs: host.nowMs + 5_000 }), poke(`/~/gossip/pass/${id}`, BOB, 'rumors', 'gossip-rumor', wireOf('hi', 2))]);
  });

  test('better 3 what is only held is asked for when it is offered, as what was never seen', async () => {
    for (const pass of [true, 'stem'] as const) {
      const { host } = await passing(pass);
      await host.poke('say', 'hi');
      await host.poke('gossip-rumor', wireOf('theirs', 2), BOB);
      for (const text of ['hi', 'theirs', 'never']) expect(host.offer(idOf(text), 2, CAT)).toBeUndefined();
    }
  });

  test('W14 better 2 acknowledged: still held; refused: to another', async () => {
    const { host } = await passing('stem');
    const id = idOf('hi');
    await host.poke('say', 'hi');
    await wakes(host, `/~/gossip/leave/${id}`);
    expect((await host.sign(`/~/gossip/pass/${id}`, { type: 'poke-ack' }, BOB)).effects).toEqual([]);
    expect(heldKeys(host)).toHaveLength(1);
    expect((await host.sign(`/~/gossip/pass/${id}`, { type: 'poke-ack', refused: 'unreachable' }, BOB)).effects).toEqual([wait(`/~/gossip/leave/${id}`, 0)]);
    expect(ofType((await wakes(host, `/~/gossip/leave/${id}`)).effects, 'poke')).toMatchObject([{ peer: DAN }]);
  });

  test('W14 the embargo ends: published to all, and forgotten', async () => {
    const { host } = await passing('stem');
    const id = idOf('hi');
    await host.poke('say', 'hi');
    host.nowMs += 5_000;
    const { effects } = await wakes(host, `/~/gossip/embargo/${id}`);
    expect(ofType(effects, 'fact')).toEqual([{ ...tells('hi', 2), offer: true }]);
    expect([heldKeys(host), host.seen.get(id)]).toEqual([[], { hops: 3, delivered: true, relayed: true }]);
  });

  test('W19 a rumor to pass on: from the hear set alone; of no known form or kind: refused', async () => {
    const { host, echo } = await passing(true);
    expect((await host.poke('gossip-rumor', wireOf('hi', 2), peerOf(0xe))).refused).toBe('gossip-rejected');
    for (const junk of ['hi', new Uint8Array(2), Uint8Array.of(9, 3, 1, 97, 0x61, 0x78)]) expect((await host.poke('gossip-rumor', junk, BOB)).refused).toBe('gossip-rejected');
    expect([echo.heard, host.seen.size]).toEqual([[], 0]);
    expect((await host.poke('gossip-rumor', wireOf('hi', 2), BOB)).refused).toBeUndefined();
    expect(echo.heard).toEqual([{ mark: 'say', data: 'hi', src: BOB }]);
  });

  test('research 4.3 on the disk our own and what was passed to us have one form, and nobody is named', async () => {
    for (const pass of [true, 'stem'] as const) {
      const forms: unknown[] = [];
      for (const own of [true, false]) {
        const { host } = await passing(pass);
        if (own) await host.poke('say', 'hi');
        else await host.poke('gossip-rumor', wireOf('hi', 2), CAT);
        forms.push([...host.saved].filter(([key]) => key !== CONFIG), [...host.seen]);
      }
      expect(forms.slice(0, 2)).toEqual(forms.slice(2));
      expect(JSON.stringify(forms)).not.toContain(CAT);
    }
  });

  test('better 2 after a restart the embargo goes on; what newer code finds invalid is dropped and told', async () => {
    const { host } = await passing('stem');
    await host.poke('gossip-rumor', wireOf('hi', 2), BOB);
    const again = await passing('stem', host);
    again.host.nowMs += 60_000;
    const { effects } = await wakes(again.host, `/~/gossip/embargo/${idOf('hi')}`);
    expect(ofType(effects, 'fact')).toEqual([{ ...tells('hi', 2), offer: true }]);
    expect(again.echo.heard).toEqual([{ mark: 'say', data: 'hi', src: ANN }]);

    const { host: other } = await passing('stem');
    await other.poke('gossip-rumor', wireOf('hi', 2), BOB);
    const narrower = new TestHost(withGossip({}, { hops: 3, pass: 'stem', marks: defineMarks({ say: z.string().max(1) }) }), other);
    await narrower.load();
    expect([heldKeys(narrower), events(narrower, 'held-spoilt')]).toEqual([[], [{ type: 'event', event: { name: 'held-spoilt', count: 1 } }]]);
  });

  test('better 5 a header comes in and goes out as a fact of its own mark', async () => {
    const host = await started({}, { hops: 3 });
    for (const peer of [BOB, CAT]) {
      await host.befriend(peer);
      await host.watch(GOSSIP, peer);
    }
    host.arrive(wireOf('hi', 1), BOB);
    const effects = host.arrive(encodeUpgrade(idOf('hi'), 5), BOB, 'gossip-upgrade') ?? [];
    expect(ofType(effects, 'fact')).toEqual([{ ...fact([GOSSIP], 'gossip-upgrade', encodeUpgrade(idOf('hi'), 4)), only: [CAT] }]);
    expect(host.arrive(new Uint8Array(32), BOB, 'gossip-upgrade')).toEqual([{ type: 'report', report: { type: 'event', event: { name: 'bad-rumor', peer: BOB, reason: 'bad-upgrade' } } }]);
  });

  test('better 11 a refused peer is told when it may come, and one that is told comes', async () => {
    const host = await started({}, { tell: 'mutuals' });
    await host.pals('meet', BOB);
    expect((await host.watch(GOSSIP, BOB)).refused).toBe('gossip-forbidden');
    expect((await host.pals('near', BOB)).effects).toEqual([poke('/~/gossip/welcome', BOB, 'rumors', 'gossip-welcome', null)]);
    await host.sign(`${GOSSIP}/${BOB}`, { type: 'watch-ack', refused: 'gossip-forbidden' }, BOB);
    expect((await host.poke('gossip-welcome', null, BOB)).effects).toEqual([rest(`/~/gossip/retry/hear/${BOB}`), watch(`${GOSSIP}/${BOB}`, BOB, 'rumors', GOSSIP)]);
    expect((await host.poke('gossip-welcome', null, DAN)).refused).toBe('gossip-forbidden');
    expect((await host.sign('/~/gossip/welcome', { type: 'poke-ack' }, BOB)).effects).toEqual([]);
  });

  test('better 10 changes of one event are judged one after the other', async () => {
    const { host, outcome } = await returning([configure({ hops: 3 }), configure({ pass: true })], { hops: 1 });
    expect([outcome.error, readConfig(host.bowl()).pass]).toEqual([undefined, true]);
    const back = await returning([configure({ pass: false }), configure({ hops: 1 })], { hops: 3, pass: true });
    expect([back.outcome.error, readConfig(back.host.bowl()).hops]).toEqual([undefined, 1]);
  });
});
