/** Links, friends, watches and agents that come and go in any order: when all is quiet, what should be subscribed is, once. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import type { Agent } from '../../src/agent.ts';
import { fact, kick, leave, poke, watch } from '../../src/agent.ts';
import { defineMarks } from '../../src/marks/define-marks.ts';
import { withGossip } from '../../src/wrapper/with-gossip.ts';
import type { LinkedHost } from '../support/linked-hosts.ts';
import { LinkedHosts } from '../support/linked-hosts.ts';

const marks = defineMarks({ line: z.string() });
const COUNT = 3;

/** Watches whom it is told to, says what it is told, and knows what it heard, which of its watches stand, and how many watch it. */
class Radio implements Agent {
  readonly open = { pokes: ['hi'], paths: ['/live'] };
  readonly heard: unknown[] = [];
  /** By peer: the last word on our watch of it. */
  readonly tuned = new Map<string, 'asked' | 'open' | 'over'>();
  asked = 0;
  answered = 0;
  readonly listeners = new Set<string>();

  onPoke: NonNullable<Agent['onPoke']> = ({ mark, data }) => {
    if (mark === 'say') return fact(['/live'], 'm', data);
    if (mark === 'kick') {
      this.listeners.clear();
      return kick(['/live'], undefined, 'out');
    }
    if (mark === 'hi') return undefined;
    const peer = data as LinkedHost['id'];
    if (mark === 'greet') {
      this.asked += 1;
      return poke('/hi', peer, 'radio', 'hi', null);
    }
    if (mark === 'leave') {
      this.tuned.set(peer, 'over');
      return leave('/w', peer, 'radio');
    }
    if (!this.tuned.has(peer) || this.tuned.get(peer) === 'over') this.tuned.set(peer, 'asked');
    return watch('/w', peer, 'radio', '/live');
  };

  onWatch: NonNullable<Agent['onWatch']> = (_path, { src }) => void this.listeners.add(src);

  onLeave: NonNullable<Agent['onLeave']> = (_path, { src }) => void this.listeners.delete(src);

  onAgent: NonNullable<Agent['onAgent']> = (_wire, sign, { src }) => {
    if (sign.type === 'poke-ack') this.answered += 1;
    else if (sign.type === 'fact') this.heard.push(sign.data);
    else if (this.tuned.get(src) === 'over') throw new Error(`${sign.type} after the end`);
    else this.tuned.set(src, sign.type === 'kick' || sign.refused !== undefined ? 'over' : 'open');
  };
}

interface World {
  readonly net: LinkedHosts;
  readonly radios: readonly Radio[];
  readonly stopped: Set<number>;
  lines: number;
}

const lines = (): Agent => withGossip({ onPoke: ({ data }) => marks.invent('line', data as string) }, { hops: 1, marks });

async function makeWorld(): Promise<World> {
  const radios = Array.from({ length: COUNT }, () => new Radio());
  const net = await LinkedHosts.make(COUNT, (index) => ({ lines: lines(), radio: radios[index] ?? {} }));
  return { net, radios, stopped: new Set(), lines: 0 };
}

type Command = readonly [name: string, a: number, b: number];
const NAMES = ['up', 'up', 'down', 'meet', 'meet', 'part', 'watch', 'watch', 'leave', 'greet', 'kick', 'say', 'publish', 'stop', 'start', 'deliver', 'deliver', 'turn', 'turn', 'quiet', 'later'] as const;
/** Mostly the first two, so that much happens between them. */
const node = fc.constantFrom(0, 0, 0, 1, 1, 1, 2);
const command: fc.Arbitrary<Command> = fc.tuple(fc.constantFrom(...NAMES), node, node);
/** Where the first two start from. */
const past = fc.constantFrom<readonly Command[]>([], [['meet', 0, 1], ['meet', 1, 0], ['up', 0, 1], ['watch', 0, 1], ['quiet', 0, 0]]);

async function perform(world: World, [name, i, j]: Command): Promise<void> {
  const { net } = world;
  const [a, b] = [net.hosts[i], net.hosts[j]] as [LinkedHost, LinkedHost];
  const ignore = (): void => undefined;
  const toRadio = (mark: string, data: unknown): void => void a.host.poke('radio', mark, data).catch(ignore);
  switch (name) {
    case 'up':
      return net.up(a, b);
    case 'down':
      return net.down(a, b);
    case 'meet':
    case 'part':
      return void a.host.poke('pals', 'pals-command', { type: name, peer: b.id, lists: [] }).catch(ignore);
    case 'watch':
    case 'leave':
    case 'greet':
      return i === j ? undefined : toRadio(name, b.id);
    case 'kick':
    case 'say':
      return toRadio(name, 'on the way');
    case 'publish':
      world.lines += 1;
      return void a.host.poke('lines', 'say', `line ${world.lines}`).catch(ignore);
    case 'stop':
      world.stopped.add(i);
      return a.host.stop('lines');
    case 'start':
      return world.stopped.delete(i) ? void a.host.run('lines', lines()).catch(ignore) : undefined;
    case 'deliver':
      return void net.deliver(a, b, 2);
    case 'turn':
      return new Promise(setImmediate);
    case 'quiet':
      return net.quiet();
    default:
      return net.clock.advance(16_000);
  }
}

