/**
 * What the gossip core is told, and what it asks for. Pure.
 * `Body` is the shell's own: the payload and how the agent shall see it. The core hands it back and never looks inside.
 */
import type { AgentEvent, Seen } from '../../agent.ts';
import type { PeerId, RumorId } from '../../ids.ts';
import type { GossipConfig } from '../config.ts';

/** The two halves of what pals tells us: whom we added, and who added us. */
export type PalsList = 'targets' | 'leeches';

/** What pals says of one peer. `meet` and `part` are our doing, `near` and `away` theirs. */
export type PalChange = 'meet' | 'part' | 'near' | 'away';

/** What the overlay says of one neighbour. */
export type NeighborChange = 'up' | 'down';

/**
 * What an agent is in its topic's overlay: a `member` when it hears anybody and tells anybody, a `leaf` with one of the two.
 * The overlay makes a leaf of a member, too, that nobody could dial.
 */
export type OverlayRole = 'member' | 'leaf';

/** What we wait for. */
export type Timer =
  /** To ask a peer, pals, or the overlay once more. */
  | { readonly of: 'hear'; readonly peer: PeerId }
  | { readonly of: 'pals'; readonly list: PalsList }
  | { readonly of: 'overlay' }
  /** Until we publish what we hold, if nobody else has. */
  | { readonly of: 'embargo'; readonly id: RumorId }
  /** Until a rumor leaves, with passing. */
  | { readonly of: 'leave'; readonly id: RumorId }
  /** Until what we know of recent rumors is forgotten. */
  | { readonly of: 'recent' };

/** What the shell found when it read a datum. */
export type Verdict =
  | { readonly type: 'valid' }
  /** No validator for its mark. */
  | { readonly type: 'unknown' }
  | { readonly type: 'invalid'; readonly reason: string; readonly error?: Error };

/** Why a rumor is kept for later code: its kind, or only its mark, is unknown. */
export type Unknown = 'kind' | 'mark';

/** A rumor of a known kind that was read. `hops` as on the wire, 0 to 255. */
export interface Arrival<Body> {
  readonly id: RumorId;
  readonly from: PeerId;
  readonly hops: number;
  readonly seen: Seen | undefined;
  readonly verdict: Verdict;
  /** Whether the agent's queue would take it. */
  readonly room: boolean;
  /** It was let in before the process ended, and not delivered. */
  readonly resumed?: boolean;
  readonly body: Body;
  /** Its size. */
  readonly bytes: number;
}

/** Something that happened. */
export type Input<Body> =
  /** The first event of a run. */
  | { readonly type: 'Started' }
  | { readonly type: 'PalChanged'; readonly change: PalChange; readonly peer: PeerId }
  | { readonly type: 'PalsRefused'; readonly list: PalsList; readonly reason: string }
  | { readonly type: 'PalsKicked'; readonly list: PalsList }
  | { readonly type: 'NeighborChanged'; readonly change: NeighborChange; readonly peer: PeerId }
  | { readonly type: 'OverlayRefused'; readonly reason: string }
  | { readonly type: 'OverlayKicked' }
  /** A peer asks for our rumors, and the inner agent does not object. */
  | { readonly type: 'WatchAsked'; readonly peer: PeerId }
  /** One subscription of that peer ended, and we did not end it. */
  | { readonly type: 'SubscriberLeft'; readonly peer: PeerId }
  /** `hops`: as far as it may go, if that is less than the config allows. */
  | { readonly type: 'Published'; readonly id: RumorId; readonly body: Body; readonly bytes: number; readonly hops?: number }
  /** The inner agent has a datum for one new subscriber. */
  | { readonly type: 'FirstAnswerGiven'; readonly to: PeerId; readonly id: RumorId; readonly seen: Seen | undefined; readonly body: Body }
  /** `change` has passed `configChange`. */
  | { readonly type: 'Configured'; readonly change: Partial<GossipConfig> }
  | ({ readonly type: 'RumorArrived' } & Arrival<Body>)
  /** A copy that need not be read again: see {@link GossipCore.mustRead}. */
  | { readonly type: 'RepeatArrived'; readonly id: RumorId; readonly from: PeerId; readonly hops: number; readonly seen: Seen }
  /** That peer has a rumor that we have to read: it will be given by it or by another. */
  | { readonly type: 'RumorOffered'; readonly id: RumorId; readonly from: PeerId; readonly hops: number }
  /** A header: that peer has a datum that we have, with so many hops left for us. */
  | { readonly type: 'UpgradeArrived'; readonly id: RumorId; readonly from: PeerId; readonly hops: number; readonly seen: Seen | undefined }
  /** A peer would have us pass a rumor on. */
  | ({ readonly type: 'RumorPoked' } & Arrival<Body>)
  /** The proxy answered; with `refused` it does not take it. */
  | { readonly type: 'PassAnswered'; readonly id: RumorId; readonly peer: PeerId; readonly refused: boolean }
  /** A rumor of a kind that this code does not know. */
  | { readonly type: 'StrangeRumorArrived'; readonly id: RumorId; readonly from: PeerId; readonly room: boolean; readonly body: Body }
  /** What came is no rumor. */
  | { readonly type: 'RumorRejected'; readonly from: PeerId; readonly reason: string }
  /** The turn of a rumor that was to be quarantined. `bytes` is its size. */
  | { readonly type: 'Quarantined'; readonly id: RumorId; readonly from: PeerId; readonly unknown: Unknown; readonly bytes: number; readonly body: Body }
  /** A quarantined rumor that this code can read. */
  | ({ readonly type: 'QuarantineRead'; readonly unknown: Unknown } & Arrival<Body>)
  | { readonly type: 'WatchAcked'; readonly peer: PeerId }
  | { readonly type: 'WatchRefused'; readonly peer: PeerId; readonly reason: string }
  /** The other side ended our subscription. A lost link is no kick: the host watches again by itself. */
  | { readonly type: 'Kicked'; readonly peer: PeerId; readonly reason: string }
  /** A peer that refused or kicked us says that it would have us now. */
  | { readonly type: 'Welcomed'; readonly peer: PeerId }
  | { readonly type: 'TimerFired'; readonly timer: Timer };

