import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, toArray } from 'rxjs';
import type { HearsayNode, JoinOptions, NodeOptions, Topic, TopicEvent } from '../../src/index.ts';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, befriend, next } from '../support/nodes.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (given: Uint8Array | undefined): string => new TextDecoder().decode(given);

interface Pair {
  readonly network: TestNetwork;
  readonly ann: HearsayNode;
  readonly bob: HearsayNode;
  readonly atAnn: Topic;
  readonly atBob: Topic;
}

/** Two pals in a topic. */
async function pair(options: Partial<JoinOptions> = {}, nodeOptions: Partial<NodeOptions> = {}): Promise<Pair> {
  const network = new TestNetwork();
  const ann = await network.node('ann', nodeOptions);
  const bob = await network.node('bob', nodeOptions);
  const [atAnn, atBob] = await Promise.all([ann, bob].map((node) => node.join({ name: 'chat', ...options }))) as [Topic, Topic];
  await befriend(ann, bob);
  return { network, ann, bob, atAnn, atBob };
}

function heardBy(topic: Topic): string[] {
  const heard: string[] = [];
  topic.messages$.subscribe((message) => heard.push(text(message)));
  return heard;
}

const hears = (topic: Topic, what: string): Promise<Uint8Array> => next(topic.messages$, (message) => text(message) === what);

