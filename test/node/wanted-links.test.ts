import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { WantedLinks } from '../../src/node/wanted-links.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64) as PeerId) as [PeerId, PeerId, PeerId, PeerId];
const NOW = 1_700_000_000_000;

function make(max: number, up: ReadonlySet<PeerId> = new Set()): { links: WantedLinks; said: string[] } {
  const said: string[] = [];
  const say = (verb: string) => (peer: PeerId) => void said.push(`${verb} ${peer[0]}`);
  return { links: new WantedLinks(max, { want: say('want'), unwant: say('unwant'), isUp: (peer) => up.has(peer) }), said };
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

test('something new for a warm peer makes it hot again', () => {
  const { links, said } = make(1);
  links.set(a, 'router', true);
  links.set(b, 'router', true);
  links.set(a, 'router', true);
  expect(said).toEqual(['want a', 'unwant a', 'want b', 'unwant b', 'want a']);
});

describe('when something is published', () => {
  test('warm peers are dialled in turn, one a second, in place of the least recently useful', () => {
    const { links, said } = make(2);
    for (const peer of [a, b, c, d]) links.set(peer, 'pal', true);
    said.length = 0;
    for (let ms = 0; ms <= 2_000; ms += 250) links.published(NOW + ms);
    expect(said).toEqual(['unwant c', 'want a', 'unwant d', 'want b', 'unwant a', 'want c']);
    expect(links.hot).toHaveLength(2);
  });

  test('those that have a link, or are hot, are left alone', () => {
    const { links, said } = make(2, new Set([a]));
    for (const peer of [a, b, c]) links.set(peer, 'pal', true);
    said.length = 0;
    links.published(NOW);
    expect(said).toEqual([]);
  });

  test('a clock that is set back delays nobody for long', () => {
    const { links, said } = make(1);
    for (const peer of [a, b]) links.set(peer, 'pal', true);
    links.published(NOW);
    said.length = 0;
    links.published(NOW - 3_600_000);
    expect(said).toEqual(['unwant a', 'want b']);
  });
});
