import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PeerId } from '../../src/index.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { checkedOverlay, decodeOverlay, encodeOverlay } from '../../src/node/overlay-messages.ts';
import { readAddressRecord } from '../../src/node/address-record.ts';
import type { OverlayMessage } from '../../src/overlay/messages.ts';
import { HostilePeer } from '../support/hostile-peer.ts';
import { befriend, next } from '../support/nodes.ts';
import { LINES, OpenTopic } from '../support/open-topic.ts';
import type { Member } from '../support/open-topic.ts';

const others = (members: readonly Member[], one: Member): PeerId[] => members.filter((each) => each !== one).map(({ id }) => id).sort();
const sorted = (peers: Iterable<PeerId>): PeerId[] => [...peers].sort();

/** Says a line, and waits until all have heard it that should. */
async function say(topic: OpenTopic, from: Member, line: string): Promise<readonly string[]> {
  await from.app.poke('say', line);
  await topic.quiet(600);
  return topic.members.filter((each) => each.heard.includes(line)).map(({ name }) => name);
}

async function topicOf(count: number): Promise<{ topic: OpenTopic; members: readonly Member[] }> {
  const topic = new OpenTopic();
  for (let i = 0; i < count; i += 1) await topic.add();
  await topic.pass(10);
  return { topic, members: topic.members };
}

describe('who is in the overlay', () => {
  test('three nodes that know one of them are neighbours and hear each other', async () => {
    const { topic, members } = await topicOf(3);
    for (const one of members) expect(sorted(one.neighbors)).toEqual(others(members, one));
    expect(await say(topic, members[1] as Member, 'hello')).toEqual(['n0', 'n2']);
  });

  test('with neither hear nor tell anybody a node stays out', async () => {
    const topic = new OpenTopic();
    const [ann, bob] = [await topic.add(), await topic.add({ hear: 'mutuals', tell: 'targets' })];
    await topic.pass(10);
    expect([ann.neighbors.size, bob.neighbors.size]).toEqual([0, 0]);
    expect(await say(topic, ann, 'to nobody')).toEqual([]);
  });

  test('who hears anybody and tells nobody but pals hears its neighbours, and is not heard', async () => {
    const topic = new OpenTopic();
    const [ann, , cat] = [await topic.add(), await topic.add(), await topic.add({ tell: 'mutuals' })];
    await topic.pass(10);
    expect(cat.neighbors.size).toBe(2);
    expect(await say(topic, ann, 'to all')).toEqual(['n1', 'n2']);
    expect(await say(topic, cat, 'to pals')).toEqual([]);
  });

  test('who tells anybody and hears nobody but pals is heard, and does not hear', async () => {
    const topic = new OpenTopic();
    const [ann, , cat] = [await topic.add(), await topic.add(), await topic.add({ hear: 'mutuals' })];
    await topic.pass(10);
    expect(await say(topic, ann, 'to all')).toEqual(['n1']);
    expect(await say(topic, cat, 'from afar')).toEqual(['n0', 'n1']);
  });

  test('a change of the config joins, and leaves with a goodbye', async () => {
    const topic = new OpenTopic();
    const [ann, bob] = [await topic.add(), await topic.add({ hear: 'mutuals', tell: 'mutuals' })];
    await topic.pass(5);
    expect(ann.neighbors.size).toBe(0);
    await bob.app.poke('config', { hear: 'anybody', tell: 'anybody' });
    await topic.pass(10);
    expect(sorted(ann.neighbors)).toEqual([bob.id]);
    expect(await say(topic, bob, 'here I am')).toEqual(['n0']);
    await bob.app.poke('config', { hear: 'mutuals', tell: 'mutuals' });
    await topic.quiet(400);
    expect(ann.neighbors.size).toBe(0);
    expect(ann.events).toContainEqual({ type: 'neighbor-down', topic: LINES, peer: bob.id, reason: 'left' });
    expect(bob.events).toContainEqual({ type: 'neighbor-down', topic: LINES, peer: ann.id, reason: 'leaving' });
    expect(await say(topic, ann, 'to nobody')).toEqual([]);
  });

  test('an agent that is stopped, and a node that is closed, say goodbye', async () => {
    const { topic, members } = await topicOf(3);
    const [ann, bob, cat] = members as [Member, Member, Member];
    await bob.app.close();
    await cat.node.close();
    await topic.quiet(400);
    for (const peer of [bob.id, cat.id]) expect(ann.events).toContainEqual({ type: 'neighbor-down', topic: LINES, peer, reason: 'left' });
  });

  test('nodes without a bootstrap address find each other through a pal', async () => {
    const topic = new OpenTopic();
    const [ann, bob] = [await topic.add(), await topic.add({}, { bootstrap: [] })];
    await befriend(ann.node, bob.node);
    await topic.pass(120, 5);
    expect(sorted(bob.neighbors)).toEqual([ann.id]);
  });
});