describe('gossip', () => {
  test('is heard by the others, not by its own node, and says to whom it went', async () => {
    const { ann, bob, atAnn, atBob } = await pair();
    const own = heardBy(atAnn);
    const second = await ann.join({ name: 'chat' });
    const beside = heardBy(second);
    const heard = hears(atBob, 'hi');
    expect(await atAnn.gossip(bytes('hi'))).toEqual({ id: expect.stringMatching(/^[0-9a-f]{64}$/), accepted: true, sent: [bob.id], refused: [], passed: false });
    await heard;
    expect([own, beside]).toEqual([[], []]);
  });

  test('equal bytes are one message, and the second saying is told so', async () => {
    const { atAnn, atBob } = await pair();
    const heard = heardBy(atBob);
    const { id } = await atAnn.gossip(bytes('once'));
    expect(await atAnn.gossip(bytes('once'))).toEqual({ id, accepted: false, reason: 'known', sent: [], refused: [], passed: false });
    const last = hears(atBob, 'last');
    const [first, again] = await Promise.all([atAnn.gossip(bytes('at once')), atAnn.gossip(bytes('at once')), atAnn.gossip(bytes('last'))]);
    expect([first.accepted, again.reason]).toEqual([true, 'known']);
    await last;
    expect(heard).toEqual(['once', 'at once', 'last']);
    expect(await atBob.gossip(bytes('once'))).toMatchObject({ accepted: false, reason: 'known' });
  });

  test('with repeat, saying it twice is two messages, also for members without it', async () => {
    const { ann, atBob } = await pair();
    const atAnn = await ann.join({ name: 'chat', repeat: true });
    const heard = heardBy(atBob);
    const last = hears(atBob, 'last');
    for (const each of ['hi', 'hi', 'last']) expect(await atAnn.gossip(bytes(each))).toMatchObject({ accepted: true });
    await last;
    expect(heard).toEqual(['hi', 'hi', 'last']);
  });

  test('what fits is stated in bytes of the message: so many cross, one more is refused at the call with both sizes', async () => {
    for (const repeat of [false, true]) {
      const { atAnn, atBob } = await pair({ repeat });
      const most = atAnn.maxMessageBytes;
      expect(most).toBe(65_504);
      const heard = next(atBob.messages$);
      await atAnn.gossip(new Uint8Array(most).fill(7));
      expect((await heard).length).toBe(most);
      await expect(atAnn.gossip(new Uint8Array(most + 1))).rejects.toMatchObject({ code: 'HEARSAY_TOO_LARGE', message: expect.stringMatching(/65504 .*65505/) });
    }
  });

  test('a limit of its own is kept, and one that no payload has room for is refused, naming what to change', async () => {
    const { ann } = await pair();
    const small = await ann.join({ name: 'chat', maxMessageBytes: 3 });
    await expect(small.gossip(bytes('four'))).rejects.toMatchObject({ code: 'HEARSAY_TOO_LARGE', message: expect.stringMatching(/3 .*4/) });
    expect(await small.gossip(bytes('tre'))).toMatchObject({ accepted: true });
    await expect(ann.join({ name: 'chat', maxMessageBytes: 65_505 })).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'maxMessageBytes', message: expect.stringContaining('limits.maxPayloadBytes') });
  });

  test('no bytes: an error; the empty message is one', async () => {
    const { atAnn, atBob } = await pair();
    await expect(atAnn.gossip('hi' as unknown as Uint8Array)).rejects.toMatchObject({ code: 'HEARSAY_BAD_DATA', message: expect.not.stringContaining('hi') });
    const heard = next(atBob.messages$);
    await atAnn.gossip(new Uint8Array());
    expect((await heard).length).toBe(0);
  });

  test('the bytes are taken at the call', async () => {
    const { atAnn, atBob } = await pair();
    const heard = next(atBob.messages$);
    const mine = bytes('before');
    const said = atAnn.gossip(mine);
    mine.fill(0);
    await said;
    expect(text(await heard)).toBe('before');
  });

  test('hops: a message goes as far as its author allows, whoever relays it', async () => {
    const network = new TestNetwork();
    const nodes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => network.node(name)));
    const topics = await Promise.all(nodes.map((node, i) => node.join({ name: 'chat', ...(i === 0 && { hops: 2 }) })));
    for (let i = 1; i < nodes.length; i += 1) await befriend(nodes[i - 1] as HearsayNode, nodes[i] as HearsayNode);
    const [a, b, c, d] = topics as [Topic, Topic, Topic, Topic];
    const heard = [b, c, d].map(heardBy);
    const near = hears(c, 'two hops');
    await a.gossip(bytes('two hops'));
    await near;
    const far = [hears(a, 'from c'), hears(d, 'from c')];
    await c.gossip(bytes('from c'));
    await Promise.all(far);
    expect(heard).toEqual([['two hops', 'from c'], ['two hops'], ['from c']]);
  });

  test('hops 0 in the config: silence, and it is said', async () => {
    const { atAnn, ann } = await pair();
    const other = await ann.run('other', { onPoke: ({ data }) => ({ type: 'poke', wire: '/c', peer: ann.id, agent: 'chat', mark: 'gossip-config', data }), onAgent: () => ({ type: 'fact', paths: ['/done'], mark: 'm', data: null }) });
    const done = next(other.watch('/done'));
    await other.poke('m', { hops: 0 });
    await done;
    expect(await atAnn.gossip(bytes('hush'))).toMatchObject({ accepted: false, reason: 'silent' });
  });
});

