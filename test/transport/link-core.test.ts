import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import type { Random } from '../../src/random.ts';
import { seededRandom } from '../../src/random.ts';
import { LinkCore } from '../../src/transport/link-core.ts';
import { MAX_TURNS } from '../../src/transport/link-core/dials.ts';
import type { LinkEffect, LinkInput, LinkLimits } from '../../src/transport/link-core/events.ts';

const self = '5'.repeat(64) as PeerId;
/** Against this one the other side decides. */
const smaller = '1'.repeat(64) as PeerId;
/** Against this one we decide. */
const larger = '9'.repeat(64) as PeerId;
const third = '7'.repeat(64) as PeerId;

const limits: LinkLimits = {
  ...DEFAULT_LIMITS,
  maxLinks: 2,
  maxHalfOpen: 3,
  maxHalfOpenPerPrefix: 2,
  maxPals: 3,
  maxBufferedBytes: 1000,
  maxStalledBytes: 4000,
};

/** Dice that always show the least. */
const least: Random = { below: () => 0, fork: () => least };

type Past = readonly (readonly [atMs: number, input: LinkInput])[];

function play(past: Past, core: LinkCore = new LinkCore(self, limits, least)): LinkEffect[][] {
  return past.map(([atMs, input]) => {
    // Numbers of connections that begin in the shell are drawn there.
    if (input.type === 'Accepted' || input.type === 'DialRequested') expect(core.number()).toBe(input.connection);
    return [...core.step(input, atMs)];
  });
}

const wanted = (peer: PeerId): LinkInput => ({ type: 'Wanted', peer });
const accepted = (connection: number, prefix = `host-${connection}`): LinkInput => ({ type: 'Accepted', connection, prefix });
const requested = (connection: number): LinkInput => ({ type: 'DialRequested', connection });
const authenticated = (connection: number, peer: PeerId): LinkInput => ({ type: 'Authenticated', connection, peer });
const closed = (connection: number): LinkInput => ({ type: 'Closed', connection, reason: 'lost' });
const goaway = (connection: number, reason = 'duplicate'): LinkInput => ({ type: 'GoawayReceived', connection, reason });
const exhausted = (connection: number): LinkInput => ({ type: 'AddressesExhausted', connection });
const buffered = (connection: number, bufferedBytes: number): LinkInput => ({ type: 'Buffered', connection, bufferedBytes });
const fired = (connection = 0, frames = 0, bufferedBytes = 0): LinkInput => ({
  type: 'TimerFired',
  readings: connection === 0 ? [] : [{ connection, frames, bufferedBytes }],
});

const dial = (connection: number, peer: PeerId | undefined, turn = 0): LinkEffect => ({ type: 'Dial', connection, peer, turn });
const up = (connection: number, peer: PeerId): LinkEffect => ({ type: 'Up', peer, connection });
const down = (peer: PeerId, reason = 'lost'): LinkEffect => ({ type: 'Down', peer, reason });
const swap = (connection: number, peer: PeerId): LinkEffect => ({ type: 'Switch', peer, connection });
const sayGoaway = (connection: number): LinkEffect => ({ type: 'Goaway', connection, reason: 'duplicate' });
const close = (connection: number, reason = 'duplicate'): LinkEffect => ({ type: 'Close', connection, reason });
const terminate = (connection: number, reason: string): LinkEffect => ({ type: 'Terminate', connection, reason });
const refuse = (connection: number, reason: string): LinkEffect => ({ type: 'Refuse', connection, reason });
const ping = (connection: number): LinkEffect => ({ type: 'Ping', connection });
const timer = (delayMs: number): LinkEffect => ({ type: 'SetTimer', delayMs });

/** A link by a connection that they dialled, or that we did. */
const inbound = (peer: PeerId, connection = 1, atMs = 0): Past => [
  [atMs, accepted(connection)],
  [atMs, authenticated(connection, peer)],
];
const outbound = (peer: PeerId, connection = 1, atMs = 0): Past => [
  [atMs, requested(connection)],
  [atMs, authenticated(connection, peer)],
];

