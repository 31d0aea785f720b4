/** Peers that are dialled until there is a link, and what comes of dials that meet. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/random.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import { bytes, closeLinks, Node, pair, settle, Time } from './link-nodes.ts';

afterEach(closeLinks);

describe('wanted peers', () => {
  test('are dialled, and dialled again within 200 ms of a cut', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair();
    ann.book.set(bob.id, ['memory://bob']);
    ann.links.want(bob.id);
    await settle();
    expect(ann.told).toEqual(['up memory://bob']);
    network.cut('ann', 'bob');
    await settle();
    expect(ann.told).toEqual(['up memory://bob', 'down lost']);
    await time.pass(200, 10);
    expect(ann.told).toEqual(['up memory://bob', 'down lost', 'up memory://bob']);
    expect(bob.told).toEqual(['up from ann', 'down lost', 'up from ann']);
  });

  test('are tried at each address in turn, with whom we expect', async () => {
    const { ann, bob } = await pair();
    const other = '7'.repeat(64);
    ann.book.set(bob.id, ['memory://nowhere', 'nonsense', `memory://bob#${other}`, 'memory://bob']);
    ann.links.want(bob.id);
    await settle();
    expect(ann.told).toEqual(['dial failed memory://nowhere', 'dial failed nonsense', `dial failed memory://bob#${other}`, 'up memory://bob']);
    expect(ann.errors.map(({ code }) => code)).toEqual(['HEARSAY_UNREACHABLE', 'HEARSAY_BAD_ADDRESS', 'HEARSAY_HANDSHAKE_FAILED']);
  });

  test('somebody else at their address is not them', async () => {
    const { ann, bob } = await pair();
    const other = createIdentity().id;
    ann.book.set(other, ['memory://bob']);
    ann.links.want(other);
    await settle();
    expect([ann.told, ann.errors[0]?.value]).toEqual([['dial failed memory://bob'], 'wrong-peer']);
    expect(bob.told).toEqual(['refused lost from ann']);
  });

  test('without an address wait for a nudge, or for the backoff', async () => {
    const time = new Time();
    const { ann, bob } = await pair();
    ann.links.want(bob.id);
    await time.pass(60_000, 500);
    expect(ann.told).toEqual([]);
    ann.book.set(bob.id, ['memory://bob']);
    ann.links.nudge(bob.id);
    await settle();
    expect(ann.told).toEqual(['up memory://bob']);
  });

  test('that are unwanted keep their link and are not dialled again', async () => {
    const time = new Time();
    const { ann, bob, network } = await pair();
    ann.book.set(bob.id, ['memory://bob']);
    ann.links.want(bob.id);
    await settle();
    ann.links.unwant(bob.id);
    await settle();
    expect(ann.links.isUp(bob.id)).toBe(true);
    network.cut('ann', 'bob');
    await time.pass(10_000, 500);
    expect(ann.told).toEqual(['up memory://bob', 'down lost']);
  });

  test('are at most maxPals', async () => {
    const { ann, bob } = await pair({ limits: { maxPals: 1 } });
    ann.links.want(bob.id);
    ann.links.want(bob.id);
    expect(() => ann.links.want(createIdentity().id)).toThrow(expect.objectContaining({ code: 'HEARSAY_OVERLOADED' }));
  });
});

describe('simultaneous dials', () => {
  test('of 200 pairs in any order leave one link each, seen up once, and lose nothing sent after the up', async () => {
    new Time(); // which stands still: however slow this machine is, no handshake times out
    const dice = seededRandom('dials');
    const inTurns = (turns: number, run: () => void): void => void setImmediate(() => (turns === 0 ? run() : inTurns(turns - 1, run)));
    const network = new MemoryNetwork({ schedule: (run) => inTurns(dice.below(8), run) });
    const pairs = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const both = [0, 1].map((side) => new Node(network.transport(`${side}-${i}`)));
        await Promise.all(both.map((node, side) => node.links.listen(`memory://${side}-${i}`)));
        return both as [Node, Node];
      }),
    );
    const sent = new Map<Node, number>();
    const talk = (from: Node, to: Node): void => {
      const count = sent.get(from) ?? 0;
      if (from.links.send(to.id, bytes(count))) sent.set(from, count + 1);
    };
    const dialled = pairs.map(([a, b], i) => {
      a.onUp = () => talk(a, b);
      b.onUp = () => talk(b, a);
      return Promise.all([a.links.connect(`memory://1-${i}`), b.links.connect(`memory://0-${i}`)]);
    });
    for (let turn = 0; turn < 60; turn += 1) {
      for (const [a, b] of pairs) {
        talk(a, b);
        talk(b, a);
      }
      await settle(1);
    }
    await Promise.all(dialled);
    await settle(100);
    for (const [a, b] of pairs) {
      // Both agree on who dialled the connection that is left.
      expect(a.links.isDialled(b.id)).not.toBe(b.links.isDialled(a.id));
      for (const [from, to] of [[a, b], [b, a]] as const) {
        expect(to.told).toEqual([expect.stringMatching(/^up /)]);
        expect(to.messages.map(([value]) => value).sort((x = 0, y = 0) => x - y)).toEqual(Array.from({ length: sent.get(from) ?? 0 }, (_, i) => i));
      }
    }
    // One link each: cut it and nothing is left.
    pairs.forEach((_, i) => network.cut(`0-${i}`, `1-${i}`));
    await settle(100);
    for (const node of pairs.flat()) expect(node.told).toEqual([expect.stringMatching(/^up /), 'down lost']);
  });
});
