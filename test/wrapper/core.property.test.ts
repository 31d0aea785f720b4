/**
 * What holds whatever peers send and the user changes: our own id among the peers, any hop count, any order.
 */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Seen } from '../../src/agent.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';
import { gossipConfig } from '../../src/wrapper/config.ts';
import type { GossipConfig, Whos } from '../../src/wrapper/config.ts';
import { GossipCore } from '../../src/wrapper/core.ts';
import type { GossipEffect, Input, Verdict } from '../../src/wrapper/core/messages.ts';
import { ANN, BOB, BOUNDS, CAT, DAN, NOW, rumorOf } from './names.ts';

const PEERS = [ANN, BOB, CAT, DAN];
const MAX_HOPS = 6;
const MAX_QUARANTINED = 3;
const MAX_HELD = 2;

type In = Input<string>;
type Out = GossipEffect<string>;
/** An arrival before the shell has looked up what is remembered. */
type Step = In | RawStep;
interface RawStep {
  readonly type: 'copy' | 'header' | 'pass';
  readonly id: RumorId;
  readonly from: PeerId;
  readonly hops: number;
  readonly verdict: Verdict;
  readonly room: boolean;
}
const isRaw = (given: Step): given is RawStep => given.type === 'copy' || given.type === 'header' || given.type === 'pass';

const peer = fc.constantFrom(...PEERS);
const id = fc.integer({ min: 1, max: 4 }).map(rumorOf);
const whos = fc.constantFrom<Whos>('anybody', 'targets', 'mutuals');
const change = fc.record({ hops: fc.integer({ min: 0, max: MAX_HOPS }), hear: whos, tell: whos, pass: fc.constantFrom(false, false, true, 'stem' as const), relay: fc.constantFrom('farthest' as const, 'farthest' as const, 'first' as const) }, { requiredKeys: [] }) as fc.Arbitrary<Partial<GossipConfig>>;
const verdict = fc.constantFrom<Verdict>({ type: 'valid' }, { type: 'valid' }, { type: 'unknown' }, { type: 'invalid', reason: 'odd' });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('copy' as const), id, from: peer, hops: fc.integer({ min: 0, max: 255 }), verdict, room: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constantFrom('header' as const, 'pass' as const), id, from: peer, hops: fc.integer({ min: 0, max: 255 }), verdict, room: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('PassAnswered' as const), id, peer, refused: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('TimerFired' as const), timer: fc.record({ of: fc.constantFrom('leave' as const, 'leave' as const, 'embargo' as const), id }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('Welcomed' as const, 'WatchAcked' as const), peer }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('PalChanged' as const), change: fc.constantFrom('meet' as const, 'near' as const, 'part' as const, 'away' as const), peer }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('NeighborChanged' as const), change: fc.constantFrom('up' as const, 'down' as const), peer }) },
  { weight: 1, arbitrary: fc.constant({ type: 'OverlayKicked' as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('WatchAsked' as const), peer }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('SubscriberLeft' as const), peer }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('Configured' as const), change }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('WatchRefused' as const, 'Kicked' as const), peer, reason: fc.constant('why') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('TimerFired' as const), timer: fc.record({ of: fc.constant('hear' as const), peer }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('PalsKicked' as const), list: fc.constantFrom('targets' as const, 'leeches' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('Published' as const), id, body: fc.constant('mine'), bytes: fc.constant(4) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('StrangeRumorArrived' as const), id, from: peer, room: fc.boolean(), body: fc.constant('v9') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('Quarantined' as const), id, from: peer, unknown: fc.constant('kind' as const), bytes: fc.integer({ min: 1, max: 60 }), body: fc.constant('v9') }) },
);

/** A second opinion: what the rules promise, kept apart from the core. */
class Witness {
  readonly memory = new Map<RumorId, Seen>();
  readonly faults: string[] = [];
  readonly #targets = new Set<PeerId>();
  readonly #leeches = new Set<PeerId>();
  readonly #neighbors = new Set<PeerId>();
  readonly #subscribers = new Map<PeerId, number>();
  readonly #watched = new Set<PeerId>();
  readonly #delivered = new Set<RumorId>();
  /** The most hops that each was relayed with. */
  readonly #relayed = new Map<RumorId, number>();
  readonly #held = new Set<RumorId>();
  #nowMs = NOW;
  readonly #quarantine = new Map<RumorId, number>();
  #bytes = 0;
  readonly #core: GossipCore<string>;

  constructor(core: GossipCore<string>) {
    this.#core = core;
  }

