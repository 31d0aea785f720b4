import { describe, expect, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import { Observable, Subject } from 'rxjs';
import type { Agent, Effect, Effects } from '../../src/agent.ts';
import { fact, forget, kick, leave, poke, refuse, rest, save, wait, watch } from '../../src/agent.ts';
import { topicOf } from '../../src/node/host.ts';
import type { Level } from '../support/lone-host.ts';
import { ADMIN, FRIEND, OUR, STRANGER, loneHost as start } from '../support/lone-host.ts';

/** Saves under `n` what it is poked with, the way it is told to return it. */
function saver(how: (effect: Effect) => Effects): Agent {
  return { onPoke: ({ data }) => how(save('n', data)), onPeek: (_path, { saved }) => saved.get('n') };
}

describe('what an arm returns', () => {
  test.each<{ name: string; how: (effect: Effect) => Effects }>([
    { name: 'one effect', how: (effect) => effect },
    { name: 'an array', how: (effect) => [effect] },
    { name: 'a promise', how: (effect) => Promise.resolve(effect) },
    { name: 'a function of the bowl', how: (effect) => () => effect },
    { name: 'a promise of a function', how: (effect) => Promise.resolve(() => [effect]) },
    { name: 'an Observable', how: (effect) => new Observable((out) => (out.next(effect), out.complete())) },
  ])('$name is done', async ({ how }) => {
    const { host, quiet } = await start();
    await host.run('app', saver(how));
    await host.poke('app', 'set', 7);
    await quiet();
    expect(host.peek('app', '/')).toBe(7);
  });

  test('nothing is fine', async () => {
    const { host } = await start();
    await host.run('app', { onPoke: () => undefined });
    await expect(host.poke('app', 'set', 7)).resolves.toBeUndefined();
  });
});

describe('one event at a time', () => {
  test('a promise holds the agent: the next event waits for it', async () => {
    const { host } = await start();
    const log: string[] = [];
    let finish: () => void = () => undefined;
    await host.run('app', {
      onPoke: ({ data }) => {
        log.push(`begin ${String(data)}`);
        if (data !== 'slow') return undefined;
        return new Promise<void>((resolve) => (finish = resolve)).then(() => void log.push('end slow'));
      },
    });
    const slow = host.poke('app', 'm', 'slow');
    const fast = host.poke('app', 'm', 'fast');
    await new Promise(setImmediate);
    expect(log).toEqual(['begin slow']);
    finish();
    await Promise.all([slow, fast]);
    expect(log).toEqual(['begin slow', 'end slow', 'begin fast']);
  });

  test('a promise over armTimeoutMs is failed, its effects are dropped, the agent goes on', async () => {
    const { host, clock, events } = await start();
    const failed: unknown[] = [];
    let finish: (effect: Effect) => void = () => undefined;
    await host.run('app', {
      onPoke: ({ data }) => (data === 'slow' ? new Promise<Effect>((resolve) => (finish = resolve)) : save('n', data)),
      onPeek: (_path, { saved }) => saved.get('n'),
      onFail: (error) => void failed.push((error as { code?: string }).code),
    });
    const slow = host.poke('app', 'm', 'slow');
    await new Promise(setImmediate);
    clock.advance(30_000);
    await expect(slow).rejects.toMatchObject({ code: 'HEARSAY_TIMEOUT', field: 'app.onPoke' });
    finish(save('n', 'late'));
    await host.poke('app', 'm', 'next');
    expect(host.peek('app', '/')).toBe('next');
    expect(failed).toEqual(['HEARSAY_TIMEOUT']);
    expect(events).toMatchObject([{ agent: 'app', name: 'failed' }]);
  });

  test('each emission of an Observable is an event of its own, and an endless one blocks nobody', async () => {
    const { host, quiet } = await start();
    const source = new Subject<Effect>();
    await host.run('app', { onPoke: ({ mark, data }) => (mark === 'follow' ? source : save('n', data)), onPeek: (path, { saved }) => saved.get(path.slice(1)) });
    await host.poke('app', 'follow', null);
    source.next(save('a', 1));
    await host.poke('app', 'set', 5);
    source.next(save('b', 2));
    await quiet();
    expect([host.peek('app', '/a'), host.peek('app', '/n'), host.peek('app', '/b')]).toEqual([1, 5, 2]);
    host.stop('app');
    expect(source.observed).toBe(false);
  });

  test('an Observable for a subscriber ends with the subscription', async () => {
    const lone = await start();
    const source = new Subject<Effect>();
    await lone.host.run('app', { open: { paths: ['/live'] }, onWatch: () => source });
    const watching = await lone.watchFrom(STRANGER, 'app', '/live');
    source.next(fact([], 'm', 'for you'));
    await lone.quiet();
    expect(watching.got).toEqual(['for you']);
    watching.end();
    expect(source.observed).toBe(false);
  });
});

describe('one event, one commit', () => {
  test('an arm that throws changes nothing, reaches onFail, is reported, and harms no other agent', async () => {
    const { host, events, quiet } = await start();
    const failures: string[] = [];
    await host.run('bad', {
      onPoke: ({ data }) => [save('n', data), ...(data === 'boom' ? boom() : [])],
      onPeek: (_path, { saved }) => saved.get('n'),
      onFail: (error) => {
        failures.push(error.message);
        return save('failed', true);
      },
    });
    await host.run('good', saver((effect) => effect));
    await host.poke('bad', 'm', 'fine');
    await expect(host.poke('bad', 'm', 'boom')).rejects.toMatchObject({ code: 'HEARSAY_AGENT_FAILED', field: 'bad.onPoke', cause: { message: 'boom' } });
    await host.poke('good', 'm', 1);
    await quiet();
    expect([host.peek('bad', '/'), host.peek('good', '/'), failures.length]).toEqual(['fine', 1, 1]);
    expect(events).toMatchObject([{ agent: 'bad', name: 'failed', error: { code: 'HEARSAY_AGENT_FAILED' } }]);
  });

  test('an onFail that throws is reported and ends there', async () => {
    const { host, events, quiet } = await start();
    await host.run('bad', { onPoke: boom, onFail: boom });
    await expect(host.poke('bad', 'm', 1)).rejects.toThrow();
    await quiet();
    expect(events.map(({ name }) => name)).toEqual(['failed', 'failed']);
  });

  test('an effect of no known type is a typed error that names agent, arm and value', async () => {
    const { host } = await start();
    await host.run('app', { onPoke: () => ({ type: 'shout' }) as unknown as Effect });
    await expect(host.poke('app', 'm', 1)).rejects.toMatchObject({ code: 'HEARSAY_BAD_EFFECT', field: 'app.onPoke', message: expect.stringContaining('shout') });
  });

  test('what CBOR cannot carry is not saved, and the rest of the event neither', async () => {
    const { host } = await start();
    await host.run('app', { onPoke: () => [save('a', 1), save('b', () => 1)], onPeek: (_path, { saved }) => saved.size });
    await expect(host.poke('app', 'm', 1)).rejects.toMatchObject({ code: 'HEARSAY_BAD_DATA' });
    expect(host.peek('app', '/')).toBe(0);
  });

  test('effects leave after the commit', async () => {
    const lone = await start();
    const { host, level } = lone;
    let onDisk: boolean | undefined;
    await host.run('app', { onPoke: () => [save('n', 1), fact(['/p'], 'm', 1)] });
    host.watch('app', '/p', { acked: () => undefined, kicked: () => undefined, fact: () => (onDisk = sizes > 0) });
    let sizes = 0;
    const batch = level.batch.bind(level) as (operations: unknown[], options: unknown) => Promise<void>;
    (level as unknown as { batch: typeof batch }).batch = async (operations, options) => {
      await batch(operations, options);
      sizes += operations.length;
    };
    await host.poke('app', 'm', 1);
    expect(onDisk).toBe(true);
  });

  test('after a failed commit the agent starts again from what is saved, and the asker is told', async () => {
    const lone = await start();
    const { host, level, events } = lone;
    let loads = 0;
    await host.run('app', { onLoad: () => void (loads += 1), onPoke: ({ data }) => [save('n', data), fact(['/p'], 'm', data)], onPeek: (_path, { saved }) => saved.get('n') });
    const sent: unknown[] = [];
    host.watch('app', '/p', { acked: () => undefined, kicked: () => undefined, fact: (_mark, data) => sent.push(data) });
    await host.poke('app', 'm', 'kept');
    const batch = level.batch.bind(level);
    (level as unknown as { batch: unknown }).batch = () => Promise.reject(new Error('disk full'));
    await expect(host.poke('app', 'm', 'lost')).rejects.toMatchObject({ code: 'HEARSAY_STORE_FAILED' });
    (level as unknown as { batch: unknown }).batch = batch;
    lone.clock.advance(1_000);
    await lone.quiet();
    expect([host.peek('app', '/'), loads, sent]).toEqual(['kept', 1, ['kept']]);
    expect(events).toMatchObject([{ agent: 'app', name: 'store-failed' }]);
  });
});

describe('what is saved', () => {
  test('is there at the next event, can be forgotten, and survives a restart', async () => {
    const level: Level = new MemoryLevel();
    const counter: Agent = {
      onInit: () => save('started', 'init'),
      onLoad: () => save('started', 'load'),
      onPoke: ({ mark }, { saved }) => (mark === 'drop' ? forget('n') : save('n', ((saved.get('n') as number | undefined) ?? 0) + 1)),
      onPeek: (_path, { saved }) => Object.fromEntries(saved),
    };
    const first = await start({ level });
    await first.host.run('app', counter);
    await first.host.poke('app', 'add', null);
    await first.host.poke('app', 'add', null);
    expect(first.host.peek('app', '/')).toEqual({ started: 'init', n: 2 });
    await first.close();
    const second = await start({ level });
    await second.host.run('app', counter);
    expect(second.host.peek('app', '/')).toEqual({ started: 'load', n: 2 });
    await second.host.poke('app', 'drop', null);
    expect(second.host.peek('app', '/')).toEqual({ started: 'load' });
  });

  test('past maxSavedBytes is refused and nothing of the event is done', async () => {
    const { host } = await start({ limits: { maxSavedBytes: 100 } });
    await host.run('app', { onPoke: ({ data }) => [save('small', 1), save('big', data)], onPeek: (_path, { saved }) => saved.size });
    await expect(host.poke('app', 'm', 'x'.repeat(200))).rejects.toMatchObject({ code: 'HEARSAY_TOO_LARGE' });
    expect(host.peek('app', '/')).toBe(0);
  });
});

describe('timers', () => {
  test('fire once, can be replaced and cancelled, and survive a restart', async () => {
    const level: Level = new MemoryLevel();
    const woken: string[] = [];
    const app: Agent = { onPoke: ({ data }) => data as Effect[], onWake: (wire) => void woken.push(wire) };
    const first = await start({ level });
    await first.host.run('app', app);
    await first.host.poke('app', 'm', [wait('/a', 10), wait('/b', 10), wait('/c', 10), wait('/d', 1_000)]);
    await first.host.poke('app', 'm', [wait('/b', 50), rest('/c')]);
    first.clock.advance(10);
    await first.quiet();
    expect(woken).toEqual(['/a']);
    first.clock.advance(40);
    await first.quiet();
    expect(woken).toEqual(['/a', '/b']);
    await first.close();
    const second = await start({ level, clock: first.clock });
    await second.host.run('app', app);
    first.clock.advance(1_000);
    await second.quiet();
    expect(woken).toEqual(['/a', '/b', '/d']);
  });

  test('past maxTimers are refused', async () => {
    const { host } = await start({ limits: { maxTimers: 2 } });
    await host.run('app', { onPoke: ({ data }) => (data as string[]).map((wire) => wait(wire, 1_000)) });
    await expect(host.poke('app', 'm', ['/a', '/b', '/c'])).rejects.toMatchObject({ code: 'HEARSAY_OVERLOADED', field: 'app.wait' });
    await expect(host.poke('app', 'm', ['/a', '/b'])).resolves.toBeUndefined();
    await expect(host.poke('app', 'm', ['/a'])).resolves.toBeUndefined();
  });
});

describe('agents among themselves', () => {
  test('a watch is answered, carries facts, and ends by leave or kick', async () => {
    const { host, quiet } = await start();
    const heard: unknown[] = [];
    await host.run('radio', { onWatch: () => fact([], 'm', 'hello'), onPoke: ({ mark, data }) => (mark === 'end' ? kick(['/live'], undefined, 'closing') : fact(['/live'], 'm', data)) });
    await host.run('fan', { onInit: () => watch('/w', OUR, 'radio', '/live'), onPoke: () => leave('/w', OUR, 'radio'), onAgent: (wire, sign, { src }) => void heard.push([wire, sign, src === OUR]) });
    await quiet();
    await host.poke('radio', 'say', 1);
    await quiet();
    expect(heard).toEqual([
      ['/w', { type: 'watch-ack' }, true],
      ['/w', { type: 'fact', mark: 'm', data: 'hello' }, true],
      ['/w', { type: 'fact', mark: 'm', data: 1 }, true],
    ]);
    await host.poke('radio', 'end', null);
    await quiet();
    expect(heard.at(-1)).toEqual(['/w', { type: 'kick', reason: 'closing' }, true]);
  });

  test('a left watch brings nothing more, and the watched agent hears of it', async () => {
    const { host, quiet } = await start();
    const heard: unknown[] = [];
    const left: string[] = [];
    await host.run('radio', { onPoke: ({ data }) => fact(['/live'], 'm', data), onLeave: (path, { src }) => void left.push(`${path} ${src === OUR}`) });
    await host.run('fan', { onInit: () => watch('/w', OUR, 'radio', '/live'), onPoke: () => leave('/w', OUR, 'radio'), onAgent: (_wire, sign) => void heard.push(sign.type) });
    await quiet();
    await host.poke('fan', 'go', null);
    await quiet();
    await host.poke('radio', 'say', 1);
    await quiet();
    expect([heard, left]).toEqual([['watch-ack'], ['/live true']]);
  });

  test('a poke is acked on its wire, or refused with the reason', async () => {
    const { host, quiet } = await start();
    const acks: unknown[] = [];
    await host.run('shop', { onPoke: ({ data }) => (data === 'bad' ? refuse('sold out') : undefined) });
    await host.run('buyer', { onPoke: ({ data }) => poke('/p', OUR, 'shop', 'buy', data), onAgent: (wire, sign) => void acks.push([wire, sign]) });
    await host.poke('buyer', 'm', 'good');
    await host.poke('buyer', 'm', 'bad');
    await quiet();
    await quiet();
    expect(acks).toEqual([
      ['/p', { type: 'poke-ack' }],
      ['/p', { type: 'poke-ack', refused: 'sold out' }],
    ]);
  });

  test('stopping an agent kicks its subscribers', async () => {
    const { host, quiet } = await start();
    const heard: unknown[] = [];
    await host.run('radio', {});
    await host.run('fan', { onInit: () => watch('/w', OUR, 'radio', '/live'), onAgent: (_wire, sign) => void heard.push(sign) });
    await quiet();
    host.stop('radio');
    await quiet();
    expect(heard).toEqual([{ type: 'watch-ack' }, { type: 'kick', reason: 'stopped' }]);
  });
});

describe('what peers may do', () => {
  const app: Agent = { open: { pokes: ['ask'], paths: ['/public'] }, onPoke: ({ data }, { src, admin }) => save('got', [data, src, admin]), onPeek: (_path, { saved }) => saved.get('got') };

  test('a poke with a mark that is not open is refused, and so is one for an agent that does not run: both alike', async () => {
    const lone = await start();
    await lone.host.run('app', app);
    expect(await lone.pokeFrom(STRANGER, 'app', 'order', 1)).toBe('forbidden');
    expect(await lone.pokeFrom(STRANGER, 'nothing', 'ask', 1)).toBe('forbidden');
    expect(await lone.pokeFrom(STRANGER, 'app', 'ask', 1)).toBeUndefined();
    expect(lone.host.peek('app', '/')).toEqual([1, STRANGER, false]);
  });

  test('a watch of a path that is not open is refused; a path opens itself and what is below it', async () => {
    const lone = await start();
    await lone.host.run('app', app);
    const answers = await Promise.all(['/public', '/public/room', '/publicity', '/other'].map((path) => lone.watchFrom(STRANGER, 'app', path)));
    expect(answers.map(({ refused }) => refused)).toEqual([undefined, undefined, 'forbidden', 'forbidden']);
  });

  test('the bowl tells admins from others', async () => {
    const lone = await start();
    await lone.host.run('app', app);
    await lone.pokeFrom(ADMIN, 'app', 'ask', 2);
    expect(lone.host.peek('app', '/')).toEqual([2, ADMIN, true]);
  });

  test('a failing arm tells a peer only that it failed', async () => {
    const lone = await start();
    await lone.host.run('app', { open: { pokes: ['ask'] }, onPoke: boom });
    expect(await lone.pokeFrom(FRIEND, 'app', 'ask', 1)).toBe('failed');
  });

  // The reference answers `gossip-forbidden` where the agent runs, and something else where it does not.
  test('better 11 to strangers forbidden and not running look alike in every refusal; a target learns the reason', async () => {
    const refusing: Agent = {
      open: { pokes: ['ask', 'boom'], paths: ['/p'] },
      onPoke: ({ mark }) => (mark === 'boom' ? boom() : refuse('gossip-rejected')),
      onWatch: () => refuse('gossip-forbidden'),
    };
    const answersTo = async (peer: typeof STRANGER, agent: string): Promise<unknown[]> => {
      const lone = await start();
      await lone.host.run('app', refusing);
      const raw = await new Promise((resolve) => lone.host.poked(topicOf('test', agent), peer, 'ask', Uint8Array.of(0xff), resolve));
      return [await lone.pokeFrom(peer, agent, 'ask', 1), await lone.pokeFrom(peer, agent, 'boom', 1), raw, (await lone.watchFrom(peer, agent, '/p')).refused];
    };
    const nothing = await answersTo(STRANGER, 'nothing');
    expect(nothing).toEqual(['forbidden', 'forbidden', 'forbidden', 'forbidden']);
    expect(await answersTo(STRANGER, 'app')).toEqual(nothing);
    expect(await answersTo(FRIEND, 'app')).toEqual(['gossip-rejected', 'failed', expect.stringContaining('bad-payload'), 'gossip-forbidden']);
  });

  test('past maxQueuedEvents pokes are refused as overloaded, and it is said how many', async () => {
    const lone = await start({ limits: { maxQueuedEvents: 3 } });
    await lone.host.run('app', app);
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => lone.pokeFrom(FRIEND, 'app', 'ask', n)));
    await lone.quiet();
    expect(answers).toEqual([undefined, undefined, undefined, 'overloaded', 'overloaded']);
    expect(lone.events).toMatchObject([{ name: 'lagged', count: 2 }]);
  });
});

describe('starting', () => {
  test.each(['', 'x'.repeat(65)])('a bad name is refused', async (name) => {
    const { host } = await start();
    await expect(host.run(name, {})).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'name' });
  });

  test('a name can run only once', async () => {
    const { host } = await start();
    await host.run('app', {});
    await expect(host.run('app', {})).rejects.toMatchObject({ code: 'HEARSAY_ALREADY_RUNNING', value: 'app' });
  });

  test('an agent whose onInit fails does not run, and starts with onInit again', async () => {
    const { host } = await start();
    await expect(host.run('app', { onInit: () => [save('n', 1), ...boom()] })).rejects.toMatchObject({ code: 'HEARSAY_AGENT_FAILED', field: 'app.onInit' });
    let inits = 0;
    await host.run('app', { onInit: () => void (inits += 1), onPeek: (_path, { saved }) => saved.size });
    expect([inits, host.peek('app', '/')]).toEqual([1, 0]);
  });
});

function boom(): never {
  throw new Error('boom');
}
