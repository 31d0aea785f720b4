/**
 * What one agent has seen, as streams: for taking it to another machine.
 */
import { bufferCount, concatMap, defer, from, lastValueFrom, reduce } from 'rxjs';
import type { Observable } from 'rxjs';
import { restoreSeen } from '../store/seen-transfer.ts';
import type { SeenEntry, Store } from '../store/store.ts';

/** The seen-set of one agent. Get it with `node.seen(name)`. */
export interface SeenHandle {
  /** What is on disk, oldest first, each id once; then it completes. Cold: each subscription reads anew. */
  replay(): Observable<SeenEntry>;
  /**
   * Merges entries into it; they count as seen now. Resolves with how many there were, once they are on disk.
   * @throws HearsayError `HEARSAY_BAD_DATA` for what is no entry, `HEARSAY_STORE_FAILED`, `HEARSAY_CLOSED`, and what the stream fails with
   */
  restore(entries$: Observable<SeenEntry>): Promise<number>;
}

/** Entries restored at once. Our choice: as many as a commit of the transfer takes. */
const AT_ONCE = 1000;

export function seenHandle(store: Store, agent: string): SeenHandle {
  return {
    replay: () => defer(() => from(store.replay(agent))),
    restore: (entries$) => {
      const counts$ = entries$.pipe(
        bufferCount(AT_ONCE),
        concatMap((entries) => restoreSeen(store, agent, entries)),
      );
      return lastValueFrom(counts$.pipe(reduce((sum, count) => sum + count, 0)));
    },
  };
}
