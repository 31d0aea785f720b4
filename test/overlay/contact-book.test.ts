import { expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { ContactBook } from '../../src/overlay/contact-book.ts';
import type { Contact } from '../../src/overlay/messages.ts';
import { seededRandom } from '../../src/random.ts';

const contact = (n: number): Contact => ({ peer: n.toString(16).padStart(64, '0') as PeerId, record: undefined });
const numbers = (book: ContactBook): number[] => book.entries.map(({ peer }) => parseInt(peer, 16));

test('as many as it is told and no more; those that worked take the place of those that did not', () => {
  const book = new ContactBook(3);
  for (const n of [1, 2, 3, 4]) book.heardOf(contact(n));
  expect(numbers(book)).toEqual([1, 2, 3]);
  book.worked(contact(9), seededRandom(1));
  expect([book.entries.length, numbers(book)[0], book.workedCount]).toEqual([3, 9, 1]);
});

test('what is put back is as it was', () => {
  const book = new ContactBook(4);
  for (const n of [1, 2, 3]) book.heardOf(contact(n));
  for (const n of [3, 7]) book.worked(contact(n), seededRandom(1));
  const again = new ContactBook(4);
  for (const [at, each] of book.entries.entries()) again.restore(each, at < book.workedCount);
  expect([numbers(again), again.workedCount]).toEqual([numbers(book), 2]);
});

test('a book from another time, with more than fits, is cut', () => {
  const book = new ContactBook(2);
  for (const n of [1, 2, 3]) book.restore(contact(n), true);
  book.restore(contact(1), true);
  expect([numbers(book), book.workedCount]).toEqual([[1, 2], 2]);
});

test('whom nobody could dial any more goes, and makes room', () => {
  const book = new ContactBook(4);
  for (const n of [1, 2, 3, 4]) book.heardOf(contact(n));
  for (const n of [1, 2]) book.worked(contact(n), seededRandom(1));
  book.retain((peer) => parseInt(peer, 16) % 2 === 0);
  expect([numbers(book), book.workedCount]).toEqual([[2, 4], 1]);
  book.heardOf(contact(5));
  expect(numbers(book)).toEqual([2, 4, 5]);
});
