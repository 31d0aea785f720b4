import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PeerId } from '../../src/ids.ts';
import { Pals } from '../../src/pals/core.ts';
import type { PalRecord, PalsEffect, PalsInput } from '../../src/pals/core/types.ts';
import { seededRandom } from '../../src/random.ts';
import { ANN, BOB, CAT, DAN, DAY, HOUR, life, NOW } from './friends.ts';

/** A node: its core, what it saved, and a clock that is off. */
class Node {
  readonly id: PeerId;
  readonly disk = new Map<PeerId, PalRecord>();
  offMs = 0;
  #lives = 0;
  core: Pals;

  constructor(id: PeerId) {
    this.id = id;
    this.core = this.#start();
  }

  step(input: PalsInput, nowMs: number): readonly PalsEffect[] {
    const effects = this.core.step(input, nowMs + this.offMs);
    for (const effect of effects) {
      if (effect.type === 'Save') this.disk.set(effect.peer, effect.record);
      if (effect.type === 'Forget') this.disk.delete(effect.peer);
    }
    return effects;
  }

  restart(): void {
    this.core = this.#start();
  }

  reset(): void {
    this.disk.clear();
    this.#lives += 1;
    this.core = this.#start();
  }

  #start(): Pals {
    return new Pals({ self: this.id, incarnation: life(this.#lives * 2 + (this.id === ANN ? 0 : 1)), random: seededRandom(1), maxPals: 4, maxLinks: 4 }, this.disk);
  }
}

/** Something on its way: a gesture, a hello, or an answer. */
interface Letter {
  readonly to: Node;
  readonly input: PalsInput;
}

type Act =
  | { readonly type: 'meet' | 'part' | 'resend' | 'timer' | 'up' | 'down' | 'restart' | 'reset'; readonly who: boolean }
  | { readonly type: 'deliver' | 'lose' | 'double'; readonly which: number }
  | { readonly type: 'clock'; readonly who: boolean; readonly offMs: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom('meet', 'part', 'resend', 'timer', 'up', 'down', 'restart', 'reset'), who: fc.boolean() }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constantFrom('deliver', 'deliver', 'deliver', 'lose', 'double'), which: fc.nat(20) }) },
  // Clocks may disagree by up to 22 h, and jump; what is more than 24 h ahead has tests of its own.
  { weight: 1, arbitrary: fc.record({ type: fc.constant('clock' as const), who: fc.boolean(), offMs: fc.integer({ min: -11 * HOUR, max: 11 * HOUR }) }) },
);

class World {
  readonly ann = new Node(ANN);
  readonly bob = new Node(BOB);
  readonly letters: Letter[] = [];
  nowMs = NOW;

  act(move: Act): void {
    this.nowMs += 1;
    switch (move.type) {
      case 'deliver':
      case 'lose':
      case 'double': {
        const index = move.which % Math.max(1, this.letters.length);
        const letter = move.type === 'double' ? this.letters[index] : this.letters.splice(index, 1)[0];
        if (letter !== undefined && move.type !== 'lose') this.give(letter);
        return;
      }
      case 'clock':
        this.#node(move.who).offMs = move.offMs;
        return;
      case 'restart':
        return this.#node(move.who).restart();
      case 'reset':
        return this.#node(move.who).reset();
      default:
        return this.#user(move.type, this.#node(move.who));
    }
  }

  give({ to, input }: Letter): void {
    const effects = to.step(input, this.nowMs);
    const from = this.#other(to);
    if (input.type === 'GestureReceived') {
      const refusal = effects.find((effect) => effect.type === 'Refuse');
      this.letters.push({ to: from, input: { type: 'GestureAnswered', peer: to.id, seq: input.gesture.seq, ...(refusal !== undefined && { refused: refusal.reason }) } });
    }
    this.#post(to, effects);
  }

  /** One whole connect, in order and without loss. */
  connect(): void {
    this.letters.length = 0;
    for (const node of [this.ann, this.bob]) this.#post(node, node.step({ type: 'LinkDown', peer: this.#other(node).id }, this.nowMs));
    for (const node of [this.ann, this.bob]) this.#post(node, node.step({ type: 'LinkUp', peer: this.#other(node).id }, this.nowMs));
    for (let given = 0; ; given += 1) {
      const letter = this.letters.shift();
      if (letter === undefined) return;
      if (given > 20) throw new Error('the two never stop talking');
      this.give(letter);
    }
  }

  #user(type: 'meet' | 'part' | 'resend' | 'timer' | 'up' | 'down', node: Node): void {
    const peer = this.#other(node).id;
    const inputs: Record<typeof type, PalsInput> = {
      meet: { type: 'Meet', peer, lists: [] },
      part: { type: 'Part', peer, lists: [] },
      resend: { type: 'Resend' },
      timer: { type: 'TimerFired', peer },
      up: { type: 'LinkUp', peer },
      down: { type: 'LinkDown', peer },
    };
    this.#post(node, node.step(inputs[type], this.nowMs));
  }

  #post(from: Node, effects: readonly PalsEffect[]): void {
    const to = this.#other(from);
    for (const effect of effects) {
      if (effect.type === 'SendGesture') this.letters.push({ to, input: { type: 'GestureReceived', from: from.id, gesture: effect.gesture } });
      if (effect.type === 'SendHello') this.letters.push({ to, input: { type: 'HelloReceived', from: from.id, hello: effect.hello } });
    }
  }

  #node(isAnn: boolean): Node {
    return isAnn ? this.ann : this.bob;
  }

  #other(node: Node): Node {
    return node === this.ann ? this.bob : this.ann;
  }
}

