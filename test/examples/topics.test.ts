import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { main as bridgeBothWays } from '../../examples/bridge-both-ways/main.ts';
import { main as bridgeOneWay } from '../../examples/bridge-one-way/main.ts';
import { main as publishSubscribe } from '../../examples/publish-subscribe/main.ts';
import { spawnModule } from '../support/child.ts';
import type { Running } from '../support/child.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearsay-topics-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function printed(main: (print: (line: string) => void) => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  await main((line) => lines.push(line));
  return lines;
}

describe('topic-counter', () => {
  const terminal = (name: string, ...args: string[]): Running => spawnModule('scripts/example.js', ['topic-counter', '--dir', join(dir, name), ...args]);
  const hears = (one: Running, number: number): Promise<string> => one.line((line) => line === `topic1 message: ${number}`);

  test('each terminal prints what the others count, also what they counted before there was anybody; Ctrl-C ends it', async () => {
    const ann = terminal('ann');
    const address = (await ann.line((line) => line.startsWith('join me at '))).slice('join me at '.length);
    const bob = terminal('bob', '--bootstrap', address);
    for (const number of [1, 2]) await Promise.all([hears(ann, number), hears(bob, number)]);
    const cat = terminal('cat', '--bootstrap', address);
    // Of whom she hears is a matter of time; what she counts from the first is heard.
    await Promise.all([hears(ann, 1), cat.line((line) => line.startsWith('topic1 message: '))]);
    for (const one of [cat, bob, ann]) expect([await one.kill('SIGINT'), one.errors]).toEqual([{ code: 0, signal: null }, '']);
  });
});

describe('bridges', () => {
  test('bridge-one-way: what is said in the north is heard in the south, and not the other way', async () => {
    expect(await printed(bridgeOneWay)).toEqual(['cat hears: north: snow', 'bob hears in the south, too: north: snow', 'bob hears in the south: sun', 'ann hears only: that is all']);
  });

  test('bridge-both-ways: in a loop of two bridges everything is heard once', async () => {
    expect(await printed(bridgeBothWays)).toEqual(['cat hears: snow', 'cat hears: ice', 'ann hears: sun', 'ann hears: sand']);
  });
});

test('publish-subscribe: a handle, publishing, subscriptions, events', async () => {
  expect(await printed(publishSubscribe)).toEqual([
    'panda Joined',
    'icebear NeighborUp',
    'accepted: true, sent to: icebear',
    'one subscription: Hello, Panda!',
    'the other: Hello, Panda!',
    'without a handle: Still there?',
    'icebear NeighborDown left',
    'panda Left',
  ]);
});
