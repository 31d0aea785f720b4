/** Who hears an agent under the wrapper, and whom it hears. */
import { describe, expect, test } from '@jest/globals';
import { of, Subject } from 'rxjs';
import { fact, kick, leave, refuse, rest, save, wait, watch } from '../../src/agent.ts';
import type { Effects, Emission, Sign } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { configure, readConfig } from '../../src/wrapper/configure.ts';
import { ANN, BOB } from './names.ts';
import { CONFIG, errorCode, GOSSIP, idOf, marks, ofType, started, wireOf, wrap } from './wrapped.ts';

describe('who hears us', () => {
  test('W9 the paths are open for peers, the policy decides', async () => {
    const agent = wrap({ open: { pokes: ['say'], paths: ['/news'] } });
    expect(agent.open).toEqual({ pokes: ['say', 'gossip-rumor', 'gossip-config', 'gossip-welcome'], paths: ['/news', GOSSIP] });
    const asked: PeerId[] = [];
    const host = await started({ onWatch: (_path, { src }) => void asked.push(src) });
    expect((await host.watch(GOSSIP, BOB)).refused).toBe('gossip-forbidden');
    expect(asked).toEqual([]);
    await host.pals('meet', BOB);
    expect(await host.watch(GOSSIP, BOB)).toEqual({ effects: [] });
    expect(asked).toEqual([BOB]);
  });

  test.each(['/~/gossip/source', CONFIG, `${GOSSIP}/more`, '/~/other'])('W9 any other reserved path is refused: %s', async (path) => {
    const host = await started({ onWatch: () => fact([], 'any', 1) }, { tell: 'anybody' });
    expect((await host.watch(path, BOB)).refused).toBe('gossip-forbidden');
  });

  test('W9 other paths pass to the inner agent', async () => {
    const host = await started({ onWatch: (path) => fact([], 'any', path) });
    expect(await host.watch('/news', BOB)).toEqual({ effects: [fact([], 'any', '/news')] });
  });

  test('W10 the inner agent answers a new subscriber, and only it; its other effects are played', async () => {
    const asked: unknown[] = [];
    const host = await started({
      onWatch: (path, { src }) => {
        asked.push([path, src]);
        return [marks.answer('say', 'known'), fact([], 'say', 'new'), fact(['/log'], 'any', 1), save('asked', 1)];
      },
    }, { tell: 'anybody' });
    host.seen.set(idOf('known'), { hops: 4, delivered: true, relayed: true });
    const { effects } = await host.watch(GOSSIP, BOB);
    expect(asked).toEqual([['/~/gossip/source', BOB]]);
    expect(effects).toEqual([fact([], 'gossip-rumor', wireOf('known', 3)), fact([], 'gossip-rumor', wireOf('new', 0)), fact(['/log'], 'any', 1), save('asked', 1)]);
  });

  test.each([
    { name: 'a promise', answers: Promise.resolve(marks.answer('say', 'hi')) },
    { name: 'a function', answers: () => marks.answer('say', 'hi') },
    { name: 'an Observable', answers: of(marks.answer('say', 'hi')) },
  ] as { name: string; answers: Effects }[])('W10 $name of first answers', async ({ answers }) => {
    const host = await started({ onWatch: () => answers }, { tell: 'anybody' });
    expect((await host.watch(GOSSIP, BOB)).effects).toEqual([fact([], 'gossip-rumor', wireOf('hi', 0))]);
    await host.poke('gossip-config', { tell: 'targets' });
    expect(ofType(host.out, 'kick')).toEqual([kick([GOSSIP], BOB, 'gossip-forbidden')]);
  });

  test('W10 an Observable may answer later, while its subscriber may still hear us', async () => {
    const answers = new Subject<Emission>();
    const host = await started({ onWatch: () => answers }, { tell: 'anybody' });
    await host.watch(GOSSIP, BOB);
    answers.next(marks.answer('say', 'one'));
    await host.poke('gossip-config', { tell: 'targets' });
    answers.next(marks.answer('say', 'two'));
    expect(ofType(host.out, 'fact')).toEqual([fact([], 'gossip-rumor', wireOf('one', 0))]);
  });

  test('W10 better 7 with hops 0 first answers are dropped', async () => {
    const host = await started({ onWatch: () => marks.answer('say', 'hi') }, { tell: 'anybody', hops: 0 });
    expect(await host.watch(GOSSIP, BOB)).toEqual({ effects: [] });
  });

  test('W10 an inner agent that sends the subscriber away has the last word', async () => {
    const host = await started({ onWatch: () => [fact([], 'say', 'hi'), refuse('full')] }, { tell: 'anybody' });
    expect((await host.watch(GOSSIP, BOB)).refused).toBe('full');
    await host.poke('gossip-config', { tell: 'targets' });
    expect(ofType(host.out, 'kick')).toEqual([]);
  });

  test('W9 a policy that narrows while the inner agent thinks counts', async () => {
    let decide: (emission: Emission) => void = () => undefined;
    const host = await started({ onWatch: () => new Promise((resolve) => (decide = resolve)) as Effects }, { tell: 'anybody' });
    const asked = host.watch(GOSSIP, BOB);
    await host.poke('gossip-config', { tell: 'targets' });
    decide(configure({ hops: 9 }));
    expect((await asked).refused).toBe('gossip-forbidden');
    expect(readConfig(host.bowl()).hops).toBe(2);
  });

  test('W9 a watch that fails in the inner agent leaves no subscriber behind', async () => {
    const host = await started({ onWatch: () => fact([], 'shout', 'hi') }, { tell: 'anybody' });
    expect(errorCode((await host.watch(GOSSIP, BOB)).error)).toBe('HEARSAY_UNKNOWN_MARK');
    await host.poke('gossip-config', { tell: 'targets' });
    expect(ofType(host.out, 'kick')).toEqual([]);
  });

  test('W11 the inner agent hears who left its own paths, not who left ours', async () => {
    const left: string[] = [];
    const host = await started({ onLeave: (path) => void left.push(path) }, { tell: 'anybody' });
    await host.watch(GOSSIP, BOB);
    for (const path of ['/news', GOSSIP, '/~/other']) await host.event((agent, bowl) => agent.onLeave?.(path, bowl), BOB);
    await host.poke('gossip-config', { tell: 'targets' });
    expect([left, ofType(host.out, 'kick')]).toEqual([['/news'], []]);
  });
});

