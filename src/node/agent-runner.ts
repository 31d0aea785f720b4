/**
 * Runs one agent: its events one at a time, each one transaction. Shell.
 * What an event changed is committed together; what it sends leaves after the commit, in the order of the events.
 */
import type { Agent, Bowl, Effects, Emission, Offered, Report, Sign } from '../agent.ts';
import type { PeerId, RumorId } from '../ids.ts';
import type { AgentState, Arrival, Remembered } from '../store/store.ts';
import { agentFailed, notRunning, overloaded, tooSlow } from './agent-errors.ts';
import { armOf, callArm, subscriberOf } from './agent-input.ts';
import type { AgentInput, Answer } from './agent-input.ts';
import { AgentMemory } from './agent-memory.ts';
import { ARRIVAL, Bowls, OFFER } from './bowls.ts';
import type { BowlsPort } from './bowls.ts';
import type { Arrived, Ended, Place } from './commits.ts';
import { isPromise, isStream } from './effects.ts';
import type { Stream } from './effects.ts';
import { Emissions } from './emissions.ts';
import { EventQueue } from './event-queue.ts';
import { Hold } from './hold.ts';
import { NO_RECEIPT } from './session.ts';
import type { Receipt } from './session.ts';
import type { Subscriber } from './subscribers.ts';
import { isOutward, isOwed, NONE, NOTHING } from './transaction.ts';
import type { Outward, Transaction } from './transaction.ts';
import type { Watch } from './watches.ts';

/** What the runner asks of the host. All calls are synchronous and do not throw. */
export interface RunnerPort extends BowlsPort {
  /** A watch is about to be answered; facts relayed on receipt are for it too from now on. */
  admit(subscriber: Subscriber): void;
  /**
   * `answering`: whom facts without a path are for. `early`: relayed on receipt, ahead of events that still commit.
   * `number`: of a fact among those that the agent's pals are owed (Store.owe), if it has one.
   */
  perform(effect: Outward, answering: Subscriber | undefined, early: boolean, number: number | undefined): void;
  report(report: Report): void;
  /** The agent starts again: what it watched and who watched it is over. */
  restarted(): void;
}

/** Events handled before sockets and timers have their turn again (our choice: a few ms of work). */
const EVENTS_A_TURN = 256;
/** A disk that failed is not asked again at once (our choice). */
const RESTART_DELAY_MS = 1_000;

export class AgentRunner {
  readonly name: string;
  readonly agent: Agent;
  readonly #port: RunnerPort;
  readonly #queue: EventQueue;
  readonly #memory: AgentMemory;
  readonly #emissions: Emissions = new Emissions();
  readonly #hold: Hold;
  readonly #bowls: Bowls;
  /** Another object after each start: what belongs to a former one is over. */
  #run: object = {};
  #scheduled = false;
  #stopped = false;

