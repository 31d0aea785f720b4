/** What goes wrong with one agent, and must stay with it: bad effects, a failing disk, stops and restarts at a bad moment. */
import { describe, expect, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import * as z from 'zod';
import type { Agent, Effect, Effects } from '../../src/agent.ts';
import { fact, kick, leave, poke, refuse, save, wait, watch } from '../../src/agent.ts';
import { defineMarks } from '../../src/marks/define-marks.ts';
import { configure, readConfig } from '../../src/wrapper/configure.ts';
import { withGossip } from '../../src/wrapper/with-gossip.ts';
import type { Level } from '../support/lone-host.ts';
import { OUR, STRANGER, loneHost as start } from '../support/lone-host.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

/** Holds every write back until it is told what becomes of it. */
function holdDisk(level: Level): { readonly waiting: number; fail(): void; go(): Promise<void> } {
  const real = level.batch.bind(level) as (...args: unknown[]) => Promise<void>;
  const writes: { run(): Promise<void>; fail(): void }[] = [];
  (level as unknown as { batch: unknown }).batch = (...args: unknown[]): Promise<void> =>
    new Promise((resolve, reject) => {
      writes.push({ run: () => real(...args).then(resolve), fail: () => reject(new Error('disk full')) });
    });
  return {
    get waiting() {
      return writes.length;
    },
    fail: () => writes.shift()?.fail(),
    go: async () => {
      (level as unknown as { batch: unknown }).batch = real;
      for (const write of writes.splice(0)) await write.run();
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1_000 && !holds(); turns += 1) await turn();
  expect(holds()).toBe(true);
}

describe('a fault found after the arm returned', () => {
  const marks = defineMarks({ line: z.string() });
  const wrapped = (does: (data: unknown) => Effects): Agent =>
    withGossip({ onPoke: ({ data }) => does(data), onPeek: (_path, bowl) => [readConfig(bowl).hops, bowl.saved.size] }, { hops: 1, marks });

  test.each<{ name: string; bad: Effect; code: string }>([
    { name: 'what CBOR cannot carry', bad: save('k', () => 0), code: 'HEARSAY_BAD_DATA' },
    { name: 'more than maxSavedBytes', bad: save('k', 'x'.repeat(2_000)), code: 'HEARSAY_TOO_LARGE' },
    { name: 'no effect', bad: { type: 'shout' } as unknown as Effect, code: 'HEARSAY_BAD_EFFECT' },
    { name: 'a bad path', bad: fact(['p'], 'm', 1), code: 'HEARSAY_BAD_EFFECT' },
    { name: 'a timer too many', bad: wait('/b', 5), code: 'HEARSAY_OVERLOADED' },
  ])('leaves a wrapped agent as it was, in RAM and on disk: $name', async ({ bad, code }) => {
    const level: Level = new MemoryLevel();
    const limits = { maxSavedBytes: 1_000, maxTimers: 1 };
    const first = await start({ level, limits });
    await first.host.run('app', wrapped((data) => (data === 'wait' ? wait('/a', 1_000) : [configure({ hops: 7 }), marks.invent('line', 'hi'), bad])));
    await first.host.poke('app', 'm', 'wait');
    await expect(first.host.poke('app', 'm', 'bad')).rejects.toMatchObject({ code });
    expect([first.host.peek('app', '/'), first.store.seenCount]).toEqual([[1, 0], 0]);
    await first.close();
    const second = await start({ level, limits });
    await second.host.run('app', wrapped(() => undefined));
    expect(second.host.peek('app', '/')).toEqual([1, 0]);
  });

  test('what wrappers keep does not count against the agent’s bounds, and never undoes an event', async () => {
    const { host } = await start({ limits: { maxSavedBytes: 100, maxTimers: 1 } });
    const wrapper: Agent = { onPoke: ({ data }) => [save('/~/w', 'x'.repeat(500)), wait('/~/w/1', 9), wait('/~/w/2', 9), ...(data as Effect[])], onPeek: (_path, { saved }) => saved.has('/~/w') };
    await host.run('app', wrapper);
    await expect(host.poke('app', 'm', [])).resolves.toBeUndefined();
    expect(host.peek('app', '/')).toBe(true);
    await expect(host.poke('app', 'm', [save('k', 'x'.repeat(200))])).rejects.toMatchObject({ code: 'HEARSAY_TOO_LARGE' });
  });

  test('reaches onFail before the next event', async () => {
    const { host, quiet } = await start();
    const log: unknown[] = [];
    await host.run('app', {
      onPoke: ({ data }) => {
        log.push(data);
        return data === 1 ? save('k', () => 0) : undefined;
      },
      onFail: () => void log.push('failed'),
    });
    const pokes = [1, 2, 3].map((n) => host.poke('app', 'm', n).catch(() => undefined));
    await Promise.all(pokes);
    await quiet();
    expect(log).toEqual([1, 'failed', 2, 3]);
  });

  test.each<{ name: string; effect: unknown }>([
    { name: 'a kick for no text', effect: { ...kick(['/p']), reason: 7 } },
    { name: 'a report of nothing', effect: { type: 'report' } },
    { name: 'a delivery of no sign', effect: { type: 'deliver', wire: '/w', src: OUR, bytes: 1 } },
    { name: 'a delivery of no size', effect: { type: 'deliver', wire: '/w', src: OUR, sign: { type: 'fact' }, bytes: Number.NaN } },
    { name: 'something remembered with a hundred hops', effect: { type: 'remember', id: OUR, hops: 100, delivered: true, relayed: true } },
    { name: 'a payload that is none', effect: { type: 'keep', id: OUR, mark: 'm', payload: 'text', hops: 1 } },
  ])('harms nobody: $name', async ({ effect }) => {
    const { host } = await start();
    await host.run('app', { onPoke: () => effect as Effect });
    await expect(host.poke('app', 'm', 1)).rejects.toMatchObject({ code: 'HEARSAY_BAD_EFFECT', field: 'app.onPoke' });
  });

  test.each<{ name: string; effects: unknown }>([
    { name: 'a promise of another make that throws', effects: { then: () => boom() } },
    { name: 'an Observable of another make that throws', effects: { subscribe: () => boom() } },
  ])('harms nobody: $name', async ({ effects }) => {
    const { host, events, quiet } = await start();
    await host.run('app', { onPoke: () => effects as Effects });
    await host.poke('app', 'm', 1).catch(() => undefined);
    await quiet();
    expect(events).toMatchObject([{ name: 'failed', error: { code: 'HEARSAY_AGENT_FAILED', field: 'app.onPoke' } }]);
  });

  test.each([{ open: { paths: '/p' } }, { open: { pokes: [7] } }])('what is open has to be lists of names: %j', async (agent) => {
    const { host } = await start();
    await expect(host.run('app', agent as unknown as Agent)).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: expect.stringMatching(/^app\.open\./) });
  });
});