describe('alone', () => {
  test('publishing at once after joining loses nothing: it waits for the first neighbour, and keeps its order', async () => {
    const network = new TestNetwork();
    const ann = await network.node('ann');
    const bob = await network.node('bob');
    const atAnn = await ann.join({ name: 'chat' });
    const said = ['1', '2', '3'].map((each) => atAnn.gossip(bytes(each)));
    const atBob = await bob.join({ name: 'chat' });
    const heard = heardBy(atBob);
    const last = hears(atBob, '3');
    await befriend(ann, bob);
    expect((await Promise.all(said)).map(({ accepted, sent }) => [accepted, sent])).toEqual([1, 2, 3].map(() => [true, [bob.id]]));
    await last;
    expect(heard).toEqual(['1', '2', '3']);
  });

  test('nobody comes: after the deadline it says so, and the same bytes can be said later', async () => {
    const network = new TestNetwork();
    const clock = new ManualClock();
    const ann = await network.node('ann', { clock });
    const atAnn = await ann.join({ name: 'chat', bootstrap: [] });
    const said = atAnn.gossip(bytes('hello?'));
    clock.advance(9_999);
    const bob = await network.node('bob', { clock });
    clock.advance(1);
    expect(await said).toMatchObject({ accepted: false, reason: 'no-neighbor', sent: [] });
    const atBob = await bob.join({ name: 'chat' });
    const heard = hears(atBob, 'hello?');
    const retry = atAnn.gossip(bytes('hello?'));
    await befriend(ann, bob);
    expect(await retry).toMatchObject({ accepted: true, sent: [bob.id] });
    await heard;
  });

  test.each([{ maxQueuedEvents: 2 }, { maxQueuedBytes: 5 }])('what waits is bounded: %p', async (limits) => {
    const network = new TestNetwork();
    const ann = await network.node('ann', { limits });
    const topic = await ann.join({ name: 'chat' });
    const waiting = [topic.gossip(bytes('one')), topic.gossip(bytes('2'))];
    expect(await topic.gossip(bytes('two'))).toMatchObject({ accepted: false, reason: 'overloaded' });
    await topic.leave();
    expect(await Promise.all(waiting)).toEqual([expect.objectContaining({ reason: 'left' }), expect.objectContaining({ reason: 'left' })]);
  });
});

describe('readers', () => {
  test('several are independent: each has every message from its beginning on, and leaving one ends only that', async () => {
    const { atAnn, atBob } = await pair();
    const [one, two] = [atBob.subscribe(), atBob.subscribe()];
    await atAnn.gossip(bytes('a'));
    expect(text((await one.next()).value)).toBe('a');
    one.close();
    const three = atBob.subscribe();
    const heard = hears(atBob, 'b');
    await atAnn.gossip(bytes('b'));
    await heard;
    expect(await one.next()).toEqual({ done: true, value: undefined });
    expect([text((await two.next()).value), text((await two.next()).value), text((await three.next()).value)]).toEqual(['a', 'b', 'b']);
  });

  test('for await reads the topic, and ends when it is left', async () => {
    const { atAnn, atBob } = await pair();
    const read: string[] = [];
    const reading = (async () => {
      for await (const message of atBob) {
        read.push(text(message));
        if (read.length === 2) await atBob.leave();
      }
    })();
    await atAnn.gossip(bytes('a'));
    await atAnn.gossip(bytes('b'));
    await reading;
    expect(read).toEqual(['a', 'b']);
  });

  test.each([{ maxUnread: 3 }, { maxUnreadBytes: 3 }])('a slow one loses the oldest, is told how many, and slows nobody: %p', async (limits) => {
    const { atAnn, atBob } = await pair({}, { limits });
    const events: TopicEvent[] = [];
    atBob.events$.subscribe((event) => events.push(event));
    const slow = atBob.subscribe();
    const heard = heardBy(atBob);
    const last = hears(atBob, '9');
    for (let i = 0; i < 10; i += 1) await atAnn.gossip(bytes(`${i}`));
    await last;
    expect([heard.join(''), slow.lost]).toEqual(['0123456789', 7]);
    expect(events.some(({ type }) => type === 'Lagged')).toBe(false);
    expect(text((await slow.next()).value)).toBe('7');
    expect(events.at(-1)).toEqual({ type: 'Lagged', count: 7, subscription: slow });
    expect(text((await slow.next()).value)).toBe('8');
    expect(events.filter(({ type }) => type === 'Lagged')).toHaveLength(1);
  });

  test('a slow one that is closed is told, too', async () => {
    const { atAnn, atBob } = await pair({}, { limits: { maxUnread: 1 } });
    const slow = atBob.subscribe();
    const lagged = next(atBob.events$, ({ type }) => type === 'Lagged');
    const last = hears(atBob, 'b');
    await atAnn.gossip(bytes('a'));
    await atAnn.gossip(bytes('b'));
    await last;
    slow.close();
    slow.close();
    expect(await lagged).toMatchObject({ count: 1 });
  });
});