describe('links', () => {
  test('a pal that is a neighbour too has one link, which stays when it is no neighbour any more', async () => {
    const { topic, members } = await topicOf(2);
    const [ann, bob] = members as [Member, Member];
    await befriend(ann.node, bob.node);
    await bob.app.poke('config', { hear: 'mutuals', tell: 'mutuals' });
    await topic.pass(5);
    expect(ann.neighbors.size).toBe(0);
    expect([ann.node.peers, bob.node.peers]).toEqual([[bob.id], [ann.id]]);
    expect(await say(topic, ann, 'to a pal')).toEqual(['n1']);
    expect(ann.events.filter(({ type }) => type === 'link-up')).toHaveLength(1);
  });

  test('a link that its topic needs no more is ended by who dialled it, a second later', async () => {
    const { topic, members } = await topicOf(3);
    const [, bob, cat] = members as [Member, Member, Member];
    const dialler = cat.events.some((event) => event.type === 'link-up' && event.peer === bob.id && event.dialled) ? cat : bob;
    await cat.app.poke('config', { hear: 'mutuals', tell: 'mutuals' });
    await topic.quiet(400);
    expect(bob.node.peers).toContain(cat.id);
    await topic.pass(2);
    expect(bob.node.peers).not.toContain(cat.id);
    expect(dialler.events.filter((event) => event.type === 'link-down').map((event) => event.reason)).toEqual(['unneeded']);
  });

  test('who is lost is replaced at once, and a node whose bootstrap is gone stays in', async () => {
    const { topic, members } = await topicOf(6);
    await members[0]?.node.close();
    await topic.quiet(400);
    const left = members.slice(1);
    expect(await say(topic, left[0] as Member, 'still here')).toEqual(left.slice(1).map(({ name }) => name));
    const late = await topic.add({}, { bootstrap: left[2]?.node.addresses ?? [] });
    await topic.pass(5);
    expect(await say(topic, late, 'new here')).toEqual(left.map(({ name }) => name));
  });

  test('after a restart a topic is found by its book, without a bootstrap node and without pals', async () => {
    const { topic, members } = await topicOf(4);
    const [ann, bob] = members as [Member, Member];
    await topic.pass(3);
    await bob.node.close();
    await ann.node.close();
    const again = await topic.add({}, { bootstrap: [] }, bob.remains);
    await topic.pass(10);
    expect(again.neighbors.size).toBe(2);
    expect(await say(topic, again, 'back')).toEqual(['n2', 'n3']);
  });
});

describe('bounds', () => {
  test('limits.maxTopicRecords: a topic remembers no more, and who worked goes before who was only named', async () => {
    const topic = new OpenTopic();
    const few = { limits: { maxTopicRecords: 2 } };
    for (let i = 0; i < 5; i += 1) await topic.add({}, i === 4 ? few : {});
    await topic.pass(10);
    const last = topic.members[4] as Member;
    expect(last.neighbors.size).toBe(4);
    await topic.pass(3);
    await last.node.close();
    await topic.members[0]?.node.close();
    const again = await topic.add({}, { ...few, bootstrap: [] }, last.remains);
    const dialled = (): PeerId[] => again.events.flatMap((event) => (event.type === 'link-up' && event.dialled ? [event.peer] : event.type === 'dial-failed' && event.peer !== undefined ? [event.peer] : []));
    await topic.quiet(400);
    expect(new Set(dialled()).size).toBeLessThanOrEqual(4);
    expect(again.neighbors.size).toBeGreaterThan(0);
  });

  test('when links run short, one that nobody needs gives way to whoever comes, and its owner does not come back soon', async () => {
    const topic = new OpenTopic();
    const ann = await topic.add({}, { limits: { maxLinks: 8 } });
    for (let i = 0; i < 7; i += 1) await topic.add({ hear: 'mutuals', tell: 'mutuals' });
    await topic.quiet(400);
    expect(ann.node.peers).toHaveLength(7);
    topic.clock.advance(5_000);
    const late = await topic.add();
    await topic.pass(5);
    expect(sorted(ann.neighbors)).toEqual([late.id]);
    expect(ann.node.peers).toHaveLength(7);
    expect(topic.members[1]?.events.filter((event) => event.type === 'link-down').map((event) => event.reason)).toEqual(['crowded']);
  });
});

