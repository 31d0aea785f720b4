/**
 * The events that wait for one agent: at most `maxQueuedEvents` and `maxQueuedBytes` of those that may be refused.
 */
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import { bytesOf, isRefusable } from './agent-input.ts';
import type { AgentInput } from './agent-input.ts';

export class EventQueue {
  readonly #our: PeerId;
  readonly #limits: Pick<Limits, 'maxQueuedEvents' | 'maxQueuedBytes'>;
  #events: AgentInput[] = [];
  #bytes = 0;
  #refused = 0;

  constructor(our: PeerId, limits: Pick<Limits, 'maxQueuedEvents' | 'maxQueuedBytes'>) {
    this.#our = our;
    this.#limits = limits;
  }

  get length(): number {
    return this.#events.length;
  }

  /** Whether another rumor, poke or watch would be admitted. */
  get room(): boolean {
    return this.#events.length < this.#limits.maxQueuedEvents && this.#bytes < this.#limits.maxQueuedBytes;
  }

  /** Whether this event may come in. One that may not is counted. */
  admits(event: AgentInput): boolean {
    if (this.room || !isRefusable(event, this.#our)) return true;
    this.#refused += 1;
    return false;
  }

  /** Behind all others. Ask {@link admits} first. */
  push(event: AgentInput): void {
    this.#bytes += bytesOf(event);
    this.#events.push(event);
  }

  /** Ahead of all others. */
  unshift(event: AgentInput): void {
    this.#bytes += bytesOf(event);
    this.#events.unshift(event);
  }

  shift(): AgentInput | undefined {
    const event = this.#events.shift();
    if (event !== undefined) this.#bytes -= bytesOf(event);
    return event;
  }

  /** How many were not admitted since this was asked last. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  /** Empties it. */
  takeAll(): readonly AgentInput[] {
    const events = this.#events;
    this.#events = [];
    this.#bytes = 0;
    return events;
  }
}
