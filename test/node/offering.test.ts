/** Large rumors: who relays one offers it, and its bytes come to each node once. */
import { afterEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, GossipConfig } from '../../src/index.ts';
import type { PeerId } from '../../src/ids.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { encodeMessage } from '../../src/node/messages.ts';
import type { Message } from '../../src/node/messages.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { patienceMs } from '../../src/node/offers.ts';
import { LinkedHosts } from '../support/linked-hosts.ts';
import type { LinkedHost } from '../support/linked-hosts.ts';

const marks = defineMarks({ text: z.string() });
const BYTES = DEFAULT_LIMITS.offerFromBytes + 1_000;
const large = (letter: string): string => letter.repeat(BYTES);
type Name = 'a' | 'b' | 'c' | 'd';

let net: LinkedHosts;
let heard: Record<Name, string[]>;
afterEach(() => net.close());

/** Four nodes, pals where there is a link: a-b, a-c, b-c, b-d, c-d. So d hears a by two ways. */
async function diamond(config: Partial<GossipConfig> = { hops: 3 }): Promise<Record<Name, LinkedHost>> {
  heard = { a: [], b: [], c: [], d: [] };
  const names: readonly Name[] = ['a', 'b', 'c', 'd'];
  net = await LinkedHosts.make(4, (index) => ({
    texts: withGossip(
      {
        onPoke: ({ data }) => marks.invent('text', data as string),
        onAgent: (wire, sign) => {
          const rumor = marks.heard(wire, sign);
          if (rumor?.mark === 'text') heard[names[index]!].push(rumor.data[0]!);
        },
      },
      { ...config, marks },
    ),
  }));
  const [a, b, c, d] = net.hosts as [LinkedHost, LinkedHost, LinkedHost, LinkedHost];
  for (const [one, other] of [[a, b], [a, c], [b, c], [b, d], [c, d]] as const) {
    await one.host.poke('pals', 'pals-command', { type: 'meet', peer: other.id, lists: [] });
    await other.host.poke('pals', 'pals-command', { type: 'meet', peer: one.id, lists: [] });
    net.up(one, other);
  }
  await net.quiet();
  net.sent.length = 0;
  return { a, b, c, d };
}

/** Who sent whom messages of that type, of rumors, in order. */
function sent(type: Message['type']): string {
  const nameOf = (id: PeerId): string => 'abcd'[Number(id[0]) - 1]!;
  const of = net.sent.filter(({ message }) => message.type === type && (message.type !== 'Fact' || message.mark === 'gossip-rumor'));
  return of.map(({ from, to }) => `${nameOf(from)}${nameOf(to)}`).sort().join(' ');
}

