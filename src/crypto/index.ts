/** The primitives of this process. `#primitives` of package.json is ./node.ts where there is Node, and ./noble.ts elsewhere: nobody loads both. */
import { makePrimitives } from '#primitives';
import type { Primitives } from './primitives.ts';

let made: Primitives | undefined;

/** Made at the first call, and the same object ever after. */
export function primitives(): Primitives {
  made ??= makePrimitives();
  return made;
}
