/** A machine whose clock is set a day ahead or back while its node runs. What the store makes of it: test/store/level-store.test.ts. */
import { describe, expect, test } from '@jest/globals';
import { SetClock } from '../support/clock.ts';
import { befriend } from '../support/nodes.ts';
import { OpenTopic } from '../support/open-topic.ts';
import type { Member } from '../support/open-topic.ts';

const DAY_MS = 24 * 3_600_000;
const MINUTE = 60;

async function trafficIn(topic: OpenTopic, seconds: number): Promise<number> {
  const before = topic.network.traffic;
  await topic.pass(seconds);
  return topic.network.traffic - before;
}

const losses = ({ events }: Member): string[] => events.map(({ type }) => type).filter((type) => type === 'link-down' || type === 'neighbor-down');

describe.each([
  ['ahead', DAY_MS],
  ['back', -DAY_MS],
])('a clock that jumps a day %s', (_name, jumpMs) => {
  test('causes no storm and loses no link; what was heard is not heard again, also after a restart, and what is new is', async () => {
    const topic = new OpenTopic();
    const clock = new SetClock(topic.clock);
    const [ann, bob, cat] = [await topic.add(), await topic.add({}, { clock }), await topic.add()];
    await befriend(ann.node, bob.node);
    await topic.pass(10);
    await ann.app.poke('say', 'before');
    await cat.app.poke('say', 'and before');
    const usual = await trafficIn(topic, MINUTE);
    const lost = topic.members.map((one) => losses(one).length);

    clock.jump(jumpMs);
    expect(await trafficIn(topic, MINUTE)).toBeLessThanOrEqual(2 * usual);
    for (const one of topic.members) await one.app.poke('say', `${one.name} after`);
    await topic.quiet(600);
    clock.jump(-jumpMs);
    expect(await trafficIn(topic, MINUTE)).toBeLessThanOrEqual(2 * usual);
    expect(topic.members.map((one) => losses(one).length)).toEqual(lost);
    expect(topic.members.map(({ heard }) => [...heard].sort())).toEqual([
      ['and before', 'n1 after', 'n2 after'],
      ['and before', 'before', 'n0 after', 'n2 after'],
      ['before', 'n0 after', 'n1 after'],
    ]);

    await bob.node.close();
    clock.jump(jumpMs);
    const again = await topic.add({}, { clock }, bob.remains);
    await topic.pass(10);
    await ann.app.poke('say', 'last');
    await topic.quiet(600);
    expect(again.heard).toEqual(['last']);
  });
});
