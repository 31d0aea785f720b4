import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AddressBook, MAX_WORKED } from '../../src/node/address-book.ts';
import { makeAddressRecord, RECORD_LIFE_MS } from '../../src/node/address-record.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { parseAddress, privateNetworkOf } from '../../src/transport/address.ts';
import { identityFromSeed } from '../../src/transport/identity.ts';
import type { PeerId } from '../../src/ids.ts';
import type { Identity } from '../../src/transport/identity.ts';

const NOW = 1_800_000_000_000;
const who = (seed: number): Identity => identityFromSeed(new Uint8Array(32).fill(seed));
const [self, bob, cat, dan, eve] = [who(1), who(2), who(3), who(4), who(5)] as const;
const at = (n: number): string => `ws://192.0.2.${n}:7700`;

const record = (identity: Identity, seq: number, addresses: readonly string[], expiresMs: number = NOW + RECORD_LIFE_MS): Uint8Array =>
  makeAddressRecord(identity, { seq, expiresMs, addresses, dialable: true });

const REST = { maxTopicRecords: 64, allows: (address: string): boolean => privateNetworkOf(parseAddress(address).host) === undefined };

function book({ maxRecords = 10, pals = [] as readonly Identity[] } = {}): AddressBook {
  return new AddressBook({ self: self.id, ...REST, maxRecords, isPal: (peer) => pals.some(({ id }) => id === peer) });
}

describe('an address book', () => {
  test('gives what worked first, the most recent first, then what the record says', () => {
    const addresses = book();
    addresses.worked(bob.id, at(1), NOW);
    addresses.worked(bob.id, at(2), NOW);
    expect(addresses.learn(record(bob, 1, [at(3), at(1)]), NOW)).toEqual({ ok: true, id: bob.id, changed: true });
    expect(addresses.addressesOf(bob.id, NOW)).toEqual([at(2), at(1), at(3)]);
    addresses.worked(bob.id, `${at(1)}/#${bob.id}`, NOW);
    expect(addresses.addressesOf(bob.id, NOW)).toEqual([at(1), at(2), at(3)]);
    expect(addresses.addressesOf(cat.id, NOW)).toEqual([]);
  });

  test('keeps the last 8 that worked', () => {
    const addresses = book();
    for (let n = 0; n <= MAX_WORKED; n += 1) addresses.worked(bob.id, at(n), NOW);
    expect(addresses.addressesOf(bob.id, NOW)).toEqual([8, 7, 6, 5, 4, 3, 2, 1].map(at));
  });

  test('takes the record with the higher seq, in whatever order they come', () => {
    const addresses = book();
    addresses.learn(record(bob, 2, [at(2)]), NOW);
    expect(addresses.learn(record(bob, 1, [at(1)]), NOW)).toEqual({ ok: true, id: bob.id, changed: false });
    expect(addresses.learn(record(bob, 2, [at(9)]), NOW)).toEqual({ ok: true, id: bob.id, changed: false });
    expect(addresses.addressesOf(bob.id, NOW)).toEqual([at(2)]);
    expect(addresses.learn(record(bob, 3, [at(3)]), NOW)).toEqual({ ok: true, id: bob.id, changed: true });
    expect(addresses.addressesOf(bob.id, NOW)).toEqual([at(3)]);
  });

  test('gives nothing of an expired record, and lets no older one come back in its place', () => {
    const addresses = book();
    addresses.learn(record(bob, 2, [at(2)], NOW + 1_000), NOW);
    expect(addresses.recordOf(bob.id, NOW + 999)).toEqual(record(bob, 2, [at(2)], NOW + 1_000));
    expect([addresses.recordOf(bob.id, NOW + 1_000), addresses.addressesOf(bob.id, NOW + 1_000)]).toEqual([undefined, []]);
    expect(addresses.learn(record(bob, 1, [at(1)]), NOW + 1_000)).toEqual({ ok: true, id: bob.id, changed: false });
  });

  test('passes the reason on when a record is bad, and takes none about ourselves', () => {
    const addresses = book();
    expect(addresses.learn(Uint8Array.of(1), NOW)).toEqual({ ok: false, reason: 'malformed' });
    expect(addresses.learn(record(self, 1, [at(1)]), NOW)).toEqual({ ok: false, reason: 'ourselves' });
    addresses.worked(self.id, at(1), NOW);
    expect(addresses.size).toBe(0);
  });

  const inside = ['ws://10.0.0.1:7700', 'ws://127.0.0.1:7700', 'ws://[::1]:7700', 'ws://169.254.169.254', 'ws://router.local'];
  test('keeps the private addresses of strangers to itself', () => {
    const addresses = book();
    addresses.learn(record(bob, 1, [...inside, at(1)]), NOW);
    expect(addresses.addressesOf(bob.id, NOW)).toEqual([at(1)]);
  });

  test('unless we connected there ourselves, or the peer is a pal', () => {
    const addresses = book({ pals: [cat] });
    addresses.learn(record(bob, 1, inside), NOW);
    addresses.worked(bob.id, inside[0] ?? '', NOW);
    expect(addresses.addressesOf(bob.id, NOW)).toEqual([inside[0]]);
    addresses.learn(record(cat, 1, inside), NOW);
    expect(addresses.addressesOf(cat.id, NOW)).toEqual(inside);
  });
});

