import { Buffer } from 'node:buffer';
import { describe, expect, jest, test } from '@jest/globals';
import { HearsayError } from '../../src/errors.ts';
import type { PeerId } from '../../src/ids.ts';
import type { PalsEvent } from '../../src/pals/core/types.ts';
import { parseInvite } from '../../src/pals/invite.ts';
import { DAY } from './friends.ts';
import { World } from './tiny-host.ts';
import type { TinyNode } from './tiny-host.ts';

function pair(): { world: World; ann: TinyNode; bob: TinyNode } {
  const world = new World();
  return { world, ann: world.node(1), bob: world.node(2) };
}

describe('node.pals', () => {
  test('meet and part, and what can be read', async () => {
    const { world, ann, bob } = pair();
    world.link(ann, bob);
    await ann.pals.meet(bob.id, ['chess', 'work']);
    expect([ann.pals.targets(), ann.pals.targets('work'), ann.pals.targets('golf'), ann.pals.lists()]).toEqual([[bob.id], [bob.id], [], ['chess', 'work']]);
    expect([ann.pals.receipts(), bob.pals.leeches(), bob.pals.mutuals()]).toEqual([new Map([[bob.id, true]]), [ann.id], []]);
    await bob.pals.meet(ann.id);
    expect([ann.pals.mutuals(), ann.pals.mutuals('chess'), bob.pals.mutuals(), bob.reports]).toEqual([[bob.id], [bob.id], [ann.id], [`pal-added ${ann.id}`]]);
    await ann.pals.part(bob.id, ['chess']);
    expect([ann.pals.targets(), ann.pals.lists()]).toEqual([[bob.id], ['work']]);
    await ann.pals.part(bob.id);
    expect([ann.pals.targets(), bob.pals.leeches()]).toEqual([[], []]);
  });

  test('what was said while the link was down arrives when it is up', async () => {
    const { world, ann, bob } = pair();
    await ann.pals.meet(bob.id);
    expect([bob.pals.leeches(), ann.pals.receipts().size]).toEqual([[], 0]);
    world.link(ann, bob);
    expect([bob.pals.leeches(), ann.pals.receipts()]).toEqual([[ann.id], new Map([[bob.id, true]])]);
  });

  test('P8 resend tells a peer that lost track', async () => {
    const { world, ann, bob } = pair();
    world.link(ann, bob);
    await ann.pals.meet(bob.id);
    world.losing = 'pals-gesture';
    await ann.pals.part(bob.id);
    await ann.pals.meet(bob.id);
    expect(ann.pals.receipts().size).toBe(0);
    world.losing = undefined;
    await ann.pals.resend();
    expect(ann.pals.receipts()).toEqual(new Map([[bob.id, true]]));
  });

  test('changes$ gives the present first, then each change, to each subscriber', async () => {
    const { world, ann, bob } = pair();
    world.link(ann, bob);
    await ann.pals.meet(bob.id);
    const seen: PalsEvent[] = [];
    const subscription = ann.pals.changes$.subscribe((event) => seen.push(event));
    await bob.pals.meet(ann.id);
    await ann.pals.part(bob.id);
    subscription.unsubscribe();
    await ann.pals.meet(bob.id);
    expect(seen.map(({ type }) => type)).toEqual(['meet', 'near', 'part']);
  });

  test('typed errors', async () => {
    const world = new World();
    const ann = world.node(1, { maxPals: 1, maxInvites: 1 });
    const peer = (digit: string): PeerId => digit.repeat(64) as PeerId;
    await expect(ann.pals.meet('bob' as PeerId)).rejects.toMatchObject({ code: 'HEARSAY_BAD_PEER_ID' });
    await expect(ann.pals.meet(peer('b'), ['ok', ''])).rejects.toMatchObject({ code: 'HEARSAY_BAD_DATA', field: 'lists', value: '' });
    await ann.pals.meet(peer('B'));
    expect(ann.pals.targets()).toEqual([peer('b')]);
    await expect(ann.pals.meet(peer('c'))).rejects.toMatchObject({ code: 'HEARSAY_OVERLOADED', field: 'meet' });
    await expect(ann.pals.meet(peer('b'), Array.from({ length: 65 }, (_, n) => `${n}`))).rejects.toMatchObject({ code: 'HEARSAY_OVERLOADED', field: 'lists' });
    for (const ttlMs of [0, 1.5, 30 * DAY + 1]) await expect(ann.pals.invite({ ttlMs })).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'ttlMs' });
    await ann.pals.invite();
    await expect(ann.pals.invite()).rejects.toMatchObject({ code: 'HEARSAY_OVERLOADED', field: 'invite' });
    ann.addresses = [];
    await expect(ann.pals.invite()).rejects.toMatchObject({ code: 'HEARSAY_NO_ADDRESS' });
  });
});

