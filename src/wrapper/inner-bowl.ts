/**
 * The bowl as the wrapped agent sees it: the host's, less what the wrapper saved.
 */
import type { Bowl } from '../agent.ts';
import { isReserved } from '../marks/paths.ts';

/** The same moment for the wrapped agent. Plain properties: with an accessor among them each of these would cost ten times as much. */
export function innerBowl(bowl: Bowl): Bowl {
  const { our, src, now, agent, admin, run, random, limits, room } = bowl;
  return {
    our,
    src,
    now,
    agent,
    admin,
    run,
    random,
    limits,
    room,
    saved: new InnerSaved(bowl.saved),
    seen: (id) => bowl.seen(id),
    check: (effects) => bowl.check(effects),
  };
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