describe('parts', () => {
  test('two halves that were cut off from each other for ten minutes meet again within five, by themselves', async () => {
    const { topic, members } = await topicOf(8);
    const sideOf = (name: string): number => Number(name.slice(1)) % 2;
    topic.part(sideOf);
    await topic.pass(600, 5);
    expect(await say(topic, members[0] as Member, 'this side')).toEqual(['n2', 'n4', 'n6']);
    topic.heal();
    await topic.pass(300, 5);
    expect(await say(topic, members[0] as Member, 'all sides')).toEqual(members.slice(1).map(({ name }) => name));
  }, 60_000);
});

describe('who cannot be dialled', () => {
  test('is a leaf: it hears and is heard, and nobody is told of it', async () => {
    const topic = new OpenTopic();
    const [ann, bob] = [await topic.add(), await topic.add()];
    const cat = await topic.network.node('leaf', { clock: topic.clock, bootstrap: ann.node.addresses, listen: [] });
    const app = await cat.run(LINES, (await import('../support/open-topic.ts')).gossiping());
    await topic.pass(130, 5);
    expect(ann.neighbors).toContain(cat.id);
    const heard = next(app.received$);
    await bob.app.poke('say', 'to a leaf');
    expect((await heard).data).toBe('to a leaf');
    await app.poke('say', 'from a leaf');
    await topic.quiet(400);
    expect([ann.heard, bob.heard]).toEqual([['to a leaf', 'from a leaf'], ['from a leaf']]);
    const hostile = new Asker(topic, ann);
    expect(await hostile.contactsOf({ type: 'Join', generation: 1, leaf: true, record: undefined })).toEqual([bob.id]);
    await hostile.close();
  });
});

/** A peer that says what it likes in the overlay. */
class Asker {
  readonly peer: HostilePeer;

  constructor(topic: OpenTopic, { node }: Member) {
    this.peer = new HostilePeer(topic.network.memory.transport('hostile'), node.addresses[0] ?? '');
  }

  get topic(): string {
    return this.peer.topic(LINES);
  }

  async ask(message: OverlayMessage, topic = this.topic): Promise<OverlayMessage | undefined> {
    await this.peer.connect();
    this.peer.send({ type: 'Overlay', topic, payload: encodeOverlay(message, ({ record }) => record) ?? new Uint8Array() });
    const { payload } = await this.peer.next('Overlay');
    const decoded = decodeOverlay(payload);
    return decoded.ok ? checkedOverlay(this.peer.id, decoded.message, contactIn) : undefined;
  }

  async contactsOf(message: OverlayMessage): Promise<PeerId[]> {
    const answer = await this.ask(message);
    return answer?.type === 'JoinReply' ? answer.contacts.map(({ peer }) => peer).sort() : [];
  }

  close(): Promise<void> {
    return this.peer.close();
  }
}

function contactIn(record: Uint8Array): { readonly peer: PeerId; readonly record: Uint8Array } | undefined {
  const read = readAddressRecord(record, Date.now());
  return read.ok ? { peer: read.record.id, record } : undefined;
}

