/**
 * The demo: five processes, ann - bob - cat - dan - eve, pals in a chain, over WebSockets on loopback. Watch how far a line goes.
 * Ends with exit code 1 if anything it shows did not hold.
 */
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { inScratchDir } from '../scratch-dir.ts';
import { Friend } from './friends.ts';
import { verdict } from './verdict.ts';
import type { Row } from './verdict.ts';

const NAMES = ['ann', 'bob', 'cat', 'dan', 'eve'] as const;
type Name = (typeof NAMES)[number];
type Friends = Readonly<Record<Name, Friend>>;

const FRIEND = fileURLToPath(new URL('friend.js', import.meta.url));
const print = (text: string): void => console.log(text);

const rows: Row[] = [];

await inScratchDir(async (dir) => {
  const friends = Object.fromEntries(NAMES.map((name) => [name, new Friend(name, join(dir, name), FRIEND)])) as Friends;
  const all = Object.values(friends);
  try {
    await introduce(friends);
    await twoHops(friends);
    await fourHops(friends);
    await restart(friends);
    await parting(friends);
    // One after the other: what one still had to send, the next has got before it ends.
    for (const friend of all) await friend.stop();
    const { held, table } = verdict(rows, new Map(all.map(({ name, heard }) => [name, heard])));
    print(['\nHow often each line was heard:', ...table].join('\n  '));
    print(held ? '\nEverything held.' : '\nSomething did not hold.');
    process.exitCode = held ? 0 : 1;
  } catch (error) {
    print(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await Promise.all(all.map((friend) => friend.kill()));
  }
});

async function introduce(friends: Friends): Promise<void> {
  print('Five friends start, each a process of its own.');
  await Promise.all(Object.values(friends).map((friend) => friend.start()));
  for (const [index, name] of NAMES.entries()) {
    const before = NAMES[index - 1];
    if (before === undefined) continue;
    await friends[name].ask('redeem', await friends[before].ask('invite'));
    print(`  ${name} takes up ${before}'s invite: they are pals`);
  }
}

async function twoHops(friends: Friends): Promise<void> {
  print('\nAnn speaks with hops 2: to pals, and pals of pals.');
  await say(friends, 'ann', 'two hops', ['bob', 'cat']);
  await say(friends, 'cat', 'cat was here', ['ann', 'bob', 'dan', 'eve']);
}

async function fourHops(friends: Friends): Promise<void> {
  print('\nAnn raises hops to 4 while running.');
  await friends.ann.ask('hops', '4');
  await say(friends, 'ann', 'four hops', ['bob', 'cat', 'dan', 'eve']);
}

async function restart(friends: Friends): Promise<void> {
  const { ann, bob, cat } = friends;
  const before = bob.heard.length;
  print(`\nBob is killed (SIGKILL) after hearing ${before} lines, and starts again.`);
  await bob.kill();
  await Promise.all([ann.offersAgain(bob.id), cat.offersAgain(bob.id), bob.start()]);
  if (bob.remembered < before) throw new Error(`bob heard ${before} lines and remembers ${bob.remembered}`);
  print(`  he remembers ${bob.remembered} lines; ann and cat offer him their latest again, and he hears none of them twice`);
  await say(friends, 'ann', 'welcome back', ['bob', 'cat', 'dan', 'eve']);
  await say(friends, 'cat', 'glad you are here', ['ann', 'bob', 'dan', 'eve']);
}

async function parting(friends: Friends): Promise<void> {
  const { cat, dan } = friends;
  print('\nDan parts from cat.');
  await Promise.all([cat.kickedBy(dan.id), dan.ask('part', cat.id)]);
  await say(friends, 'ann', 'where is dan?', ['bob', 'cat']);
  await say(friends, 'cat', 'gone', ['ann', 'bob']);
  await say(friends, 'eve', 'here with me', ['dan']);
}

/** One speaks, and those it has to reach hear it. That nobody else does shows at the end. */
async function say(friends: Friends, by: Name, line: string, reach: readonly Name[]): Promise<void> {
  rows.push({ line, by, reach });
  await friends[by].ask('say', line);
  await Promise.all(reach.map((name) => friends[name].hears(line)));
  print(`  ${by}: "${line}" → ${reach.join(', ')}`);
}