describe('an agent that is stopped', () => {
  test('while a promise holds it: the asker is told, and no timer is left', async () => {
    const { host, clock } = await start();
    await host.run('app', { onPoke: () => new Promise(() => undefined) });
    const asked = host.poke('app', 'm', 1);
    await turn();
    host.stop('app');
    await expect(asked).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    expect(clock.timers).toBe(0);
  });

  test('while an event is being written: it stays, and nothing more leaves', async () => {
    const { host, level, quiet } = await start();
    const watched: string[] = [];
    await host.run('radio', { onWatch: (path) => void watched.push(path) });
    await host.run('fan', { onPoke: () => [save('n', 1), watch('/w', OUR, 'radio', '/live')], onPeek: (_path, { saved }) => saved.get('n') });
    const disk = holdDisk(level);
    const asked = host.poke('fan', 'm', 1);
    await until(() => disk.waiting > 0);
    host.stop('fan');
    await disk.go();
    await expect(asked).resolves.toBeUndefined();
    await quiet();
    expect(watched).toEqual([]);
  });

  test('from within its own arm: nothing of that event leaves', async () => {
    const { host, quiet } = await start();
    const watched: string[] = [];
    await host.run('radio', { onWatch: (path) => void watched.push(path) });
    await host.run('fan', {
      onPoke: () => {
        host.stop('fan');
        return watch('/w', OUR, 'radio', '/live');
      },
    });
    await host.poke('fan', 'm', 1);
    await quiet();
    expect(watched).toEqual([]);
  });

  test('while its state is being read does not start', async () => {
    const { host } = await start();
    let began = false;
    const starting = host.run('app', { onInit: () => void (began = true) });
    host.stop('app');
    const again = host.run('app', {});
    await expect(starting).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    await again;
    await expect(host.poke('app', 'm', 1)).rejects.toMatchObject({ code: 'HEARSAY_REFUSED' });
    expect(began).toBe(false);
  });

  test('while a watch waits for its answer: the watcher is refused once, and not told again', async () => {
    const { host } = await start();
    const log: string[] = [];
    await host.run('app', { onWatch: () => new Promise(() => undefined) });
    host.watch('app', '/p', { acked: (refused) => log.push(`acked ${refused}`), fact: () => log.push('fact'), kicked: (reason) => log.push(`kicked ${reason}`) });
    await turn();
    host.stop('app');
    expect(log).toEqual(['acked failed']);
  });
});

