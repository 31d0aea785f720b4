/** A rumor that comes to an agent under the wrapper. */
import { describe, expect, test } from '@jest/globals';
import { of } from 'rxjs';
import type { Effects } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { BOB, CAT, DAN } from './names.ts';
import { TestHost } from './test-host.ts';
import { Echo, events, GOSSIP, idOf, marks, ofType, started, tells, wireOf, wrap } from './wrapped.ts';
import type { Options } from './wrapped.ts';

describe('a rumor arrives', () => {
  async function hearing(options: Options = {}): Promise<{ host: TestHost; echo: Echo }> {
    const echo = new Echo();
    const host = await started(echo, options);
    await host.befriend(BOB);
    await host.befriend(CAT);
    host.reports.length = 0;
    return { host, echo };
  }

  test('W18 on receipt: remembered, kept, relayed to all but the sender; then delivered with its source, and reported', async () => {
    const { host, echo } = await hearing();
    const id = idOf('hi');
    const shown = { id, mark: 'say', data: 'hi', src: BOB };
    expect(host.arrive(wireOf('hi', 3), BOB)).toEqual([
      { type: 'remember', id, hops: 3, delivered: true, relayed: true },
      { type: 'keep', id, mark: 'say', payload: encodePayload('hi'), hops: 3 },
      { ...tells('hi', 2), offer: true, except: BOB },
      { type: 'report', report: { type: 'relayed', rumor: { ...shown, hops: 2 } } },
      { type: 'deliver', wire: GOSSIP, sign: { type: 'fact', mark: 'say', data: 'hi', id }, src: BOB, id, bytes: wireOf('hi', 3).length, again: { wire: `/~/gossip/gossip/${BOB}`, mark: 'gossip-rumor', data: wireOf('hi', 3) } },
    ]);
    expect(echo.heard).toEqual([]);
    await host.settle();
    expect(echo.heard).toEqual([{ mark: 'say', data: 'hi', src: BOB }]);
    expect(host.reports.at(-1)).toEqual({ type: 'received', rumor: { ...shown, hops: 3 } });
  });

  test('better 5 a copy that may go further goes on, however many came before it that changed nothing', async () => {
    const { host } = await hearing();
    for (const peer of [CAT, DAN]) await host.watch('/~/gossip/gossip', peer);
    const reaches = (hops: number, from: PeerId): unknown[] => (host.arrive(wireOf('hi', hops), from) ?? []).map((effect) => (effect.type === 'remember' ? effect.hops : effect.type === 'fact' ? effect.data : effect.type));
    expect(reaches(3, BOB)).toContain(3);
    expect([reaches(3, CAT), reaches(2, CAT), reaches(3, BOB)]).toEqual([[], [], []]);
    expect(reaches(5, CAT)).toContain(5);
    expect([reaches(5, BOB), reaches(4, CAT)]).toEqual([[], []]);
    expect(reaches(6, BOB)).toContain(6);
  });

  test('W18 a second copy, of another peer: neither delivered nor relayed', async () => {
    const { host, echo } = await hearing();
    host.arrive(wireOf('hi', 3), BOB);
    expect(host.arrive(wireOf('hi', 3), CAT)).toEqual([]);
    await host.settle();
    expect(echo.heard).toHaveLength(1);
  });

  describe('an offer', () => {
    test('of what we do not have is to be given', async () => {
      const { host } = await hearing();
      expect(host.offer(idOf('hi'), 3, BOB)).toBeUndefined();
    });

    test.each([0, 2, 3, 4, 5, 14, 255])('of what we have is a copy of it, with %i hops too', async (hops) => {
      const [one, other] = [(await hearing()).host, (await hearing()).host];
      for (const host of [one, other]) {
        for (const peer of [CAT, DAN]) await host.watch('/~/gossip/gossip', peer);
        host.arrive(wireOf('hi', 3), BOB);
        await host.settle();
      }
      const offered = one.offer(idOf('hi'), hops, CAT);
      expect(offered).toBeDefined();
      expect(offered).toEqual(other.arrive(wireOf('hi', hops), CAT));
      expect([...one.seen]).toEqual([...other.seen]);
    });

    test('of what would go further and is not at hand any more is to be given', async () => {
      const { host } = await hearing();
      host.arrive(wireOf('hi', 3), BOB);
      await host.settle();
      host.nowMs += 121_000;
      expect(host.offer(idOf('hi'), 3, CAT)).toEqual([]);
      expect(host.offer(idOf('hi'), 5, CAT)).toBeUndefined();
    });

    test('of what is asked for is remembered until it comes: who offered it is not told, but of a longer reach', async () => {
      const facts = (host: TestHost): unknown[] => ofType(host.out, 'fact').map(({ mark, only }) => [mark, only]);
      const { host } = await hearing();
      await host.befriend(DAN);
      for (const peer of [CAT, DAN]) await host.watch('/~/gossip/gossip', peer);
      host.out.length = 0;
      expect(host.offer(idOf('hi'), 3, CAT)).toBeUndefined();
      host.arrive(wireOf('hi', 3), BOB);
      expect(facts(host)).toEqual([['gossip-rumor', [DAN]]]);
      host.out.length = 0;
      expect(host.offer(idOf('ho'), 1, CAT)).toBeUndefined();
      host.arrive(wireOf('ho', 5), BOB);
      expect(facts(host)).toEqual([['gossip-rumor', [DAN]], ['gossip-upgrade', [CAT]]]);
    });

    test('is forgotten with its peer\'s subscription: who comes again is told', async () => {
      const { host } = await hearing();
      await host.watch('/~/gossip/gossip', CAT);
      host.offer(idOf('hi'), 3, CAT);
      await host.event((agent, bowl) => agent.onLeave?.('/~/gossip/gossip', bowl), CAT);
      await host.watch('/~/gossip/gossip', CAT);
      host.arrive(wireOf('hi', 3), BOB);
      expect(ofType(host.out, 'fact').map(({ only }) => only)).toEqual([undefined]);
    });

    test('is remembered of as many rumors as are kept at hand: past them who offered is told', async () => {
      const { host } = await hearing();
      await host.watch('/~/gossip/gossip', CAT);
      const offered = ['hi', ...Array.from({ length: host.limits.maxRecent }, (_, n) => `${n}`)];
      for (const text of offered) host.offer(idOf(text), 3, CAT);
      for (const text of ['hi', '0']) host.arrive(wireOf(text, 3), BOB);
      expect(ofType(host.out, 'fact').map(({ only }) => only)).toEqual([undefined, []]);
    });

    test('of what came when the agent had no room is to be given once more', async () => {
      const { host } = await hearing();
      host.room = false;
      host.arrive(wireOf('hi', 3), BOB);
      expect(host.offer(idOf('hi'), 3, CAT)).toBeUndefined();
    });

    test('of a peer that we do not listen to is dropped, and counted, whether we have it or not', async () => {
      const { host } = await hearing();
      host.arrive(wireOf('hi', 3), BOB);
      await host.settle();
      for (const text of ['hi', 'new']) {
        host.reports.length = 0;
        expect(host.offer(idOf(text), 3, DAN)).toHaveLength(1);
        expect(events(host, 'bad-rumor')).toMatchObject([{ event: { peer: DAN, reason: 'not-heard' } }]);
      }
    });
  });

  test('W18 the origin\'s payload is forwarded byte for byte', async () => {
    const { host } = await hearing();
    host.arrive(wireOf('hi', 3), BOB);
    const [relayed] = ofType(host.out, 'fact');
    expect(relayed?.data).toEqual(wireOf('hi', 2));
  });

  test('W18 no room: relayed, told, and a later copy is delivered', async () => {
    const { host, echo } = await hearing();
    host.room = false;
    expect(ofType(host.arrive(wireOf('hi', 3), BOB) ?? [], 'fact')).toHaveLength(1);
    expect(host.seen.get(idOf('hi'))).toEqual({ hops: 3, delivered: false, relayed: true });
    expect(events(host, 'lagged')).toEqual([{ type: 'event', event: { name: 'lagged', peer: BOB, count: 1 } }]);
    host.room = true;
    host.arrive(wireOf('hi', 3), CAT);
    await host.settle();
    expect(echo.heard).toEqual([{ mark: 'say', data: 'hi', src: CAT }]);
  });

  test('W18 an agent that hears nothing is told to the app all the same', async () => {
    const host = await started({});
    await host.pals('meet', BOB);
    host.arrive(wireOf('hi', 0), BOB);
    await host.settle();
    expect(host.reports.at(-1)).toMatchObject({ type: 'received', rumor: { data: 'hi' } });
  });

  test('W18 the inner agent\'s effects on hearing are played, in whatever shape they come', async () => {
    const shapes: Effects[] = [marks.invent('say', 're'), Promise.resolve(marks.invent('say', 're')), of(marks.invent('say', 're'))];
    for (const effects of shapes) {
      const host = await started({ onAgent: () => effects });
      await host.pals('meet', BOB);
      host.arrive(wireOf('hi', 0), BOB);
      await host.settle();
      expect(ofType(host.out, 'fact')).toEqual([tells('re', 1)]);
      expect(host.reports.filter(({ type }) => type === 'received')).toHaveLength(1);
    }
  });

  test.each([
    { name: 'another mark', data: wireOf('hi', 3), mark: 'say', reason: 'wrong-mark' },
    { name: 'no bytes', data: 'hi', mark: 'gossip-rumor', reason: 'not-bytes' },
    { name: 'too few bytes', data: new Uint8Array(2), mark: 'gossip-rumor', reason: 'truncated' },
    { name: 'too large a payload', data: wireOf('x'.repeat(1_001), 3), mark: 'gossip-rumor', reason: 'too-large' },
  ])('W17 $name is ignored with a notice', async ({ data, mark, reason }) => {
    const { host } = await hearing();
    expect(host.arrive(data, BOB, mark)).toEqual([{ type: 'report', report: { type: 'event', event: { name: 'bad-rumor', peer: BOB, reason } } }]);
  });

  test('W18 from one who is no pal any more: dropped', async () => {
    const { host } = await hearing();
    await host.pals('part', BOB);
    expect(host.arrive(wireOf('hi', 3), BOB)).toEqual([{ type: 'report', report: { type: 'event', event: { name: 'bad-rumor', peer: BOB, reason: 'not-heard' } } }]);
  });

  test('better 6 a huge hop count is clamped, and the sender is not told again', async () => {
    const { host } = await hearing();
    host.arrive(wireOf('hi', 255), BOB);
    expect(ofType(host.out, 'fact')).toEqual([{ ...tells('hi', 13), offer: true, except: BOB }]);
  });

  test('better 9 across a restart nothing is delivered twice', async () => {
    const { host } = await hearing();
    host.arrive(wireOf('hi', 3), BOB);
    await host.settle();
    const echo = new Echo();
    const again = new TestHost(wrap(echo), host);
    await again.load();
    await again.befriend(BOB);
    expect(again.arrive(wireOf('hi', 3), BOB)).toEqual([]);
    await again.settle();
    expect(echo.heard).toEqual([]);
  });

  const copies: readonly (readonly [unknown, string?])[] = [
    [wireOf('hi', 3)],
    [wireOf('hi', 9)],
    [wireOf(5, 3)],
    [wireOf('hi', 3, 'shout')],
    [Uint8Array.of(7, 3, 1, 97, 0)],
    ['junk'],
    [wireOf('hi', 3), 'say'],
  ];
  test('better 13 under a wrapper that forgot onArrival the same comes of everything, a turn later', async () => {
    const { host: direct, echo } = await hearing();
    const other = new Echo();
    const { onArrival: _forgotten, ...forgetful } = wrap(other);
    const queued = new TestHost(forgetful);
    await queued.init();
    await queued.befriend(BOB);
    for (const [data, mark = 'gossip-rumor'] of copies) {
      const onReceipt = direct.arrive(data, BOB, mark);
      await direct.settle();
      const inTurn = await queued.sign(`${GOSSIP}/${BOB}`, { type: 'fact', mark, data }, BOB);
      expect(inTurn.effects).toEqual(onReceipt);
    }
    expect(other.heard).toEqual(echo.heard);
    expect(echo.heard).toHaveLength(3);
  });

  test('better 13 a first answer of a peer comes in by the same door', async () => {
    const { host: bob } = await hearing();
    const ann = await started({ onWatch: () => marks.answer('say', 'old') }, { tell: 'anybody' });
    const [given] = ofType((await ann.watch(GOSSIP, BOB)).effects, 'fact');
    bob.arrive(given?.data, CAT, given?.mark);
    expect(bob.seen.get(idOf('old'))).toEqual({ hops: 0, delivered: true, relayed: false });
  });
});
