import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/ids.ts';
import type { Hello } from '../../src/pals/core/register.ts';
import type { PalRecord, PalsEffect, PalsInput } from '../../src/pals/core/types.ts';
import { ANN, ann, BOB, CAT, DAN, DAY, emitted, HOUR, kept, leeche, life, notified, NOW, refused, sent, STRANGER, target, timer } from './friends.ts';

interface Row {
  readonly name: string;
  readonly saved?: readonly (readonly [PeerId, PalRecord])[];
  /** All at NOW, before the input. */
  readonly before?: readonly PalsInput[];
  readonly input: PalsInput;
  readonly atMs?: number;
  readonly effects: readonly PalsEffect[];
}

const meet = (peer: PeerId, ...lists: string[]): PalsInput => ({ type: 'Meet', peer, lists });
const part = (peer: PeerId, ...lists: string[]): PalsInput => ({ type: 'Part', peer, lists });
const hey = (from: PeerId, seq: number): PalsInput => ({ type: 'GestureReceived', from, gesture: { kind: 'hey', seq, incarnation: life(2) } });
const bye = (from: PeerId, seq: number): PalsInput => ({ type: 'GestureReceived', from, gesture: { kind: 'bye', seq, incarnation: life(2) } });
const up = (peer: PeerId): PalsInput => ({ type: 'LinkUp', peer });
const down = (peer: PeerId): PalsInput => ({ type: 'LinkDown', peer });
const answered = (peer: PeerId, seq: number, refusal?: string): PalsInput => ({ type: 'GestureAnswered', peer, seq, ...(refusal !== undefined && { refused: refusal }) });
const hello = (from: PeerId, said: Partial<Hello> = {}): PalsInput => ({ type: 'HelloReceived', from, hello: { incarnation: life(2), mine: null, held: null, ...said } });
const greeted = (to: PeerId, said: Partial<Hello> = {}): PalsEffect => ({ type: 'SendHello', to, hello: { incarnation: life(1), mine: null, held: null, ...said } });
const mine = (kind: 'hey' | 'bye', seq: number, acked = false): PalRecord['mine'] => ({ kind, seq, acked });

function run({ saved, before = [], input, atMs = NOW }: Row): readonly PalsEffect[] {
  const core = ann(saved);
  for (const past of before) core.step(past, NOW);
  return core.step(input, atMs);
}

describe('P1 meet', () => {
  const full = Array.from({ length: 64 }, (_, n) => `list ${n}`);
  test.each<Row>([
    { name: 'a new target is told, and announced', input: meet(BOB), effects: [emitted('meet', BOB), sent(BOB, 'hey', NOW), timer(BOB), kept(BOB, { lists: [], mine: mine('hey', NOW) })] },
    { name: 'labels are sorted, once each', input: meet(BOB, 'work', 'chess', 'work'), effects: [emitted('meet', BOB), sent(BOB, 'hey', NOW), timer(BOB), kept(BOB, { lists: ['chess', 'work'], mine: mine('hey', NOW) })] },
    { name: 'a target gains lists and is not told again', saved: [[BOB, target(5, ['work'])]], input: meet(BOB, 'chess'), effects: [kept(BOB, target(5, ['chess', 'work']))] },
    { name: 'nothing new does nothing', saved: [[BOB, target(5, ['work'])]], input: meet(BOB, 'work'), effects: [] },
    { name: 'an old receipt is cleared, and seq rises though the clock stands', before: [meet(BOB), answered(BOB, NOW), part(BOB)], input: meet(BOB), effects: [emitted('meet', BOB), sent(BOB, 'hey', NOW + 2), timer(BOB), kept(BOB, { lists: [], mine: mine('hey', NOW + 2) })] },
    { name: 'seq rises though the clock went back', saved: [[BOB, { ...STRANGER, mine: mine('bye', NOW + HOUR, true) }]], input: meet(BOB), effects: [emitted('meet', BOB), sent(BOB, 'hey', NOW + HOUR + 1), timer(BOB), kept(BOB, { lists: [], mine: mine('hey', NOW + HOUR + 1) })] },
    { name: 'a leeche becomes mutual', saved: [[BOB, leeche(3)]], input: meet(BOB), effects: [emitted('meet', BOB), sent(BOB, 'hey', NOW), timer(BOB), kept(BOB, { ...leeche(3), lists: [], mine: mine('hey', NOW) })] },
    { name: 'ourselves: nothing', input: meet(ANN, 'me'), effects: [] },
    { name: 'the empty list name is refused', input: meet(BOB, 'chess', ''), effects: [refused('bad-list')] },
    { name: 'a name of 65 bytes is refused', input: meet(BOB, `${'é'.repeat(32)}x`), effects: [refused('bad-list')] },
    { name: 'a name with half a character is refused', input: meet(BOB, '\ud800'), effects: [refused('bad-list')] },
    { name: 'a 65th label is refused', saved: [[BOB, target(5, full)]], input: meet(BOB, 'one more'), effects: [refused('too-many-lists')] },
  ])('$name', (row) => expect(run(row)).toEqual(row.effects));

  test('a name of 64 bytes and 64 labels are fine', () => {
    const core = ann();
    core.step(meet(BOB, ...full.slice(1), '\u{1F600}'.repeat(16)), NOW);
    expect(core.friends.lists()).toHaveLength(64);
  });
});