interface Row {
  readonly name: string;
  readonly before: Past;
  readonly input: LinkInput;
  readonly atMs?: number;
  readonly effects: readonly LinkEffect[];
}

function table(rows: readonly Row[]): void {
  test.each(rows)('$name', ({ before, input, atMs, effects }) => {
    expect(play([...before, [atMs ?? before.at(-1)?.[0] ?? 0, input]]).at(-1)).toEqual(effects);
  });
}

describe('dials', () => {
  table([
    { name: 'who is wanted is dialled', before: [], input: wanted(larger), effects: [dial(1, larger), timer(5000)] },
    { name: 'wanting twice is wanting once', before: [[0, wanted(larger)]], input: wanted(larger), effects: [] },
    { name: 'ourselves we never dial', before: [], input: wanted(self), effects: [] },
    { name: 'who is linked needs no dial', before: inbound(larger), input: wanted(larger), effects: [] },
    { name: 'a dial that succeeds is a link', before: [[0, wanted(larger)]], input: authenticated(1, larger), effects: [up(1, larger), timer(2500)] },
    { name: 'a failed dial goes on with the next address, at once', before: [[0, wanted(larger)]], input: closed(1), effects: [dial(2, larger, 1)] },
    {
      name: 'after the last address the next round begins within redialFirstMs',
      before: [[0, wanted(larger)], [0, closed(1)]],
      input: exhausted(2),
      effects: [timer(133)],
    },
    { name: 'a round that is due dials', before: [[0, wanted(larger)], [0, exhausted(1)]], input: fired(), atMs: 133, effects: [dial(2, larger), timer(5000)] },
    {
      name: 'the second wait is longer',
      before: [[0, wanted(larger)], [0, exhausted(1)], [133, fired()]],
      input: exhausted(2),
      effects: [timer(266)],
    },
    {
      name: 'a dial that takes too long is cut and the next address tried',
      before: [[0, wanted(larger)]],
      input: fired(),
      atMs: 5000,
      effects: [terminate(1, 'timeout'), dial(2, larger, 1), timer(5000)],
    },
    {
      name: 'a dial that was cut comes to nothing later',
      before: [[0, wanted(larger)], [5000, fired()]],
      input: authenticated(1, larger),
      effects: [],
    },
    { name: 'a timer that fires early is set again', before: [[0, wanted(larger)]], input: fired(), atMs: 4999, effects: [timer(1)] },
    { name: 'who is no longer wanted is not dialled again', before: [[0, wanted(larger)], [0, { type: 'Unwanted', peer: larger }]], input: closed(1), effects: [] },
    {
      name: 'who is wanted again while dialled is not dialled twice',
      before: [[0, wanted(larger)], [0, { type: 'Unwanted', peer: larger }]],
      input: wanted(larger),
      effects: [],
    },
    { name: 'unwanting keeps the link', before: [[0, wanted(larger)], [0, authenticated(1, larger)]], input: { type: 'Unwanted', peer: larger }, effects: [] },
    {
      name: 'a nudge dials at once',
      before: [[0, wanted(larger)], [0, exhausted(1)]],
      input: { type: 'Nudged', peer: larger },
      effects: [dial(2, larger)],
    },
    {
      name: 'a nudge begins the backoff anew',
      before: [[0, wanted(larger)], [0, exhausted(1)], [0, { type: 'Nudged', peer: larger }]],
      input: exhausted(2),
      effects: [],
    },
    { name: 'a nudge for nobody we want does nothing', before: [], input: { type: 'Nudged', peer: larger }, effects: [] },
    { name: 'a lost link is dialled again within redialFirstMs', before: [[0, wanted(larger)], [0, authenticated(1, larger)]], input: closed(1), effects: [down(larger), timer(133)] },
    { name: 'a lost link that nobody wants is not', before: inbound(larger), input: closed(1), effects: [down(larger)] },
    {
      name: 'a link that held resets the backoff',
      before: [[0, wanted(larger)], [0, exhausted(1)], [133, fired()], [133, exhausted(2)], [399, fired()], [400, authenticated(3, larger)], [5400, fired(3, 1)]],
      input: closed(3),
      atMs: 5401,
      effects: [down(larger), timer(133)],
    },
    {
      name: 'a link that did not hold leaves it',
      before: [[0, wanted(larger)], [0, exhausted(1)], [133, fired()], [133, exhausted(2)], [399, fired()], [400, authenticated(3, larger)]],
      input: closed(3),
      atMs: 401,
      effects: [down(larger), timer(533)],
    },
    { name: 'a dial of an address', before: [], input: requested(1), effects: [dial(1, undefined), timer(5000)] },
    { name: 'at maxLinks an address is not dialled', before: [...inbound(larger), ...inbound(smaller, 2)], input: requested(3), effects: [refuse(3, 'full')] },
    { name: 'dials count as links', before: [[0, requested(1)], [0, requested(2)]], input: requested(3), effects: [refuse(3, 'full')] },
    { name: 'at maxLinks who is wanted waits', before: [...inbound(larger), ...inbound(smaller, 2)], input: wanted(third), effects: [timer(133)] },
  ]);

  describe('of a link that ends before it is 5 s old', () => {
    const bye = (connection: number): LinkInput => goaway(connection, 'lost');
    const fault = (connection: number): LinkInput => ({ type: 'Closed', connection, reason: 'bad-seal' });

    /** Each dial makes a link, which then holds for so long and ends like that. @returns how long after each end the next dial came */
    function waits(count: number, end: (connection: number) => LinkInput, heldMs: (link: number) => number): number[] {
      const core = new LinkCore(self, limits, least);
      let [nowMs, timerMs, connection] = [0, Infinity, 0];
      const step = (input: LinkInput): void => {
        for (const effect of core.step(input, nowMs)) {
          if (effect.type === 'SetTimer') timerMs = nowMs + effect.delayMs;
          if (effect.type === 'Dial') ({ connection } = effect);
        }
      };
      step(wanted(larger));
      return Array.from({ length: count }, (_, link) => {
        const ours = connection;
        step(authenticated(ours, larger));
        nowMs += heldMs(link);
        step(end(ours));
        step(closed(ours));
        const endedMs = nowMs;
        while (connection === ours) {
          nowMs = timerMs;
          step(fired());
        }
        return nowMs - endedMs;
      });
    }

    test('the waits double up to minutes when the peer said goodbye, whatever it said, or broke a rule', () => {
      for (const end of [bye, fault]) {
        expect(waits(13, end, () => 100)).toEqual([133, 266, 533, 1066, 2133, 4266, 8533, 17_066, 34_133, 68_266, 136_533, 273_066, 400_000]);
      }
    });

    test('they double up to 5 s when it broke, less what the link held, and begin anew', () => {
      expect(waits(7, closed, () => 100)).toEqual([133, 266, 533, 1066, 2133, 5033, 266]);
      expect(waits(7, closed, () => 4_000)).toEqual([133, 266, 533, 1133, 266, 533, 1133]);
      expect(waits(3, closed, () => 5_001)).toEqual([133, 133, 133]);
    });

    test('who breaks each is dialled no more often than who lets every fifth one be', () => {
      const total = (held: (link: number) => number): number => waits(500, closed, held).reduce((sum, waitMs, link) => sum + waitMs + held(link), 0);
      const lets = total((link) => (link % 5 === 0 && link > 0 ? 5_001 : 0));
      expect(total(() => 0)).toBeGreaterThanOrEqual(lets - 100);
    });

    test('redialMaxMs bounds them all the same', () => {
      const core = new LinkCore(self, { ...limits, redialMaxMs: 300 }, least);
      core.step(wanted(larger), 0);
      for (let connection = 1; connection < 9; connection += 1) {
        core.step(authenticated(connection, larger), connection * 1_000);
        expect(core.step(closed(connection), connection * 1_000)).toContainEqual(timer(connection === 1 ? 133 : 200));
        expect(core.step(fired(), connection * 1_000 + 200)).toContainEqual(dial(connection + 1, larger));
      }
    });
  });

  test('a round tries MAX_TURNS addresses at most', () => {
    const core = new LinkCore(self, limits, least);
    core.step(wanted(larger), 0);
    for (let i = 1; i < MAX_TURNS; i += 1) expect(core.step(closed(i), 0)).toEqual([dial(i + 1, larger, i)]);
    expect(core.step(closed(MAX_TURNS), 0)).toEqual([timer(133)]);
  });

  test('the waits double up to redialMaxMs, with dice of 20 % around five sixths of that', () => {
    const core = new LinkCore(self, limits, seededRandom('waits'));
    let nowMs = 0;
    let timerMs = Infinity;
    const step = (input: LinkInput): boolean => {
      const effects = core.step(input, nowMs);
      for (const effect of effects) if (effect.type === 'SetTimer') timerMs = nowMs + effect.delayMs;
      return effects.some(({ type }) => type === 'Dial');
    };
    step(wanted(larger));
    const waitsMs = Array.from({ length: 40 }, (_, i) => {
      const beganMs = nowMs;
      for (let dials = step(exhausted(i + 1)); !dials; dials = step(fired())) nowMs = timerMs;
      return nowMs - beganMs;
    });
    waitsMs.forEach((waitMs, i) => {
      const capMs = Math.min(600_000, 200 * 2 ** i);
      expect(waitMs).toBeGreaterThanOrEqual(Math.floor((capMs * 2) / 3));
      expect(waitMs).toBeLessThanOrEqual(capMs);
    });
    expect(new Set(waitsMs.slice(15)).size).toBeGreaterThan(20);
  });

  test('no more peers than maxPals are wanted', () => {
    const core = new LinkCore(self, { ...limits, maxPals: 1 }, least);
    core.step(wanted(larger), 0);
    expect([core.canWant(larger), core.canWant(smaller)]).toEqual([true, false]);
    expect(core.step(wanted(smaller), 0)).toEqual([]);
  });
});

