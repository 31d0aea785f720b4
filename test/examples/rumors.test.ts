/** The rumors app as people run it: each a process of its own, over WebSockets, driven by what is typed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnModule } from '../support/child.ts';
import type { Running } from '../support/child.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hearsay-rumors-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

/** What `npm run example -- rumors --dir …` runs. */
function terminal(name: string, ...args: string[]): Running {
  return spawnModule('scripts/example.js', ['rumors', '--dir', join(dir, name), ...args]);
}

async function inviteOf(one: Running): Promise<string> {
  return (await one.line((line) => line.startsWith('invite: '))).slice('invite: '.length);
}

const shows = (one: Running, text: string): Promise<string> => one.line((line) => line === text);
const starts = (one: Running, text: string): Promise<string> => one.line((line) => line.startsWith(text));

/** All that it showed of what others said. */
const heardBy = (one: Running): string[] => one.output.filter((line) => line.startsWith('» ')).map((line) => line.slice(2));

/** Types `/latest`; `count` lines are expected. */
async function latestOf(one: Running, count: number): Promise<string[]> {
  one.write('/latest');
  const lines: string[] = [];
  while (lines.length < count) lines.push((await starts(one, '  ')).trim());
  return lines;
}

/** Starts three, cat being a pal of bob only, joined by the invites on their terminals. */
async function three(prefix: string): Promise<[Running, Running, Running]> {
  const ann = terminal(`${prefix}-ann`);
  const bob = terminal(`${prefix}-bob`, '--join', await inviteOf(ann));
  const link = await inviteOf(bob);
  await starts(bob, 'joined ');
  const cat = terminal(`${prefix}-cat`);
  await inviteOf(cat);
  cat.write(`/join ${link}`);
  await starts(cat, 'joined ');
  return [ann, bob, cat];
}

async function quit(...all: Running[]): Promise<void> {
  for (const one of all) one.write('/quit');
  for (const one of all) expect(await one.ended).toEqual({ code: 0, signal: null });
}

describe('three terminals, the third a pal of the second only', () => {
  test('what is typed in one reaches the other two, once each; a newcomer gets the latest five, newest first', async () => {
    const [ann, bob, cat] = await three('three');
    for (const [speaker, text, others] of [
      [ann, 'the walls have ears', [bob, cat]],
      [bob, 'so they say', [ann, cat]],
      [cat, 'who says?', [ann, bob]],
    ] as const) {
      speaker.write(text);
      for (const other of others) await shows(other, `» ${text}`);
    }
    expect([heardBy(ann), heardBy(bob), heardBy(cat)]).toEqual([
      ['so they say', 'who says?'],
      ['the walls have ears', 'who says?'],
      ['the walls have ears', 'so they say'],
    ]);
    for (const one of [ann, bob, cat]) expect(await latestOf(one, 3)).toEqual(['who says?', 'so they say', 'the walls have ears']);

    const five = ['1', '2', '3', '4', '5'];
    for (const text of five) cat.write(text);
    await shows(ann, '» 5');
    const link = await (cat.write('/invite'), inviteOf(cat));
    const dan = terminal('three-dan', '--join', link);
    await shows(dan, '» 5');
    expect(heardBy(dan)).toEqual(five);
    expect(await latestOf(dan, 5)).toEqual([...five].reverse());
    await quit(dan, cat, bob, ann);
  });

  test('they are pals still when started again, and what was said meanwhile is heard', async () => {
    const [ann, bob, cat] = await three('again');
    await quit(ann);
    bob.write('ann is out');
    await shows(cat, '» ann is out');
    const back = terminal('again-ann');
    await shows(back, '» ann is out');
    back.write('I am back');
    await shows(cat, '» I am back');
    back.write('/pals');
    await shows(back, `  ${(await youAre(bob)).slice(0, 8)} connected`);
    await quit(back, bob, cat);
  });
});

/** Its short id, from its greeting. */
function youAre(one: Running): Promise<string> {
  const line = one.output.find((said) => said.startsWith('you are '));
  return line === undefined ? starts(one, 'you are ') : Promise.resolve(line.slice('you are '.length));
}

describe('what cannot be done is said in one line, and the app goes on', () => {
  test('at the prompt', async () => {
    const [gone, ann, bob] = [terminal('gone'), terminal('bad-ann'), terminal('bad-bob')];
    const unreachable = await inviteOf(gone);
    await quit(gone);
    const own = await inviteOf(ann);
    bob.write(`/join ${own}`);
    await starts(bob, 'joined ');
    const refused: readonly (readonly [string, string])[] = [
      ['/join garbage', 'Expected `link` to be an invite: hearsay:invite?v=1&i=…, got `"7 characters"`'],
      ['/join', 'Expected `link` to be an invite: hearsay:invite?v=1&i=…, got `"0 characters"`'],
      [`/join ${own}`, 'Expected `link` to be an invite of somebody else, got `"our own"`'],
      [`/join ${unreachable}`, 'Expected `link` to hold an address where the inviter answers, got '],
      ['/hops 16', 'Expected `hops` to be an integer from 0 to 15, got `16`'],
      ['x'.repeat(1_025), 'a rumor has 1 to 1024 characters'],
    ];
    for (const [typed, why] of refused) {
      ann.write(typed);
      expect(await starts(ann, 'could not: ')).toContain(why);
    }
    ann.write('once');
    ann.write('once');
    expect(await starts(ann, 'could not: ')).toBe('could not: the same text twice in a row');
    ann.write('/dance');
    expect(await starts(ann, 'type a line')).toBe('type a line to spread it, or');
    ann.write('at last');
    await shows(bob, '» at last');
    expect(heardBy(bob)).toEqual(['once', 'at last']);
    // The end of the input ends it too.
    for (const one of [ann, bob]) one.hangUp();
    for (const one of [ann, bob]) expect([await one.ended, one.errors]).toEqual([{ code: 0, signal: null }, '']);
  });

  test('at the start: exit code 1', async () => {
    const ann = terminal('start-ann');
    await inviteOf(ann);
    const failing = [
      terminal('start-bob', '--listen', 'tcp:7701'),
      terminal('start-ann'),
      terminal('start-bob', '--lisen', 'ws://127.0.0.1:0'),
    ];
    const endings = await Promise.all(failing.map(({ ended }) => ended));
    expect(endings).toEqual(failing.map(() => ({ code: 1, signal: null })));
    expect(failing.map(({ errors }) => errors.trimEnd().split('\n').map((line) => line.split(':')[0]))).toEqual([['HEARSAY_BAD_ADDRESS'], ['HEARSAY_LOCKED'], ['ERR_PARSE_ARGS_UNKNOWN_OPTION']]);
    await quit(ann);
  });

  test('an unknown example: the usage', async () => {
    const unknown = spawnModule('scripts/example.js', ['rumours']);
    expect(await unknown.ended).toEqual({ code: 2, signal: null });
    expect(unknown.errors).toMatch(/^usage: npm run example -- <rumors\|/);
  });
});