describe('P2 part', () => {
  test.each<Row>([
    { name: 'without lists: no target any more, told and announced', saved: [[BOB, target(5, ['work'])]], input: part(BOB), effects: [emitted('part', BOB), sent(BOB, 'bye', NOW), timer(BOB), kept(BOB, { mine: mine('bye', NOW) })] },
    { name: 'a peer that is no target: nothing', saved: [[BOB, leeche(5)]], input: part(BOB), effects: [] },
    { name: 'with lists: only those labels go', saved: [[BOB, target(5, ['chess', 'work'])]], input: part(BOB, 'work', 'golf'), effects: [kept(BOB, target(5, ['chess']))] },
    { name: 'with the last label: still a target', saved: [[BOB, target(5, ['work'])]], input: part(BOB, 'work'), effects: [kept(BOB, target(5))] },
    { name: 'with labels it has not: nothing', saved: [[BOB, target(5, ['work'])]], input: part(BOB, 'golf'), effects: [] },
  ])('$name', (row) => expect(run(row)).toEqual(row.effects));
});

describe('P3 hey and bye', () => {
  test.each<Row>([
    { name: 'hey: a leeche, near', input: hey(BOB, 7), effects: [emitted('near', BOB), notified('added', BOB), kept(BOB, leeche(7))] },
    { name: 'hey again with a higher seq: kept, not announced', saved: [[BOB, leeche(7)]], input: hey(BOB, 8), effects: [kept(BOB, leeche(8))] },
    { name: 'bye: no leeche, away', saved: [[BOB, leeche(7)]], input: bye(BOB, 8), effects: [emitted('away', BOB), notified('dropped', BOB), kept(BOB, { ...leeche(7), theirs: { kind: 'bye', seq: 8 } })] },
    { name: 'bye from a stranger: acknowledged, not remembered', input: bye(BOB, 8), effects: [] },
    { name: 'the same again: acknowledged, nothing else', saved: [[BOB, leeche(7)]], input: hey(BOB, 7), effects: [] },
    { name: 'an older one: refused', saved: [[BOB, leeche(7)]], input: bye(BOB, 6), effects: [refused('stale')] },
    { name: 'another kind under the same seq: refused', saved: [[BOB, leeche(7)]], input: bye(BOB, 7), effects: [refused('stale')] },
    { name: 'a late hey does not undo a bye', saved: [[BOB, { ...STRANGER, theirs: { kind: 'bye', seq: 8 } }]], input: hey(BOB, 7), effects: [refused('stale')] },
    { name: 'from ourselves: refused', input: hey(ANN, 7), effects: [refused('self')] },
  ])('$name', (row) => expect(run(row)).toEqual(row.effects));
});

