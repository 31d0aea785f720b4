import { renameSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { verdict } from '../../examples/demo/verdict.ts';
import { builtFile, spawnModule } from '../support/child.ts';

/** From the issue: hops 2 reach cat, hops 4 reach all, bob hears nothing twice, a line stops at cat once dan is gone. */
const TABLE = [
  '  who  line               ann  bob  cat  dan  eve',
  '  ann  two hops           ·    1    1    0    0    held',
  '  cat  cat was here       1    1    ·    1    1    held',
  '  ann  four hops          ·    1    1    1    1    held',
  '  ann  welcome back       ·    1    1    1    1    held',
  '  cat  glad you are here  1    1    ·    1    1    held',
  '  ann  where is dan?      ·    1    1    0    0    held',
  '  cat  gone               1    1    ·    0    0    held',
  '  eve  here with me       0    0    0    1    ·    held',
];

describe('the demo', () => {
  test('shows what it says, and ends by itself with exit code 0', async () => {
    const demo = spawnModule('build/examples/demo/demo.js');
    expect([await demo.ended, demo.errors]).toEqual([{ code: 0, signal: null }, '']);
    expect(demo.output.slice(-TABLE.length - 2)).toEqual([...TABLE, '', 'Everything held.']);
    expect(demo.output).toContain('Bob is killed (SIGKILL) after hearing 3 lines, and starts again.');
  });

  test('ends with exit code 1 when a friend hears a line twice', async () => {
    renameSync(builtFile('build/examples/demo/friend.js'), builtFile('build/examples/demo/true-friend.js'));
    const stutter = `
      const send = process.send.bind(process);
      process.send = (news) => (news.what === 'gone' && send(news), send(news));
      await import('./true-friend.js');`;
    writeFileSync(builtFile('build/examples/demo/friend.js'), stutter);
    const demo = spawnModule('build/examples/demo/demo.js');
    expect(await demo.ended).toEqual({ code: 1, signal: null });
    expect(demo.output).toContain('  cat  gone               2!   2!   ·    0    0    DID NOT HOLD');
    expect(demo.output.at(-1)).toBe('Something did not hold.');
  });
});

describe('the verdict', () => {
  const rows = [{ line: 'hi', by: 'ann', reach: ['bob'] }];
  test.each([
    { name: 'heard once by whom it has to reach', heard: { ann: [], bob: ['hi'], cat: [] }, held: true, cells: '·    1    0    held' },
    { name: 'not heard', heard: { ann: [], bob: [], cat: [] }, held: false, cells: '·    0!   0    DID NOT HOLD' },
    { name: 'heard twice', heard: { ann: [], bob: ['hi', 'hi'], cat: [] }, held: false, cells: '·    2!   0    DID NOT HOLD' },
    { name: 'heard by another', heard: { ann: [], bob: ['hi'], cat: ['hi'] }, held: false, cells: '·    1    1!   DID NOT HOLD' },
    { name: 'heard by who said it', heard: { ann: ['hi'], bob: ['hi'], cat: [] }, held: false, cells: '1!   1    0    DID NOT HOLD' },
    { name: 'a line that nobody said', heard: { ann: [], bob: ['hi', 'what?'], cat: [] }, held: false, cells: '·    1    0    held' },
  ])('$name: $held', ({ heard, held, cells }) => {
    expect(verdict(rows, new Map(Object.entries(heard)))).toEqual({ held, table: ['who  line  ann  bob  cat', `ann  hi    ${cells}`] });
  });
});
