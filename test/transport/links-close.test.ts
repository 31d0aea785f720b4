/** The end of all links of a node. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { bytes, closeLinks, errorOf, Node, pair, settle, stranger, Time } from './link-nodes.ts';

afterEach(closeLinks);

describe('close', () => {
  test('says goodbye, delivers what was sent, and ends everything', async () => {
    new Time();
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    expect(jest.getTimerCount()).toBe(2);
    ann.links.send(bob.id, bytes(1));
    await Promise.all([ann.links.close(), ann.links.close()]);
    expect(jest.getTimerCount()).toBe(1); // bob's
    await settle();
    expect([ann.told, bob.told]).toEqual([['up memory://bob', 'down closing'], ['up from ann', 'down closing']]);
    expect(bob.messages).toEqual([bytes(1)]);
  });

  test('does not wait longer than 2 s for who does not read', async () => {
    const time = new Time();
    const { ann, network } = await pair();
    await ann.links.connect('memory://bob');
    network.stall('bob');
    let done = false;
    const closed = ann.links.close().then(() => (done = true));
    await time.pass(1950);
    expect(done).toBe(false);
    await time.pass(50);
    await closed;
    expect(jest.getTimerCount()).toBe(1); // bob's
  });

  test('ends dials and handshakes', async () => {
    const { ann, bob, network } = await pair();
    const { told } = await stranger(network);
    network.stall('bob');
    const shaking = errorOf(ann.links.connect('memory://bob'));
    await settle();
    const dialling = errorOf(ann.links.connect('memory://nowhere'));
    await Promise.all([ann.links.close(), bob.links.close()]);
    expect([(await shaking).code, (await dialling).code]).toEqual(['HEARSAY_CLOSED', 'HEARSAY_CLOSED']);
    await settle();
    expect(told).toEqual(['lost']);
  });

  test('afterwards calls say so, or do nothing', async () => {
    const { ann, bob } = await pair();
    await ann.links.connect('memory://bob');
    await ann.links.close();
    expect((await errorOf(ann.links.connect('memory://bob'))).code).toBe('HEARSAY_CLOSED');
    expect((await errorOf(ann.links.listen('memory://ann'))).code).toBe('HEARSAY_CLOSED');
    ann.links.want(bob.id);
    ann.links.disconnect(bob.id, 'parted');
    expect([ann.links.send(bob.id, bytes(1)), ann.links.peers()]).toEqual([false, []]);
  });

  test('an address that was being opened is closed again', async () => {
    const { network } = await pair();
    const cat = new Node(network.transport('cat'));
    const listening = errorOf(cat.links.listen('memory://cat'));
    await cat.links.close();
    expect((await listening).code).toBe('HEARSAY_CLOSED');
    const dan = new Node(network.transport('dan'));
    expect(await dan.links.listen('memory://cat')).toBe('memory://cat');
  });

  test('nobody is let in', async () => {
    const { ann, bob } = await pair();
    await bob.links.close();
    expect((await errorOf(ann.links.connect('memory://bob'))).code).toBe('HEARSAY_UNREACHABLE');
  });
});