describe('P4 receipts', () => {
  const asked: PalRecord = { ...STRANGER, lists: [], mine: mine('hey', 5) };
  test.each<Row>([
    { name: 'acknowledged: true', saved: [[BOB, asked]], input: answered(BOB, 5), effects: [kept(BOB, target(5))] },
    { name: 'refused: false', saved: [[BOB, asked]], input: answered(BOB, 5, 'full'), effects: [kept(BOB, { ...asked, receipt: false })] },
    { name: 'refused again: nothing new', saved: [[BOB, { ...asked, receipt: false }]], input: answered(BOB, 5, 'full'), effects: [] },
    { name: 'acknowledged after all', saved: [[BOB, { ...asked, receipt: false }]], input: answered(BOB, 5), effects: [kept(BOB, target(5))] },
    { name: 'unreachable is no answer', saved: [[BOB, asked]], input: answered(BOB, 5, 'unreachable'), effects: [] },
    { name: 'overloaded is no answer', saved: [[BOB, asked]], input: answered(BOB, 5, 'overloaded'), effects: [] },
    { name: 'the answer to an older gesture says nothing', saved: [[BOB, asked]], input: answered(BOB, 4), effects: [] },
    { name: 'a bye has no receipt', saved: [[BOB, { ...STRANGER, mine: mine('bye', 5) }]], input: answered(BOB, 5), effects: [kept(BOB, { mine: mine('bye', 5, true) })] },
    { name: 'a refused bye neither', saved: [[BOB, { ...STRANGER, mine: mine('bye', 5) }]], input: answered(BOB, 5, 'forbidden'), effects: [] },
    { name: 'a late refusal of what was acknowledged counts for nothing', saved: [[BOB, target(5)]], input: answered(BOB, 5, 'full'), effects: [] },
    { name: 'from a peer we never spoke to', input: answered(BOB, 5), effects: [] },
  ])('$name', (row) => expect(run(row)).toEqual(row.effects));

  test('awaiting is absent', () => {
    const core = ann([[BOB, target(1)], [CAT, { ...asked, receipt: false }], [DAN, asked]]);
    expect(core.friends.receipts()).toEqual(new Map([[BOB, true], [CAT, false]]));
  });
});

describe('P6 reads', () => {
  const core = ann([[DAN, { ...target(1, ['chess', 'work']), theirs: { kind: 'hey', seq: 1 } }], [BOB, target(1, ['work'])], [CAT, leeche(1)]]);
  test('targets, all and of a list, sorted', () => {
    expect(core.friends.targets()).toEqual([BOB, DAN]);
    expect(core.friends.targets('work')).toEqual([BOB, DAN]);
    expect(core.friends.targets('chess')).toEqual([DAN]);
    expect(core.friends.targets('golf')).toEqual([]);
  });
  test('leeches, sorted', () => expect(core.friends.leeches()).toEqual([CAT, DAN]));
  test('mutuals, all and of a list', () => {
    expect(core.friends.mutuals()).toEqual([DAN]);
    expect(core.friends.mutuals('chess')).toEqual([DAN]);
    expect(core.friends.mutuals('golf')).toEqual([]);
  });
  test('membership of one peer', () => {
    expect([BOB, CAT, DAN, ANN].map((peer) => core.friends.isTarget(peer))).toEqual([true, false, true, false]);
    expect([BOB, CAT, DAN, ANN].map((peer) => core.friends.isLeeche(peer))).toEqual([false, true, true, false]);
  });
  test('the lists, sorted', () => expect(core.friends.lists()).toEqual(['chess', 'work']));
});

