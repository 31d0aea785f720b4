import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, toArray } from 'rxjs';
import { bridge } from '../../src/index.ts';
import type { Bridge, BridgeEvent, HearsayNode, JoinOptions, Topic } from '../../src/index.ts';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, befriend, next } from '../support/nodes.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (given: Uint8Array): string => new TextDecoder().decode(given);
const changed = (by: string) => (given: Uint8Array): Uint8Array => bytes(text(given) + by);

/** Every message a topic's readers get, and a way to wait for one. */
function ear(topic: Topic): { readonly heard: string[]; hears(what: string): Promise<unknown> } {
  const heard: string[] = [];
  topic.messages$.subscribe((message) => heard.push(text(message)));
  return { heard, hears: (what) => (heard.includes(what) ? Promise.resolve() : next(topic.messages$, (message) => text(message) === what)) };
}

async function nodes(count: number, pals: 'chain' | 'all' = 'chain'): Promise<HearsayNode[]> {
  const network = new TestNetwork();
  const made: HearsayNode[] = [];
  for (let i = 0; i < count; i += 1) {
    const node = await network.node(`n${i}`);
    for (const other of pals === 'all' ? made : made.slice(-1)) await befriend(other, node);
    made.push(node);
  }
  return made;
}

/** Of a list that is long enough. */
const at = <T>(list: readonly T[], index: number): T => list[index] as T;

async function join(node: HearsayNode, names: readonly string[], options: Partial<JoinOptions> = {}): Promise<Topic[]> {
  return Promise.all(names.map((name) => node.join({ name, ...options })));
}

/** Ann in `a`, the bridge's node in both, cat in `b`: a chain. */
async function acrossOne(options: Partial<JoinOptions> = {}): Promise<{ atAnn: Topic; a: Topic; b: Topic; atCat: Topic }> {
  const [ann, bob, cat] = (await nodes(3)) as [HearsayNode, HearsayNode, HearsayNode];
  const [atAnn, atCat] = [await ann.join({ name: 'a', ...options }), await cat.join({ name: 'b', ...options })];
  const [a, b] = (await join(bob, ['a', 'b'], options)) as [Topic, Topic];
  return { atAnn, a, b, atCat };
}