/** All links are there, every retry had its turn. */
async function settle({ net, stopped }: World): Promise<void> {
  await net.quiet();
  for (const index of stopped) await net.hosts[index]?.host.run('lines', lines());
  stopped.clear();
  for (const a of net.hosts) for (const b of net.hosts) net.up(a, b);
  await net.quiet();
  // Gestures are tried again within the hour, and then refused watches within half of one.
  for (let minutes = 0; minutes < 150; minutes += 15) {
    net.clock.advance(15 * 60_000);
    await net.quiet();
  }
}

const targets = (host: LinkedHost): readonly string[] => host.host.peek('pals', '/targets') as readonly string[];

async function expectGossip({ net }: World): Promise<void> {
  for (const from of net.hosts) {
    net.sent.length = 0;
    const before = net.hosts.map(({ reports }) => reports.length);
    await from.host.poke('lines', 'say', `last of ${from.id[0]} ${net.clock.now()}`);
    await net.quiet();
    const mutual = net.hosts.filter((to) => to !== from && targets(from).includes(to.id) && targets(to).includes(from.id));
    const facts = net.sent.filter(({ message }) => message.type === 'Fact');
    const received = net.hosts.filter(({ reports }, index) => reports.slice(before[index]).some(({ report }) => report.type === 'received'));
    expect([facts.map(({ to }) => to).sort(), received]).toEqual([mutual.map(({ id }) => id).sort(), mutual]);
  }
}

async function expectRadio({ net, radios }: World): Promise<void> {
  for (const [index, from] of net.hosts.entries()) {
    for (const radio of radios) radio.heard.length = 0;
    net.sent.length = 0;
    await from.host.poke('radio', 'say', 'news');
    await net.quiet();
    for (const [other, radio] of radios.entries()) {
      if (other === index) continue;
      const state = radio.tuned.get(from.id) ?? 'over';
      expect([state, radio.heard]).toEqual(state === 'open' ? ['open', ['news']] : ['over', []]);
    }
    const listeners = radios.filter((radio) => radio.tuned.get(from.id) === 'open').length;
    const facts = net.sent.filter(({ message }) => message.type === 'Fact');
    expect([facts.length, radios[index]?.listeners.size]).toEqual([listeners, listeners]);
  }
  for (const radio of radios) expect(radio.answered).toBe(radio.asked);
}

async function run(commands: readonly Command[]): Promise<void> {
  const world = await makeWorld();
  try {
    for (const each of commands) await perform(world, each);
    await settle(world);
    await expectGossip(world);
    await expectRadio(world);
    expect(world.net.hosts.flatMap(({ faults }) => faults)).toEqual([]);
  } finally {
    await world.net.close();
  }
  expect(world.net.clock.timers).toBe(0);
}

describe('any order of links, pals, watches, kicks, stops and starts', () => {
  test('ends with one subscription each way between mutual pals, each rumor heard once, and every watch as its agent knows it', async () => {
    await fc.assert(fc.asyncProperty(past, fc.array(command, { maxLength: 40 }), (before, commands) => run([...before, ...commands])), { numRuns: 100 });
  }, 30_000);

  test.each<{ name: string; commands: readonly Command[] }>([
    { name: 'a link lost before pals has heard that it is up', commands: [['meet', 0, 1], ['meet', 1, 0], ['up', 0, 1], ['down', 0, 1], ['up', 0, 1]] },
    { name: 'the agent stopped while a watch of it is on its way', commands: [['meet', 0, 1], ['meet', 1, 0], ['up', 0, 1], ['turn', 0, 0], ['deliver', 0, 1], ['stop', 1, 0], ['quiet', 0, 0]] },
    { name: 'left and asked again while the refusal is on its way', commands: [['up', 0, 1], ['watch', 0, 1], ['turn', 0, 0], ['kick', 1, 0], ['leave', 0, 1], ['watch', 0, 1], ['kick', 1, 0], ['watch', 0, 1]] },
  ])('for instance: $name', ({ commands }) => run(commands));
});

test('the same path watched twice by one peer: two subscriptions, each with its facts, each with its end', async () => {
  const heard: unknown[] = [];
  const fan: Agent = { onPoke: ({ mark, data }) => (mark === 'leave' ? leave('/1', data as LinkedHost['id'], 'radio') : [watch('/1', data as LinkedHost['id'], 'radio', '/live'), watch('/2', data as LinkedHost['id'], 'radio', '/live')]), onAgent: (wire, sign) => void heard.push([wire, sign.type]) };
  const net = await LinkedHosts.make(2, () => ({ radio: new Radio(), fan }));
  const [a, b] = net.hosts as [LinkedHost, LinkedHost];
  net.up(a, b);
  await a.host.poke('fan', 'tune', b.id);
  await net.quiet();
  await b.host.poke('radio', 'say', 1);
  await net.quiet();
  await a.host.poke('fan', 'leave', b.id);
  await net.quiet();
  await b.host.poke('radio', 'say', 2);
  await net.quiet();
  await net.close();
  expect(heard).toEqual([['/1', 'watch-ack'], ['/2', 'watch-ack'], ['/1', 'fact'], ['/2', 'fact'], ['/2', 'fact']]);
});
