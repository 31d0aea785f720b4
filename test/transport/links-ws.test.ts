/** Links over real sockets. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { wsTransport } from '../../src/transport/ws.ts';
import { bytes, closeLinks, errorOf, Node, until } from './link-nodes.ts';
import type { Plan } from './link-nodes.ts';

afterEach(closeLinks);

describe('over WebSockets', () => {
  const sockets = (): string[] => process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP'));
  /** Left by other files that ran in this process. */
  const atStart = sockets().length;

  async function wsPair(ann: Plan = {}, bob: Plan = {}): Promise<{ ann: Node; bob: Node; address: string }> {
    const nodes = { ann: new Node(wsTransport(), ann), bob: new Node(wsTransport(), bob) };
    return { ...nodes, address: await nodes.bob.links.listen('ws://127.0.0.1:0') };
  }

  test('handshake, messages of all sizes, goodbye', async () => {
    const { ann, bob, address } = await wsPair();
    expect(await ann.links.connect(address)).toBe(bob.id);
    const sizes = [0, 1, 16_384, 16_385, 65_519, 200_000, 1024 * 1024];
    for (const size of sizes) ann.links.send(bob.id, new Uint8Array(size).fill(size));
    await until(() => bob.messages.length === sizes.length);
    expect(bob.messages.map(({ length }) => length)).toEqual(sizes);
    expect(bob.told).toEqual(['up from 127.0.0.1']);
    await ann.links.close();
    await until(() => bob.told.includes('down closing'));
  });

  test('a password that differs is refused on both ends', async () => {
    const { ann, bob, address } = await wsPair({ networkKey: new Uint8Array(32).fill(1) }, { networkKey: new Uint8Array(32).fill(2) });
    expect(await errorOf(ann.links.connect(address))).toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED', value: 'wrong-key' });
    await until(() => bob.told.includes('refused wrong-key from 127.0.0.1'));
  });

  test('both dial at once: one link is left, and everything arrives', async () => {
    const { ann, bob, address } = await wsPair();
    const back = await ann.links.listen('ws://127.0.0.1:0');
    ann.onUp = () => void ann.links.send(bob.id, bytes(1));
    bob.onUp = () => void bob.links.send(ann.id, bytes(2));
    await Promise.all([ann.links.connect(address), bob.links.connect(back)]);
    await until(() => ann.messages.length === 1 && bob.messages.length === 1);
    expect([ann.told.length, bob.told.length]).toEqual([1, 1]);
  });

  test('a wanted peer that restarts is found again', async () => {
    const { ann, bob, address } = await wsPair();
    ann.book.set(bob.id, [address]);
    ann.links.want(bob.id);
    await until(() => ann.links.isUp(bob.id));
    await bob.links.close();
    await until(() => !ann.links.isUp(bob.id));
    const again = new Node(wsTransport(), { identity: bob.identity });
    await again.links.listen(address);
    await until(() => ann.links.isUp(bob.id) && again.links.isUp(ann.id));
    expect(ann.told.filter((what) => !what.startsWith('dial failed'))).toEqual([`up ${address}`, 'down closing', `up ${address}`]);
  });

  test('close leaves no socket', async () => {
    await until(() => sockets().length <= atStart); // of the tests before
    const { ann, bob, address } = await wsPair();
    await ann.links.connect(address);
    expect(sockets().length).toBeGreaterThan(atStart);
    await Promise.all([ann.links.close(), bob.links.close()]);
    await until(() => sockets().length <= atStart);
  });
});
