/**
 * Binds a subscription to the log of what its agent owes. A pal's begins where the pal acknowledged last, also before a restart; a
 * stranger is owed what comes while the link lives.
 */
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Store } from '../store/store.ts';
import { encodeRumor, rumorFact } from '../wrapper/rumor.ts';
import type { OfferedFacts } from './offered-facts.ts';
import { OwedFeed } from './owed-feed.ts';
import { maxWireBytes, OutgoingFact } from './outgoing-fact.ts';
import type { Subscriber } from './subscribers.ts';

/** What it asks of the host. */
export interface Owing {
  readonly store: Store;
  readonly limits: Limits;
  /** The latest offers. */
  readonly offered: OfferedFacts;
  /** Whether we added that peer. All others are strangers. */
  isTarget(peer: PeerId): boolean;
  /** So many that the peer was owed are past what is kept. */
  lost(peer: PeerId, count: number): void;
}

/** Before the subscription is opened. */
export function owe({ store, limits, offered, isTarget, lost }: Owing, agent: string, subscriber: Subscriber): void {
  const { peer, since } = subscriber;
  const pal = isTarget(peer);
  const moved = (number: number): void => {
    if (pal && !subscriber.ended && isTarget(peer)) store.setOwedCursor(agent, peer, number);
  };
  const before = pal ? store.owedCursor(agent, peer) : undefined;
  // Who comes for the first time is owed what comes from its watch on.
  const cursor = before === undefined ? since : Math.min(before, store.lastOwed(agent));
  if (before === undefined) moved(cursor);
  subscriber.owe(
    new OwedFeed(cursor, {
      last: () => store.lastOwed(agent),
      entry: (number) => store.owed(agent, number),
      payload: ({ id }) => store.payload(id),
      atHand: (number) => offered.find(agent, number),
      fact: ({ number, hops }, { mark, payload }) => new OutgoingFact(rumorFact(encodeRumor(mark, payload).bytes, hops), maxWireBytes(limits), number),
      send: (fact, offer) => subscriber.resend(fact, offer),
      concerns: ({ except }) => except !== peer,
      moved,
      lost: (count) => lost(peer, count),
    }),
  );
}
