/**
 * The wrapper around real agents, in a small host: its life cycle, and what is not of data. The other topics have files of their own, with-gossip-*.
 * Decisions of the core have their tables in core.test.ts.
 */
import { describe, expect, test } from '@jest/globals';
import { of } from 'rxjs';
import { fact, save, watch } from '../../src/agent.ts';
import type { Agent, Effect, Effects, Sign } from '../../src/agent.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import { configure, readConfig } from '../../src/wrapper/configure.ts';
import { withGossip } from '../../src/wrapper/with-gossip.ts';
import type { GossipOptions } from '../../src/wrapper/with-gossip.ts';
import { ANN, BOB, CAT, DAN } from './names.ts';
import { TestHost } from './test-host.ts';
import { CONFIG, Echo, errorCode, GOSSIP, marks, ofType, started, tells, wireOf, wrap } from './wrapped.ts';
import type { Options } from './wrapped.ts';

describe('life cycle', () => {
  const given = gossipConfig({ hops: 2, hear: 'targets', tell: 'targets' }, 15);
  const own: readonly Effect[] = [watch('/~/gossip/pals/targets', ANN, 'pals', '/targets'), watch('/~/gossip/pals/leeches', ANN, 'pals', '/leeches'), { type: 'report', report: { type: 'config', config: given } }];
  const inner: Agent = { onInit: () => save('fresh', true), onLoad: () => save('loaded', true) };

  test('W1 first start: the given config is saved, the inner onInit runs, pals are watched', async () => {
    const { effects } = await new TestHost(wrap(inner)).init();
    expect(effects).toEqual([save(CONFIG, given), ...own, save('fresh', true)]);
  });

  test('W2 around an agent that ran before: as W1, with the inner onLoad', async () => {
    const host = new TestHost(wrap(inner));
    host.saved.set('mine', 1);
    const { effects } = await host.load();
    expect(effects).toEqual([save(CONFIG, given), ...own, save('loaded', true)]);
  });

  test('W2 a later start takes the saved config, not the given one', async () => {
    const host = new TestHost(wrap(inner, { hops: 5 }), await started(inner));
    const { effects } = await host.load();
    expect(effects).toEqual([{ type: 'report', report: { type: 'event', event: expect.objectContaining({ name: 'config-differs' }) } }, ...own, save('loaded', true)]);
  });

  test('W3 what both saved lies side by side, and neither is lost when the wrapper goes or comes', async () => {
    const looks: unknown[] = [];
    const looking: Agent = {
      onPoke: (_datum, { saved }) => {
        looks.push([[...saved], [...saved.keys()], saved.size, saved.get(CONFIG), saved.has(CONFIG), saved.get('mine')]);
        return save('mine', looks.length);
      },
    };
    const host = await started(looking);
    await host.poke('do', null);
    const bare = new TestHost(looking, host);
    await bare.poke('do', null);
    const again = new TestHost(wrap(looking, { hops: 9 }), bare);
    await again.load();
    await again.poke('do', null);
    expect(looks).toEqual([
      [[], [], 0, undefined, false, undefined],
      [[[CONFIG, given], ['mine', 1]], [CONFIG, 'mine'], 2, given, true, 1],
      [[['mine', 2]], ['mine'], 1, undefined, false, 2],
    ]);
    expect(again.saved.get(CONFIG)).toEqual(given);
  });

  test('W1 an inner onInit that answers later, or in parts, starts the wrapper all the same', async () => {
    for (const answer of [Promise.resolve(save('a', 1)), of(save('a', 1)), () => save('a', 1)] as Effects[]) {
      const { effects } = await new TestHost(wrap({ onInit: () => answer })).init();
      expect(effects).toEqual([save(CONFIG, given), ...own, save('a', 1)]);
    }
  });

  test('W7 a config set by the inner onInit is the last one saved', async () => {
    const host = await started({ onInit: () => configure({ hops: 7 }) });
    expect(host.saved.get(CONFIG)).toEqual({ ...given, hops: 7 });
  });

  test('one wrapped agent runs in two nodes, each with its own memory', async () => {
    const echo = new Echo();
    echo.does = ({ data }) => configure({ hops: data as number });
    const agent = wrap(echo);
    const [ann, bob] = [new TestHost(agent), new TestHost(agent, undefined, BOB)];
    await ann.init();
    await bob.init();
    await ann.poke('do', 5);
    await bob.poke('do', 6);
    expect([readConfig(ann.bowl()).hops, readConfig(bob.bowl()).hops]).toEqual([5, 6]);
  });

  test.each([
    { options: { hops: 99 }, code: 'HEARSAY_BAD_CONFIG', field: 'hops' },
    { options: { maxHops: 0 }, code: 'HEARSAY_BAD_CONFIG', field: 'maxHops' },
    { options: { hopps: 1 }, code: 'HEARSAY_BAD_CONFIG', field: 'hopps' },
    { options: { hops: 1, pass: true }, code: 'HEARSAY_BAD_CONFIG', field: 'pass' },
  ])('bad options are refused at once: $options', ({ options, code, field }) => {
    expect(() => wrap({}, options as unknown as Options)).toThrow(expect.objectContaining({ code, field }));
  });

  test('marks have to come from defineMarks', () => {
    expect(() => withGossip({}, { marks: {} } as unknown as GossipOptions)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field: 'marks' }));
  });
});

