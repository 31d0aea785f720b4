/** What happens in a simulated network, where, and what a trace takes down of it. Pure. */
import type { PeerId } from '../ids.ts';
import type { Contact, OverlayInput, OverlayMessage } from '../overlay/messages.ts';
import type { Actor, NodeIndex } from './network.ts';

/** Where a node is or was. */
export interface Place {
  readonly index: NodeIndex;
  readonly contact: Contact;
  actor: Actor;
  alive: boolean;
  /** Of a cut. */
  side: number;
  /** Links open at this end, and when what was last sent on each arrives. */
  readonly links: Map<NodeIndex, number>;
}

/** Something that is due. */
export type Event =
  | { readonly type: 'input'; readonly to: Place; readonly input: OverlayInput }
  | { readonly type: 'message'; readonly to: Place; readonly from: Place; readonly message: OverlayMessage }
  | { readonly type: 'dial'; readonly to: Place; readonly from: Place; readonly message: OverlayMessage }
  | { readonly type: 'lost'; readonly to: Place; readonly from: Place }
  | { readonly type: 'wake'; readonly to: Place }
  | { readonly type: 'call'; readonly run: () => void };

/** Each kind as a number, for the trace. */
export const INPUT_CODES: Readonly<Record<OverlayInput['type'] | OverlayMessage['type'], number>> = {
  Started: 1,
  RecordChanged: 2,
  JoinRequested: 3,
  ProbeRequested: 4,
  MessageReceived: 5,
  TimerFired: 6,
  LinkLost: 7,
  ConnectFailed: 8,
  LeaveRequested: 9,
  Join: 10,
  JoinReply: 11,
  ForwardJoin: 12,
  Neighbor: 13,
  NeighborReply: 14,
  Disconnect: 15,
  Shuffle: 16,
  ShuffleReply: 17,
};

/** An empty place. */
export function placeOf(index: NodeIndex): Place {
  return { index, contact: { peer: peerIdOf(index), record: undefined }, actor: NOBODY, alive: true, side: 0, links: new Map() };
}

const NOBODY: Actor = { input: () => undefined, wake: () => undefined, neighbors: [] };

/** The digits that differ come first, and the string is the engine's one copy of it, as the names of properties are: comparing two is comparing pointers. */
function peerIdOf(index: NodeIndex): PeerId {
  const [interned] = Object.keys({ [index.toString(16).padStart(8, '0').padEnd(64, '0')]: 0 });
  return interned as PeerId;
}