describe('one way', () => {
  test('what is heard in one is said in the other, where the node’s own readers hear it too; nothing goes back', async () => {
    const { atAnn, a, b, atCat } = await acrossOne();
    const across = bridge(a, b);
    const [ears, catEars, annEars] = [ear(b), ear(atCat), ear(atAnn)];
    await atAnn.gossip(bytes('over'));
    await catEars.hears('over');
    await atCat.gossip(bytes('stays'));
    await ears.hears('stays');
    await atAnn.gossip(bytes('last'));
    await catEars.hears('last');
    expect([ears.heard, catEars.heard, annEars.heard, across.crossed]).toEqual([['over', 'stays', 'last'], ['over', 'last'], [], 2]);
  });

  test('what the node itself says crosses, and does not echo', async () => {
    const { a, b, atCat } = await acrossOne();
    bridge(a, b);
    const [ears, catEars] = [ear(b), ear(atCat)];
    await a.gossip(bytes('mine'));
    await catEars.hears('mine');
    expect(ears.heard).toEqual([]);
  });

  test('a filter and a map say what crosses and as what', async () => {
    const { atAnn, a, b, atCat } = await acrossOne();
    bridge(a, b, { filter: (message) => message.length < 6, map: changed('!') });
    const catEars = ear(atCat);
    for (const each of ['short', 'too long', 'last']) await atAnn.gossip(bytes(each));
    await catEars.hears('last!');
    expect(catEars.heard).toEqual(['short!', 'last!']);
  });

  test('bridges in a row, on one node', async () => {
    const [ann, bob] = (await nodes(2)) as [HearsayNode, HearsayNode];
    const [a, b, c] = (await join(ann, ['a', 'b', 'c'])) as [Topic, Topic, Topic];
    const [atA, , atC] = (await join(bob, ['a', 'b', 'c'])) as [Topic, Topic, Topic];
    bridge(a, b);
    bridge(b, c);
    const ears = ear(atC);
    await atA.gossip(bytes('heard'));
    await ears.hears('heard');
    await a.gossip(bytes('said'));
    await ears.hears('said');
    expect(ears.heard).toEqual(['heard', 'said']);
  });

  test('nobody in the other topic: it waits for a neighbour, and after that its own readers have it all the same', async () => {
    const network = new TestNetwork();
    const clock = new ManualClock();
    const ann = await network.node('ann', { clock });
    const bob = await network.node('bob', { clock });
    await befriend(ann, bob);
    const [a, b] = (await join(ann, ['a', 'b'])) as [Topic, Topic];
    const atBob = await bob.join({ name: 'a' });
    bridge(a, b);
    const [aEars, bEars] = [ear(a), ear(b)];
    await atBob.gossip(bytes('anybody?'));
    await aEars.hears('anybody?');
    expect(bEars.heard).toEqual([]);
    clock.advance(10_000);
    await bEars.hears('anybody?');
  });

  test('what cannot cross is counted and told, and ends nothing', async () => {
    const { atAnn, a, b, atCat } = await acrossOne();
    const boom = new Error('boom');
    const across = bridge(a, b, {
      filter: (message) => {
        if (text(message) === 'throws') throw boom;
        return true;
      },
      map: (message) => (text(message) === 'grows' ? new Uint8Array(b.maxMessageBytes + 1) : text(message) === 'turns' ? ('text' as unknown as Uint8Array) : message),
    });
    const events: BridgeEvent[] = [];
    across.events$.subscribe((event) => events.push(event));
    const catEars = ear(atCat);
    for (const each of ['throws', 'grows', 'turns', 'last']) await atAnn.gossip(bytes(each));
    await catEars.hears('last');
    expect(events.slice(0, 3)).toEqual([
      { type: 'Dropped', to: 'b', reason: 'failed', error: boom },
      { type: 'Dropped', to: 'b', reason: 'too-large' },
      { type: 'Dropped', to: 'b', reason: 'failed', error: expect.objectContaining({ code: 'HEARSAY_BAD_DATA' }) },
    ]);
    expect([across.crossed, across.dropped, catEars.heard]).toEqual([1, 3, ['last']]);
  });

  test('it ends when it is closed, or either handle is left; the handles stay', async () => {
    const { atAnn, a, b, atCat } = await acrossOne();
    const across = bridge(a, b);
    const catEars = ear(atCat);
    await across.close();
    await across.close();
    const aEars = ear(a);
    await atAnn.gossip(bytes('no more'));
    await aEars.hears('no more');
    for (const handle of [a, b]) {
      const another = bridge(a, b);
      const over = firstValueFrom(another.events$.pipe(toArray()));
      await handle.leave();
      expect(await over).toEqual([]);
    }
    expect(catEars.heard).toEqual([]);
  });

  test.each<{ name: string; make: (a: Topic, b: Topic) => Promise<Bridge> | Bridge; field: string }>([
    { name: 'a topic and itself', make: (a) => bridge(a, a), field: 'to' },
    { name: 'what is no topic', make: (a) => bridge({} as Topic, a), field: 'from' },
    { name: 'nothing', make: (a) => bridge(a, undefined as unknown as Topic), field: 'to' },
  ])('$name cannot be joined', async ({ make, field }) => {
    const [a, b] = (await join(at(await nodes(1), 0), ['a', 'b'])) as [Topic, Topic];
    expect(() => make(a, b)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field }));
  });
});

describe('both ways', () => {
  test('what is said in either is heard in both, once', async () => {
    const { atAnn, a, b, atCat } = await acrossOne();
    bridge.both(a, b, { there: { filter: (message) => text(message) !== 'not there' } });
    const [annEars, catEars] = [ear(atAnn), ear(atCat)];
    await atAnn.gossip(bytes('not there'));
    await atAnn.gossip(bytes('there'));
    await catEars.hears('there');
    await atCat.gossip(bytes('back'));
    await annEars.hears('back');
    expect([annEars.heard, catEars.heard]).toEqual([['back'], ['there']]);
  });
});