describe('the rest', () => {
  test('W22 a peek of the config gives what is in effect; others go to the inner agent', async () => {
    const host = await started({ onPeek: (path) => `peeked ${path}` });
    const peek = (path: string): unknown => host.agent.onPeek?.(path, host.bowl());
    expect(peek('/x/~/gossip/config')).toEqual(gossipConfig({ hops: 2, hear: 'targets', tell: 'targets' }, 15));
    expect(peek('/x/latest')).toBe('peeked /x/latest');
  });

  test('W23 pokes, facts, acks, timers, failures and other wires pass to the inner agent, and its effects are played', async () => {
    const got: unknown[] = [];
    const note = (what: unknown): Effect => {
      got.push(what);
      return marks.invent('say', String(got.length));
    };
    const host = await started({
      onPoke: (datum, { src }) => note([datum, src]),
      onAgent: (wire, sign) => note([wire, sign.type]),
      onWake: (wire) => note(wire),
      onFail: (error) => note(error.message),
    });
    await host.poke('any', 1, DAN);
    await host.sign('/mine', { type: 'kick', reason: 'why' }, DAN);
    await host.sign('/mine', { type: 'poke-ack' }, DAN);
    await host.event((agent, bowl) => agent.onWake?.('/soon', bowl));
    await host.event((agent, bowl) => agent.onFail?.(new Error('oh'), bowl));
    expect(got).toEqual([[{ mark: 'any', data: 1 }, DAN], ['/mine', 'kick'], ['/mine', 'poke-ack'], '/soon', 'oh']);
    expect(ofType(host.out, 'fact').map(({ data }) => data)).toEqual(['1', '2', '3', '4', '5'].map((text) => wireOf(text, 1)));
  });

  test('W23 what is ours and makes no sense does not reach the inner agent', async () => {
    const got: unknown[] = [];
    const host = await started({ onAgent: (wire) => void got.push(wire), onWake: (wire) => void got.push(wire) });
    for (const wire of ['/~/gossip/x', '/~/gossip/retry/hear/bob']) {
      await host.sign(wire, { type: 'poke-ack' }, DAN);
      await host.event((agent, bowl) => agent.onWake?.(wire, bowl));
    }
    expect(got).toEqual([]);
  });

  test('W23 a poke to an agent without onPoke is refused', async () => {
    expect((await (await started({})).poke('any', 1)).refused).toBe('not-open');
  });

  test('better 12 the config by poke: from our own process and from admins', async () => {
    const host = await started({});
    host.admins.add(CAT);
    await host.poke('gossip-config', { hops: 4 });
    await host.poke('gossip-config', { hear: 'anybody' }, CAT);
    expect(host.saved.get(CONFIG)).toEqual(gossipConfig({ hops: 4, hear: 'anybody', tell: 'targets' }, 15));
    expect(host.reports.filter(({ type }) => type === 'config')).toHaveLength(3);
  });

  test('better 12 the config by poke: nobody else', async () => {
    const host = await started({});
    await host.befriend(BOB);
    expect((await host.poke('gossip-config', { hops: 4 }, BOB)).refused).toBe('forbidden');
    expect(readConfig(host.bowl()).hops).toBe(2);
  });

  test('better 12 a bad config: our own process gets the error, an admin a refusal', async () => {
    const host = await started({});
    host.admins.add(CAT);
    expect(errorCode((await host.poke('gossip-config', { hops: 16 })).error)).toBe('HEARSAY_BAD_CONFIG');
    expect(await host.poke('gossip-config', { hops: 16 }, CAT)).toEqual({ effects: [], refused: 'bad-config' });
    expect(readConfig(host.bowl()).hops).toBe(2);
  });

  test('better 8 what was heard is answered with fewer hops than it came with, whatever the config', async () => {
    const host = await started({ onWatch: () => [marks.answer('say', 'near'), marks.answer('say', 'far'), marks.answer('say', 'mine')], onPoke: () => marks.invent('say', 'mine') }, { hops: 9, tell: 'anybody' });
    await host.pals('meet', BOB);
    host.arrive(wireOf('near', 0), BOB);
    host.arrive(wireOf('far', 3), BOB);
    await host.settle();
    await host.poke('do', null);
    const { effects } = await host.watch(GOSSIP, CAT);
    expect(ofType(effects, 'fact').map(({ data }) => data)).toEqual([wireOf('far', 2), wireOf('mine', 8)]);
  });

  test('readConfig works within the agent and around it, and nowhere else', async () => {
    const read: number[] = [];
    const host = await started({ onPoke: (_datum, bowl) => void read.push(readConfig(bowl).hops) });
    await host.poke('any', 1);
    read.push(readConfig(host.bowl()).hops);
    expect(read).toEqual([2, 2]);
    expect(() => readConfig({ ...host.bowl(), run: {} })).toThrow(expect.objectContaining({ code: 'HEARSAY_NOT_SUPPORTED' }));
  });
});