describe('limits before authentication', () => {
  table([
    { name: 'a stranger has handshakeTimeoutMs', before: [], input: accepted(1), effects: [timer(5000)] },
    { name: 'and no more', before: [[0, accepted(1)]], input: fired(), atMs: 5000, effects: [terminate(1, 'timeout')] },
    { name: 'maxHalfOpenPerPrefix', before: [[0, accepted(1, 'a')], [0, accepted(2, 'a')]], input: accepted(3, 'a'), effects: [refuse(3, 'half-open')] },
    { name: 'another prefix has room', before: [[0, accepted(1, 'a')], [0, accepted(2, 'a')]], input: accepted(3, 'b'), effects: [] },
    { name: 'no prefix is no common prefix', before: [[0, accepted(1, '')], [0, accepted(2, '')]], input: accepted(3, ''), effects: [] },
    { name: 'maxHalfOpen', before: [[0, accepted(1)], [0, accepted(2)], [0, accepted(3)]], input: accepted(4), effects: [refuse(4, 'half-open')] },
    { name: 'who is authenticated is not half-open', before: [...inbound(larger), [0, accepted(2)], [0, accepted(3)]], input: accepted(4), effects: [] },
    { name: 'who is gone is not half-open', before: [[0, accepted(1, 'a')], [0, accepted(2, 'a')], [0, closed(1)]], input: accepted(3, 'a'), effects: [] },
    { name: 'maxLinks', before: [...inbound(larger), ...inbound(smaller, 2), [0, accepted(3)]], input: authenticated(3, third), effects: [refuse(3, 'full'), timer(2000)] },
    {
      name: 'at maxLinks who has a link may renew it',
      before: [...inbound(larger), ...inbound(smaller, 2), [0, accepted(3)]],
      input: authenticated(3, larger),
      effects: [swap(3, larger), sayGoaway(1), timer(2000)],
    },
    {
      name: 'a wanted peer that finds us full is dialled later',
      before: [[0, wanted(third)], ...inbound(larger, 2), ...inbound(smaller, 3)],
      input: authenticated(1, third),
      effects: [refuse(1, 'full'), timer(133)],
    },
    { name: 'ourselves', before: [[0, accepted(1)]], input: authenticated(1, self), effects: [refuse(1, 'self'), timer(2000)] },
  ]);
});

