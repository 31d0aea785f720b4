/** What happens in a world of people, and to whom. Pure. */
import type { Input, Timer } from '../../wrapper/core/messages.ts';
import type { Datum } from './datum.ts';
import type { Person } from './person.ts';

/** Something that is due. */
export type WorldEvent =
  | { readonly type: 'copy'; readonly to: Person; readonly from: Person; readonly datum: Datum; readonly hops: number }
  | { readonly type: 'header'; readonly to: Person; readonly from: Person; readonly datum: Datum; readonly hops: number }
  | { readonly type: 'pass'; readonly to: Person; readonly from: Person; readonly datum: Datum; readonly hops: number }
  | { readonly type: 'watch'; readonly to: Person; readonly from: Person }
  | { readonly type: 'input'; readonly to: Person; readonly input: Input<Datum> }
  | { readonly type: 'timer'; readonly to: Person; readonly timer: Timer; readonly setAs: number };