describe('whom we hear', () => {
  test('W15 W25 who becomes a pal is watched, who ceases to be is left', async () => {
    const host = await started({});
    expect((await host.pals('meet', BOB)).effects).toEqual([watch(`${GOSSIP}/${BOB}`, BOB, 'rumors', GOSSIP)]);
    expect((await host.pals('part', BOB)).effects).toEqual([leave(`${GOSSIP}/${BOB}`, BOB, 'rumors')]);
  });

  test('W16 refused and kicked: a timer, and then again', async () => {
    const host = await started({});
    await host.pals('meet', BOB);
    const refused = await host.sign(`${GOSSIP}/${BOB}`, { type: 'watch-ack', refused: 'forbidden' }, BOB);
    expect(ofType(refused.effects, 'wait')).toEqual([wait(`/~/gossip/retry/hear/${BOB}`, 30 * 60_000)]);
    const again = await host.event((agent, bowl) => agent.onWake?.(`/~/gossip/retry/hear/${BOB}`, bowl));
    expect(again.effects).toEqual([watch(`${GOSSIP}/${BOB}`, BOB, 'rumors', GOSSIP)]);
    const kicked = await host.sign(`${GOSSIP}/${BOB}`, { type: 'kick', reason: 'why' }, BOB);
    expect(ofType(kicked.effects, 'wait')).toEqual([wait(`/~/gossip/retry/hear/${BOB}`, 15_000)]);
    expect((await host.pals('part', BOB)).effects).toEqual([rest(`/~/gossip/retry/hear/${BOB}`)]);
  });

  test('better 11 a second watch-ack changes nothing', async () => {
    const host = await started({});
    await host.pals('meet', BOB);
    for (let link = 0; link < 2; link += 1) expect((await host.sign(`${GOSSIP}/${BOB}`, { type: 'watch-ack' }, BOB)).effects).toEqual([]);
  });

  test('W24 pals refuse: told, and again after a minute; pals kick: again at once', async () => {
    const host = await started({});
    const wire = '/~/gossip/pals/leeches';
    const refused = await host.sign(wire, { type: 'watch-ack', refused: 'no-such-agent' });
    expect(refused.effects).toEqual([{ type: 'report', report: { type: 'event', event: { name: 'pals-refused', reason: 'no-such-agent' } } }, wait('/~/gossip/retry/pals/leeches', 60_000)]);
    const again = watch(wire, ANN, 'pals', '/leeches');
    expect((await host.event((agent, bowl) => agent.onWake?.('/~/gossip/retry/pals/leeches', bowl))).effects).toEqual([again]);
    expect((await host.sign(wire, { type: 'kick', reason: 'restarted' })).effects).toEqual([again]);
  });

  test.each([
    { name: 'another mark', sign: { type: 'fact', mark: 'pals', data: { type: 'meet', peer: BOB } } },
    { name: 'no peer', sign: { type: 'fact', mark: 'pals-effect', data: { type: 'meet', peer: 'bob' } } },
    { name: 'no such change', sign: { type: 'fact', mark: 'pals-effect', data: { type: 'marry', peer: BOB } } },
    { name: 'nothing', sign: { type: 'fact', mark: 'pals-effect', data: null } },
    { name: 'an ack', sign: { type: 'watch-ack' } },
  ] as { name: string; sign: Sign }[])('W25 $name from pals changes nothing', async ({ sign }) => {
    const host = await started({});
    expect(await host.sign('/~/gossip/pals/targets', sign)).toEqual({ effects: [] });
  });
});