/** Says each on behalf of a member, then waits until everybody has the last of them; everything that would come twice has come by then. */
async function flood(speakers: readonly Topic[], ears: readonly ReturnType<typeof ear>[]): Promise<string[]> {
  const said = ['one', 'two', 'three'];
  for (const [i, what] of said.entries()) {
    const speaker = at(speakers, i % speakers.length);
    await speaker.gossip(bytes(what));
    await Promise.all(ears.map((each) => (each === at(ears, i % speakers.length) ? undefined : each.hears(what))));
  }
  return said;
}

describe('loops end by themselves', () => {
  test.each([{ repeat: false }, { repeat: true }])('two bridges between the same two topics: %p', async (options) => {
    const [ann, bob, cat, dan] = (await nodes(4, 'all')) as [HearsayNode, HearsayNode, HearsayNode, HearsayNode];
    const bridges: Bridge[] = [];
    for (const node of [bob, cat]) bridges.push(bridge.both(...((await join(node, ['a', 'b'], options)) as [Topic, Topic])));
    const members = [await ann.join({ name: 'a', ...options }), await dan.join({ name: 'b', ...options })];
    await Promise.all(members.map((topic) => next(topic.events$, () => topic.neighbors.length === 2)));
    const ears = members.map(ear);
    const said = await flood(members, ears);
    // Each of the three crossed at one bridge or at both, and none came back.
    expect(ears.map(({ heard }) => heard)).toEqual([[said[1]], [said[0], said[2]]]);
    const crossed = bridges.reduce((sum, each) => sum + each.crossed, 0);
    expect(crossed).toBeGreaterThanOrEqual(3);
    expect(crossed).toBeLessThanOrEqual(6);
    expect(bridges.map((each) => each.dropped)).toEqual([0, 0]);
  });

  test.each([{ where: 'each on a node of its own', apart: true }, { where: 'all on one node', apart: false }])('a ring of four topics, the bridges $where', async ({ apart }) => {
    const names = ['a', 'b', 'c', 'd'];
    const made = await nodes(8, 'all');
    const bridges: Bridge[] = [];
    const members: Topic[] = [];
    for (const [i, name] of names.entries()) members.push(await at(made, i).join({ name }));
    for (let i = 0; i < 4; i += 1) {
      const ends = (await join(at(made, apart ? 4 + i : 4), [at(names, i), at(names, (i + 1) % 4)])) as [Topic, Topic];
      bridges.push(bridge.both(...ends));
    }
    await Promise.all(members.map((topic) => next(topic.events$, () => topic.neighbors.length === (apart ? 2 : 1))));
    const ears = members.map(ear);
    const said = await flood(members, ears);
    expect(ears.map(({ heard }) => heard)).toEqual(names.map((_, member) => said.filter((__, i) => i !== member)));
    // A datum crosses into each of three topics, from two sides at most.
    const crossed = bridges.reduce((sum, each) => sum + each.crossed, 0);
    expect(crossed).toBeGreaterThanOrEqual(9);
    expect(crossed).toBeLessThanOrEqual(24);
  });

  test('a message that is changed at every crossing ends with its hops', async () => {
    const { atAnn, a, b, atCat } = await acrossOne();
    const round = bridge.both(a, b, { there: { map: changed('>') }, back: { map: changed('<') } });
    const over = next(round.events$, ({ type }) => type === 'Dropped');
    const [annEars, catEars] = [ear(atAnn), ear(atCat)];
    await atAnn.gossip(bytes('x'));
    expect(await over).toMatchObject({ reason: 'no-hops' });
    await round.close();
    // Of ann's 15 hops 14 are left at the bridge, and 13 crossings leave one.
    expect([round.crossed, round.dropped]).toEqual([13, 1]);
    await b.gossip(bytes('last'));
    await catEars.hears('last');
    await a.gossip(bytes('last'));
    await annEars.hears('last');
    expect(new Set(catEars.heard).size).toBe(catEars.heard.length);
    expect([annEars.heard.length, catEars.heard.length]).toEqual([7, 8]);
  });
});
