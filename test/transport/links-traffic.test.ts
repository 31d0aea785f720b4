/** What goes over a link: messages, events, and the signs that the other end lives and reads. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { bytes, closeLinks, Node, pair, settle, Time, until } from './link-nodes.ts';

afterEach(closeLinks);

describe('liveness', () => {
  test('a peer that stops reading is silent, and lost', async () => {
    const time = new Time();
    // Bob himself must not lose patience first: he hears as little.
    const { ann, bob, network } = await pair({}, { limits: { heartbeatMs: 600_000 } });
    await ann.links.connect('memory://bob');
    await time.pass(60_000, 1250);
    expect([ann.told, bob.told]).toEqual([['up memory://bob'], ['up from ann']]);
    network.stall('bob');
    // At once there may be a ping under way; at most, a whole silence and a quarter more precede it.
    await time.pass(12_500, 1250);
    expect(ann.told).toEqual(['up memory://bob']);
    await time.pass(22_500, 1250);
    expect(ann.told).toEqual(['up memory://bob', 'down silent']);
  });

  test('a busy event loop is not the silence of the peer', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair({}, { limits: { heartbeatMs: 600_000 } });
    await ann.links.connect('memory://bob');
    network.stall('bob');
    await time.pass(17_500, 1250); // a ping is out
    network.unstall('bob');
    time.hang(20_000); // its answer would have come
    await settle();
    await time.pass(60_000, 1250);
    expect([ann.told, bob.told]).toEqual([['up memory://bob'], ['up from ann']]);
  });

  test('a full link says so, once, and says when it has drained', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair();
    await ann.links.connect('memory://bob');
    network.stall('bob');
    ann.links.send(bob.id, new Uint8Array(1024 * 1024 - 1));
    expect(ann.links.congested(bob.id)).toBe(false);
    ann.links.send(bob.id, bytes(1, 2));
    expect(ann.links.congested(bob.id)).toBe(true);
    await time.pass(1000);
    expect(ann.told).toEqual(['up memory://bob']);
    network.unstall('bob');
    await settle();
    expect(ann.links.congested(bob.id)).toBe(false);
    await time.pass(20, 20);
    expect(ann.told).toEqual(['up memory://bob', 'drained']);
    expect(bob.messages.map(({ length }) => length)).toEqual([1024 * 1024 - 1, 2]);
  });

  test('a slow reader with more than maxStalledBytes is dropped after stalledMs', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair();
    await ann.links.connect('memory://bob');
    network.stall('bob');
    for (let i = 0; i < 5; i += 1) ann.links.send(bob.id, new Uint8Array(1024 * 1024));
    await time.pass(9_900, 100);
    expect(ann.told).toEqual(['up memory://bob']);
    await time.pass(200, 100);
    expect(ann.told).toEqual(['up memory://bob', 'down stalled']);
    expect(ann.links.send(bob.id, bytes(1))).toBe(false);
  });

  test('one with four times that is dropped at once, and not from within the call', async () => {
    const { ann, bob, network } = await pair();
    await ann.links.connect('memory://bob');
    network.stall('bob');
    for (let i = 0; i < 17; i += 1) ann.links.send(bob.id, new Uint8Array(1024 * 1024));
    expect([ann.links.isUp(bob.id), ann.told]).toEqual([false, ['up memory://bob']]);
    await settle();
    expect(ann.told).toEqual(['up memory://bob', 'down stalled']);
  });
});

describe('sending', () => {
  test('a hundred small messages of one turn are one message on the wire', async () => {
    const network = new MemoryNetwork();
    const wire: number[] = [];
    const plain = network.transport('ann');
    const counting: Transport = {
      ...plain,
      dial: async (address, signal) => {
        const connection = await plain.dial(address, signal);
        const send = connection.send.bind(connection);
        connection.send = (message) => {
          wire.push(message.length);
          send(message);
        };
        return connection;
      },
    };
    const ann = new Node(counting);
    const bob = new Node(network.transport('bob'));
    await bob.links.listen('memory://bob');
    await ann.links.connect('memory://bob');
    const before = wire.length;
    for (let i = 0; i < 100; i += 1) ann.links.send(bob.id, new Uint8Array(200));
    await settle();
    expect(wire.slice(before)).toEqual([100 * (200 + 2) + 16]);
    expect(bob.messages).toHaveLength(100);
  });

  test('keys change under way, and nobody notices', async () => {
    const rekeyAfter = { frames: 3, bytes: 100_000 };
    const { ann, bob } = await pair({ rekeyAfter }, { rekeyAfter });
    await ann.links.connect('memory://bob');
    for (let i = 0; i < 30; i += 1) {
      ann.links.send(bob.id, new Uint8Array(i * 1000).fill(i));
      bob.links.send(ann.id, bytes(i));
      await settle(3);
    }
    expect(bob.messages.every((message, i) => message.length === i * 1000 && message.every((byte) => byte === i))).toBe(true);
    expect(bob.messages).toHaveLength(30);
    expect(ann.messages).toEqual(Array.from({ length: 30 }, (_, i) => bytes(i)));
  });

  test('to nobody is false; too much is an error that names both sizes', async () => {
    const { ann, bob } = await pair();
    expect(ann.links.send(bob.id, bytes(1))).toBe(false);
    expect(ann.links.congested(bob.id)).toBe(false);
    await ann.links.connect('memory://bob');
    const most = 1024 * 1024 + 4096;
    expect(() => ann.links.send(bob.id, new Uint8Array(most + 1))).toThrow(expect.objectContaining({ code: 'HEARSAY_TOO_LARGE', value: most + 1 }));
    expect(ann.links.send(bob.id, new Uint8Array(most))).toBe(true);
    await until(() => bob.messages.length === 1);
  });
});

describe('events', () => {
  test('are never told from within a call, also not to who calls from within an event', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    let within = false;
    const told: string[] = [];
    bob.onMessage = (peer) => {
      within = true;
      const before = bob.told.length;
      bob.links.disconnect(peer, 'parted');
      told.push(`${bob.told.length - before} within`);
      within = false;
    };
    bob.onUp = () => expect(within).toBe(false);
    ann.links.send(bob.id, bytes(1));
    ann.links.send(bob.id, bytes(2));
    await settle();
    expect(told).toEqual(['0 within']);
    expect(bob.told).toEqual(['up from ann', 'down parted']);
    expect(ann.told).toEqual(['up memory://bob', 'down parted']);
  });

  test('a link that was ended delivers what was sent before', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    ann.links.send(bob.id, bytes(1));
    ann.links.disconnect(bob.id, 'parted');
    expect(ann.links.send(bob.id, bytes(2))).toBe(false);
    await settle();
    expect(bob.messages).toEqual([bytes(1)]);
  });
});