describe('a disk that fails', () => {
  test('what an event did on top of a lost one does not leave, although it had nothing to write', async () => {
    const lone = await start();
    const { host, level, clock } = lone;
    const sent: unknown[] = [];
    await host.run('app', { onPoke: ({ mark, data }, { saved }) => (mark === 'set' ? save('n', data) : fact(['/p'], 'm', saved.get('n') ?? 'nothing')) });
    await host.run('ear', { onPoke: ({ data }) => void sent.push(data) });
    host.watch('app', '/p', { acked: () => undefined, kicked: () => undefined, fact: (_mark, data) => sent.push(data) });
    await lone.quiet();
    const disk = holdDisk(level);
    const results = [host.poke('app', 'set', 'lost'), host.poke('app', 'tell', null)].map((each) => each.then(() => 'done', (error: { code: string }) => error.code));
    await until(() => disk.waiting > 0);
    await turn();
    disk.fail();
    expect(await Promise.all(results)).toEqual(['HEARSAY_STORE_FAILED', 'HEARSAY_STORE_FAILED']);
    await disk.go();
    clock.advance(1_000);
    await lone.quiet();
    expect(sent).toEqual([]);
  });

  test('for long: one start a second, and the agent is well when the disk is', async () => {
    const { host, level, clock, events } = await start();
    let loads = 0;
    await host.run('app', { onLoad: () => ((loads += 1), save('loads', loads)), onPoke: ({ data }) => save('n', data), onPeek: (_path, { saved }) => saved.get('n') });
    const real = level.batch.bind(level);
    (level as unknown as { batch: unknown }).batch = () => Promise.reject(new Error('disk full'));
    await host.poke('app', 'm', 1).catch(() => undefined);
    for (let tries = 1; tries <= 3; tries += 1) {
      expect(events.filter(({ name }) => name === 'store-failed')).toHaveLength(tries);
      clock.advance(999);
      await turn();
      expect(events.filter(({ name }) => name === 'store-failed')).toHaveLength(tries);
      clock.advance(1);
      await until(() => events.filter(({ name }) => name === 'store-failed').length === tries + 1);
    }
    expect(clock.timers).toBe(1);
    (level as unknown as { batch: unknown }).batch = real;
    clock.advance(1_000);
    await until(() => loads === 4);
    await host.poke('app', 'm', 2);
    expect([host.peek('app', '/'), events.some(({ name }) => name === 'stopped')]).toEqual([2, false]);
  });

  test('an agent that does not come up again is stopped, and that is said', async () => {
    const { host, level, clock, events } = await start();
    await host.run('app', { onLoad: boom, onPoke: ({ data }) => save('n', data) });
    const disk = holdDisk(level);
    const asked = host.poke('app', 'm', 1).catch(() => undefined);
    await until(() => disk.waiting > 0);
    disk.fail();
    await asked;
    await disk.go();
    clock.advance(1_000);
    await until(() => events.some(({ name }) => name === 'stopped'));
    expect(events).toMatchObject([{ name: 'store-failed' }, { name: 'stopped', error: { code: 'HEARSAY_AGENT_FAILED', field: 'app.onLoad' } }]);
    await expect(host.poke('app', 'm', 1)).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    expect(clock.timers).toBe(0);
  });

  test('a read while it starts again does not bring back what was lost', async () => {
    const { host, level, clock, quiet } = await start();
    const marks = defineMarks({ line: z.string() });
    await host.run('app', withGossip({ onPoke: () => configure({ hops: 9 }), onPeek: (_path, bowl) => readConfig(bowl).hops }, { hops: 1, marks }));
    const disk = holdDisk(level);
    const asked = host.poke('app', 'm', 1).catch(() => undefined);
    await until(() => disk.waiting > 0);
    disk.fail();
    await asked;
    host.peek('app', '/');
    await disk.go();
    clock.advance(1_000);
    await turn();
    await quiet();
    expect(host.peek('app', '/')).toBe(1);
  });

  test('a held agent that starts again tells the asker', async () => {
    const { host, level } = await start();
    await host.run('app', { onPoke: ({ data }) => (data === 'hang' ? new Promise<void>(() => undefined) : save('n', data)) });
    const disk = holdDisk(level);
    const asked = [host.poke('app', 'm', 1), host.poke('app', 'm', 'hang')].map((each) => each.catch((error: { code: string }) => error.code));
    await until(() => disk.waiting > 0);
    disk.fail();
    expect(await Promise.all(asked)).toEqual(['HEARSAY_STORE_FAILED', 'HEARSAY_STORE_FAILED']);
    await disk.go();
  });
});

