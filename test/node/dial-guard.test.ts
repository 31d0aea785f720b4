import { describe, expect, test } from '@jest/globals';
import { DialGuard } from '../../src/node/dial-guard.ts';
import { ManualClock } from '../support/clock.ts';

function guard(named: readonly string[] = []): { guard: DialGuard; clock: ManualClock } {
  const clock = new ManualClock();
  const made = new DialGuard({ clock, maxDialsPerHost: 3 });
  made.named(named);
  return { guard: made, clock };
}

describe('addresses that strangers tell', () => {
  test.each([
    ['ws://192.0.2.1:7700', [], true],
    ['wss://ann.example', [], true],
    ['ws://127.0.0.1:7700', [], false],
    ['ws://127.1.2.3:7700', ['ws://127.0.0.1:0'], true],
    ['ws://localhost:7700', [], false],
    ['ws://localhost:7700', ['ws://127.0.0.1:0'], true],
    ['ws://[::1]:7700', ['ws://127.0.0.1:0'], true],
    ['ws://192.168.1.9:7700', [], false],
    ['ws://192.168.1.9:7700', ['ws://192.168.1.2:7700'], true],
    ['ws://192.168.1.9:7700', ['ws://10.0.0.2:7700'], false],
    ['ws://10.9.9.9:7700', ['wss://ann.example', 'ws://10.0.0.2:7700'], true],
    ['ws://169.254.169.254', ['ws://192.168.1.2:7700', 'ws://127.0.0.1:0'], false],
    ['ws://[fe80::1]:7700', [], false],
    ['ws://[fd00::1]:7700', ['ws://[fd12::1]:7700'], true],
    ['ws://[::ffff:127.0.0.1]:7700', [], false],
    ['ws://printer.local:7700', [], false],
    // Listening everywhere says nothing of where we are, and nobody is there.
    ['ws://0.0.0.0:7700', ['ws://0.0.0.0:7700'], false],
    ['ws://127.0.0.1:7700', ['ws://0.0.0.0:7700'], false],
    ['ws://[64:ff9b::7f00:1]:7700', ['ws://127.0.0.1:0'], false],
    ['ws://255.255.255.255:7700', [], false],
  ])('%s of one who named %j: %s', (address, named, allowed) => {
    const { guard: made } = guard(named);
    expect(made.allows(address)).toBe(allowed);
    expect(made.take(address)).toBe(allowed);
  });

  test('a name is allowed, and what it leads to is looked at', () => {
    const { guard: made } = guard();
    expect(made.take('ws://trap.example:7700')).toBe(true);
    expect(made.takeResolved('127.0.0.1')).toBe(false);
    expect(made.takeResolved('10.0.0.1')).toBe(false);
    expect(made.takeResolved('192.0.2.1')).toBe(true);
  });
});

test('an address that was asked about before is judged anew, also among more than are remembered', () => {
  const { guard: made } = guard();
  const all = Array.from({ length: 1_100 }, (_, n) => `ws://10.0.${n >> 8}.${n & 255}:7700`);
  const judged = (): boolean[] => [...new Set(all.map((address) => made.allows(address)))];
  expect(judged()).toEqual([false]);
  made.named(['ws://10.9.9.9:7700']);
  expect(judged()).toEqual([true]);
  expect(made.allows('ws://192.168.0.1:7700')).toBe(false);
});

describe('limits.maxDialsPerHost', () => {
  const dials = (made: DialGuard, addresses: readonly string[]): boolean[] => addresses.map((address) => made.take(address));
  const ports = (host: string, count: number): string[] => Array.from({ length: count }, (_, i) => `ws://${host}:${7700 + i}`);

  test('one host is dialled three times a minute, whatever the port', () => {
    const { guard: made, clock } = guard();
    expect(dials(made, ports('192.0.2.1', 4))).toEqual([true, true, true, false]);
    expect(made.take('ws://192.0.2.2:7700')).toBe(true);
    clock.advance(59_999);
    expect(made.take('ws://192.0.2.1:7700')).toBe(false);
    clock.advance(1);
    expect(made.take('ws://192.0.2.1:7700')).toBe(true);
  });

  test('a thousand names that lead to one host are three dials', () => {
    const { guard: made } = guard();
    const admitted = Array.from({ length: 1_000 }, (_, i) => made.take(`ws://n${i}.example:7700`) && made.takeResolved('192.0.2.1'));
    expect(admitted.filter(Boolean)).toHaveLength(3);
  });

  test('of a host that our user named each port counts by itself', () => {
    const { guard: made } = guard(['ws://127.0.0.1:1']);
    expect(dials(made, ports('127.0.0.1', 20)).every(Boolean)).toBe(true);
    expect(dials(made, ['ws://127.0.0.1:7700', 'ws://127.0.0.1:7700', 'ws://127.0.0.1:7700'])).toEqual([true, true, false]);
  });

  test('a clock that was set back does not stop us', () => {
    const { guard: made, clock } = guard();
    dials(made, ports('192.0.2.1', 3));
    clock.advance(-3_600_000);
    expect(made.take('ws://192.0.2.1:7700')).toBe(true);
  });

  test('past a thousand hosts the one dialled longest ago is forgotten, and no more is kept', () => {
    const { guard: made } = guard();
    for (let i = 0; i < 3; i += 1) made.take('ws://192.0.2.1:7700');
    for (let i = 0; i < 999; i += 1) made.take(`ws://n${i}.example:7700`);
    expect(made.take('ws://192.0.2.1:7700')).toBe(false);
    made.take('ws://last.example:7700');
    expect(made.take('ws://192.0.2.1:7700')).toBe(true);
  });
});
