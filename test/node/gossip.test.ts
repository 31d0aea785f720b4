import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { configure, defineMarks, fact, poke, save, watch, withGossip } from '../../src/index.ts';
import type { Agent, AgentEvent, GossipAgent, GossipApp, GossipOptions, HearsayNode } from '../../src/index.ts';
import { TestNetwork, befriend, next } from '../support/nodes.ts';

const marks = defineMarks({ line: z.string().max(100) });
type Schemas = typeof marks extends { readonly names: readonly (infer _)[] } ? { readonly line: z.ZodString } : never;
type LineApp = GossipApp<Schemas>;

/** Says lines, keeps what it said and heard, offers the latest five to newcomers. */
const lines: Agent = {
  onPoke: ({ mark, data }, bowl) => {
    if (mark === 'config') return configure(data as object);
    return [save('lines', [...((bowl.saved.get('lines') as string[] | undefined) ?? []), data]), marks.invent('line', data as string)];
  },
  onAgent: (wire, sign, { saved }) => {
    const heard = marks.heard(wire, sign);
    return heard?.mark === 'line' ? save('lines', [...((saved.get('lines') as string[] | undefined) ?? []), heard.data]) : undefined;
  },
  onWatch: (_path, { saved }) => ((saved.get('lines') as string[] | undefined) ?? []).slice(-5).map((line) => marks.answer('line', line)),
  onPeek: (_path, { saved }) => saved.get('lines') ?? [],
};

function gossiping(options: Partial<GossipOptions<Schemas>> = {}): GossipAgent<Schemas> {
  return withGossip(lines, { hops: 2, ...options, marks });
}

/** Nodes in a chain of pals, each with the app. */
async function chain(count: number, options: Partial<GossipOptions<Schemas>> = {}): Promise<{ network: TestNetwork; nodes: HearsayNode[]; apps: LineApp[] }> {
  const network = new TestNetwork();
  const nodes: HearsayNode[] = [];
  const apps: LineApp[] = [];
  for (let i = 0; i < count; i += 1) {
    const node = await network.node(`n${i}`);
    apps.push(await node.run('lines', gossiping(options)));
    const before = nodes.at(-1);
    if (before !== undefined) await befriend(before, node);
    nodes.push(node);
  }
  return { network, nodes, apps };
}

function heardBy(app: LineApp | undefined): string[] {
  const heard: string[] = [];
  app?.received$.subscribe(({ data }) => heard.push(data as string));
  return heard;
}

const hears = (app: LineApp | undefined, line: string): Promise<unknown> => (app === undefined ? Promise.reject(new Error('no app')) : next(app.received$, ({ data }) => data === line));

describe('a chain of pals', () => {
  test('hears a line as far as its hops go, once each, and no further', async () => {
    const { apps } = await chain(4);
    const [ann, bob, cat, dan] = apps;
    const heard = apps.map(heardBy);
    const two = [hears(bob, 'two'), hears(cat, 'two')];
    await ann?.poke('say', 'two');
    await Promise.all(two);
    // Links keep their order: had cat passed it on, dan would have it before what cat says now.
    const after = [hears(dan, 'after'), hears(ann, 'after')];
    await cat?.poke('say', 'after');
    await Promise.all(after);
    expect(heard).toEqual([['after'], ['two', 'after'], ['two'], ['after']]);
  });

  test('a datum is the same to all: id, mark, data; hops count down; src is who handed it over', async () => {
    const { nodes, apps } = await chain(3);
    const got = [next((apps[1] as LineApp).received$), next((apps[2] as LineApp).received$), next((apps[1] as LineApp).relayed$)];
    const published = next((apps[0] as LineApp).published$);
    await apps[0]?.poke('say', 'x');
    const [atBob, atCat, relayed] = await Promise.all(got);
    const { id } = await published;
    expect(await published).toEqual({ id, mark: 'line', data: 'x', hops: 1, src: nodes[0]?.id, sent: [nodes[1]?.id], refused: [], passed: false });
    expect(atBob).toEqual({ id, mark: 'line', data: 'x', hops: 1, src: nodes[0]?.id });
    expect(relayed).toEqual({ id, mark: 'line', data: 'x', hops: 0, src: nodes[0]?.id });
    expect(atCat).toEqual({ id, mark: 'line', data: 'x', hops: 0, src: nodes[1]?.id });
  });

  test('better 7: hops 0 is silence, and nothing crashes', async () => {
    const { apps } = await chain(2);
    const [ann, bob] = apps;
    const heard = heardBy(bob);
    await ann?.poke('config', { hops: 0 });
    await ann?.poke('say', 'to myself');
    await ann?.poke('config', { hops: 1 });
    const aloud = hears(bob, 'aloud');
    await ann?.poke('say', 'aloud');
    await aloud;
    expect(heard).toEqual(['aloud']);
    expect(ann?.peek('/lines')).toEqual(['to myself', 'aloud']);
  });
});

