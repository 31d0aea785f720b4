/** Peers and rumors for tests. */
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { seededRandom } from '../../src/random.ts';
import type { CoreSetup } from '../../src/wrapper/core.ts';
import type { PeerId, RumorId } from '../../src/ids.ts';

const hex = (n: number): string => n.toString(16).padStart(64, '0');

export const peerOf = (n: number): PeerId => hex(n) as PeerId;
export const rumorOf = (n: number): RumorId => hex(n) as RumorId;

export const ANN: PeerId = peerOf(0xa);
export const BOB: PeerId = peerOf(0xb);
export const CAT: PeerId = peerOf(0xc);
export const DAN: PeerId = peerOf(0xd);

/** What every core needs and most tests do not look at. */
export const BOUNDS: Pick<CoreSetup<never>, 'held' | 'quarantined' | 'random' | 'maxQuarantined' | 'maxQuarantinedBytes' | 'maxHeld' | 'maxHeldBytes' | 'maxRecent' | 'maxRecentBytes'> = {
  ...DEFAULT_LIMITS,
  held: [],
  quarantined: [],
  random: seededRandom(1),
};
export const NOW = 1_700_000_000_000;
