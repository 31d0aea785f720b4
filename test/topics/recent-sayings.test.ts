/** What is said a moment before somebody comes: the agent of a topic in a small host, and its memory at each limit. */
import { describe, expect, test } from '@jest/globals';
import type { Bowl, Effect, FactEffect } from '../../src/agent.ts';
import type { PeerId } from '../../src/ids.ts';
import { GOSSIP_GOSSIP } from '../../src/marks/paths.ts';
import { again, idOf, topicMarks } from '../../src/topics/message.ts';
import type { Content } from '../../src/topics/message.ts';
import { RecentSayings } from '../../src/topics/recent-sayings.ts';
import { SAY, topicAgent } from '../../src/topics/topic-agent.ts';
import type { Saying } from '../../src/topics/topic-agent.ts';
import { parseRumor } from '../../src/wrapper/rumor.ts';
import { BOB, CAT, DAN, NOW, peerOf, rumorOf } from '../wrapper/names.ts';
import { TestHost } from '../wrapper/test-host.ts';

const MAX_BYTES = 1_000;
const once = (text: string): Content => ({ bytes: new TextEncoder().encode(text), nonce: undefined });
const saying = (content: Content, hops = 15): Saying => ({ id: idOf('rumors', content, MAX_BYTES), message: { ...content, hops, ours: true } });

async function started(): Promise<TestHost> {
  const host = new TestHost(topicAgent());
  await host.init();
  return host;
}

/** Rumors among effects, as text and hops. */
function told(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => {
    const rumor = effect.type === 'fact' && effect.mark === 'gossip-rumor' ? parseRumor(effect.data, MAX_BYTES) : undefined;
    if (rumor === undefined || typeof rumor === 'string') return [];
    const read = topicMarks.decode(rumor.mark, rumor.payload);
    const bytes = rumor.mark === 'bytes' ? read.data : (read.data as readonly unknown[])[1];
    return [`${new TextDecoder().decode(bytes as Uint8Array)} ${rumor.hops}`];
  });
}

const newcomer = async (host: TestHost, peer: PeerId): Promise<readonly string[]> => told((await host.watch(GOSSIP_GOSSIP, peer)).effects);

/** A neighbour says it, and the host hears it. */
async function hearFrom(peer: PeerId, host: TestHost, said: Saying): Promise<void> {
  const other = await started();
  const { effects } = await other.poke(SAY, said);
  const rumor = effects.find((effect) => effect.type === 'fact' && effect.mark === 'gossip-rumor') as FactEffect;
  await host.sign('/~/gossip/overlay', { type: 'fact', mark: 'overlay-effect', data: { type: 'up', peer } });
  host.arrive(rumor.data, peer);
  await host.settle();
}

describe('a newcomer', () => {
  test('is given what was said a moment ago, in order, to go as far as it was meant to', async () => {
    const host = await started();
    const said = [saying(once('far'), 15), saying(again(once('twice').bytes), 9), saying(once('near'), 1)];
    const atOnce: Effect[] = [];
    for (const each of said) atOnce.push(...(await host.poke(SAY, each)).effects);
    expect(told(atOnce)).toEqual(['far 14', 'twice 8', 'near 0']);
    expect(await newcomer(host, BOB)).toEqual(['far 14', 'twice 8', 'near 0']);
    expect(await newcomer(host, CAT)).toEqual(['far 14', 'twice 8', 'near 0']);
  });

  test('is not given what others said, nor what has hops for nobody', async () => {
    const host = await started();
    await hearFrom(CAT, host, saying(once('of another')));
    expect(told(host.out)).toEqual(['of another 13']);
    await host.poke('gossip-config', { hops: 0 });
    await host.poke(SAY, saying(once('silent')));
    await host.poke('gossip-config', { hops: 15 });
    expect(await newcomer(host, BOB)).toEqual([]);
  });

  test.each([true, 'stem'] as const)('is not given what is passed (%s), neither while it is held nor afterwards', async (pass) => {
    const host = await started();
    await host.poke('gossip-config', { pass });
    const { id, message } = saying(once('passed'));
    await host.poke(SAY, { id, message });
    expect(await newcomer(host, BOB)).toEqual([]);
    // Others publish it: we hold it no more, and it is a datum like any other.
    await hearFrom(CAT, host, saying(once('passed')));
    expect(host.seen.get(id)).toMatchObject({ hops: 14, delivered: true });
    expect(await newcomer(host, DAN)).toEqual([]);
  });

  test('is not given what an event that failed was to say, until it is said', async () => {
    const host = await started();
    // Its effects are dropped, as after a failed commit.
    void host.agent.onPoke?.({ mark: SAY, data: saying(once('failed')) }, host.bowl());
    expect(await newcomer(host, BOB)).toEqual([]);
    await host.poke(SAY, saying(once('failed')));
    expect(await newcomer(host, BOB)).toEqual(['failed 14']);
  });
});

describe('what is kept for newcomers is bounded', () => {
  const seen: Pick<Bowl, 'seen'> = { seen: () => ({ hops: 15, delivered: true, relayed: true }) };
  const bowlAt = (now: number): Bowl => ({ ...new TestHost({}).bowl(), ...seen, now });
  const sizes = (recent: RecentSayings, now = NOW): readonly number[] => recent.answers(bowlAt(now)).map((effect) => (effect.type === 'fact' ? (effect.data as Uint8Array).length : -1));
  /** Messages of these sizes, said at once. */
  function of(...lengths: readonly number[]): RecentSayings {
    const recent = new RecentSayings();
    lengths.forEach((length, i) => recent.add(rumorOf(i), { bytes: new Uint8Array(length), nonce: undefined }, NOW));
    return recent;
  }

  test('256 messages; then the oldest go', () => {
    const lengths = Array.from({ length: 257 }, (_, i) => i);
    expect(sizes(of(...lengths.slice(0, 256)))).toEqual(lengths.slice(0, 256));
    expect(sizes(of(...lengths))).toEqual(lengths.slice(1));
  });

  test('256 KiB; then the oldest go', () => {
    expect(sizes(of(1, 131_071, 131_072))).toEqual([1, 131_071, 131_072]);
    expect(sizes(of(1, 131_072, 131_072))).toEqual([131_072, 131_072]);
    expect(sizes(of(5, 262_145))).toEqual([]);
  });

  test('10 s, whichever way the clock is set', () => {
    for (const [afterMs, left] of [[10_000, [7]], [10_001, []], [-10_000, [7]], [-10_001, []]] as const) expect(sizes(of(7), NOW + afterMs)).toEqual(left);
  });

  test('15 newcomers a message: who subscribes over and over is given nothing more', () => {
    const recent = of(7);
    const given = Array.from({ length: 16 }, () => sizes(recent).length);
    expect(given).toEqual([...Array.from({ length: 15 }, () => 1), 0]);
  });

  test('the same message said again counts once', () => {
    const recent = of(131_072, 131_072);
    recent.add(rumorOf(0), { bytes: new Uint8Array(131_072), nonce: undefined }, NOW);
    expect(sizes(recent)).toEqual([131_072, 131_072]);
  });
});

test('whoever asks for it under its reserved name is refused', async () => {
  const host = await started();
  await host.poke(SAY, saying(once('hi')));
  expect((await host.watch('/~/gossip/source', peerOf(9))).refused).toBe('gossip-forbidden');
});