describe('P7 a reset', () => {
  const mutual: PalRecord = { ...target(5), theirs: { kind: 'hey', seq: 9 }, incarnation: life(3) };
  test.each<Row>([
    {
      name: 'a leeche is away, its receipt cleared, and a target told again, with a new seq',
      saved: [[BOB, mutual]],
      before: [up(BOB)],
      input: hello(BOB),
      effects: [emitted('away', BOB), notified('reset', BOB), sent(BOB, 'hey', NOW), timer(BOB), kept(BOB, { lists: [], mine: mine('hey', NOW), incarnation: life(2) })],
    },
    {
      name: 'who added us again in its new life is near again, though its clock is behind',
      saved: [[BOB, mutual]],
      before: [up(BOB)],
      input: hello(BOB, { mine: { kind: 'hey', seq: 1 } }),
      effects: [emitted('away', BOB), notified('reset', BOB), emitted('near', BOB), notified('added', BOB), sent(BOB, 'hey', NOW), timer(BOB), kept(BOB, { lists: [], mine: mine('hey', NOW), theirs: { kind: 'hey', seq: 1 }, incarnation: life(2) })],
    },
    {
      name: 'a mere leeche is away, and nothing is sent',
      saved: [[BOB, { ...leeche(9), incarnation: life(3) }]],
      before: [up(BOB)],
      input: hello(BOB),
      effects: [emitted('away', BOB), notified('reset', BOB), kept(BOB, { incarnation: life(2) })],
    },
    {
      name: 'a peer that holds nothing need not hear our bye',
      saved: [[BOB, { ...STRANGER, mine: mine('bye', 5), incarnation: life(3) }]],
      before: [up(BOB)],
      input: hello(BOB),
      effects: [kept(BOB, { mine: mine('bye', 5, true), incarnation: life(2) })],
    },
    {
      name: 'shows in a gesture as well',
      saved: [[BOB, mutual]],
      input: hey(BOB, 1),
      effects: [emitted('away', BOB), notified('reset', BOB), emitted('near', BOB), notified('added', BOB), sent(BOB, 'hey', NOW), timer(BOB), kept(BOB, { ...leeche(1), lists: [], mine: mine('hey', NOW) })],
    },
    { name: 'a gesture that is refused resets nothing', saved: [[BOB, mutual]], input: hey(BOB, NOW + DAY + 1), effects: [refused('clock-skew')] },
    { name: 'the first incarnation we hear is no reset', saved: [[BOB, target(5)]], before: [up(BOB)], input: hello(BOB, { held: 5 }), effects: [kept(BOB, { ...target(5), incarnation: life(2) })] },
    { name: 'the same incarnation is no reset', saved: [[BOB, leeche(9)]], before: [up(BOB)], input: hello(BOB, { mine: { kind: 'hey', seq: 9 } }), effects: [] },
  ])('$name', (row) => expect(run(row)).toEqual(row.effects));
});

describe('P8 resend', () => {
  test('hey to all targets, bye to all leeches who are no targets, each with a new seq', () => {
    const core = ann([[BOB, { ...target(5), theirs: { kind: 'hey', seq: 1 } }], [CAT, leeche(1)], [DAN, { ...STRANGER, mine: mine('bye', 5, true) }]]);
    expect(core.step({ type: 'Resend' }, NOW)).toEqual([
      sent(BOB, 'hey', NOW), timer(BOB), sent(CAT, 'bye', NOW), timer(CAT),
      kept(BOB, { lists: [], mine: mine('hey', NOW), theirs: { kind: 'hey', seq: 1 } }),
      kept(CAT, { ...leeche(1), mine: mine('bye', NOW) }),
    ]);
  });
});

describe('P9 the user is told', () => {
  test.each<{ name: string; saved?: readonly (readonly [PeerId, PalRecord])[]; input: PalsInput; told: readonly PalsEffect[] }>([
    { name: 'when someone adds us', input: hey(BOB, 1), told: [notified('added', BOB)] },
    { name: 'when someone drops us', saved: [[BOB, leeche(1)]], input: bye(BOB, 2), told: [notified('dropped', BOB)] },
    { name: 'when a target was reset', saved: [[BOB, { ...target(1), incarnation: life(3) }]], input: hello(BOB), told: [notified('reset', BOB)] },
    { name: 'once', saved: [[BOB, leeche(1)]], input: hey(BOB, 2), told: [] },
  ])('$name', ({ saved, input, told }) => expect(ann(saved).step(input, NOW).filter(({ type }) => type === 'Notify')).toEqual(told));
});

describe('clocks', () => {
  test('a seq more than 24 h ahead of our clock is refused, in a gesture', () => {
    expect(ann().step(hey(BOB, NOW + DAY + 1), NOW)).toEqual([refused('clock-skew')]);
    expect(ann().step(hey(BOB, NOW + DAY), NOW)).toContainEqual(emitted('near', BOB));
  });

  test('and passed over in a hello, the rest of which counts', () => {
    const core = ann([[BOB, { ...target(5), mine: mine('hey', 5), incarnation: life(2), receipt: null }]]);
    core.step(up(BOB), NOW);
    expect(core.step(hello(BOB, { mine: { kind: 'hey', seq: NOW + 2 * DAY }, held: 5 }), NOW)).toEqual([kept(BOB, { ...target(5), incarnation: life(2) })]);
  });

  test('once our own clock is put right, the retry carries a fresh seq', () => {
    const core = ann();
    core.step(meet(BOB), NOW + 365 * DAY);
    expect(core.step(answered(BOB, NOW + 365 * DAY, 'clock-skew'), NOW + 365 * DAY)).toEqual([kept(BOB, { lists: [], receipt: false, mine: mine('hey', NOW + 365 * DAY) })]);
    expect(core.step({ type: 'TimerFired', peer: BOB }, NOW)).toEqual([sent(BOB, 'hey', NOW), timer(BOB), kept(BOB, { lists: [], mine: mine('hey', NOW) })]);
  });

  test('what we took under a wrong clock of our own does not bar later gestures', () => {
    const core = ann();
    core.step(hey(BOB, NOW + 365 * DAY), NOW + 365 * DAY);
    expect(core.step(bye(BOB, NOW), NOW)).toContainEqual(emitted('away', BOB));
  });
});