  constructor(name: string, agent: Agent, state: AgentState | undefined, port: RunnerPort) {
    const { our, clock, limits } = port;
    this.name = name;
    this.agent = agent;
    this.#port = port;
    this.#queue = new EventQueue(our, limits);
    this.#memory = new AgentMemory(name, state, port, (wire) => this.enqueue({ arm: 'onWake', wire, src: our }), {
      ended: (event, error) => this.#ended(event, error),
      arrived: (arrival, error) => this.#arrived(arrival, error),
    });
    this.#hold = new Hold(clock);
    this.#bowls = new Bowls(name, port, (effects, arm) => void this.#memory.checked(effects, arm));
  }

  /** Hands over the first event. `answer` tells whether the agent came up. @returns timers that were due before the process began: {@link wakeAgain} fires them */
  start(state: AgentState | undefined, answer: Answer): readonly string[] {
    return this.#start(state, answer, true);
  }

  #start(state: AgentState | undefined, answer: Answer, hold: boolean): readonly string[] {
    this.#queue.unshift({ arm: state === undefined ? 'onInit' : 'onLoad', src: this.#port.our, answer });
    const overdue = this.#memory.startTimers(state, hold);
    this.#schedule();
    return overdue;
  }

  /** Whether another rumor, poke or watch would be admitted. */
  get room(): boolean {
    return !this.#stopped && this.#queue.room;
  }

  /** Queues an event. At the limit what may be refused is answered `overloaded` and counted. */
  enqueue(event: AgentInput): void {
    if (this.#stopped) return event.answer?.('failed', notRunning(this.name));
    if (this.#queue.admits(event)) this.#push(event);
    else event.answer?.('overloaded', overloaded(this.name, 'to have room in its queue (limits.maxQueuedEvents, limits.maxQueuedBytes)', this.#queue.length));
  }

  /**
   * A fact from a peer, in the turn it came in: rumors are relayed here, before anything queues. Bytes may be a view of the frame they came in.
   * @param receipt told once what it changed is on disk, or will never be
   * @returns whether it is delivered, by an event that remembers it
   */
  arrive(wire: string, sign: Sign, src: PeerId, bytes: number, watch?: Watch, receipt: Receipt = NO_RECEIPT): boolean {
    const { count } = receipt;
    if (this.agent.onArrival !== undefined && !this.#stopped) {
      const arm = ARRIVAL;
      try {
        const effects = this.agent.onArrival(wire, sign, this.#bowl(src, arm));
        // Most of what arrives in a flood changes nothing.
        if (effects?.length === 0) {
          this.#memory.nothingArrived(receipt);
          return false;
        }
        if (effects !== undefined) return this.#performArrival(this.#memory.checked(effects, arm, src), receipt, count);
      } catch (error) {
        this.#fail(arm, src, error);
        this.#memory.nothingArrived(receipt);
        return false;
      }
    }
    const answer: Answer = (refused, error) => (error === undefined || refused === 'overloaded' ? this.#memory.nothingArrived(receipt, count) : undefined);
    this.enqueue({ arm: 'onAgent', wire, sign: ownSign(sign), src, bytes, answer, ...(watch !== undefined && { watch }) });
    return false;
  }

  /**
   * A peer has a rumor for us. The effects of what is known are performed at once.
   * @param receipt as with {@link arrive}, of what need not be given
   * @returns whether it need not
   */
  offered(wire: string, offered: Offered, src: PeerId, receipt: Receipt): boolean {
    if (this.agent.onOffer === undefined || this.#stopped) return false;
    try {
      // The bowl of what comes in the same turn.
      const effects = this.agent.onOffer(wire, offered, this.#bowl(src, ARRIVAL));
      if (effects === undefined) return false;
      if (effects.length === 0) this.#memory.nothingArrived(receipt);
      else this.#performArrival(this.#memory.checked(effects, OFFER, src), receipt, receipt.count);
    } catch (error) {
      this.#fail(OFFER, src, error);
      this.#memory.nothingArrived(receipt);
    }
    return true;
  }

  /** A fact that is not for the agent: receipted in its turn, which is also that of what came before it. */
  nothingArrived(receipt: Receipt): void {
    this.#memory.nothingArrived(receipt);
  }

  /** The same as {@link arrive} for what arrived before this process began. Calls back when its event is over, with whether there was one that remembers it. */
  arriveAgain({ wire, mark, data, from }: Arrival, done: (delivered: boolean) => void): void {
    const delivered = this.arrive(wire, { type: 'fact', mark, data, replayed: true }, from, data.length);
    this.enqueue({ arm: 'barrier', src: this.#port.our, answer: () => done(delivered) });
  }

  /** Calls back when its event is over. */
  wakeAgain(wire: string, done: () => void): void {
    this.#memory.fire(wire);
    this.enqueue({ arm: 'barrier', src: this.#port.our, answer: () => done() });
  }

  peek(path: string): unknown {
    return this.agent.onPeek?.(path, this.#bowl(this.#port.our, 'onPeek'));
  }

  /** Stops for good: no further arm is called, and nothing more leaves. What was committed stays. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#letGo(notRunning(this.name));
    for (const event of this.#queue.takeAll()) event.answer?.('failed', notRunning(this.name));
  }

  #letGo(why: Error): void {
    this.#run = {};
    this.#hold.abandon(why);
    this.#memory.stopTimers();
    this.#emissions.endAll();
  }

  #push(event: AgentInput): void {
    this.#queue.push(event);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#drain();
      // Not ahead of the events that deliver what arrived in this turn: with those it is written once.
      this.#memory.settle();
    });
  }

  #drain(): void {
    for (let handled = 0; handled < EVENTS_A_TURN; handled += 1) {
      if (this.#stopped || this.#hold.isHeld || this.#memory.isFull) return;
      const event = this.#queue.shift();
      if (event === undefined) return this.#reportLag();
      if (this.#isCurrent(event)) this.#handle(event);
      else event.answer?.('failed', notRunning(this.name));
    }
    this.#schedule();
  }

  /** Not so, while they waited here: what comes of a watch that was left, a timer that was replaced, a subscriber that went before its turn, or was never accepted. */
  #isCurrent(event: AgentInput): boolean {
    switch (event.arm) {
      case 'onAgent':
        return event.watch?.left !== true;
      case 'onWake':
        return this.#memory.wake(event.wire);
      case 'onWatch':
        return !event.subscriber.ended;
      case 'onLeave':
        return event.subscriber.acceptedBy === this.#run;
      default:
        return true;
    }
  }

  /** Says how many were refused since the queue was last empty. */
  #reportLag(): void {
    const count = this.#queue.takeRefused();
    if (count > 0) this.#port.report({ type: 'event', event: { name: 'lagged', count, reason: 'queue full' } });
  }

  #handle(event: AgentInput): void {
    if (event.arm === 'onWatch') this.#port.admit(event.subscriber);
    let effects: Effects;
    try {
      effects = callArm(this.agent, event, this.#bowl(event.src, armOf(event)));
    } catch (error) {
      return this.#finishFailed(event, error);
    }
    // A promise of another make may throw where ours reject.
    if (isPromise(effects)) return this.#holdFor(event, Promise.resolve(effects));
    if (!isStream(effects)) return this.#settle(event, effects);
    this.#finish(event, NOTHING);
    this.#follow(event, effects);
  }

  /** A promise holds the agent until it settles or `armTimeoutMs` passed; what it gives later is dropped. */
  #holdFor(event: AgentInput, promise: Promise<Emission>): void {
    const { armTimeoutMs } = this.#port.limits;
    const end = this.#hold.begin(armTimeoutMs, {
      late: () => {
        this.#finishFailed(event, tooSlow(`${this.name}.${armOf(event)}`, `to settle its promise within ${armTimeoutMs} ms`));
        this.#schedule();
      },
      abandoned: (why) => event.answer?.('failed', why),
    });
    const over = (act: () => void): void =>
      end(() => {
        act();
        this.#schedule();
      });
    promise.then(
      (emission) => over(() => this.#settle(event, emission)),
      (error: unknown) => over(() => this.#finishFailed(event, error)),
    );
  }

  /** Each emission is an event of its own. It ends with the Observable, the agent, or the subscriber it was for. */
  #follow(event: AgentInput, stream: Stream): void {
    const of = armOf(event);
    const subscriber = subscriberOf(event);
    const { src } = event;
    const { maxTimers } = this.#port.limits;
    if (this.#emissions.size >= maxTimers) return this.#fail(of, src, overloaded(`${this.name}.${of}`, `to keep within limits.maxTimers (${maxTimers}) open Observables`, this.#emissions.size));
    this.#emissions.follow(stream, subscriber, {
      emitted: (emission) => this.enqueue({ arm: 'emission', of, emission, subscriber, src }),
      failed: (error) => this.#fail(of, src, error),
    });
  }

  #settle(event: AgentInput, emission: Emission): void {
    const arm = armOf(event);
    let result: Transaction;
    try {
      result = this.#memory.checked(typeof emission === 'function' ? emission(this.#bowl(event.src, arm)) : emission, arm);
    } catch (error) {
      return this.#finishFailed(event, error);
    }
    this.#finish(event, result);
  }

  /** A failed event counts as done: its effects are dropped, what it delivered stays delivered. */
  #finishFailed(event: AgentInput, error: unknown): void {
    const failure = agentFailed(this.name, armOf(event), error);
    this.#finish(event, NOTHING, failure);
    if (event.arm === 'onInit' || event.arm === 'onLoad') return;
    if (event.arm === 'onFail') this.#report('failed', event.src, failure);
    else this.#fail(armOf(event), event.src, failure);
  }

  #finish(event: AgentInput, result: Transaction, failure?: Error): void {
    this.#memory.owing(result);
    const run = this.#run;
    const refused = failure === undefined ? result.refused : 'failed';
    if (event.arm === 'onWatch' && refused === undefined) event.subscriber.acceptedBy = run;
    this.#memory.commit({ event, result, refused, failure, run });
  }

  #ended({ event, result, refused, failure, run }: Ended, error: Error | undefined): void {
    if (error !== undefined) {
      if (run === this.#run) this.#restart(error);
      // Nobody else has it to hand it over again.
      if (event.arm === 'onAgent' && event.changes !== undefined && !this.#stopped) this.#queue.push(event);
      return event.answer?.('failed', error);
    }
    event.answer?.(refused, failure);
    if (run === this.#run && !this.#stopped) this.#performAll(result, subscriberOf(event), false);
    this.#schedule();
  }

  /** After a failed commit the agent starts again from what is saved: what it holds in RAM may not be on disk. */
  #restart(cause: Error): void {
    this.#letGo(cause);
    this.#port.restarted();
    this.#report('store-failed', undefined, cause);
    this.#hold.begin(RESTART_DELAY_MS, { late: () => this.#reload(), abandoned: () => undefined });
  }

  #reload(): void {
    const { store, limits } = this.#port;
    const late = (): void => this.#giveUp(tooSlow(this.name, `to be read from disk within ${limits.armTimeoutMs} ms`));
    const end = this.#hold.begin(limits.armTimeoutMs, { late, abandoned: () => undefined });
    store.readAgent(this.name).then(
      (state) => end(() => this.#load(state)),
      (error: unknown) => end(() => this.#giveUp(error)),
    );
  }

  #load(state: AgentState | undefined): void {
    // Once more: a read may have woken a wrapper meanwhile, on what was saved in RAM only.
    const run = {};
    this.#run = run;
    this.#memory.reload(state);
    const answer: Answer = (refused, error) => {
      // When it was the disk again, another start is under way.
      if (refused !== undefined && run === this.#run) this.#giveUp(error ?? refused);
    };
    this.#start(state, answer, false);
  }

  #giveUp(error: unknown): void {
    this.#report('stopped', undefined, agentFailed(this.name, 'onLoad', error));
    this.stop();
  }

  /** Relays at once, whatever becomes of the commit. What it sent is not kept until then. */
  #performArrival(result: Transaction, receipt: Receipt, count: number): boolean {
    this.#memory.owing(result);
    const place = this.#memory.arrive(result, { receipt, count, saves: result.saves.length > 0, run: this.#run });
    this.#performAll(result, undefined, true, place);
    this.#schedule();
    return result.arrived.length > 0;
  }

  #arrived({ receipt, count, saves, run }: Arrived, error: Error | undefined): void {
    // Of a lost mark of a relayed rumor nobody needs to know; of a lost save the agent does.
    if (error !== undefined && saves && run === this.#run) this.#restart(error);
    else this.#schedule();
    if (error === undefined) receipt.committed(count);
  }

  #performAll({ effects, remember, keep, arrived, owed }: Transaction, answering: Subscriber | undefined, early: boolean, place?: Place): void {
    let first = true;
    let numbered = 0;
    for (const effect of effects) {
      if (effect.type === 'report') {
        this.#port.report(effect.report);
      } else if (effect.type === 'deliver') {
        const { wire, sign, src, bytes, id, again } = effect;
        const changes = arrived.length > 0 ? { remember: ofRumor(remember, id), keep: NONE } : first ? { remember, keep } : undefined;
        this.#push({ arm: 'onAgent', wire, sign, src, bytes, changes, place: again === undefined ? undefined : place });
        first = false;
      } else if (isOwed(effect)) {
        this.#port.perform(effect, answering, early, owed[numbered]?.number);
        numbered += 1;
      } else if (isOutward(effect)) {
        this.#port.perform(effect, answering, early, undefined);
      }
    }
  }

  /** The agent hears of it before its next event, which must not build on what was dropped. Arrivals may fail many a turn: of those, as long as there is room. */
  #fail(arm: string, src: PeerId, error: unknown): void {
    const failure = agentFailed(this.name, arm, error);
    this.#report('failed', src, failure);
    if (this.agent.onFail === undefined || this.#stopped || ((arm === ARRIVAL || arm === OFFER) && !this.room)) return;
    this.#queue.unshift({ arm: 'onFail', error: failure, src });
    this.#schedule();
  }

  #report(name: string, peer: PeerId | undefined, error: Error): void {
    this.#port.report({ type: 'event', event: { name, reason: error.message, error, ...(peer !== undefined && { peer }) } });
  }

  #bowl(src: PeerId, arm: string): Bowl {
    return this.#bowls.of(src, arm, this.#memory.saved, this.#run, this.room);
  }
}

/** What is remembered of one; as a rule all is. */
function ofRumor(remember: readonly Remembered[], id: RumorId | undefined): readonly Remembered[] {
  return remember.every((entry) => entry.id === id) ? remember : remember.filter((entry) => entry.id === id);
}

/** With bytes of its own: what waits must not keep the frame it came in. */
function ownSign(sign: Sign): Sign {
  return sign.type === 'fact' && sign.data instanceof Uint8Array ? { ...sign, data: new Uint8Array(sign.data) } : sign;
}
