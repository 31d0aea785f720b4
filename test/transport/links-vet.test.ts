import { afterEach, describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { limits } from '../../src/limits.ts';
import { seededRandom } from '../../src/random.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import { Links } from '../../src/transport/links.ts';
import type { Vetted } from '../../src/transport/links/options.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Transport } from '../../src/transport/transport.ts';

const all: Links[] = [];
afterEach(async () => {
  await Promise.all(all.splice(0).map((links) => links.close()));
});

function make(transport: Transport, given: { vet?: (peer: PeerId | undefined, url: string) => Vetted; addresses?: readonly string[]; failed?: (address: string) => void } = {}): { links: Links; id: PeerId } {
  const identity = createIdentity();
  const nothing = (): undefined => undefined;
  const links = new Links({
    identity,
    networkId: 'test',
    transports: [transport],
    limits: limits(),
    random: seededRandom(1),
    now: () => Date.now(),
    addressesOf: () => given.addresses ?? [],
    ...(given.vet !== undefined && { vet: given.vet }),
    events: { onUp: nothing, onDown: nothing, onMessage: nothing, onRefused: nothing, onDialFailed: (_peer, address) => given.failed?.(address), onDrained: nothing },
  });
  all.push(links);
  return { links, id: identity.id };
}

describe('addresses that our user did not name', () => {
  const network = new MemoryNetwork();
  const dialled: [string, boolean | undefined][] = [];
  const inner = network.transport('ann');
  const spying: Transport = {
    ...inner,
    dial: (address, signal, admits) => {
      dialled.push([address, admits?.('192.0.2.1')]);
      return inner.dial(address, signal);
    },
  };

  test('are dialled only when they pass, and the transport is told what names may lead to', async () => {
    const bob = make(network.transport('bob'));
    const address = await bob.links.listen('memory://bob:0');
    const vetted: (string | undefined)[] = [];
    const ann = make(spying, {
      vet: (peer, url) => {
        vetted.push(peer, url);
        return vetted.length > 2 ? { ok: true, admits: (ip) => ip === '192.0.2.1' } : { ok: false };
      },
    });
    await expect(ann.links.connect(`${address}#${bob.id}`, { hearsay: true })).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE' });
    expect(dialled).toEqual([]);
    expect(await ann.links.connect(`${address}#${bob.id}`, { hearsay: true })).toBe(bob.id);
    expect([vetted.slice(0, 2), dialled.splice(0)]).toEqual([[bob.id, `${address}#${bob.id}`], [[address, true]]]);
  });

  test('those that he named are dialled in any case', async () => {
    const bob = make(network.transport('bob'));
    const address = await bob.links.listen('memory://bob:0');
    const ann = make(spying, { vet: () => ({ ok: false }) });
    expect(await ann.links.connect(address)).toBe(bob.id);
    expect(dialled.splice(0)).toEqual([[address, undefined]]);
  });

  test('a wanted peer is dialled where it may be, and the next address has its turn', async () => {
    const bob = make(network.transport('bob'));
    const address = await bob.links.listen('memory://bob:0');
    const failed: string[] = [];
    const ann = make(spying, { addresses: ['memory://trap:1', address], vet: (_peer, url) => ({ ok: !url.includes('trap') }), failed: (url) => failed.push(url) });
    ann.links.want(bob.id);
    expect(await ann.links.connect(`${address}#${bob.id}`)).toBe(bob.id);
    expect(failed).toEqual(['memory://trap:1']);
    expect(dialled.splice(0).every(([url]) => url === address)).toBe(true);
  });
});