  feed(given: Step): void {
    const input = this.#read(given);
    this.#note(input);
    this.#nowMs += 700;
    const effects = this.#core.step(input, this.#nowMs);
    for (const effect of effects) this.#check(effect, input);
    if (input.type === 'WatchAsked' && !effects.some(({ type }) => type === 'Refuse')) this.#subscribers.set(input.peer, (this.#subscribers.get(input.peer) ?? 0) + 1);
    for (const [subscriber, open] of this.#subscribers) if (open > 0 && !this.#allows(this.#core.config.tell, subscriber, true)) this.faults.push(`${subscriber} hears us against the policy`);
    for (const watched of this.#watched) if (!this.#allows(this.#core.config.hear, watched, false)) this.faults.push(`${watched} is heard against the policy`);
    if (this.#quarantine.size > MAX_QUARANTINED || this.#bytes > 100) this.faults.push('the quarantine is too full');
  }

  #read(given: Step): In {
    if (!isRaw(given)) return given;
    const { type, ...copy } = given;
    const seen = this.memory.get(copy.id);
    if (type === 'header') return { type: 'UpgradeArrived', id: copy.id, from: copy.from, hops: copy.hops, seen };
    if (type === 'pass') return { type: 'RumorPoked', ...copy, seen, body: 'news', bytes: 4 };
    if (seen !== undefined && !this.#core.mustRead(copy.id, copy.hops, seen)) return { type: 'RepeatArrived', id: copy.id, from: copy.from, hops: copy.hops, seen };
    return { type: 'RumorArrived', ...copy, seen, body: 'news', bytes: 4 };
  }

  #note(input: In): void {
    if (input.type === 'Published') this.#delivered.add(input.id);
    if (input.type === 'NeighborChanged') this.#noteNeighbor(input.peer, input.change === 'up' && input.peer !== ANN);
    if (input.type === 'PalsKicked') (input.list === 'targets' ? this.#targets : this.#leeches).clear();
    if (input.type === 'SubscriberLeft') this.#subscribers.set(input.peer, Math.max(0, (this.#subscribers.get(input.peer) ?? 0) - 1));
    if (input.type === 'WatchRefused' || input.type === 'Kicked') this.#watched.delete(input.peer);
    if (input.type === 'Quarantined' && !this.#quarantine.has(input.id)) this.#quarantine.set(input.id, 0);
    if (input.type !== 'PalChanged' || input.peer === ANN) return;
    const list = input.change === 'meet' || input.change === 'part' ? this.#targets : this.#leeches;
    if (input.change === 'meet' || input.change === 'near') list.add(input.peer);
    else list.delete(input.peer);
  }

  #noteNeighbor(other: PeerId, isUp: boolean): void {
    if (isUp) this.#neighbors.add(other);
    else this.#neighbors.delete(other);
  }

  #check(effect: Out, input: In): void {
    switch (effect.type) {
      case 'Send':
        return this.#checkSend(effect, input);
      case 'Deliver':
        return this.#once(this.#delivered, effect.id, 'delivered');
      case 'Remember':
        return this.#remember(effect, input.type === 'Published' && input.id === effect.id);
      case 'Watch':
        if (effect.peer === ANN) this.faults.push('we watch ourselves');
        return this.#once(this.#watched, effect.peer, 'watched');
      case 'WatchOverlay':
      case 'LeaveOverlay':
        return this.#neighbors.clear();
      case 'Leave':
        return void this.#watched.delete(effect.peer);
      case 'Kick':
        return void this.#subscribers.delete(effect.peer);
      case 'SaveQuarantined':
        this.#bytes += input.type === 'Quarantined' ? input.bytes : 0;
        return void this.#quarantine.set(effect.id, input.type === 'Quarantined' ? input.bytes : 0);
      case 'ForgetQuarantined':
        this.#bytes -= this.#quarantine.get(effect.id) ?? 0;
        return void this.#quarantine.delete(effect.id);
      default:
        return this.#checkPassing(effect, input);
    }
  }

  #checkPassing(effect: Out, input: In): void {
    switch (effect.type) {
      case 'SendUpgrade':
        if (effect.only.some((to) => (this.#subscribers.get(to) ?? 0) === 0)) this.faults.push('a header goes to one who does not listen');
        if (this.#held.has(effect.id) && this.memory.get(effect.id) === undefined) this.faults.push('a header tells what is held');
        return undefined;
      case 'Pass':
        if (effect.to === ANN || !this.#allows(this.#core.config.tell, effect.to, true)) this.faults.push('passed against the policy');
        if (this.#core.config.pass === false) this.faults.push('passed with passing off');
        return undefined;
      case 'SaveHeld':
        this.#held.add(effect.id);
        if (this.#held.size > MAX_HELD) this.faults.push('too much is held');
        return undefined;
      case 'ForgetHeld':
        return void this.#held.delete(effect.id);
      case 'Answer':
        if (input.type === 'FirstAnswerGiven' && this.#held.has(input.id)) this.faults.push('what is held is answered');
        return undefined;
      default:
        return undefined;
    }
  }

  #checkSend({ hops, except, only }: Extract<Out, { type: 'Send' }>, input: In): void {
    if (this.#core.config.hops === 0) this.faults.push('something is sent at hops 0');
    if (only?.some((to) => (this.#subscribers.get(to) ?? 0) === 0) === true) this.faults.push('something goes to one who does not listen');
    if (input.type !== 'RumorArrived') return;
    if (hops < 0 || hops > Math.min(input.hops, MAX_HOPS - 1) - 1) {
      // Whoever held it tells its own pals, hops left or not.
      if (hops !== 0 || input.hops !== 0) this.faults.push(`relayed with ${hops} after ${input.hops}`);
    }
    if (input.verdict.type === 'invalid') this.faults.push('invalid data are relayed');
    if (only === undefined ? except !== input.from : only.includes(input.from)) this.faults.push('the sender is told again');
    if ((this.#relayed.get(input.id) ?? -1) >= hops && input.seen?.relayed === true) this.faults.push('relayed again with no more hops');
    this.#relayed.set(input.id, hops);
  }

  /** As the host does: hops only ever rise, and flags are only ever set. */
  #remember({ id: which, hops, delivered, relayed }: Extract<Out, { type: 'Remember' }>, own: boolean): void {
    const seen = this.memory.get(which);
    this.memory.set(which, { hops: Math.max(hops, seen?.hops ?? 0), delivered: delivered || seen?.delivered === true, relayed: relayed || seen?.relayed === true });
    if (own) this.#delivered.add(which);
  }

  #once<T extends string>(set: Set<T>, member: T, what: string): void {
    if (set.has(member)) this.faults.push(`${member} is ${what} twice`);
    set.add(member);
  }

  #allows(policy: Whos, other: PeerId, telling: boolean): boolean {
    const target = this.#targets.has(other);
    const leeche = this.#leeches.has(other);
    if (policy === 'anybody') return telling || target || leeche || this.#neighbors.has(other);
    return policy === 'targets' ? target : target && leeche;
  }
}

function newWitness(config: Partial<GossipConfig>): Witness {
  const given = gossipConfig({ ...config, hops: Math.max(config.hops ?? 1, config.pass === true || config.pass === 'stem' ? 2 : 0) }, MAX_HOPS);
  return new Witness(new GossipCore<string>({ our: ANN, maxHops: MAX_HOPS, given, persisted: undefined, ...BOUNDS, maxQuarantined: MAX_QUARANTINED, maxQuarantinedBytes: 100, maxHeld: MAX_HELD }));
}

describe('whatever comes', () => {
  test('W9 W15 W18 W20: policy kept both ways, delivered once, relayed once with fewer hops, what is held and kept bounded, passed within the policy', () => {
    fc.assert(
      fc.property(change, fc.array(step, { minLength: 1, maxLength: 80 }), (config, steps) => {
        const witness = newWitness(config);
        for (const each of steps) witness.feed(each);
        return witness.faults.length === 0 || fail(witness.faults);
      }),
      { numRuns: 2_000 },
    );
  });

  test('better 7 with hops 0 nothing is ever sent or answered', () => {
    const silentSteps = fc.array(step.filter((each) => each.type !== 'Configured'), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(silentSteps, id, (steps, asked) => {
        const given = gossipConfig({ hops: 0, hear: 'anybody', tell: 'anybody' }, MAX_HOPS);
        const core = new GossipCore<string>({ our: ANN, maxHops: MAX_HOPS, given, persisted: undefined, ...BOUNDS });
        const inputs = steps.map((each): In => (isRaw(each) ? { ...each, type: 'RumorArrived', seen: undefined, body: 'news', bytes: 4 } : each));
        const answer: In = { type: 'FirstAnswerGiven', to: BOB, id: asked, seen: { hops: 9, delivered: true, relayed: true }, body: 'latest' };
        return [...inputs, answer].every((input) => core.step(input, NOW).every(({ type }) => type !== 'Send' && type !== 'SendUpgrade' && type !== 'Pass' && type !== 'Answer'));
      }),
      { numRuns: 500 },
    );
  });

  test('equal inputs give equal effects', () => {
    const script: readonly In[] = [
      { type: 'Started' },
      { type: 'PalChanged', change: 'meet', peer: BOB },
      { type: 'RumorArrived', id: rumorOf(1), from: BOB, hops: 9, seen: undefined, verdict: { type: 'valid' }, room: true, body: 'news', bytes: 4 },
    ];
    const run = (): unknown => {
      const given = gossipConfig({ hear: 'targets' }, MAX_HOPS);
      const core = new GossipCore<string>({ our: ANN, maxHops: MAX_HOPS, given, persisted: undefined, ...BOUNDS });
      return script.map((input) => core.step(input, NOW));
    };
    expect(run()).toEqual(run());
  });
});

function fail(faults: readonly string[]): never {
  throw new Error(faults.join('; '));
}