describe('wrappers around wrappers', () => {
  /** Counts what goes through it, and knows nothing of gossip. */
  function counting(agent: Agent, counts: { events: number; effects: number }): Agent {
    const count = (effects: Effects): Effects => {
      counts.events += 1;
      counts.effects += Array.isArray(effects) ? effects.length : effects === undefined ? 0 : 1;
      return effects;
    };
    return {
      ...(agent.open !== undefined && { open: agent.open }),
      onInit: (bowl) => count(agent.onInit?.(bowl)),
      onLoad: (bowl) => count(agent.onLoad?.(bowl)),
      onPoke: (datum, bowl) => count(agent.onPoke?.(datum, bowl)),
      onWatch: (path, bowl) => count(agent.onWatch?.(path, bowl)),
      onAgent: (wire, sign, bowl) => count(agent.onAgent?.(wire, sign, { ...bowl })),
    };
  }

  test('one around and one within: the same rumors go out and come in', async () => {
    const echo = new Echo();
    echo.does = ({ data }) => marks.invent('say', data as string);
    const [around, within] = [{ events: 0, effects: 0 }, { events: 0, effects: 0 }];
    const host = new TestHost(counting(wrap(counting(echo, within)), around));
    await host.init();
    await host.pals('meet', BOB);
    expect((await host.watch(GOSSIP, BOB)).refused).toBeUndefined();
    await host.poke('say', 'out');
    await host.sign(`${GOSSIP}/${BOB}`, { type: 'fact', mark: 'gossip-rumor', data: wireOf('in', 1) }, BOB);
    expect(ofType(host.out, 'fact').map(({ data }) => data)).toEqual([wireOf('out', 1), wireOf('in', 0)]);
    expect(echo.heard).toEqual([{ mark: 'say', data: 'in', src: BOB }]);
    // Within: start, subscriber, poke, rumor. Around: those, one pal, and the rumor once more, as a fact from its peer.
    expect([within, around]).toEqual([{ events: 4, effects: 1 }, { events: 6, effects: 15 }]);
  });

  test('an onArrival within gets what is not ours, and its effects are handled as any', async () => {
    const host = await started({ onArrival: (wire) => (wire === '/mine' ? [fact(['/~/gossip/source'], 'say', 'hi')] : undefined) });
    const { agent } = host;
    const sign: Sign = { type: 'fact', mark: 'any', data: 1 };
    expect(ofType(agent.onArrival?.('/mine', sign, host.bowl(BOB)) ?? [], 'fact')).toEqual([tells('hi', 1)]);
    expect(agent.onArrival?.('/other', sign, host.bowl(BOB))).toBeUndefined();
    expect(agent.onArrival?.('/~/gossip/pals/targets', sign, host.bowl())).toBeUndefined();
  });
});
