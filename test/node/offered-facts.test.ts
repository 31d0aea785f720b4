/** Offered rumors at hand in RAM. */
import { expect, test } from '@jest/globals';
import type { RumorId } from '../../src/ids.ts';
import { OfferedFacts } from '../../src/node/offered-facts.ts';
import { OutgoingFact } from '../../src/node/outgoing-fact.ts';

const ID = 'a'.repeat(64) as RumorId;
const offered = (number: number, bytes = 100): OutgoingFact => new OutgoingFact({ mark: 'm', data: null }, 1_000, number, { id: ID, hops: 1, bytes });

test('at limits.maxOfferedBytes the oldest go, of whatever agent', () => {
  const facts = new OfferedFacts(300);
  const [one, two, three, four] = [offered(1), offered(1), offered(2), offered(3)];
  facts.add('a', one);
  facts.add('b', two);
  facts.add('a', three);
  expect([facts.find('a', 1), facts.find('b', 1), facts.find('a', 2), facts.find('b', 2)]).toEqual([one, two, three, undefined]);
  facts.add('a', four);
  expect([facts.find('a', 1), facts.find('b', 1), facts.find('a', 3)]).toEqual([undefined, two, four]);
});

test('one that is larger than all the room is not kept, and nothing else is', () => {
  const facts = new OfferedFacts(300);
  facts.add('a', offered(1));
  facts.add('a', offered(2, 301));
  expect([facts.find('a', 1), facts.find('a', 2)]).toEqual([undefined, undefined]);
  const next = offered(3);
  facts.add('a', next);
  expect(facts.find('a', 3)).toBe(next);
});
