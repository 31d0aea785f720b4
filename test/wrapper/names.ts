/** Peers and rumors for tests. */
import type { PeerId, RumorId } from '../../src/ids.ts';

const hex = (n: number): string => n.toString(16).padStart(64, '0');

export const peerOf = (n: number): PeerId => hex(n) as PeerId;
export const rumorOf = (n: number): RumorId => hex(n) as RumorId;

export const ANN: PeerId = peerOf(0xa);
export const BOB: PeerId = peerOf(0xb);
export const CAT: PeerId = peerOf(0xc);
export const DAN: PeerId = peerOf(0xd);