describe('one link per pair', () => {
  table([
    {
      name: 'of two we decide for ours: the smaller id dialled it',
      before: [...inbound(larger), [1, requested(2)]],
      input: authenticated(2, larger),
      effects: [swap(2, larger), sayGoaway(1), timer(2000)],
    },
    {
      name: 'of two we decide against theirs',
      before: [...outbound(larger), [1, accepted(2)]],
      input: authenticated(2, larger),
      effects: [sayGoaway(2), timer(2000)],
    },
    {
      name: 'the larger id guesses the same, and says nothing',
      before: [...outbound(smaller), [1, accepted(2)]],
      input: authenticated(2, smaller),
      effects: [swap(2, smaller), timer(2000)],
    },
    {
      name: 'the larger id guesses the same the other way round',
      before: [...inbound(smaller), [1, requested(2)]],
      input: authenticated(2, smaller),
      effects: [timer(2000)],
    },
    {
      name: 'of two that one side dialled the newer wins',
      before: [...inbound(larger), [1, accepted(2)]],
      input: authenticated(2, larger),
      effects: [swap(2, larger), sayGoaway(1), timer(2000)],
    },
    {
      name: 'a link past 5 s loses to the newest: the peer restarted',
      before: [...outbound(larger), [5000, fired(1, 1)], [5001, accepted(2)]],
      input: authenticated(2, larger),
      effects: [swap(2, larger), sayGoaway(1), timer(2000)],
    },
    {
      name: 'a link of 5 s does not',
      before: [...outbound(larger), [5000, fired(1, 1)], [5000, accepted(2)]],
      input: authenticated(2, larger),
      effects: [sayGoaway(2), timer(2000)],
    },
    {
      name: 'when the loser has said goaway too, it is closed',
      before: [...outbound(larger), ...inbound(larger, 2)],
      input: goaway(2),
      effects: [close(2)],
    },
    {
      name: 'the follower answers on the loser, and closes',
      before: [...outbound(smaller), ...inbound(smaller, 2)],
      input: goaway(1),
      effects: [close(1)],
    },
    {
      name: 'the follower that guessed wrong changes its mind',
      before: [...outbound(smaller), ...inbound(smaller, 2)],
      input: goaway(2),
      effects: [swap(1, smaller), close(2)],
    },
    {
      name: 'a goaway for a better connection that is not ready here yet: the old one carries on',
      before: [...outbound(smaller)],
      input: goaway(1),
      effects: [],
    },
    {
      name: 'until it is ready, whoever dialled it',
      before: [...inbound(smaller), [0, goaway(1)], [0, requested(2)]],
      input: authenticated(2, smaller),
      effects: [swap(2, smaller), close(1), timer(2000)],
    },
    {
      name: 'the loser is read for 2 s',
      before: [...outbound(larger), ...inbound(larger, 2)],
      input: fired(1, 1),
      atMs: 2000,
      effects: [terminate(2, 'timeout'), timer(2500)],
    },
    {
      name: 'when the winner is lost, a loser that nobody gave up carries on',
      before: [...outbound(smaller), ...inbound(smaller, 2)],
      input: closed(2),
      effects: [swap(1, smaller)],
    },
    {
      name: 'a loser that we gave up does not',
      before: [...outbound(larger), ...inbound(larger, 2)],
      input: closed(1),
      effects: [down(larger)],
    },
    {
      name: 'who held back for the loser is told that the winner has room',
      before: [...inbound(larger), [0, buffered(1, 1001)], [0, requested(2)]],
      input: authenticated(2, larger),
      effects: [swap(2, larger), { type: 'Drained', peer: larger }, sayGoaway(1)],
    },
    { name: 'a lost loser changes nothing', before: [...outbound(larger), ...inbound(larger, 2)], input: closed(2), effects: [] },
    {
      name: 'past maxLinks losers the oldest is cut',
      before: [...inbound(larger), ...inbound(larger, 2), ...inbound(larger, 3), [0, accepted(4)]],
      input: authenticated(4, larger),
      effects: [swap(4, larger), sayGoaway(3), terminate(1, 'overloaded')],
    },
  ]);
});

