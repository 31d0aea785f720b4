import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { OutgoingFact, Subscriber, Subscriptions } from '../../src/node/subscribers.ts';

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