describe('retries', () => {
  test('2 s x 2^k, at most 1 h, until acknowledged', () => {
    const core = ann();
    let [, , effect] = core.step(meet(BOB), NOW);
    const delays: number[] = [];
    for (let k = 0; k < 14; k += 1) {
      if (effect?.type === 'SetTimer') delays.push(effect.delayMs);
      [, effect] = core.step({ type: 'TimerFired', peer: BOB }, NOW);
    }
    expect(delays.map((ms) => ms / 1000)).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]);
    core.step(answered(BOB, NOW), NOW);
    expect(core.step({ type: 'TimerFired', peer: BOB }, NOW)).toEqual([]);
  });

  test('bye too, and for 30 days', () => {
    const core = ann([[BOB, { ...STRANGER, mine: mine('bye', NOW) }]]);
    expect(core.step({ type: 'TimerFired', peer: BOB }, NOW + 30 * DAY)).toEqual([sent(BOB, 'bye', NOW), timer(BOB)]);
    expect(core.step({ type: 'TimerFired', peer: BOB }, NOW + 30 * DAY + 1)).toEqual([]);
  });

  test('a timer of a peer that was forgotten does nothing', () => expect(ann().step({ type: 'TimerFired', peer: BOB }, NOW)).toEqual([]));
});

describe('hello', () => {
  test.each<Row>([
    { name: 'goes to whom we have a relation with, once a link', saved: [[BOB, leeche(7)]], input: up(BOB), effects: [greeted(BOB, { held: 7 })] },
    { name: 'not to strangers', input: up(BOB), effects: [] },
    { name: 'on the next link again', saved: [[BOB, target(5)]], before: [up(BOB), down(BOB)], input: up(BOB), effects: [greeted(BOB, { mine: { kind: 'hey', seq: 5 } })] },
    { name: 'is answered, also to strangers', before: [up(BOB)], input: hello(BOB), effects: [greeted(BOB)] },
    { name: 'is answered once', before: [up(BOB), hello(BOB)], input: hello(BOB), effects: [] },
    { name: 'that comes before we are told of the link is answered', input: hello(BOB), effects: [greeted(BOB)] },
    { name: 'from ourselves is refused', input: hello(ANN), effects: [refused('self')] },
    { name: 'follows when a relation begins on an open link', before: [up(BOB)], input: meet(BOB), effects: [emitted('meet', BOB), sent(BOB, 'hey', NOW), timer(BOB), greeted(BOB, { mine: { kind: 'hey', seq: NOW } }), kept(BOB, { lists: [], mine: mine('hey', NOW) })] },
    { name: 'follows when the other side began it', before: [up(BOB)], input: hey(BOB, 7), effects: [emitted('near', BOB), notified('added', BOB), greeted(BOB, { held: 7 }), kept(BOB, leeche(7))] },
    { name: 'brings the gesture that was lost', before: [up(BOB)], input: hello(BOB, { mine: { kind: 'hey', seq: 7 } }), effects: [emitted('near', BOB), notified('added', BOB), greeted(BOB, { held: 7 }), kept(BOB, { ...leeche(7), incarnation: life(2) })] },
    { name: 'stands for the acknowledgement that was lost', saved: [[BOB, { ...STRANGER, lists: [], mine: mine('hey', 5), incarnation: life(2) }]], before: [up(BOB)], input: hello(BOB, { held: 5 }), effects: [kept(BOB, { ...target(5), incarnation: life(2) })] },
    { name: 'that shows our last word missing is followed by it', saved: [[BOB, { ...target(5), incarnation: life(2) }]], before: [up(BOB)], input: hello(BOB, { held: 4 }), effects: [sent(BOB, 'hey', 5), timer(BOB), kept(BOB, { ...target(5), incarnation: life(2), receipt: null, mine: mine('hey', 5) })] },
    { name: 'that shows a later word than we remember is overruled', saved: [[BOB, { ...target(5), incarnation: life(2) }]], before: [up(BOB)], input: hello(BOB, { held: NOW + HOUR }), effects: [sent(BOB, 'hey', NOW + HOUR + 1), timer(BOB), kept(BOB, { lists: [], mine: mine('hey', NOW + HOUR + 1), incarnation: life(2) })] },
    { name: 'that claims a later word than can be is not believed', saved: [[BOB, { ...target(5), incarnation: life(2) }]], before: [up(BOB)], input: hello(BOB, { held: NOW + DAY + 1 }), effects: [sent(BOB, 'hey', 5), timer(BOB), kept(BOB, { ...target(5), incarnation: life(2), receipt: null, mine: mine('hey', 5) })] },
    { name: 'that claims the last word that can be moves our seq no further than the clock', saved: [[BOB, { ...target(5), incarnation: life(2) }]], before: [up(BOB)], input: hello(BOB, { held: NOW + DAY }), effects: [sent(BOB, 'hey', NOW), timer(BOB), kept(BOB, { lists: [], mine: mine('hey', NOW), incarnation: life(2) })] },
  ])('$name', (row) => expect(run(row)).toEqual(row.effects));

  test('links remembered as open are bounded: the oldest goes', () => {
    const core = ann([[BOB, leeche(1)]], { maxLinks: 1 });
    core.step(up(BOB), NOW);
    core.step(up(CAT), NOW);
    expect(core.step(hello(BOB, { mine: { kind: 'hey', seq: 1 } }), NOW)).toContainEqual(greeted(BOB, { held: 1 }));
  });
});

