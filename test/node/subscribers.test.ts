import { describe, expect, test } from '@jest/globals';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { encodePayload } from '../../src/marks/payload.ts';
import { OutgoingFact } from '../../src/node/outgoing-fact.ts';
import { OwedFeed } from '../../src/node/owed-feed.ts';
import { Subscriber, Subscriptions } from '../../src/node/subscribers.ts';

const [ann, bob] = ['a', 'b'].map((digit) => digit.repeat(64) as PeerId) as [PeerId, PeerId];

function subscriber(peer: PeerId, path: string): { one: Subscriber; got: string[] } {
  const got: string[] = [];
  return { one: new Subscriber(peer, path, { fact: ({ data }) => void got.push(String(data)), kicked: (reason) => got.push(`kicked: ${reason}`), dropped: () => got.push('dropped') }), got };
}

describe('a subscriber', () => {
  test('gets facts from the moment its watch is accepted', () => {
    const { one, got } = subscriber(bob, '/p');
    one.give(new OutgoingFact({ mark: 'm', data: 'before' }, 1_000), false);
    one.open();
    one.give(new OutgoingFact({ mark: 'm', data: 'after' }, 1_000), false);
    expect(got).toEqual(['after']);
  });

  test('gets what was relayed while its watch was being answered', () => {
    const { one, got } = subscriber(bob, '/p');
    one.give(new OutgoingFact({ mark: 'm', data: 'early' }, 1_000), true);
    expect(got).toEqual([]);
    one.open();
    expect(got).toEqual(['early']);
  });

  test('holds at most 1,000 facts while it waits', () => {
    const { one, got } = subscriber(bob, '/p');
    for (let i = 0; i < 1_002; i += 1) one.give(new OutgoingFact({ mark: 'm', data: i }, 1_000), true);
    expect(got.splice(0)).toEqual(['dropped', 'dropped']);
    one.open();
    expect(got).toHaveLength(1_000);
  });

  test('that leaves over the first of what was held gets no second', () => {
    const got: unknown[] = [];
    const fact = ({ data }: OutgoingFact): undefined => {
      got.push(data);
      one.end();
    };
    const one = new Subscriber(bob, '/p', { fact, kicked: () => undefined, dropped: () => undefined });
    for (const data of [1, 2]) one.give(new OutgoingFact({ mark: 'm', data: data }, 1_000), true);
    one.open();
    expect(got).toEqual([1]);
  });

  test('that ended gets nothing and cannot be opened', () => {
    const { one, got } = subscriber(bob, '/p');
    one.end();
    one.open();
    one.give(new OutgoingFact({ mark: 'm', data: 'late' }, 1_000), false);
    expect(got).toEqual([]);
  });

  test('that was refused is told nothing here and is not counted as lost', () => {
    const { one, got } = subscriber(bob, '/p');
    let lost = 0;
    one.onLost(() => (lost += 1));
    one.refuse();
    one.open();
    expect([got, lost, one.ended]).toEqual([[], 0, true]);
  });

  test('that was kicked is told once and is not counted as lost', () => {
    const { one, got } = subscriber(bob, '/p');
    let lost = 0;
    one.onLost(() => (lost += 1));
    one.open();
    one.end('policy');
    one.end('again');
    expect(got).toEqual(['kicked: policy']);
    expect(lost).toBe(0);
  });
});

