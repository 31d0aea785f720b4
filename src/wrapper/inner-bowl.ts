/**
 * The bowl as the wrapped agent sees it: the host's, less what the wrapper saved.
 */
import type { AgentLimits, Bowl, Effect, Seen } from '../agent.ts';
import type { PeerId, RumorId } from '../ids.ts';
import { isReserved } from '../marks/paths.ts';
import type { Random } from '../random.ts';

/** The same moment for the wrapped agent. */
export function innerBowl(bowl: Bowl): Bowl {
  return new InnerBowl(bowl);
}

/** Made for every event, and most events look at little of it. */
class InnerBowl implements Bowl {
  readonly our: PeerId;
  readonly src: PeerId;
  readonly agent: string;
  readonly run: object;
  readonly #outer: Bowl;
  #saved: InnerSaved | undefined;

  constructor(outer: Bowl) {
    this.our = outer.our;
    this.src = outer.src;
    this.agent = outer.agent;
    this.run = outer.run;
    this.#outer = outer;
  }

  get now(): number {
    return this.#outer.now;
  }

  get saved(): ReadonlyMap<string, unknown> {
    this.#saved ??= new InnerSaved(this.#outer.saved);
    return this.#saved;
  }

  get admin(): boolean {
    return this.#outer.admin;
  }

  get room(): boolean {
    return this.#outer.room;
  }

  get random(): Random {
    return this.#outer.random;
  }

  get limits(): AgentLimits {
    return this.#outer.limits;
  }

  seen(id: RumorId): Seen | undefined {
    return this.#outer.seen(id);
  }

  check(effects: readonly Effect[]): void {
    this.#outer.check(effects);
  }
}

/** What the wrapped agent saved. Single reads cost nothing extra; walking through it copies. */
class InnerSaved implements ReadonlyMap<string, unknown> {
  readonly #all: ReadonlyMap<string, unknown>;

  constructor(all: ReadonlyMap<string, unknown>) {
    this.#all = all;
  }

  get size(): number {
    return this.#names().length;
  }

  get(key: string): unknown {
    return isReserved(key) ? undefined : this.#all.get(key);
  }

  has(key: string): boolean {
    return !isReserved(key) && this.#all.has(key);
  }

  keys(): MapIterator<string> {
    return this.#copy().keys();
  }

  values(): MapIterator<unknown> {
    return this.#copy().values();
  }

  entries(): MapIterator<[string, unknown]> {
    return this.#copy().entries();
  }

  [Symbol.iterator](): MapIterator<[string, unknown]> {
    return this.entries();
  }

  forEach(visit: (value: unknown, key: string, map: ReadonlyMap<string, unknown>) => void): void {
    for (const [key, value] of this.#copy()) visit(value, key, this);
  }

  #copy(): Map<string, unknown> {
    return new Map(this.#names().map((key) => [key, this.#all.get(key)]));
  }

  #names(): readonly string[] {
    return [...this.#all.keys()].filter((key) => !isReserved(key));
  }
}