describe('what waits in the queue', () => {
  test('of a watch that was left is not handed over; nor its end, when it was asked anew', async () => {
    const { host, quiet } = await start();
    const heard: unknown[] = [];
    let go: () => void = () => undefined;
    await host.run('radio', { onPoke: ({ mark, data }) => (mark === 'end' ? kick(['/live']) : fact(['/live'], 'm', data)) });
    await host.run('fan', {
      onInit: () => watch('/w', OUR, 'radio', '/live'),
      onPoke: () => new Promise<readonly Effect[]>((resolve) => (go = () => resolve([leave('/w', OUR, 'radio'), watch('/w', OUR, 'radio', '/live')]))),
      onAgent: (_wire, sign) => void heard.push(sign.type === 'fact' ? sign.data : sign.type),
    });
    await quiet();
    const held = host.poke('fan', 'm', 1);
    await turn();
    await host.poke('radio', 'say', 'old');
    await host.poke('radio', 'end', null);
    await turn();
    go();
    await held;
    await quiet();
    await host.poke('radio', 'say', 'new');
    await quiet();
    expect(heard).toEqual(['watch-ack', 'watch-ack', 'new']);
  });

  test('of a timer that was replaced does not wake, and the new one survives a restart', async () => {
    const level: Level = new MemoryLevel();
    const woken: string[] = [];
    const app: Agent = { onPoke: ({ data }) => data as Promise<Effect>, onWake: (wire, { now }) => void woken.push(`${wire} ${now - began}`) };
    const first = await start({ level });
    const began = first.clock.now();
    await first.host.run('app', app);
    await first.host.poke('app', 'm', wait('/t', 10));
    let resolve: (effect: Effect) => void = () => undefined;
    const held = first.host.poke('app', 'm', new Promise<Effect>((done) => (resolve = done)));
    await turn();
    first.clock.advance(10);
    resolve(wait('/t', 100));
    await held;
    await first.quiet();
    expect(woken).toEqual([]);
    await first.close();
    const second = await start({ level, clock: first.clock });
    await second.host.run('app', app);
    second.clock.advance(100);
    await second.quiet();
    expect(woken).toEqual(['/t 110']);
  });

  test('is bounded in bytes, also what peers poke with', async () => {
    const lone = await start({ limits: { maxQueuedBytes: 1_000 } });
    await lone.host.run('app', { open: { pokes: ['m'] }, onPoke: () => undefined });
    const answers = await Promise.all(Array.from({ length: 10 }, () => lone.pokeFrom(STRANGER, 'app', 'm', 'x'.repeat(400))));
    expect(answers.filter((refused) => refused === undefined)).toHaveLength(3);
    expect(answers.filter((refused) => refused === 'forbidden')).toHaveLength(7);
    expect(await lone.pokeFrom(STRANGER, 'app', 'm', 'x')).toBeUndefined();
  });
});