describe('subscriptions', () => {
  test('a fact reaches each path once, and not the peer that told us', () => {
    const subscriptions = new Subscriptions();
    const toAnn = subscriber(ann, '/p');
    const toBob = subscriber(bob, '/p');
    const elsewhere = subscriber(bob, '/q');
    for (const { one } of [toAnn, toBob, elsewhere]) {
      subscriptions.add(one);
      one.open();
    }
    subscriptions.give(['/p'], new OutgoingFact({ mark: 'm', data: 'x' }, 1_000), { except: ann }, false);
    expect([toAnn.got, toBob.got, elsewhere.got]).toEqual([[], ['x'], []]);
  });

  test('better 5 a fact can be for some subscribers only', () => {
    const subscriptions = new Subscriptions();
    const all = [subscriber(ann, '/p'), subscriber(bob, '/p')];
    for (const { one } of all) {
      subscriptions.add(one);
      one.open();
    }
    for (const only of [[bob], []]) subscriptions.give(['/p'], new OutgoingFact({ mark: 'm', data: only.length }, 1_000), { only }, false);
    expect(all.map(({ got }) => got)).toEqual([[], ['1']]);
  });

  test('a kick can be for one peer or for all', () => {
    const subscriptions = new Subscriptions();
    const toAnn = subscriber(ann, '/p');
    const toBob = subscriber(bob, '/p');
    for (const { one } of [toAnn, toBob]) {
      subscriptions.add(one);
      one.open();
    }
    subscriptions.kick(['/p'], ann, 'no');
    subscriptions.kick(['/p'], undefined, 'all');
    expect([toAnn.got, toBob.got]).toEqual([['kicked: no'], ['kicked: all']]);
  });
});

test('a fact is encoded once however many read its bytes', () => {
  const fact = new OutgoingFact({ mark: 'm', data: { a: 1 } }, 1_000);
  expect(fact.payload).toBe(fact.payload);
});

test('a sink that cannot offer is given the fact', () => {
  const given: unknown[] = [];
  const one = new Subscriber(ann, '/p', { fact: ({ data }) => void given.push(data), kicked: () => undefined, dropped: () => undefined });
  const nothing = (): undefined => undefined;
  const feed = new OwedFeed(0, { last: () => 0, entry: nothing, payload: () => Promise.resolve(undefined), atHand: nothing, fact: () => fail(), send: () => true, concerns: () => true, moved: nothing, lost: nothing });
  Object.assign(feed, { admits: () => true });
  one.owe(feed);
  one.open();
  const rumor = new OutgoingFact({ mark: 'm', data: 'x' }, 1_000, 1, { id: 'a'.repeat(64) as RumorId, hops: 1, bytes: 9_000 });
  one.give(rumor, false);
  expect([given, rumor.isOffered]).toEqual([['x'], false]);
});

describe('a fact in parts', () => {
  const parts = (first: number, second: number): readonly [Uint8Array, Uint8Array] => [new Uint8Array(first).fill(1), new Uint8Array(second).fill(2)];

  test.each([[2, 254], [2, 300], [2, 65_533], [2, 65_534], [2, 70_000]])('of %i and %i bytes has the payload of one in a piece, and is put together for nobody', (first, second) => {
    const both = parts(first, second);
    const fact = new OutgoingFact({ mark: 'm', get data() { return fail(); }, parts: both }, 100_000);
    expect(Buffer.concat(fact.payload!).equals(encodePayload(new Uint8Array(Buffer.concat(both))))).toBe(true);
    expect(fact.payload?.[1]).toBe(both[1]);
  });

  test('of less than 256 bytes goes in one piece', () => {
    const both = parts(2, 253);
    const data = new Uint8Array(Buffer.concat(both));
    expect(Buffer.concat(new OutgoingFact({ mark: 'm', data, parts: both }, 1_000).payload!).equals(encodePayload(data))).toBe(true);
  });

  test('that is too large is refused as one in a piece', () => {
    const both = parts(2, 998);
    for (const fact of [new OutgoingFact({ mark: 'm', data: Buffer.concat(both), parts: both }, 1_000), new OutgoingFact({ mark: 'm', data: new Uint8Array(1_000) }, 1_000)]) {
      expect([fact.payload, fact.fault]).toEqual([undefined, expect.objectContaining({ code: 'HEARSAY_TOO_LARGE' })]);
    }
  });
});

function fail(): never {
  throw new Error('looked at');
}