describe('invites', () => {
  test('redeeming makes both mutual, and waits until they hear each other', async () => {
    const { world, ann, bob } = pair();
    const dialled: unknown[] = [];
    const { dial } = bob;
    bob.dial = (addresses, peer) => {
      dialled.push(addresses, peer);
      return dial(addresses, peer);
    };
    await expect(bob.pals.redeem(await ann.pals.invite())).resolves.toBe(ann.id);
    expect(dialled).toEqual([['ws://192.0.2.1:7700'], ann.id]);
    expect([ann.pals.mutuals(), bob.pals.mutuals(), ann.pals.receipts(), bob.pals.receipts()]).toEqual([[bob.id], [ann.id], new Map([[bob.id, true]]), new Map([[ann.id, true]])]);
    expect(bob.settledWith).toEqual([ann.id]);
    expect(world.linked(ann.id, bob.id)).toBe(true);
  });

  test('a second redemption is refused, by whomever, and leaves no trace', async () => {
    const { world, ann, bob } = pair();
    const cat = world.node(3);
    const link = await ann.pals.invite();
    await bob.pals.redeem(link);
    await expect(cat.pals.redeem(link)).rejects.toMatchObject({ code: 'HEARSAY_INVITE_USED' });
    expect([cat.pals.targets(), ann.pals.leeches(), ann.pals.targets()]).toEqual([[], [bob.id], [bob.id]]);
    await expect(bob.pals.redeem(link)).rejects.toMatchObject({ code: 'HEARSAY_INVITE_USED' });
    expect(bob.pals.mutuals()).toEqual([ann.id]);
  });

  test('an invite that ann does not know is refused', async () => {
    const { ann, bob } = pair();
    const link = await ann.pals.invite();
    for (const key of ann.saved.keys()) if (key.startsWith('/invite/')) ann.saved.delete(key);
    await expect(bob.pals.redeem(link)).rejects.toMatchObject({ code: 'HEARSAY_BAD_INVITE' });
  });

  test('one that expired by her clock, not by his', async () => {
    const { world, ann, bob } = pair();
    const link = await ann.pals.invite({ ttlMs: 1_000 });
    const { dial } = bob;
    bob.dial = (addresses, peer) => {
      world.nowMs += 1_000;
      return dial(addresses, peer);
    };
    await expect(bob.pals.redeem(link)).rejects.toMatchObject({ code: 'HEARSAY_INVITE_EXPIRED' });
    await expect(bob.pals.redeem(link)).rejects.toMatchObject({ code: 'HEARSAY_INVITE_EXPIRED', value: new Date(world.nowMs).toISOString() });
  });

  test("one's own is refused", async () => {
    const { ann } = pair();
    await expect(ann.pals.redeem(await ann.pals.invite())).rejects.toMatchObject({ code: 'HEARSAY_BAD_INVITE', value: 'our own' });
  });

  test('the token is not on disk', async () => {
    const { ann } = pair();
    const { token } = parseInvite(await ann.pals.invite(), 0);
    expect(JSON.stringify([...ann.saved])).not.toContain(Buffer.from(token).toString('hex'));
  });

  test('when the inviter cannot be dialled, nothing has happened', async () => {
    const { ann, bob } = pair();
    bob.dial = () => Promise.reject(new HearsayError('HEARSAY_UNREACHABLE', { field: 'address', rule: 'to answer' }));
    await expect(bob.pals.redeem(await ann.pals.invite())).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE' });
    expect(bob.pals.targets()).toEqual([]);
  });

  test('when the link is lost half way, she stays a target, and the invite can be redeemed again', async () => {
    const { world, ann, bob } = pair();
    const link = await ann.pals.invite();
    world.losing = 'pals-redeem';
    await expect(bob.pals.redeem(link)).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE' });
    expect(bob.pals.targets()).toEqual([ann.id]);
    world.losing = undefined;
    await expect(bob.pals.redeem(link)).resolves.toBe(ann.id);
  });

  test('an inviter with no room keeps the invite good', async () => {
    const world = new World();
    const [ann, bob, cat] = [world.node(1, { maxPals: 1 }), world.node(2), world.node(3)];
    await ann.pals.meet(cat.id);
    const link = await ann.pals.invite();
    await expect(bob.pals.redeem(link)).rejects.toMatchObject({ code: 'HEARSAY_REFUSED', value: 'full' });
    await expect(cat.pals.redeem(link)).resolves.toBe(ann.id);
  });

  test('at the limit, used and expired ones make room, and until then say why', async () => {
    const world = new World();
    const [ann, bob, cat] = [world.node(1, { maxInvites: 2 }), world.node(2), world.node(3)];
    const used = await ann.pals.invite();
    await ann.pals.invite();
    await bob.pals.redeem(used);
    await expect(cat.pals.redeem(used)).rejects.toMatchObject({ code: 'HEARSAY_INVITE_USED' });
    await ann.pals.invite();
    await expect(cat.pals.redeem(used)).rejects.toMatchObject({ code: 'HEARSAY_BAD_INVITE' });
    await expect(ann.pals.invite()).rejects.toMatchObject({ code: 'HEARSAY_OVERLOADED' });
    world.nowMs += 7 * DAY;
    await ann.pals.invite();
    expect([...ann.saved.keys()].filter((key) => key.startsWith('/invite/'))).toHaveLength(1);
  });

  test('an inviter that answers but never adds us is waited for a bounded time', async () => {
    jest.useFakeTimers();
    try {
      const { world, ann, bob } = pair();
      const link = await ann.pals.invite();
      world.losing = 'pals-gesture';
      const outcome = expect(bob.pals.redeem(link)).rejects.toMatchObject({ code: 'HEARSAY_TIMEOUT' });
      await jest.advanceTimersByTimeAsync(60_000);
      await outcome;
    } finally {
      jest.useRealTimers();
    }
  });
});