describe('at the bound', () => {
  test('expired ones go first', () => {
    const addresses = book({ maxRecords: 2 });
    addresses.learn(record(bob, 1, [at(1)]), NOW);
    addresses.learn(record(cat, 1, [at(2)], NOW + 10), NOW + 1);
    addresses.learn(record(dan, 1, [at(3)]), NOW + 10);
    expect([bob, cat, dan].map(({ id }) => addresses.addressesOf(id, NOW + 10))).toEqual([[at(1)], [], [at(3)]]);
    expect(addresses.size).toBe(2);
  });

  test('then those that never worked, the oldest first; then the one that worked longest ago', () => {
    const addresses = book({ maxRecords: 2 });
    addresses.worked(bob.id, at(1), NOW);
    addresses.learn(record(cat, 1, [at(2)]), NOW + 1);
    addresses.learn(record(dan, 1, [at(3)]), NOW + 2);
    expect([bob, cat, dan].map(({ id }) => addresses.addressesOf(id, NOW))).toEqual([[at(1)], [], [at(3)]]);
    addresses.worked(dan.id, at(3), NOW + 3);
    addresses.worked(eve.id, at(4), NOW + 4);
    expect([bob, dan, eve].map(({ id }) => addresses.addressesOf(id, NOW))).toEqual([[], [at(3)], [at(4)]]);
  });

  test('a flood of records moves out nobody who worked, and is refused', () => {
    const addresses = book({ maxRecords: 1 });
    addresses.worked(bob.id, at(1), NOW);
    expect(addresses.learn(record(cat, 1, [at(2)]), NOW + 1)).toEqual({ ok: false, reason: 'full' });
    expect(addresses.addressesOf(bob.id, NOW)).toEqual([at(1)]);
  });

  test('pals stay, and come on top', () => {
    const addresses = book({ maxRecords: 1, pals: [bob, cat] });
    for (const [n, identity] of [bob, cat, dan].entries()) addresses.learn(record(identity, 1, [at(n)]), NOW + n);
    expect(addresses.size).toBe(3);
    addresses.learn(record(eve, 1, [at(9)]), NOW + 9);
    expect([bob, cat, dan, eve].map(({ id }) => addresses.addressesOf(id, NOW + 9))).toEqual([[at(0)], [at(1)], [], [at(9)]]);
  });

  test('whatever comes, the bound holds', () => {
    const all = [bob, cat, dan, eve];
    const records = all.map((identity) => record(identity, 1, [at(1)]));
    const act = fc.record({ learn: fc.boolean(), who: fc.nat(3), afterMs: fc.nat(10) });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const addresses = book({ maxRecords: 2, pals: [bob] });
        return acts.every(({ learn, who: index, afterMs }) => {
          if (learn) addresses.learn(records[index] ?? Uint8Array.of(), NOW + afterMs);
          else addresses.worked(all[index]?.id as PeerId, at(afterMs), NOW + afterMs);
          return addresses.size <= 3;
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('on disk', () => {
  const options = { self: self.id, ...REST, maxRecords: 10, isPal: () => false };

  test('it comes back, without what expired since', () => {
    const addresses = book();
    addresses.worked(bob.id, at(1), NOW);
    addresses.learn(record(bob, 1, [at(2)], NOW + 1_000), NOW);
    addresses.learn(record(cat, 1, [at(3)]), NOW);
    const again = AddressBook.fromBytes(addresses.toBytes(), options, NOW);
    expect([again.addressesOf(bob.id, NOW), again.addressesOf(cat.id, NOW)]).toEqual([[at(1), at(2)], [at(3)]]);
    expect(again.toBytes()).toEqual(addresses.toBytes());
    expect(AddressBook.fromBytes(addresses.toBytes(), options, NOW + 1_000).addressesOf(bob.id, NOW)).toEqual([at(1)]);
  });

  test('within a bound that was lowered meanwhile', () => {
    const addresses = book();
    for (const [n, identity] of [bob, cat, dan].entries()) addresses.worked(identity.id, at(n), NOW + n);
    expect(AddressBook.fromBytes(addresses.toBytes(), { ...options, maxRecords: 1 }, NOW).addressesOf(dan.id, NOW)).toEqual([at(2)]);
  });

  test.each<[string, Uint8Array]>([
    ['no CBOR', Uint8Array.of(0xff)],
    ['something else', encodePayload({ version: 2, entries: [] })],
    ['an entry that is none', encodePayload({ version: 1, entries: [{ peer: 'x' }] })],
  ])('%s is a typed error', (_name, bytes) => {
    expect(() => AddressBook.fromBytes(bytes, options, NOW)).toThrow(expect.objectContaining({ code: 'HEARSAY_STORE_DAMAGED' }));
  });
});