describe('strangers', () => {
  test('who asks for a topic that does not run here is declined as by a full member, and learns nothing else', async () => {
    const { topic, members } = await topicOf(1);
    const asker = new Asker(topic, members[0] as Member);
    const elsewhere = asker.peer.topic('elsewhere');
    expect(await asker.ask({ type: 'Join', generation: 7, leaf: false, record: undefined }, elsewhere)).toEqual({ type: 'JoinReply', generation: 7, accepted: false, contacts: [] });
    expect(await asker.ask({ type: 'Neighbor', generation: 8, priority: 'high', leaf: false, record: undefined }, elsewhere)).toEqual({ type: 'NeighborReply', generation: 8, accepted: false, offer: null });
    asker.peer.send({ type: 'Overlay', topic: elsewhere, payload: encodePayload({ type: 'Disconnect', generation: 1, alive: true, offer: null }) });
    await asker.peer.heard();
    expect(asker.peer.inbox.filter(({ type }) => type === 'Overlay')).toEqual([]);
    await asker.close();
  });

  test('what is no overlay message ends the link, and is counted', async () => {
    const { topic, members } = await topicOf(1);
    const [ann] = members as [Member];
    const asker = new Asker(topic, ann);
    await asker.peer.connect();
    asker.peer.send({ type: 'Overlay', topic: asker.topic, payload: Uint8Array.of(1, 2, 3) });
    await asker.peer.down();
    expect(ann.events).toContainEqual({ type: 'misbehaved', peer: asker.peer.id, reason: 'bad-overlay-message', count: 1 });
    await asker.close();
  });

  test('past limits.maxOverlayMessages in ten seconds they are dropped and counted, and taken again afterwards', async () => {
    const topic = new OpenTopic();
    const ann = await topic.add({}, { limits: { maxOverlayMessages: 3 } });
    const asker = new Asker(topic, ann);
    const disconnect = { type: 'Overlay', topic: asker.topic, payload: encodePayload({ type: 'Disconnect', generation: 1, alive: true, offer: null }) } as const;
    const ignored = (): readonly string[] => ann.events.flatMap((event) => (event.type === 'ignored' ? [event.reason] : []));
    await asker.peer.connect();
    for (let i = 0; i < 5; i += 1) asker.peer.send(disconnect);
    await asker.peer.heard();
    const [no, many] = ['overlay: not-a-neighbor', 'overlay: too-many-messages'];
    expect(ignored()).toEqual([no, no, no, many, many]);
    topic.clock.advance(10_000);
    asker.peer.send(disconnect);
    await asker.peer.heard();
    expect(ignored()).toEqual([no, no, no, many, many, no]);
    await asker.close();
  });

  test('whatever they say, nothing throws, and the topic goes on', async () => {
    const { topic, members } = await topicOf(3);
    const [ann, bob] = members as [Member, Member, Member];
    const asker = new Asker(topic, ann);
    const id = fc.constantFrom(...members.map(({ id: known }) => known), asker.peer.id).map((peer) => Buffer.from(peer, 'hex'));
    const record = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(null));
    const bytes = fc.uint8Array({ maxLength: 40 });
    const small = fc.integer({ min: 0, max: 4 });
    const contacts = fc.array(bytes, { maxLength: 8 });
    const said = fc.oneof(
      fc.record({ type: fc.constant('Join'), generation: small, leaf: fc.boolean(), record }),
      fc.record({ type: fc.constant('JoinReply'), generation: small, accepted: fc.boolean(), contacts }),
      fc.record({ type: fc.constant('ForwardJoin'), joiner: bytes, ttlHops: fc.nat(255) }),
      fc.record({ type: fc.constant('Neighbor'), generation: small, priority: fc.constantFrom('low', 'high', 'probe'), leaf: fc.boolean(), record }),
      fc.record({ type: fc.constant('NeighborReply'), generation: small, accepted: fc.boolean(), offer: record }),
      fc.record({ type: fc.constant('Disconnect'), generation: small, alive: fc.boolean(), offer: record }),
      fc.record({ type: fc.constant('Shuffle'), generation: small, origin: id, nonce: fc.integer({ min: 1, max: 4 }), ttlHops: fc.nat(255), contacts }),
      fc.record({ type: fc.constant('ShuffleReply'), origin: id, nonce: small, contacts }),
    );
    await asker.peer.connect();
    for (const value of fc.sample(said, 400)) asker.peer.send({ type: 'Overlay', topic: asker.topic, payload: encodePayload(value) });
    await asker.peer.heard();
    await asker.close();
    await topic.pass(5);
    expect(ann.events.some((event) => event.type === 'ignored')).toBe(true);
    expect(ann.neighbors).toContain(bob.id);
    expect(await say(topic, bob, 'all the same')).toEqual(['n0', 'n2']);
  });
});