describe('trust at run time', () => {
  test('W7 a narrower tell kicks who is no longer allowed; the others stay', async () => {
    const { nodes, apps } = await chain(3, { tell: 'targets' });
    const [ann, bob, cat] = nodes as [HearsayNode, HearsayNode, HearsayNode];
    // Ann drops bob: he is still hers to tell under `leeches`? No: targets only.
    const kicked = next((apps[1] as LineApp).events$, ({ name }) => name === 'kicked');
    await ann.pals.part(bob.id);
    expect(await kicked).toMatchObject({ peer: ann.id });
    const still = hears(apps[2], 'still here');
    await apps[1]?.poke('say', 'still here');
    await still;
    expect(cat.pals.mutuals()).toEqual([bob.id]);
  });

  test('better 12: an admin changes the config by poke, others are refused', async () => {
    const network = new TestNetwork();
    const admin = await network.node('admin');
    const ann = await network.node('ann', { admins: [admin.id], bootstrap: admin.addresses });
    const stranger = await network.node('stranger', { bootstrap: ann.addresses });
    const app = await ann.run('lines', gossiping());
    const steer: Agent = { onPoke: ({ data }) => poke('/steer', ann.id, 'lines', 'gossip-config', data), onAgent: (_wire, sign) => fact(['/answers'], 'answer', sign) };
    const answers = [];
    for (const node of [admin, stranger]) {
      const steering = await node.run('steer', steer);
      const answer = next(steering.watch('/answers'));
      await steering.poke('m', { hops: node === admin ? 5 : 7 });
      answers.push(((await answer).data as { refused?: string }).refused);
    }
    expect(answers).toEqual([undefined, 'forbidden']);
    expect(await next(app.config$)).toMatchObject({ hops: 5 });
  });
});

describe('better 9: deliver once, across restarts', () => {
  test('a restarted node is offered everything again and delivers nothing twice', async () => {
    const { network, nodes, apps } = await chain(2);
    const [ann, bob] = nodes as [HearsayNode, HearsayNode & { remains: Parameters<TestNetwork['node']>[2] }];
    for (const line of ['one', 'two']) {
      const arrived = hears(apps[1], line);
      await apps[0]?.poke('say', line);
      await arrived;
    }
    await bob.close();
    const again = await network.node('n1', {}, bob.remains);
    expect(again.seenCount).toBe(2);
    const app = await again.run('lines', gossiping());
    const heard = heardBy(app);
    const three = hears(app, 'three');
    await next(again.events$, ({ type }) => type === 'link-up');
    await apps[0]?.poke('say', 'three');
    await three;
    expect(heard).toEqual(['three']);
    expect(app.peek('/lines')).toEqual(['one', 'two', 'three']);
    expect(again.pals.mutuals()).toEqual([ann.id]);
  });
});

describe('a lost link', () => {
  test('better 11: is no kick: the watches are there again with the link', async () => {
    const { network, apps } = await chain(2);
    const events: AgentEvent[] = [];
    for (const app of apps) app.events$.subscribe((event) => events.push(event));
    const back = hears(apps[1], 'back');
    network.memory.cut('n0', 'n1');
    await apps[0]?.poke('say', 'back');
    await back;
    expect(events).toEqual([]);
  });
});

describe('other wrappers', () => {
  /** Counts events, knows nothing of gossip, and passes every arm on. */
  function counting(agent: Agent, count: { events: number }): Agent {
    return new Proxy(agent, {
      get(target, arm: keyof Agent) {
        const value = target[arm];
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          count.events += 1;
          return (value as (...all: unknown[]) => unknown)(...args);
        };
      },
    });
  }

  test('one around and one inside work, and the streams stay', async () => {
    const network = new TestNetwork();
    const [around, inside] = [{ events: 0 }, { events: 0 }];
    const ann = await network.node('ann');
    const bob = await network.node('bob');
    const said = await ann.run('lines', counting(gossiping(), around) as GossipAgent<Schemas>);
    const heard = await bob.run('lines', withGossip(counting(lines, inside), { marks }));
    await befriend(ann, bob);
    const published = next(said.published$);
    const received = next(heard.received$);
    await said.poke('say', 'x');
    expect([(await published).data, (await received).data]).toEqual(['x', 'x']);
    expect([around.events > 3, inside.events > 1]).toEqual([true, true]);
  });

  test('one around that drops onArrival still gets everything, by the same way in (better 13)', async () => {
    const network = new TestNetwork();
    const ann = await network.node('ann');
    const bob = await network.node('bob');
    const said = await ann.run('lines', gossiping());
    const { onArrival: _dropped, ...rest } = gossiping();
    const heard = await bob.run('lines', rest as GossipAgent<Schemas>);
    await befriend(ann, bob);
    const received = next(heard.received$);
    await said.poke('say', 'x');
    expect((await received).data).toBe('x');
    expect(heard.peek('/lines')).toEqual(['x']);
  });
});

describe('what strangers may do', () => {
  test('a poke or a watch that is not open is refused, and so is one for an agent that does not run', async () => {
    const network = new TestNetwork();
    const ann = await network.node('ann');
    await ann.run('lines', gossiping());
    await ann.run('shop', { open: { pokes: ['ask'], paths: ['/prices'] }, onWatch: () => fact([], 'price', 7) });
    const eve = await network.node('eve', { bootstrap: ann.addresses });
    const asks: Agent = {
      onPoke: () => [
        poke('/order', ann.id, 'shop', 'order', 1),
        poke('/ask', ann.id, 'shop', 'ask', 1),
        poke('/none', ann.id, 'nothing', 'ask', 1),
        watch('/prices', ann.id, 'shop', '/prices'),
        watch('/stock', ann.id, 'shop', '/stock'),
        watch('/gossip', ann.id, 'lines', '/~/gossip/gossip'),
        watch('/pals', ann.id, 'pals', '/targets'),
      ],
      onAgent: (wire, sign) => fact(['/answers'], 'answer', [wire, 'refused' in sign ? sign.refused : sign.type]),
    };
    const app = await eve.run('asks', asks);
    const answers: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      app.watch('/answers').subscribe(({ data }) => {
        answers.push(data);
        if (answers.length === 8) resolve();
      });
    });
    await app.poke('go');
    await all;
    expect(Object.fromEntries(answers as [string, string][])).toEqual({ '/order': 'forbidden', '/ask': 'forbidden', '/none': 'forbidden', '/prices': 'fact', '/stock': 'forbidden', '/gossip': 'forbidden', '/pals': 'forbidden' });
  });
});
