/** Links of real nodes: who gets one, and who does not. The other topics have files of their own, links-*. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { bytes, closeLinks, DAY_MS, errorOf, Node, NOW_MS, pair, settle, stranger, Time } from './link-nodes.ts';
import type { Plan } from './link-nodes.ts';

afterEach(closeLinks);

describe('connect', () => {
  test('resolves with who answers, and both are up', async () => {
    const { ann, bob } = await pair();
    expect(await ann.links.connect('memory://bob')).toBe(bob.id);
    expect([ann.told, bob.told]).toEqual([['up memory://bob'], ['up from ann']]);
    expect([ann.links.peers(), bob.links.peers()]).toEqual([[bob.id], [ann.id]]);
    expect([ann.links.isUp(bob.id), ann.links.isUp(ann.id)]).toEqual([true, false]);
  });

  test('messages go both ways, in order', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    for (let i = 0; i < 10; i += 1) {
      expect(ann.links.send(bob.id, bytes(i))).toBe(true);
      expect(bob.links.send(ann.id, bytes(i, i))).toBe(true);
    }
    await settle();
    expect(bob.messages).toEqual(Array.from({ length: 10 }, (_, i) => bytes(i)));
    expect(ann.messages).toEqual(Array.from({ length: 10 }, (_, i) => bytes(i, i)));
  });

  test('with a peer id only that peer will do; a link that exists counts', async () => {
    const { ann, bob } = await pair();
    expect(await ann.links.connect(`memory://bob#${bob.id}`)).toBe(bob.id);
    expect(await ann.links.connect(`memory://nowhere#${bob.id}`)).toBe(bob.id);
    expect(ann.told).toEqual(['up memory://bob#' + bob.id]);
  });

  test('a second one to the same peer renews the link, and nobody sees it go', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    expect(await ann.links.connect('memory://bob')).toBe(bob.id);
    await settle();
    ann.links.send(bob.id, bytes(1));
    bob.links.send(ann.id, bytes(2));
    await settle();
    expect([ann.told, bob.told]).toEqual([['up memory://bob'], ['up from ann']]);
    expect([ann.messages, bob.messages]).toEqual([[bytes(2)], [bytes(1)]]);
  });

  const failures: { name: string; address?: string; ann?: Plan; bob?: Plan; code: string; value?: unknown; refused?: string }[] = [
    { name: 'another network', bob: { networkId: 'other' }, code: 'HEARSAY_HANDSHAKE_FAILED', value: 'wrong-network', refused: 'wrong-network' },
    {
      name: 'another password',
      ann: { networkKey: new Uint8Array(32).fill(1) },
      bob: { networkKey: new Uint8Array(32).fill(2) },
      code: 'HEARSAY_HANDSHAKE_FAILED',
      value: 'wrong-key',
      refused: 'wrong-key',
    },
    { name: 'somebody else', address: `memory://bob#${'7'.repeat(64)}`, code: 'HEARSAY_HANDSHAKE_FAILED', value: 'wrong-peer', refused: 'lost' },
    { name: 'clocks that differ', ann: { now: () => NOW_MS - 9 * DAY_MS }, code: 'HEARSAY_CLOCK_SKEW', refused: 'lost' },
    { name: 'nobody there', address: 'memory://nowhere', code: 'HEARSAY_UNREACHABLE' },
    { name: 'a scheme that no transport serves', address: 'ws://127.0.0.1:1', code: 'HEARSAY_BAD_ADDRESS' },
  ];
  test.each(failures)('fails: $name', async ({ address = 'memory://bob', ann: annsPlan, bob: bobsPlan, code, value, refused }) => {
    const { ann, bob } = await pair(annsPlan, bobsPlan);
    const error = await errorOf(ann.links.connect(address));
    expect(error.code).toBe(code);
    if (value !== undefined) expect(error.value).toBe(value);
    await settle();
    expect(ann.errors).toEqual([error]);
    expect([ann.told, bob.told]).toEqual([[`dial failed ${address}`], refused === undefined ? [] : [`refused ${refused} from ann`]]);
  });

  test('fails: an address that does not parse', async () => {
    const { ann } = await pair();
    expect((await errorOf(ann.links.connect('bob'))).code).toBe('HEARSAY_BAD_ADDRESS');
  });

  test('fails: ourselves, by id or by finding out', async () => {
    const { bob } = await pair();
    for (const address of [`memory://bob#${bob.id}`, 'memory://bob']) {
      expect(await errorOf(bob.links.connect(address))).toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED', value: 'self' });
    }
    await settle();
    expect(bob.links.peers()).toEqual([]);
  });

  test('fails: something that is not hearsay answers, or nothing does', async () => {
    const time = new Time();
    const { ann, network } = await pair();
    await network.transport('mallory').listen('memory://garbage', (connection) => connection.send(new Uint8Array(500)));
    await network.transport('mallory').listen('memory://silence', () => undefined);
    expect(await errorOf(ann.links.connect('memory://garbage'))).toMatchObject({ value: 'not-hearsay' });
    const slow = errorOf(ann.links.connect('memory://silence'));
    await time.pass(4990);
    expect(ann.told).toEqual(['dial failed memory://garbage']);
    await time.pass(10);
    expect(await slow).toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED', value: 'timeout' });
  });

  test('fails: a dial that hangs', async () => {
    const time = new Time();
    const hanging: Transport = {
      schemes: ['memory'],
      listen: () => Promise.reject(new Error('not here')),
      dial: (_address, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    };
    const ann = new Node(hanging);
    const dial = errorOf(ann.links.connect('memory://bob'));
    await time.pass(5000);
    expect((await dial).code).toBe('HEARSAY_UNREACHABLE');
  });

  test('a signal ends it at any stage', async () => {
    const { ann, bob, network } = await pair();
    const reason = new Error('changed my mind');
    expect((await errorOf(ann.links.connect('memory://bob', { signal: AbortSignal.abort(reason) }))).cause).toBe(reason);
    network.stall('bob');
    for (const turns of [0, 1, 2, 5]) {
      const controller = new AbortController();
      const dial = errorOf(ann.links.connect('memory://bob', { signal: controller.signal }));
      await settle(turns);
      controller.abort(reason);
      expect(await dial).toMatchObject({ code: 'HEARSAY_UNREACHABLE', cause: reason });
    }
    network.unstall('bob');
    await settle();
    expect([ann.links.peers(), bob.links.peers()]).toEqual([[], []]);
    await ann.links.connect('memory://bob', { signal: new AbortController().signal });
  });

  test('at maxLinks: nobody is dialled, and who dials is told', async () => {
    const { ann, bob, network } = await pair({}, { limits: { maxLinks: 1 } });
    const cat = new Node(network.transport('cat'));
    await cat.links.listen('memory://cat');
    await ann.links.connect('memory://bob');
    expect((await errorOf(bob.links.connect('memory://cat'))).code).toBe('HEARSAY_OVERLOADED');
    expect(await errorOf(cat.links.connect('memory://bob'))).toMatchObject({ code: 'HEARSAY_REFUSED', value: 'full' });
    await settle();
    expect(bob.told).toEqual(['up from ann', 'dial failed memory://cat', 'refused full from cat']);
    expect(cat.told).toEqual(['dial failed memory://bob']);
  });
});

describe('strangers', () => {
  test('garbage is refused, counted and not answered', async () => {
    const { bob, network } = await pair();
    const { connection, told } = await stranger(network);
    connection.send(new TextEncoder().encode('GET / HTTP/1.1'));
    await settle();
    expect([told, bob.told]).toEqual([['lost'], ['refused not-hearsay from mallory']]);
  });

  test('an opening of more than 1 KiB is refused', async () => {
    const { bob, network } = await pair();
    const { connection, told } = await stranger(network);
    connection.send(new Uint8Array(1025).fill(1));
    await settle();
    expect([told, bob.told]).toEqual([['lost'], ['refused not-hearsay from mallory']]);
  });

  test('a slow handshake is given up; half-open ones are bounded by prefix and in all; friends get in meanwhile', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair({}, { limits: { maxHalfOpen: 10 } });
    const slow = [];
    for (let i = 0; i < 9; i += 1) slow.push(await stranger(network, 'mallory'));
    await settle();
    expect(bob.told).toEqual(['refused half-open from mallory']);
    await ann.links.connect('memory://bob');
    for (let i = 0; i < 3; i += 1) slow.push(await stranger(network, `eve-${i}`));
    await settle();
    expect(bob.told).toEqual(['refused half-open from mallory', 'up from ann', 'refused half-open from eve-2']);
    await time.pass(5000);
    for (const { told } of slow) expect(told).toContain('lost');
    expect(bob.told.filter((what) => what.startsWith('refused timeout'))).toHaveLength(10);
    expect(bob.links.peers()).toEqual([ann.id]);
  });
});

test('a network key of another length is refused at once', () => {
  expect(() => new Node(new MemoryNetwork().transport(), { networkKey: new Uint8Array(31) })).toThrow(
    expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field: 'networkKey', value: 31 }),
  );
});

describe('certificates', () => {
  test('are renewed: a node that runs for long meets one that just started', async () => {
    let nowMs = NOW_MS;
    const now = (): number => nowMs;
    const { ann, network } = await pair({ now }, { now });
    nowMs += 10 * DAY_MS;
    const cat = new Node(network.transport('cat'), { now });
    await cat.links.connect('memory://bob');
    await ann.links.connect('memory://bob');
  });
});
