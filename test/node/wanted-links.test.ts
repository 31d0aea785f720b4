import { expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { WantedLinks } from '../../src/node/wanted-links.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64) as PeerId) as [PeerId, PeerId, PeerId];

function make(max: number): { links: WantedLinks; said: string[] } {
  const said: string[] = [];
  const say = (verb: string) => (peer: PeerId) => void said.push(`${verb} ${peer[0]}`);
  return { links: new WantedLinks(max, { want: say('want'), unwant: say('unwant') }), said };
}

test('a peer is wanted until the last wish for it is gone', () => {
  const { links, said } = make(8);
  links.set(a, 'router', true);
  links.set(a, 'pal', true);
  links.set(a, 'router', false);
  expect(said).toEqual(['want a']);
  links.set(a, 'pal', false);
  expect(said).toEqual(['want a', 'unwant a']);
});

test('past maxHotPals the least recently useful peer becomes warm, and comes back when there is room', () => {
  const { links, said } = make(2);
  links.set(a, 'pal', true);
  links.set(b, 'pal', true);
  links.useful(a);
  links.set(c, 'pal', true);
  expect(said).toEqual(['want a', 'want b', 'unwant b', 'want c']);
  expect(links.hot).toEqual([a, c]);
  links.set(a, 'pal', false);
  expect(said.slice(4)).toEqual(['unwant a', 'want b']);
});