describe('a large rumor', () => {
  test('is sent by who publishes it, offered by who relays it, and given to who asks: to each once', async () => {
    const { a } = await diamond();
    await a.host.poke('texts', 'say', large('x'));
    await net.quiet();
    expect(heard).toEqual({ a: [], b: ['x'], c: ['x'], d: ['x'] });
    expect([sent('Fact'), sent('Give').split(' ').length]).toEqual(['ab ac', 1]);
    // Whoever of b and c came second knew that the other had it.
    expect(sent('Offer').split(' ')).toEqual(expect.arrayContaining(['bd', 'cd']));
    expect(sent('Want').split(' ')).toHaveLength(1);
  });

  test('is given at once, out of RAM', async () => {
    const { a, b, d } = await diamond();
    await a.host.poke('texts', 'say', large('x'));
    await a.quiet();
    net.deliver(a, b);
    await b.quiet();
    net.deliver(b, d);
    net.deliver(d, b);
    expect(sent('Give')).toBe('bd');
    await net.quiet();
  });

  test('of less than `limits.offerFromBytes` is sent by all', async () => {
    const { a } = await diamond();
    await a.host.poke('texts', 'say', 'x'.repeat(DEFAULT_LIMITS.offerFromBytes - 100));
    await net.quiet();
    expect(heard.d).toEqual(['x']);
    expect([sent('Offer'), sent('Give')]).toEqual(['', '']);
    expect(sent('Fact').split(' ')).toEqual(expect.arrayContaining(['ab', 'ac', 'bd', 'cd']));
  });

  test('is no longer owed to whom it was given, nor to who had it: nothing comes again with the next link', async () => {
    const { a, b, c, d } = await diamond();
    await a.host.poke('texts', 'say', large('x'));
    await net.quiet();
    net.clock.advance(1_000);
    await net.quiet();
    expect(sent('Have').length).toBeGreaterThan(0);
    net.sent.length = 0;
    for (const [one, other] of [[b, d], [c, d], [b, c]] as const) {
      net.down(one, other);
      net.up(one, other);
    }
    await net.quiet();
    expect([sent('Fact'), sent('Offer')]).toEqual(['', '']);
    // They are there, and hear what is new.
    await a.host.poke('texts', 'say', large('y'));
    await net.quiet();
    expect(heard.d).toEqual(['x', 'y']);
  });

  test('is owed to who did not answer when the link was lost: it is sent with the next one', async () => {
    const { a, b, c, d } = await diamond();
    net.down(c, d);
    await a.host.poke('texts', 'say', large('x'));
    for (const host of [a, b]) await host.quiet();
    net.deliver(a, b);
    await b.quiet();
    expect(sent('Offer')).toContain('bd');
    net.down(b, d);
    net.up(b, d);
    await net.quiet();
    expect(heard.d).toEqual(['x']);
    expect(sent('Fact').split(' ')).toContain('bd');
  });

  test('is given along the only way there is', async () => {
    const { a, c } = await diamond();
    net.down(a, c);
    await a.host.poke('texts', 'say', large('x'));
    await net.quiet();
    expect(heard).toEqual({ a: [], b: ['x'], c: ['x'], d: ['x'] });
    expect([sent('Fact'), sent('Give')]).toEqual(['ab', 'bc bd']);
  });

  test('with passing on is offered by its origin too: what leaves a node looks alike', async () => {
    const { a } = await diamond({ hops: 3, pass: true });
    await a.host.poke('texts', 'say', large('x'));
    for (let round = 0; round < 130 && Object.values(heard).flat().length < 3; round += 1) {
      net.clock.advance(1_000);
      await net.quiet();
    }
    expect(heard).toEqual({ a: [], b: ['x'], c: ['x'], d: ['x'] });
    expect(sent('Fact')).toBe('');
  });
});

test('a longer reach that is told before the bytes have come is not lost', async () => {
  const { a, b, c, d } = await diamond({ hops: 5 });
  const from = (one: LinkedHost): number => [...d.reports].filter(({ report }) => report.type === 'relayed' && report.rumor.src === one.id).length;
  await a.host.poke('texts', 'say', large('x'));
  await a.quiet();
  net.deliver(a, b);
  await b.quiet();
  net.deliver(b, d);
  await d.quiet();
  const offer = net.sent.find(({ from: by, to, message }) => by === b.id && to === d.id && message.type === 'Offer')!.message as Extract<Message, { type: 'Offer' }>;
  const upgrade = new Uint8Array([...Buffer.from(offer.id, 'hex'), 9]);
  d.router.received(b.id, encodeMessage({ type: 'Fact', sub: offer.sub, mark: 'gossip-upgrade', payload: encodePayload(upgrade) }));
  net.sent.length = 0;
  net.deliver(d, b);
  await b.quiet();
  net.deliver(b, d);
  await d.quiet();
  expect([heard.d, from(b)]).toEqual([['x'], 1]);
  const hopsTo = net.sent.flatMap(({ from: by, to, message }) => (by === d.id && to === c.id && (message.type === 'Offer' || message.type === 'Fact') ? [message.type === 'Offer' ? message.hops : message.mark] : []));
  expect(hopsTo).toEqual([2, 'gossip-upgrade']);
});

