/** What one group puts on disk, as it is appended. */
import { describe, expect, test } from '@jest/globals';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { packArrivals, unpackArrivals } from '../../src/store/arrivals.ts';
import { GroupRecords } from '../../src/store/group-records.ts';
import { ID_RECORD_BYTES, readId, unpackSeen } from '../../src/store/packing.ts';
import { unpackPayload } from '../../src/store/payload-packing.ts';
import type { Arrival, Changes, Remembered } from '../../src/store/store.ts';
import { idOf } from './fixtures/events.ts';

const BOB = 'b'.repeat(64) as PeerId;

function arrival(n: number): Arrival {
  return { id: idOf(n), from: BOB, wire: '/w', mark: 'm', data: Uint8Array.of(n) };
}

function entry(n: number, delivered = true, hops = 3): Remembered {
  return { id: idOf(n), hops, delivered, relayed: false, from: BOB };
}

/** Records over a RAM that notes what it is told. */
class Ram {
  readonly told: string[] = [];
  readonly inWindow: RumorId[] = [];
  readonly open: RumorId[] = [];
  readonly records: GroupRecords = new GroupRecords({
    remembered: (bytes, at) => void this.told.push(said(bytes, at)),
    tagOf: (peer) => (peer === BOB ? 0xb0b : 0),
    numberOf: (agent) => agent.charCodeAt(0),
    hasPayload: (id) => this.inWindow.includes(id),
    isOpen: (id) => this.open.includes(id),
  });

  add(changes: Partial<Changes>): void {
    this.records.add({ agent: 'a', ...changes });
  }

  get ids(): string[] {
    const ids = this.records.ids.view;
    return Array.from({ length: ids.length / ID_RECORD_BYTES }, (_, i) => said(ids, i * ID_RECORD_BYTES));
  }

  get arrivals(): RumorId[] {
    const packed = packArrivals(this.records.arrived);
    return packed === undefined ? [] : unpackArrivals(packed)!.map(({ id }) => id);
  }
}

/** A record in words. */
function said(bytes: Uint8Array, at: number): string {
  const { hops, delivered } = unpackSeen(bytes[at + 32]!);
  const id = readId(bytes, at);
  const n = Array.from({ length: 20 }, (_, i) => i).find((i) => idOf(i) === id);
  return `${n} ${hops} ${delivered ? 'delivered' : 'not'}`;
}

describe('an arrival', () => {
  test('is on disk as not delivered, and in RAM as delivered', () => {
    const ram = new Ram();
    ram.add({ arrived: [arrival(1)], remember: [entry(1)] });
    expect([ram.ids, ram.told, ram.arrivals, ram.records.delivered]).toEqual([['1 3 not'], ['1 3 delivered'], [idOf(1)], []]);
  });

  test('that its event follows in the same group is no arrival', () => {
    const ram = new Ram();
    ram.add({ arrived: [arrival(1)], remember: [entry(1)] });
    ram.add({ arrived: [arrival(2)], remember: [entry(2)] });
    ram.add({ remember: [entry(1)] });
    expect([ram.ids, ram.arrivals, ram.records.delivered]).toEqual([['1 3 not', '2 3 not', '1 3 delivered'], [idOf(2)], []]);
  });

  test('is not delivered by a later copy with more hops', () => {
    const ram = new Ram();
    ram.add({ arrived: [arrival(1)], remember: [entry(1)] });
    ram.add({ remember: [entry(1, false, 9)] });
    expect([ram.ids, ram.arrivals]).toEqual([['1 3 not', '1 9 not'], [idOf(1)]]);
  });

  test('that is on disk from before a restart is not written again, and its event says that it is done', () => {
    const ram = new Ram();
    ram.open.push(idOf(1));
    ram.add({ arrived: [arrival(1)], remember: [entry(1)] });
    expect([ram.ids, ram.arrivals, ram.records.delivered]).toEqual([['1 3 not'], [], []]);
    ram.add({ remember: [entry(1)] });
    expect([ram.ids, ram.arrivals, ram.records.delivered]).toEqual([['1 3 not', '1 3 delivered'], [], [idOf(1)]]);
  });

  test('of which nothing is remembered is not written: nobody would say that it is done', () => {
    const ram = new Ram();
    ram.add({ arrived: [arrival(1)] });
    expect([ram.arrivals, ram.ids]).toEqual([[], []]);
  });

  test('whose event comes in a later group is done by that one', () => {
    const ram = new Ram();
    ram.add({ arrived: [arrival(1)], remember: [entry(1)] });
    ram.records.ids.take();
    ram.records.clear();
    ram.add({ remember: [entry(1)] });
    expect([ram.ids, ram.arrivals, ram.records.delivered]).toEqual([['1 3 delivered'], [], [idOf(1)]]);
  });
});

test('records say who brought an id, and whose it is', () => {
  const ram = new Ram();
  ram.add({ remember: [entry(1)] });
  ram.add({ agent: 'z', remember: [{ id: idOf(2), hops: 0, delivered: false, relayed: true }] });
  expect(Buffer.from(ram.records.ids.view).toString('hex')).toBe(`${idOf(1)}310b0b61${idOf(2)}0200007a`);
});

test('payloads are packed as they come, but for those in the window; nothing of them is kept', () => {
  const ram = new Ram();
  const payload = Uint8Array.of(1, 2, 3);
  ram.inWindow.push(idOf(2));
  ram.add({ keep: [{ id: idOf(1), mark: 'm', payload, hops: 5 }, { id: idOf(2), mark: 'm', payload, hops: 5 }] });
  payload.fill(9);
  const payloads = ram.records.payloads.view;
  expect([unpackPayload(payloads, 0), payloads.length]).toEqual([{ id: idOf(1), mark: 'm', payload: Uint8Array.of(1, 2, 3), hops: 5 }, 43]);
});

test('of several changes of one value the last counts; agents are apart', () => {
  const ram = new Ram();
  const [one, two] = [Uint8Array.of(1), Uint8Array.of(2)];
  ram.add({ saves: [{ key: 'k', value: one }], timers: [{ wire: 't', atMs: 1 }] });
  ram.add({ agent: 'b', saves: [{ key: 'k', value: one }], owed: [{ number: 1, id: idOf(1), hops: 0 }] });
  ram.add({ saves: [{ key: 'k', value: two }], timers: [{ wire: 't', atMs: undefined }] });
  expect([...ram.records.agents.values()]).toEqual([
    { agent: 'a', number: 97, saved: new Map([['k', two]]), timers: new Map([['t', undefined]]), owed: [] },
    { agent: 'b', number: 98, saved: new Map([['k', one]]), timers: new Map(), owed: [{ number: 1, id: idOf(1), hops: 0 }] },
  ]);
});

test('cleared it is as new', () => {
  const ram = new Ram();
  ram.add({ arrived: [arrival(1)], remember: [entry(1), entry(2)], keep: [{ id: idOf(1), mark: 'm', payload: new Uint8Array(9), hops: 1 }], saves: [{ key: 'k', value: undefined }] });
  ram.records.ids.take();
  ram.records.payloads.take();
  ram.records.clear();
  expect([ram.ids, ram.arrivals, ram.records.payloads.length, ram.records.delivered, ram.records.agents.size]).toEqual([[], [], 0, [], 0]);
});