describe('events', () => {
  test('Joined with the first neighbour, NeighborUp, NeighborDown with the reason, Left, and the end', async () => {
    const network = new TestNetwork();
    const [ann, bob, cat] = [await network.node('ann'), await network.node('bob'), await network.node('cat')];
    const atAnn = await ann.join({ name: 'chat' });
    const all = firstValueFrom(atAnn.events$.pipe(toArray()));
    const down = (peer: string): Promise<TopicEvent> => next(atAnn.events$, (event) => event.type === 'NeighborDown' && event.peer === peer);
    const atBob = await bob.join({ name: 'chat' });
    await befriend(ann, bob);
    await cat.join({ name: 'chat' });
    await befriend(ann, cat);
    expect(atAnn.neighbors).toEqual([bob.id, cat.id]);
    const left = down(bob.id);
    await atBob.leave();
    await left;
    const gone = down(cat.id);
    await cat.close();
    await gone;
    expect(atAnn.neighbors).toEqual([]);
    await atAnn.leave();
    expect(await all).toEqual([
      { type: 'Joined' },
      { type: 'NeighborUp', peer: bob.id },
      { type: 'NeighborUp', peer: cat.id },
      { type: 'NeighborDown', peer: bob.id, reason: 'left' },
      { type: 'NeighborDown', peer: cat.id, reason: expect.stringMatching(/./) },
      { type: 'Left' },
    ]);
  });

  test('begin with what there is; after leaving, with the end', async () => {
    const { bob, ann, atAnn } = await pair();
    const events: TopicEvent[] = [];
    atAnn.events$.subscribe((event) => events.push(event));
    const second = await ann.join({ name: 'chat' });
    second.events$.subscribe((event) => events.push(event));
    expect(events).toEqual([1, 2].flatMap(() => [{ type: 'Joined' }, { type: 'NeighborUp', peer: bob.id }]));
    await atAnn.leave();
    expect(await firstValueFrom(atAnn.events$.pipe(toArray()))).toEqual([{ type: 'Left' }]);
  });
});

