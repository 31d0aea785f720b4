/** What comes from peers, in the turn it comes in. */
import { expect, test } from '@jest/globals';
import { fact, watch } from '../../src/agent.ts';
import type { Agent, Bowl } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { LinkedHosts } from '../support/linked-hosts.ts';

const ANN = '1'.repeat(64) as PeerId;

test('what comes in one turn from one peer has one moment; what comes later has another', async () => {
  const bowls: Bowl[] = [];
  const talks: Agent = { open: { paths: ['/p'] }, onPoke: ({ data }) => (data as number[]).map((n) => fact(['/p'], 'number', n)) };
  const hears: Agent = {
    onInit: () => watch('/w', ANN, 'talks', '/p'),
    onArrival: (_wire, _sign, bowl) => {
      bowls.push(bowl);
      return [];
    },
  };
  const net = await LinkedHosts.make(2, (index) => (index === 0 ? { talks } : { hears }));
  const [ann, bob] = net.hosts as [LinkedHosts['hosts'][number], LinkedHosts['hosts'][number]];
  net.up(ann, bob);
  await net.quiet();
  await ann.host.poke('talks', 'say', [1, 2]);
  await net.quiet();
  net.clock.advance(5);
  await ann.host.poke('talks', 'say', [3]);
  await net.quiet();
  const [first, second, third] = bowls.map(({ now }) => now);
  expect([bowls.length, second, third]).toEqual([3, first, first! + 5]);
  await net.close();
});
