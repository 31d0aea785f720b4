/**
 * When an address book is asked, and for whom: so that parts of a topic that lost sight of each other meet again. Pure.
 * Plain HyParView does not: full views never look beyond themselves (measured: no halves met again after 20 cycles apart; with this rule all did).
 */
import type { PeerId } from '../ids.ts';
import type { Random } from '../random.ts';
import { around, pick, sample } from './dice.ts';
import { MAX_CONTACTS } from './config.ts';
import type { Contact } from './messages.ts';

/** Time between two probes of a topic, ± 50 % (design). */
const PROBE_INTERVAL_MS = 60_000;
const PROBE_SPREAD_PERCENT = 50;
/** A book of more entries than this is asked in proportion less: probability 10 / entries (design). */
const ALWAYS_UP_TO = 10;

/** How long to wait before the next {@link pickProbe}, in ms: 30,000 to 90,000. */
export function probeDelayMs(random: Random): number {
  return around(PROBE_INTERVAL_MS, PROBE_SPREAD_PERCENT, random);
}

/** One entry to probe that is no neighbour, or this time nobody. */
export function pickProbe(book: readonly Contact[], isNeighbor: (peer: PeerId) => boolean, random: Random): Contact | undefined {
  if (book.length > ALWAYS_UP_TO && random.below(book.length) >= ALWAYS_UP_TO) return undefined;
  return pick(
    book.filter(({ peer }) => !isNeighbor(peer)),
    random,
  );
}

/** Whom to ask when the topic is out of neighbours: as many as one `JoinRequested` takes, in random order. */
export function pickJoins(book: readonly Contact[], random: Random): Contact[] {
  return sample(book, MAX_CONTACTS, random);
}