describe('the end of a link', () => {
  table([
    { name: 'a goaway is answered and ends it', before: inbound(larger), input: goaway(1, 'closing'), effects: [down(larger, 'closing'), close(1, 'closing'), timer(2000)] },
    {
      name: 'a wanted peer that said goaway is dialled again',
      before: [[0, wanted(larger)], [0, authenticated(1, larger)]],
      input: goaway(1, 'full'),
      effects: [down(larger, 'full'), close(1, 'full'), timer(133)],
    },
    {
      name: 'disconnecting',
      before: inbound(larger),
      input: { type: 'DisconnectRequested', peer: larger, reason: 'parted' },
      effects: [down(larger, 'parted'), close(1, 'parted'), timer(2000)],
    },
    {
      name: 'disconnecting ends the loser, too',
      before: [...outbound(larger), ...inbound(larger, 2)],
      input: { type: 'DisconnectRequested', peer: larger, reason: 'parted' },
      effects: [close(2, 'parted'), down(larger, 'parted'), close(1, 'parted')],
    },
    { name: 'disconnecting nobody', before: [], input: { type: 'DisconnectRequested', peer: larger, reason: 'parted' }, effects: [] },
    {
      name: 'a connection that does not close in 2 s is cut',
      before: [...inbound(larger), [0, goaway(1, 'closing')]],
      input: fired(),
      atMs: 2000,
      effects: [terminate(1, 'timeout')],
    },
    { name: 'what it says meanwhile is nothing to us', before: [...inbound(larger), [0, goaway(1, 'closing')]], input: goaway(1, 'again'), effects: [] },
    {
      name: 'closing ends everything, each in its way',
      before: [...inbound(larger), [0, wanted(smaller)], [0, accepted(3)]],
      input: { type: 'CloseRequested' },
      effects: [terminate(2, 'closing'), terminate(3, 'closing'), down(larger, 'closing'), close(1, 'closing'), timer(2000)],
    },
    { name: 'closed, nobody is let in', before: [[0, { type: 'CloseRequested' }]], input: accepted(1), effects: [refuse(1, 'closing')] },
    { name: 'closed, nobody is dialled', before: [[0, { type: 'CloseRequested' }]], input: wanted(larger), effects: [] },
    { name: 'closed, no address is dialled', before: [[0, { type: 'CloseRequested' }]], input: requested(1), effects: [refuse(1, 'closing')] },
  ]);
});