describe('maxPals', () => {
  test('a stranger is refused when strangers have their three quarters, and nothing of ours is dropped', () => {
    const core = ann([[BOB, leeche(1)], [CAT, target(1)], [DAN, { ...STRANGER, mine: mine('bye', NOW) }]], { maxPals: 4 });
    expect(core.step(hey('e'.repeat(64) as PeerId, 1), NOW)).toEqual([refused('full')]);
  });

  test('our user may fill the rest, and is then refused', () => {
    const core = ann([[BOB, leeche(1)], [CAT, leeche(1)], [DAN, leeche(1)]], { maxPals: 4 });
    expect(core.step(meet('e'.repeat(64) as PeerId), NOW)).toContainEqual(emitted('meet', 'e'.repeat(64) as PeerId));
    expect(core.step(meet('f'.repeat(64) as PeerId), NOW)).toEqual([refused('full')]);
    expect(core.step(meet(BOB), NOW)).toContainEqual(emitted('meet', BOB));
  });

  test('the oldest whom both sides are done with is forgotten first', () => {
    const gone = (seq: number): PalRecord => ({ ...STRANGER, theirs: { kind: 'bye', seq } });
    const core = ann([[BOB, gone(9)], [CAT, gone(8)], [DAN, gone(10)]], { maxPals: 4 });
    const eve = 'e'.repeat(64) as PeerId;
    expect(core.step(hey(eve, 1), NOW)).toEqual([{ type: 'Forget', peer: CAT }, emitted('near', eve), notified('added', eve), kept(eve, leeche(1))]);
  });

  test.each<{ name: string; mine: PalRecord['mine']; forgotten: boolean }>([
    { name: 'a bye of ours that arrived', mine: mine('bye', NOW, true), forgotten: true },
    { name: 'a bye of ours that was given up after 30 days', mine: mine('bye', NOW - 30 * DAY - 1), forgotten: true },
    { name: 'a bye of ours that is still on its way', mine: mine('bye', NOW - 30 * DAY), forgotten: false },
  ])('$name: forgotten $forgotten', ({ mine: register, forgotten }) => {
    const core = ann([[BOB, { ...STRANGER, mine: register }]], { maxPals: 1 });
    expect(core.step(hey(CAT, 1), NOW)[0]).toEqual(forgotten ? { type: 'Forget', peer: BOB } : refused('full'));
  });

  test('a hello with a hey for which there is no room is answered, and says that we hold nothing', () => {
    const core = ann([[CAT, target(1)]], { maxPals: 1 });
    expect(core.step(hello(BOB, { mine: { kind: 'hey', seq: 1 } }), NOW)).toEqual([greeted(BOB)]);
  });
});
