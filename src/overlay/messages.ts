/**
 * What peers of a topic say to each other, what the overlay core is told, and what it asks for. Pure.
 * The names are the paper's. JoinReply and NeighborReply are ours: a link counts once both ends know of it.
 */
import type { PeerId } from '../ids.ts';

/**
 * A member of the topic, and its signed address record as it came. The core carries the record along and never looks inside:
 * the shell checks the records of a message before the core sees it, and leaves out the contacts whose record is bad or says "not dialable".
 */
export interface Contact {
  readonly peer: PeerId;
  readonly record: Uint8Array | undefined;
}

/** `high`: we have no neighbour at all. `probe`: an address book looks whether the topic is in pieces. */
export type Priority = 'low' | 'high' | 'probe';

/** What one request, and the link that comes of it, is known by. A u32; the requester counts. */
export type Generation = number;

export type Join = { readonly type: 'Join'; readonly generation: Generation; readonly leaf: boolean; readonly record: Uint8Array | undefined };
/** `contacts`: at most 8. When not accepted, whom to ask instead. */
export type JoinReply = { readonly type: 'JoinReply'; readonly generation: Generation; readonly accepted: boolean; readonly contacts: readonly Contact[] };
export type ForwardJoin = { readonly type: 'ForwardJoin'; readonly joiner: Contact; readonly ttlHops: number };
export type Neighbor = { readonly type: 'Neighbor'; readonly generation: Generation; readonly priority: Priority; readonly leaf: boolean; readonly record: Uint8Array | undefined };
/** `offer`: somebody with a place to fill: who made room for a probe, for the one that is displaced at the other end; with a no, who asked in vain before. */
export type NeighborReply = { readonly type: 'NeighborReply'; readonly generation: Generation; readonly accepted: boolean; readonly offer: Contact | null };
/** `alive`: the sender stays in the topic. `offer`: somebody with a place to fill, because it made room for the same probe. */
export type Disconnect = { readonly type: 'Disconnect'; readonly generation: Generation; readonly alive: boolean; readonly offer: Contact | null };
/** `generation`: of the link it comes over. `contacts`: at most 8. `nonce`: a u32, not 0, new for each Shuffle of an origin. */
export type Shuffle = { readonly type: 'Shuffle'; readonly generation: Generation; readonly origin: PeerId; readonly nonce: number; readonly ttlHops: number; readonly contacts: readonly Contact[] };
/** Goes back the way the Shuffle came. With nonce 0 it was not asked for: a parting gift before Disconnect. `contacts`: at most 8. */
export type ShuffleReply = { readonly type: 'ShuffleReply'; readonly origin: PeerId; readonly nonce: number; readonly contacts: readonly Contact[] };

export type OverlayMessage = Join | JoinReply | ForwardJoin | Neighbor | NeighborReply | Disconnect | Shuffle | ShuffleReply;

/** The nonce of a ShuffleReply that nobody asked for. */
export const PARTING_NONCE = 0;

/** `requests`: some may have gone unanswered for too long. `repair`: look for neighbours again. At most one of each is set at a time. */
export type OverlayTimer = 'shuffle' | 'requests' | 'repair';

/** A member takes part in walks and is known to others. A leaf (not dialable, or it only hears or only tells) has links out and nothing else. */
export type Role = 'member' | 'leaf';

/** Something that happened. */
export type OverlayInput =
  /** The first input. `record`: our own. */
  | { readonly type: 'Started'; readonly role: Role; readonly record: Uint8Array | undefined }
  /** Our record is another from now on. */
  | { readonly type: 'RecordChanged'; readonly record: Uint8Array | undefined }
  /** Peers that may be in the topic; the first 8 are asked, one after the other. */
  | { readonly type: 'JoinRequested'; readonly contacts: readonly Contact[] }
  /** The address book wants to know whether that peer is in our part of the topic. */
  | { readonly type: 'ProbeRequested'; readonly contact: Contact }
  /** `from` is authenticated by its link. */
  | { readonly type: 'MessageReceived'; readonly from: PeerId; readonly message: OverlayMessage }
  | { readonly type: 'TimerFired'; readonly timer: OverlayTimer }
  /** The link closed or its heartbeat failed. */
  | { readonly type: 'LinkLost'; readonly peer: PeerId }
  /** What a `Connect` asked for did not come about. */
  | { readonly type: 'ConnectFailed'; readonly peer: PeerId }
  /** We leave the topic. Nothing that comes later changes anything. */
  | { readonly type: 'LeaveRequested' };

/** Something the shell must now do. */
export type OverlayEffect =
  /** Over the link that exists. When it is gone, nothing: `LinkLost` has come or will. */
  | { readonly type: 'Send'; readonly to: PeerId; readonly message: OverlayMessage }
  /** Over the link that exists, or else over a new one. `ConnectFailed` when there is none to be had. */
  | { readonly type: 'Connect'; readonly to: Contact; readonly message: Join | Neighbor }
  /** The topic is done with this link. What was sent before goes out first; the link stays when others need it. */
  | { readonly type: 'Close'; readonly peer: PeerId }
  /** `TimerFired` after that time. */
  | { readonly type: 'SetTimer'; readonly timer: OverlayTimer; readonly delayMs: number }
  | { readonly type: 'Emit'; readonly event: OverlayEvent };

/**
 * How a neighbour came about: `joined`: it joined by us; `let-in`: we joined by it; `asked`: it asked for a link; `filled`: we did, for a place to fill;
 * `welcomed`: the walk of a newcomer ended with us; `probed`: an address book brought us together, ours or its own.
 */
export type UpReason = 'joined' | 'let-in' | 'asked' | 'filled' | 'welcomed' | 'probed';

/**
 * Why a neighbour is none any more: `displaced`: we gave its place to another; `evicted`: it gave ours away; `left`: it left the topic;
 * `lost`: the link failed; `leaving`: we leave.
 */
export type DownReason = 'displaced' | 'evicted' | 'left' | 'lost' | 'leaving';

/** Why a message changed nothing, for counters. None of it is proof of malice: most can come of crossing messages. */
export type IgnoredReason = 'from-ourselves' | 'not-a-neighbor' | 'own-shuffle' | 'stale-generation' | 'too-many-shuffles' | 'unknown-reply';

export type OverlayEvent =
  | { readonly type: 'NeighborUp'; readonly peer: PeerId; readonly reason: UpReason }
  | { readonly type: 'NeighborDown'; readonly peer: PeerId; readonly reason: DownReason }
  /** No neighbours, and nobody left to ask. The shell answers with `JoinRequested` from its address book. Comes again, ever more rarely. */
  | { readonly type: 'Isolated' }
  /** Contacts meant for us, for the address book. Not those of passing walks: they are our neighbours' neighbours, and links among them make cliques. */
  | { readonly type: 'Learned'; readonly contacts: readonly Contact[] }
  | { readonly type: 'Ignored'; readonly peer: PeerId; readonly message: OverlayMessage['type']; readonly reason: IgnoredReason };