describe('who offers and does not give', () => {
  test('is waited for a second and a millisecond a KiB; then all others are asked', async () => {
    const { a, b, c, d } = await diamond();
    await a.host.poke('texts', 'say', large('x'));
    await a.quiet();
    net.deliver(a, b);
    await b.quiet();
    // b falls silent once it has offered.
    net.deliver(b, d);
    net.deliver(a, c);
    await c.quiet();
    net.deliver(c, d);
    net.deliver(d, c);
    await d.quiet();
    expect([sent('Want'), heard.d]).toEqual(['db', []]);
    net.clock.advance(patienceMs(BYTES) + 250);
    expect(sent('Want')).toBe('db dc');
    net.deliver(d, c);
    await c.quiet();
    net.deliver(c, d);
    await d.quiet();
    expect(heard.d).toEqual(['x']);
  });

  test('and whose link is lost gives place to the next at once', async () => {
    const { a, b, c, d } = await diamond();
    await a.host.poke('texts', 'say', large('x'));
    await a.quiet();
    for (const one of [b, c]) {
      net.deliver(a, one);
      await one.quiet();
      net.deliver(one, d);
    }
    await d.quiet();
    expect(sent('Want')).toBe('db');
    net.down(b, d);
    expect(sent('Want')).toBe('db dc');
    await net.quiet();
    expect(heard.d).toEqual(['x']);
  });

  test('and gives something else costs a try: the next is asked', async () => {
    const { a, b, c, d } = await diamond();
    await a.host.poke('texts', 'say', large('x'));
    await a.quiet();
    for (const one of [b, c]) {
      net.deliver(a, one);
      await one.quiet();
      net.deliver(one, d);
    }
    await d.quiet();
    const offer = net.sent.find(({ from, message }) => from === b.id && message.type === 'Offer')!.message as Extract<Message, { type: 'Offer' }>;
    d.router.received(b.id, encodeMessage({ type: 'Give', sub: offer.sub, number: offer.number, payload: new Uint8Array(40) }));
    expect(sent('Want')).toBe('db dc');
    expect(d.reports.map(({ report }) => report.type === 'event' && report.event.name)).toContain('bad-payload');
    await net.quiet();
    expect(heard.d).toEqual(['x']);
  });

  test('what nobody asked for, or of no watch, is ignored', async () => {
    const { d, b } = await diamond();
    const id = 'f'.repeat(64) as never;
    for (const message of [
      { type: 'Offer', sub: 9_999, number: 1, id, hops: 1, bytes: BYTES },
      { type: 'Give', sub: 9_999, number: 1, payload: new Uint8Array(4) },
      { type: 'Want', sub: 9_999, number: 1 },
      { type: 'Have', sub: 9_999, numbers: [1] },
    ] as const) {
      d.router.received(b.id, encodeMessage(message));
    }
    expect([d.faults, net.sent]).toEqual([[], []]);
  });

  test('a peer that we do not listen to any more is not asked', async () => {
    const { b, d } = await diamond();
    net.down(b, d);
    net.up(b, d);
    await net.quiet();
    const watch = net.sent.find(({ from, to, message }) => from === d.id && to === b.id && message.type === 'Watch')!.message as Extract<Message, { type: 'Watch' }>;
    await d.host.poke('texts', 'gossip-config', { hear: 'targets' });
    await d.host.poke('pals', 'pals-command', { type: 'part', peer: b.id, lists: [] });
    await d.quiet();
    net.sent.length = 0;
    d.router.received(b.id, encodeMessage({ type: 'Offer', sub: watch.sub, number: 1, id: 'f'.repeat(64) as never, hops: 1, bytes: BYTES }));
    expect(sent('Want')).toBe('');
  });
});

describe('two nodes, of which the second runs another agent', () => {
  /** And is offered something by the first. */
  async function offeredTo(agent: Agent): Promise<LinkedHost> {
    heard = { a: [], b: [], c: [], d: [] };
    net = await LinkedHosts.make(2, (index) => ({ texts: index === 0 ? withGossip({}, { hops: 3, marks }) : agent }));
    const [a, b] = net.hosts as [LinkedHost, LinkedHost];
    for (const [one, other] of [[a, b], [b, a]] as const) await one.host.poke('pals', 'pals-command', { type: 'meet', peer: other.id, lists: [] });
    net.up(a, b);
    await net.quiet();
    const watch = net.sent.find(({ from, message }) => from === b.id && message.type === 'Watch')!.message as Extract<Message, { type: 'Watch' }>;
    net.sent.length = 0;
    b.router.received(a.id, encodeMessage({ type: 'Offer', sub: watch.sub, number: 1, id: 'f'.repeat(64) as never, hops: 1, bytes: BYTES }));
    await net.quiet();
    net.clock.advance(1_000);
    return b;
  }

  test('one that fails over an offer is not given it, and hears of it', async () => {
    const b = await offeredTo({ ...withGossip({}, { hops: 3, marks }), onOffer: () => { throw new Error('no'); } });
    expect([sent('Want'), sent('Have'), b.reports.map(({ report }) => report.type === 'event' && report.event.name)]).toEqual(['', 'ba', expect.arrayContaining(['failed'])]);
  });

  test('one without `onOffer` is given what it is offered', async () => {
    const { onOffer: _, ...plain } = withGossip({}, { hops: 3, marks });
    await offeredTo(plain);
    expect(sent('Want')).toBe('ba');
  });
});