describe('heartbeat', () => {
  /** Looks every 2.5 s, punctual, with nothing new. */
  const looks = (fromMs: number, toMs: number): Past =>
    Array.from({ length: (toMs - fromMs) / 2500 + 1 }, (_, i) => [fromMs + 2500 * i, fired(1, 1)] as const);

  table([
    { name: 'a link that speaks is left alone', before: [...inbound(larger), ...looks(2500, 12_500)], input: fired(1, 2), atMs: 15_000, effects: [timer(2500)] },
    { name: 'silence for heartbeatMs: a ping', before: [...inbound(larger), ...looks(2500, 15_000)], input: fired(1, 1), atMs: 17_500, effects: [ping(1), timer(2500)] },
    { name: 'no second ping while one is out', before: [...inbound(larger), ...looks(2500, 17_500)], input: fired(1, 1), atMs: 20_000, effects: [timer(2500)] },
    { name: 'any frame is an answer', before: [...inbound(larger), ...looks(2500, 30_000)], input: fired(1, 2), atMs: 32_500, effects: [timer(2500)] },
    {
      name: 'no answer within heartbeatMs: the link is lost',
      before: [...inbound(larger), ...looks(2500, 30_000)],
      input: fired(1, 1),
      atMs: 32_500,
      effects: [terminate(1, 'silent'), down(larger, 'silent')],
    },
    {
      name: 'a turn of ours that is late by more than half of heartbeatMs excuses the silence',
      before: [...inbound(larger), ...looks(2500, 22_500)],
      input: fired(1, 1),
      atMs: 32_501,
      effects: [timer(2500)],
    },
    {
      name: 'and gives one more round',
      before: [...inbound(larger), ...looks(2500, 22_500), [32_501, fired(1, 1)], ...looks(35_001, 45_001)],
      input: fired(1, 1),
      atMs: 47_501,
      effects: [terminate(1, 'silent'), down(larger, 'silent')],
    },
    {
      name: 'a turn that is late by less excuses nothing',
      before: [...inbound(larger), ...looks(2500, 25_000)],
      input: fired(1, 1),
      atMs: 35_000,
      effects: [terminate(1, 'silent'), down(larger, 'silent')],
    },
    {
      name: 'late or not, what was heard counts',
      before: [...inbound(larger), ...looks(2500, 22_500)],
      input: fired(1, 5),
      atMs: 60_000,
      effects: [timer(2500)],
    },
  ]);
});