/** Something the shell must now do. */
export type GossipEffect<Body> =
  | { readonly type: 'WatchPals'; readonly list: PalsList }
  /** Joins the overlay of our topic, in place of any other role in it. */
  | { readonly type: 'WatchOverlay'; readonly role: OverlayRole }
  | { readonly type: 'LeaveOverlay' }
  | { readonly type: 'Watch'; readonly peer: PeerId }
  | { readonly type: 'Leave'; readonly peer: PeerId }
  | { readonly type: 'SetTimer'; readonly timer: Timer; readonly delayMs: number }
  /** Timers outlive the process and are counted, so one that has no purpose is given back. */
  | { readonly type: 'CancelTimer'; readonly timer: Timer }
  /** Ends all subscriptions of that peer. */
  | { readonly type: 'Kick'; readonly peer: PeerId; readonly reason: string }
  /** Tells a peer that we refused or kicked that it may come now. */
  | { readonly type: 'Welcome'; readonly peer: PeerId }
  /** Refuses the watch or the poke being served. */
  | { readonly type: 'Refuse'; readonly reason: string }
  | { readonly type: 'Remember'; readonly id: RumorId; readonly hops: number; readonly delivered: boolean; readonly relayed: boolean }
  | { readonly type: 'Keep'; readonly id: RumorId; readonly hops: number; readonly body: Body }
  /** To every subscriber but `except`, or to those of `only`; pals that are away are owed it. `eager`: nobody has it from elsewhere, so a large one is not offered first. */
  | { readonly type: 'Send'; readonly id: RumorId; readonly hops: number; readonly body: Body; readonly eager?: true; readonly except?: PeerId; readonly only?: readonly PeerId[] }
  /** Only the header, to subscribers that have the datum. */
  | { readonly type: 'SendUpgrade'; readonly id: RumorId; readonly hops: number; readonly only: readonly PeerId[] }
  /** To one peer, as a poke. It comes back as `PassAnswered`. */
  | { readonly type: 'Pass'; readonly id: RumorId; readonly to: PeerId; readonly hops: number; readonly body: Body }
  | { readonly type: 'SaveHeld'; readonly id: RumorId; readonly hops: number; readonly successor: PeerId | undefined; readonly deadlineMs: number; readonly body: Body }
  | { readonly type: 'ForgetHeld'; readonly id: RumorId }
  /** To the subscriber being served. */
  | { readonly type: 'Answer'; readonly hops: number; readonly body: Body }
  /** To the inner agent, as an event of its own. */
  | { readonly type: 'Deliver'; readonly id: RumorId; readonly from: PeerId; readonly body: Body; readonly replayed: boolean }
  /** As an event of its own, which comes back as `Quarantined`: what is saved belongs to an event. */
  | { readonly type: 'Quarantine'; readonly from: PeerId; readonly body: Body }
  /** `order` rises from entry to entry. */
  | { readonly type: 'SaveQuarantined'; readonly id: RumorId; readonly order: number; readonly from: PeerId; readonly unknown: Unknown; readonly body: Body }
  | { readonly type: 'ForgetQuarantined'; readonly id: RumorId }
  /** The persisted config: what was chosen, whether or not this code allows it. */
  | { readonly type: 'SaveConfig'; readonly config: unknown }
  | { readonly type: 'ReportConfig'; readonly config: GossipConfig }
  | { readonly type: 'ReportRumor'; readonly what: 'relayed'; readonly id: RumorId; readonly hops: number; readonly src: PeerId; readonly body: Body }
  /** `passed`: it goes through a proxy first. `refused`: pals that asked to hear us and may not. */
  | { readonly type: 'ReportPublished'; readonly id: RumorId; readonly hops: number; readonly body: Body; readonly passed: boolean; readonly refused: readonly PeerId[] }
  | { readonly type: 'Notice'; readonly event: AgentEvent };
