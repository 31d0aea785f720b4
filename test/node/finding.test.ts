import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { Finding } from '../../src/node/finding.ts';
import { seededRandom } from '../../src/random.ts';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, befriend, newRemains, next } from '../support/nodes.ts';

const hex = (n: number): PeerId => n.toString(16).padStart(64, '0') as PeerId;
const [ANN, BOB, CAT, DAN] = [hex(1), hex(2), hex(3), hex(4)] as const;

interface World {
  readonly clock: ManualClock;
  readonly finding: Finding;
  readonly asked: [PeerId, PeerId][];
  readonly answered: [PeerId, Uint8Array][];
  readonly targets: Set<PeerId>;
  readonly leeches: Set<PeerId>;
  readonly up: Set<PeerId>;
}

function world(targets: readonly PeerId[], leeches: readonly PeerId[], up: readonly PeerId[]): World {
  const made = { clock: new ManualClock(), asked: [] as [PeerId, PeerId][], answered: [] as [PeerId, Uint8Array][], targets: new Set(targets), leeches: new Set(leeches), up: new Set(up) };
  const finding = new Finding({
    clock: made.clock,
    random: seededRandom(1),
    targets: () => made.targets,
    isMutual: (peer) => made.targets.has(peer) && made.leeches.has(peer),
    peers: () => [...made.up],
    isUp: (peer) => made.up.has(peer),
    recordOf: (peer) => (peer === DAN ? undefined : Uint8Array.of(Number(`0x${peer.slice(-2)}`))),
    ask: (peer, sought) => made.asked.push([peer, sought]),
    answer: (peer, record) => made.answered.push([peer, record]),
  });
  return { ...made, finding };
}

describe('asking', () => {
  test('a mutual pal that comes is asked for the targets that are missing', () => {
    const { finding, asked } = world([ANN, BOB, CAT], [ANN], [ANN, BOB]);
    finding.met(ANN);
    expect(asked).toEqual([[ANN, CAT]]);
  });

  test('not one without a link, nor one that is no mutual', () => {
    const { finding, asked } = world([ANN, BOB, CAT], [CAT, DAN], [BOB, DAN]);
    for (const peer of [BOB, CAT, DAN]) finding.met(peer);
    expect(asked).toEqual([]);
  });

  test('all again about every minute, as long as somebody is missing, until the node closes', () => {
    const { finding, asked, clock, up } = world([ANN, BOB], [ANN], [ANN]);
    finding.start();
    clock.advance(90_000);
    expect(asked.length).toBeGreaterThan(0);
    up.add(BOB);
    asked.splice(0);
    clock.advance(600_000);
    expect(asked).toEqual([]);
    finding.close();
    expect(clock.timers).toBe(0);
  });

  test('of many sixteen at a time, and each in its turn', () => {
    const many = Array.from({ length: 40 }, (_, i) => hex(100 + i));
    const { finding, asked, clock } = world([ANN, ...many], [ANN], [ANN]);
    finding.met(ANN);
    expect(asked).toHaveLength(16);
    asked.splice(0);
    finding.start();
    clock.advance(600_000);
    expect(new Set(asked.map(([, sought]) => sought)).size).toBe(40);
  });
});

describe('answering', () => {
  test.each([
    { name: 'a mutual pal is told of another', asker: ANN, sought: BOB, told: true },
    { name: 'not of a target that did not add us', asker: ANN, sought: CAT, told: false },
    { name: 'not of one that we know nothing of', asker: ANN, sought: DAN, told: false },
    { name: 'who only added us is told nothing', asker: hex(9), sought: BOB, told: false },
    { name: 'nor is one that we only added', asker: CAT, sought: BOB, told: false },
  ])('$name', ({ asker, sought, told }) => {
    const { finding, answered } = world([ANN, BOB, CAT, DAN], [ANN, BOB, DAN, hex(9)], [ANN, CAT]);
    finding.asked(asker, sought);
    expect(answered).toEqual(told ? [[asker, Uint8Array.of(2)]] : []);
  });
});

test('two pals that both come back at other addresses find each other through a third', async () => {
  const network = new TestNetwork();
  const [annRemains, bobRemains] = [newRemains('ann'), newRemains('bob')].map((remains) => ({ ...remains, listen: `${remains.listen}:0` })) as [ReturnType<typeof newRemains>, ReturnType<typeof newRemains>];
  const cat = await network.node('cat');
  const ann = await network.node('ann', {}, annRemains);
  const bob = await network.node('bob', {}, bobRemains);
  await befriend(cat, ann);
  await befriend(cat, bob);
  await befriend(ann, bob);
  await ann.close();
  await bob.close();
  const annAgain = await network.node('ann', {}, annRemains);
  expect(annAgain.addresses).not.toEqual(ann.addresses);
  if (!annAgain.peers.includes(cat.id)) await next(annAgain.events$, (event) => event.type === 'link-up' && event.peer === cat.id);
  const bobAgain = await network.node('bob', {}, bobRemains);
  if (!bobAgain.peers.includes(ann.id)) await next(bobAgain.events$, (event) => event.type === 'link-up' && event.peer === ann.id);
  expect(bobAgain.peers).toContain(ann.id);
});
