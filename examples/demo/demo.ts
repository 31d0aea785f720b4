/**
 * The demo: five processes, ann - bob - cat - dan - eve, pals in a chain, over WebSockets on loopback. Watch how far a line goes.
 * Ends with exit code 1 if anything it shows did not hold.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Friend } from './friends.ts';

const NAMES = ['ann', 'bob', 'cat', 'dan', 'eve'] as const;
type Name = (typeof NAMES)[number];
type Friends = Readonly<Record<Name, Friend>>;

/** A line, and who had to hear it (once) and nobody else. */
interface Row {
  readonly line: string;
  readonly by: Name;
  readonly reach: readonly Name[];
}

const rows: Row[] = [];
const print = (text: string): void => console.log(text);

const dir = await mkdtemp(join(tmpdir(), 'hearsay-demo-'));
const file = fileURLToPath(new URL('friend.js', import.meta.url));
const friends = Object.fromEntries(NAMES.map((name) => [name, new Friend(name, join(dir, name), file)])) as unknown as Friends;
try {
  await introduce();
  await twoHops();
  await fourHops();
  await restart();
  await parting();
  process.exitCode = verdict() ? 0 : 1;
} catch (error) {
  print(`\nThe demo failed: ${String(error)}`);
  process.exitCode = 1;
} finally {
  await Promise.all(Object.values(friends).map((friend) => friend.stop()));
  await rm(dir, { recursive: true });
}

async function introduce(): Promise<void> {
  print('Five friends start, each a process of its own.');
  await Promise.all(Object.values(friends).map((friend) => friend.start()));
  for (const [index, name] of NAMES.slice(1).entries()) {
    const inviter = friends[NAMES[index] ?? 'ann'];
    await friends[name].ask('redeem', await inviter.ask('invite'));
    print(`  ${name} takes up ${inviter.name}'s invite: they are pals`);
  }
}

/** Says a line and waits for those it must reach. Whether it went further is seen at the end. */
async function say(by: Name, line: string, reach: readonly Name[]): Promise<void> {
  rows.push({ line, by, reach });
  await friends[by].ask('say', line);
  await Promise.all(reach.map((name) => friends[name].hears(line)));
  print(`  ${by}: "${line}" → ${reach.join(', ')}`);
}

async function twoHops(): Promise<void> {
  print('\nAnn speaks with hops 2: pals, and pals of pals.');
  await say('ann', 'two hops', ['bob', 'cat']);
  // Links keep their order: what cat says next comes behind anything of ann's that she might have passed on.
  await say('cat', 'cat was here', ['ann', 'bob', 'dan', 'eve']);
}

async function fourHops(): Promise<void> {
  print('\nAnn raises hops to 4 while running.');
  await friends.ann.ask('hops', '4');
  await say('ann', 'four hops', ['bob', 'cat', 'dan', 'eve']);
}

async function restart(): Promise<void> {
  const { ann, bob, cat } = friends;
  const before = bob.heard.length;
  print(`\nBob is killed (SIGKILL) after hearing ${before} lines, and starts again.`);
  await bob.kill();
  const offered = [ann, cat].map((pal) => pal.offersAgain(bob.id));
  await bob.start();
  await Promise.all(offered);
  print(`  he remembers ${bob.remembered} ids; ann and cat offer him their last lines again`);
  await say('ann', 'welcome back', ['bob', 'cat', 'dan', 'eve']);
  await say('cat', 'glad you are here', ['ann', 'bob', 'dan', 'eve']);
  print(`  since the restart bob heard: ${bob.heard.slice(before).join(', ')}`);
}

async function parting(): Promise<void> {
  const { cat, dan } = friends;
  print('\nDan parts from cat.');
  const kicked = cat.kickedBy(dan.id);
  await dan.ask('part', cat.id);
  await kicked;
  await say('ann', 'where is dan?', ['bob', 'cat']);
  await say('cat', 'gone', ['ann', 'bob']);
  await say('eve', 'here with me', ['dan']);
}

/** Prints the table. Every line has to be heard once by those it had to reach, and by nobody else. */
function verdict(): boolean {
  const table = rows.map(({ line, by, reach }) => {
    const times = NAMES.map((name) => friends[name].heard.filter((what) => what === line).length);
    const holds = NAMES.every((name, index) => times[index] === (reach.includes(name) ? 1 : 0));
    return { line, by, ...Object.fromEntries(NAMES.map((name, index) => [name, name === by ? '·' : times[index]])), holds };
  });
  print('\nHow often each line was heard:');
  console.table(table);
  const held = table.every(({ holds }) => holds);
  print(held ? 'Everything held.' : 'Something did not hold.');
  return held;
}