describe('slow readers', () => {
  const drained: LinkEffect = { type: 'Drained', peer: larger };
  table([
    { name: 'past maxBufferedBytes a link is looked at every 20 ms', before: inbound(larger), input: buffered(1, 1001), effects: [timer(20)] },
    { name: 'at maxBufferedBytes it is not', before: inbound(larger), input: buffered(1, 1000), effects: [] },
    { name: 'half of it is not drained', before: [...inbound(larger), [0, buffered(1, 1001)]], input: fired(1, 1, 500), atMs: 20, effects: [timer(20)] },
    { name: 'less than half is', before: [...inbound(larger), [0, buffered(1, 1001)]], input: fired(1, 1, 499), atMs: 20, effects: [drained, timer(2500)] },
    { name: 'what was never full does not drain', before: inbound(larger), input: fired(1, 1, 0), atMs: 20, effects: [timer(2500)] },
    {
      name: 'past maxStalledBytes for stalledMs a link closes',
      before: [...inbound(larger), [0, buffered(1, 4001)], ...Array.from({ length: 499 }, (_, i) => [20 * (i + 1), fired(1, i, 4001)] as const)],
      input: fired(1, 0, 4001),
      atMs: 10_000,
      effects: [terminate(1, 'stalled'), down(larger, 'stalled')],
    },
    {
      name: 'below it for a moment, the time starts anew',
      before: [
        ...inbound(larger),
        [0, buffered(1, 4001)],
        ...Array.from({ length: 499 }, (_, i) => [20 * (i + 1), fired(1, i, i === 400 ? 4000 : 4001)] as const),
      ],
      input: fired(1, 0, 4001),
      atMs: 10_000,
      effects: [timer(20)],
    },
    {
      name: 'a late turn of ours excuses it',
      before: [...inbound(larger), [0, buffered(1, 4001)]],
      input: fired(1, 1, 4001),
      atMs: 12_000,
      effects: [timer(20)],
    },
    { name: 'four times that is too much at once', before: inbound(larger), input: buffered(1, 16_001), effects: [terminate(1, 'stalled'), down(larger, 'stalled')] },
    { name: 'a connection that is no link is not weighed', before: [[0, accepted(1)]], input: buffered(1, 16_001), effects: [] },
  ]);
});