describe('two cores', () => {
  test('agree after one connect, whatever was lost, doubled, reordered, restarted or reset before', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (moves) => {
        const world = new World();
        for (const move of moves) world.act(move);
        world.connect();
        const { ann, bob } = world;
        const seen = [ann.core.friends.isTarget(BOB), bob.core.friends.isTarget(ANN), ann.core.friends.receipts().get(BOB), bob.core.friends.receipts().get(ANN)];
        const [annTargets, bobTargets] = [bob.core.friends.isLeeche(ANN), ann.core.friends.isLeeche(BOB)];
        expect(seen).toEqual([annTargets, bobTargets, annTargets || undefined, bobTargets || undefined]);
      }),
      { numRuns: 3_000 },
    );
  });
});

const peer = fc.constantFrom(ANN, BOB, CAT, DAN, 'e'.repeat(64) as PeerId, 'f'.repeat(64) as PeerId);
const seq = fc.oneof(fc.nat(9), fc.integer({ min: NOW - DAY, max: NOW + 2 * DAY }), fc.constant(Number.MAX_SAFE_INTEGER));
const register = fc.record({ kind: fc.constantFrom('hey' as const, 'bye' as const), seq });
const incarnation = fc.constantFrom(life(1), life(2), life(3));
const hello = fc.record({ incarnation, mine: fc.option(register), held: fc.option(seq) });
const lists = fc.array(fc.constantFrom('', 'chess', 'work', 'x'.repeat(65)), { maxLength: 2 });
const input: fc.Arbitrary<PalsInput> = fc.oneof(
  fc.record({ type: fc.constantFrom('Meet' as const, 'Part' as const), peer, lists }),
  fc.record({ type: fc.constant('Resend' as const) }),
  fc.record({ type: fc.constant('GestureReceived' as const), from: peer, gesture: fc.record({ kind: fc.constantFrom('hey' as const, 'bye' as const), seq, incarnation }) }),
  fc.record({ type: fc.constant('HelloReceived' as const), from: peer, hello }),
  fc.record({ type: fc.constant('GestureAnswered' as const), peer, seq, refused: fc.constantFrom('full', 'unreachable') }),
  fc.record({ type: fc.constant('GestureAnswered' as const), peer, seq }),
  fc.record({ type: fc.constantFrom('LinkUp' as const, 'LinkDown' as const, 'TimerFired' as const), peer }),
);

describe('whatever comes', () => {
  test('is bounded, is never about ourselves, and is all on disk', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(input, fc.integer({ min: -2 * DAY, max: 2 * DAY })), { maxLength: 40 }), (steps) => {
        const node = new Node(ANN);
        const told = { targets: new Set<PeerId>(), leeches: new Set<PeerId>() };
        for (const [next, offMs] of steps) {
          const effects = node.step(next, NOW + offMs);
          const faults = effects.filter((effect) => faultIn(effect, effects, NOW + offMs));
          if (faults.length > 0) expect(faults).toEqual([]);
          for (const effect of effects) if (effect.type === 'Emit') follow(told, effect.event);
        }
        expect(node.disk.size).toBeLessThanOrEqual(4);
        expect([[...told.targets].sort(), [...told.leeches].sort()]).toEqual([node.core.friends.targets(), node.core.friends.leeches()]);
        const again = [node.core.friends.targets(), node.core.friends.leeches(), node.core.friends.receipts(), node.core.friends.lists()];
        node.restart();
        expect([node.core.friends.targets(), node.core.friends.leeches(), node.core.friends.receipts(), node.core.friends.lists()]).toEqual(again);
      }),
      { numRuns: 1_500 },
    );
  });
});

/** P5: whoever follows the events knows the sets. */
function follow({ targets, leeches }: { targets: Set<PeerId>; leeches: Set<PeerId> }, { type, peer: who }: { type: string; peer: PeerId }): void {
  const set = type === 'meet' || type === 'part' ? targets : leeches;
  const comes = type === 'meet' || type === 'near';
  if (set.has(who) === comes) throw new Error(`${type} of ${who} was told twice`);
  if (comes) set.add(who);
  else set.delete(who);
}

function faultIn(effect: PalsEffect, all: readonly PalsEffect[], nowMs: number): boolean {
  switch (effect.type) {
    case 'Refuse':
      return all.length !== 1;
    case 'SendGesture':
      return effect.to === ANN || !Number.isSafeInteger(effect.gesture.seq) || effect.gesture.seq > nowMs + DAY;
    case 'SendHello':
      return effect.to === ANN;
    case 'SetTimer':
      return effect.delayMs < 1_600 || effect.delayMs > 1.2 * HOUR;
    case 'Save':
      return effect.peer === ANN || (effect.record.lists !== null) !== (effect.record.mine?.kind === 'hey');
    case 'Emit':
      return effect.event.peer === ANN;
    case 'Notify':
      return effect.notice.peer === ANN;
    case 'Forget':
      return false;
  }
}