describe('watchers of our own process', () => {
  test('one that its own event kicks is answered first, then told of the end, and of nothing after it; it did not leave', async () => {
    const { host, quiet } = await start();
    const log: string[] = [];
    const left: string[] = [];
    await host.run('app', { onWatch: (path) => kick([path], undefined, 'not you'), onLeave: (path) => void left.push(path) });
    await host.run('fan', { onInit: () => watch('/w', OUR, 'app', '/p'), onAgent: (_wire, sign) => void log.push(sign.type) });
    host.watch('app', '/p', { acked: (refused) => log.push(`acked ${refused}`), fact: () => undefined, kicked: (reason) => log.push(`kicked ${reason}`) });
    await quiet();
    await quiet();
    expect([log, left]).toEqual([['acked undefined', 'kicked not you', 'watch-ack', 'kick'], []]);
  });

  test('one that leaves before its turn is nobody: the agent is not asked, and nobody is answered', async () => {
    const { host, quiet } = await start();
    const log: string[] = [];
    await host.run('app', { onWatch: () => void log.push('asked'), onLeave: (path) => void log.push(`left ${path}`) });
    host.watch('app', '/p', { acked: () => log.push('acked'), fact: () => log.push('fact'), kicked: () => log.push('kicked') })();
    await quiet();
    await quiet();
    expect(log).toEqual([]);
  });

  test('one that leaves over its first fact gets no second', async () => {
    const { host, quiet } = await start();
    const got: unknown[] = [];
    await host.run('app', { onWatch: () => [fact([], 'm', 1), fact([], 'm', 2)], onPoke: () => [fact(['/p'], 'm', 3), fact(['/p'], 'm', 4)] });
    const end = host.watch('app', '/p', {
      acked: () => undefined,
      kicked: () => undefined,
      fact: (_mark, data) => {
        got.push(data);
        end();
      },
    });
    await quiet();
    await host.poke('app', 'm', 1);
    expect(got).toEqual([1]);
  });

  test('one that leaves while a promise answers it: the agent hears of it before the next one', async () => {
    const { host, quiet } = await start();
    const log: string[] = [];
    let accept: () => void = () => undefined;
    await host.run('app', {
      onWatch: (path) => {
        log.push(`asked ${path}`);
        return path === '/1' ? new Promise<void>((resolve) => (accept = resolve)) : undefined;
      },
      onLeave: (path) => void log.push(`left ${path}`),
    });
    const sink = { acked: () => undefined, fact: () => undefined, kicked: () => undefined };
    const end = host.watch('app', '/1', sink);
    await turn();
    end();
    host.watch('app', '/2', sink);
    accept();
    await quiet();
    expect(log).toEqual(['asked /1', 'left /1', 'asked /2']);
  });

  test('one that was refused never left', async () => {
    const lone = await start({ limits: { maxQueuedEvents: 1 } });
    const left: string[] = [];
    await lone.host.run('app', { open: { paths: ['/p'] }, onWatch: () => refuse('no'), onLeave: (path) => void left.push(path) });
    const answers = await Promise.all([1, 2, 3].map(() => lone.watchFrom(STRANGER, 'app', '/p')));
    await lone.quiet();
    expect([answers.map(({ refused }) => refused), left]).toEqual([['no', 'forbidden', 'forbidden'], []]);
  });

  test('are never refused for want of room', async () => {
    const { host, quiet } = await start({ limits: { maxQueuedEvents: 1 } });
    const log: unknown[] = [];
    await host.run('app', { onPoke: () => undefined });
    void host.poke('app', 'm', 1);
    host.watch('app', '/p', { acked: (refused) => log.push(refused), fact: () => undefined, kicked: () => undefined });
    await quiet();
    expect(log).toEqual([undefined]);
  });
});

test('what the node itself tells an agent finds room always', async () => {
  const { host, quiet } = await start({ limits: { maxQueuedEvents: 1 } });
  const told: unknown[] = [];
  let done = 0;
  await host.run('app', { onAgent: (wire, sign, { src }) => void told.push([wire, sign, src === OUR]) });
  for (const data of [1, 2, 3]) host.tell('app', '/w', 'm', data, () => (done += 1));
  host.tell('nobody', '/w', 'm', 4, () => (done += 1));
  await quiet();
  expect([told, done]).toEqual([[1, 2, 3].map((data) => ['/w', { type: 'fact', mark: 'm', data }, true]), 4]);
});

test('a poke that no link can carry is refused and reported, and the rest of the event is done', async () => {
  const { host, events, quiet } = await start();
  const answers: unknown[] = [];
  await host.run('app', { onPoke: () => [save('n', 1), poke('/p', STRANGER, 'app', 'm', () => 0)], onAgent: (_wire, sign) => void answers.push(sign), onPeek: (_path, { saved }) => saved.get('n') });
  await host.poke('app', 'm', 1);
  await quiet();
  expect([host.peek('app', '/'), answers]).toEqual([1, [{ type: 'poke-ack', refused: 'failed' }]]);
  expect(events).toMatchObject([{ name: 'failed', error: { code: 'HEARSAY_BAD_DATA' } }]);
});

function boom(): never {
  throw new Error('boom');
}