describe('joining and leaving', () => {
  test('twice shares one overlay; it is left with the last handle and subscription, and not before', async () => {
    const { ann, atAnn, atBob, bob } = await pair();
    const second = await ann.join({ name: 'chat' });
    const reader = second.subscribe();
    const down = next(atBob.events$, ({ type }) => type === 'NeighborDown');
    await atAnn.leave();
    await atAnn.leave();
    await second.leave();
    expect(atBob.neighbors).toEqual([ann.id]);
    await atBob.gossip(bytes('still'));
    expect(text((await reader.next()).value)).toBe('still');
    reader.close();
    expect(await down).toEqual({ type: 'NeighborDown', peer: ann.id, reason: 'left' });
    await expect(atAnn.gossip(bytes('gone'))).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    expect(() => atAnn.subscribe()).toThrow(expect.objectContaining({ code: 'HEARSAY_CLOSED' }));
    expect(bob.peers).toEqual([ann.id]);
  });

  test('a message heard before leaving is not delivered again after joining again', async () => {
    const { bob, atAnn, atBob } = await pair();
    const heard = hears(atBob, 'old');
    await atAnn.gossip(bytes('old'));
    await heard;
    const down = next(atAnn.events$, ({ type }) => type === 'NeighborDown');
    await Promise.all([atBob.leave(), down]);
    const back = await bob.join({ name: 'chat' });
    const again = heardBy(back);
    await next(atAnn.events$, ({ type }) => type === 'NeighborUp');
    const last = hears(back, 'new');
    expect(await atAnn.gossip(bytes('old'))).toMatchObject({ reason: 'known' });
    await atAnn.gossip(bytes('new'));
    await last;
    expect(again).toEqual(['new']);
  });

  test('at the same time, and leaving while others join, breaks nothing', async () => {
    const network = new TestNetwork();
    const ann = await network.node('ann');
    const join = (): Promise<Topic> => ann.join({ name: 'chat' });
    const [one, two] = await Promise.all([join().then(async (topic) => (await topic.leave(), topic)), join()]);
    await expect(one.gossip(bytes('x'))).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    const leaving = two.leave();
    const three = await join();
    await leaving;
    expect(three.neighbors).toEqual([]);
    await expect(ann.run('chat', {})).rejects.toMatchObject({ code: 'HEARSAY_ALREADY_RUNNING' });
    await three.leave();
    await (await ann.run('chat', {})).close();
  });

  test('many topics go over one link', async () => {
    const network = new TestNetwork();
    const [ann, bob] = [await network.node('ann'), await network.node('bob')];
    await befriend(ann, bob);
    const names = Array.from({ length: 50 }, (_, i) => `topic ${i}`);
    const atAnn = await Promise.all(names.map((name) => ann.join({ name })));
    const atBob = await Promise.all(names.map((name) => bob.join({ name })));
    const heard = Promise.all(atBob.map((topic) => next(topic.messages$)));
    const said = await Promise.all(atAnn.map((topic) => topic.gossip(bytes(topic.name))));
    expect(said.every(({ sent }) => sent.length === 1)).toBe(true);
    expect((await heard).map(text)).toEqual(names);
    expect([ann.peers, bob.peers]).toEqual([[bob.id], [ann.id]]);
  });

  test.each<{ name: string; options: object; code: string; field: string }>([
    { name: 'an unknown option', options: { hop: 1 }, code: 'HEARSAY_BAD_CONFIG', field: 'hop' },
    { name: 'no name', options: { name: undefined }, code: 'HEARSAY_BAD_CONFIG', field: 'name' },
    { name: 'a name that is too long', options: { name: 'n'.repeat(65) }, code: 'HEARSAY_BAD_CONFIG', field: 'name' },
    { name: 'a name that every node uses', options: { name: 'pals' }, code: 'HEARSAY_BAD_CONFIG', field: 'name' },
    { name: 'bootstrap that is no list', options: { bootstrap: 'ws://a' }, code: 'HEARSAY_BAD_CONFIG', field: 'bootstrap' },
    { name: 'an address that does not parse', options: { bootstrap: ['a:1'] }, code: 'HEARSAY_BAD_ADDRESS', field: 'address' },
    { name: 'hops that reach nobody', options: { hops: 0 }, code: 'HEARSAY_BAD_CONFIG', field: 'hops' },
    { name: 'hops beyond the most', options: { hops: 16 }, code: 'HEARSAY_BAD_CONFIG', field: 'hops' },
    { name: 'a size of nothing', options: { maxMessageBytes: 0 }, code: 'HEARSAY_BAD_CONFIG', field: 'maxMessageBytes' },
    { name: 'repeat that is no boolean', options: { repeat: 1 }, code: 'HEARSAY_BAD_CONFIG', field: 'repeat' },
  ])('$name is a typed error', async ({ options, code, field }) => {
    const ann = await new TestNetwork().node('ann');
    await expect(ann.join({ name: 'chat', ...options } as JoinOptions)).rejects.toMatchObject({ code, field });
    // Nothing is left of it.
    await (await ann.run('chat', {})).close();
  });

  test('a name that an agent runs under is taken', async () => {
    const ann = await new TestNetwork().node('ann');
    const app = await ann.run('chat', {});
    await expect(ann.join({ name: 'chat' })).rejects.toMatchObject({ code: 'HEARSAY_ALREADY_RUNNING' });
    await app.close();
    await (await ann.join({ name: 'chat' })).leave();
  });

  test('a closed node: handles are left, readers end, joining is an error', async () => {
    const { ann, atAnn } = await pair();
    const events = firstValueFrom(atAnn.events$.pipe(toArray()));
    const reader = atAnn.subscribe();
    const reading = reader.next();
    const late = expect(ann.join({ name: 'late' })).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    await ann.close();
    expect(await reading).toEqual({ done: true, value: undefined });
    expect((await events).at(-1)).toEqual({ type: 'Left' });
    await late;
    await expect(ann.join({ name: 'chat' })).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
  });
});
