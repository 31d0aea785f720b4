/** Chooses the implementation of the primitives: Node's own where it exists, noble elsewhere. */
import { noblePrimitives } from './noble.ts';
import { nodePrimitives } from './node.ts';
import type { Primitives } from './primitives.ts';

let chosen: Primitives | undefined;

/** The primitives of this process. Chosen at the first call, and the same object ever after. */
export function primitives(): Primitives {
  chosen ??= nodePrimitives() ?? noblePrimitives();
  return chosen;
}
