/** When the address book goes to the disk. */
import { expect, test } from '@jest/globals';
import { AddressBook } from '../../src/node/address-book.ts';
import { Addresses } from '../../src/node/addresses.ts';
import type { AddressesOptions } from '../../src/node/addresses.ts';
import { seededRandom } from '../../src/random.ts';
import { createIdentity } from '../../src/transport/identity.ts';
import { ManualClock } from '../support/clock.ts';

const [identity, bob] = [createIdentity(), createIdentity()];
const random = seededRandom(1);

/** Addresses on a disk that notes what is written. */
async function stage(): Promise<{ addresses: Addresses; clock: ManualClock; written: Uint8Array[] }> {
  const clock = new ManualClock();
  const written: Uint8Array[] = [];
  const store = { readMeta: () => Promise.resolve(undefined), writeMeta: (_key: string, value: Uint8Array) => void written.push(value) } as unknown as AddressesOptions['store'];
  const options: AddressesOptions = { identity, store, clock, maxRecords: 10, maxTopicRecords: 10, isPal: () => false, allows: () => true, renewed: () => undefined };
  return { addresses: await Addresses.open(options, () => undefined), clock, written };
}

test('where a peer was found for the first time is written at once, and where it is found again a second later', async () => {
  const { addresses, clock, written } = await stage();
  addresses.worked(bob.id, 'ws://192.0.2.1:7700');
  expect(written).toHaveLength(1);
  addresses.worked(bob.id, 'ws://192.0.2.1:7700');
  expect(written).toHaveLength(1);
  clock.advance(1_000);
  expect(written).toHaveLength(2);
});

test('who is in a topic is written ten seconds later, all changes at once, or with what is written before', async () => {
  const { addresses, clock, written } = await stage();
  addresses.topic('ab').worked({ peer: bob.id, record: undefined }, random);
  for (let change = 0; change < 5; change += 1) addresses.topicChanged();
  clock.advance(9_999);
  expect(written).toEqual([]);
  clock.advance(1);
  expect(written).toHaveLength(1);
  addresses.topicChanged();
  addresses.worked(bob.id, 'ws://192.0.2.1:7700');
  clock.advance(20_000);
  expect(written).toHaveLength(2);
});

test('what is not written yet is written at the end', async () => {
  const { addresses, clock, written } = await stage();
  addresses.topic('ab').worked({ peer: bob.id, record: undefined }, random);
  addresses.topicChanged();
  addresses.close();
  const bookOptions = { self: identity.id, maxRecords: 10, maxTopicRecords: 10, isPal: () => false, allows: () => true };
  expect(AddressBook.fromBytes(written.at(-1) ?? new Uint8Array(), bookOptions, clock.now()).topic('ab').entries).toEqual([{ peer: bob.id, record: undefined }]);
});
