/** The agent of `hearsay up`, in a small host. */
import { expect, test } from '@jest/globals';
import type { Effect } from '../../src/agent.ts';
import { gossiper } from '../../src/cli/up/gossiper.ts';
import { GOSSIP_GOSSIP } from '../../src/marks/paths.ts';
import type { GossipConfig } from '../../src/wrapper/config.ts';
import { BOB, CAT, DAN } from '../wrapper/names.ts';
import { TestHost } from '../wrapper/test-host.ts';

async function started(config: Partial<GossipConfig> = {}, heardBy = (): void => undefined): Promise<TestHost> {
  const host = new TestHost(gossiper({ hops: 3, hear: 'anybody', tell: 'anybody', ...config }, heardBy));
  await host.init();
  return host;
}

const rumors = (effects: readonly Effect[]): readonly unknown[] => effects.flatMap((effect) => (effect.type === 'fact' && effect.mark === 'gossip-rumor' ? [effect.data] : []));

test('who begins to hear us is counted, and given what we said in the last ten seconds, as it was said', async () => {
  let hearers = 0;
  const host = await started({}, () => (hearers += 1));
  const said: unknown[] = [];
  for (const text of ['one', 'two', 'two']) said.push(...rumors((await host.poke('say', text)).effects));
  expect(new Set(said).size).toBe(3);
  expect(rumors((await host.watch(GOSSIP_GOSSIP, BOB)).effects)).toEqual(said);
  host.nowMs += 10_000;
  expect(rumors((await host.watch(GOSSIP_GOSSIP, CAT)).effects)).toEqual(said);
  host.nowMs += 1;
  expect(rumors((await host.watch(GOSSIP_GOSSIP, DAN)).effects)).toEqual([]);
  expect(hearers).toBe(3);
});

test('what is passed is not given to who comes, also when others have published it', async () => {
  const host = await started({ pass: 'stem' });
  const { effects } = await host.poke('say', 'one');
  const [held] = effects.flatMap((effect) => (effect.type === 'save' && effect.key.startsWith('/~/gossip/held/') ? [effect.value as { readonly rumor: Uint8Array }] : []));
  await host.sign('/~/gossip/overlay', { type: 'fact', mark: 'overlay-effect', data: { type: 'up', peer: CAT } });
  host.arrive(held?.rumor, CAT);
  await host.settle();
  expect([...host.seen.values()]).toMatchObject([{ delivered: true }]);
  expect(rumors((await host.watch(GOSSIP_GOSSIP, BOB)).effects)).toEqual([]);
});

test('a line that no payload holds fails, and is not given to who comes', async () => {
  const host = await started();
  expect((await host.poke('say', 'x'.repeat(host.bowl().limits.maxPayloadBytes))).error).toMatchObject({ code: 'HEARSAY_TOO_LARGE' });
  expect(rumors((await host.watch(GOSSIP_GOSSIP, BOB)).effects)).toEqual([]);
});
