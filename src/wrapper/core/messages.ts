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

/** What we wait for: to ask a peer, or pals, once more. */
export type Timer = { readonly of: 'hear'; readonly peer: PeerId } | { readonly of: 'pals'; readonly list: PalsList };

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
  readonly body: Body;
}

/** Something that happened. */
export type Input<Body> =
  /** The first event of a run. */
  | { readonly type: 'Started' }
  | { readonly type: 'PalChanged'; readonly change: PalChange; readonly peer: PeerId }
  | { readonly type: 'PalsRefused'; readonly list: PalsList; readonly reason: string }
  | { readonly type: 'PalsKicked'; readonly list: PalsList }
  /** A peer asks for our rumors, and the inner agent does not object. */
  | { readonly type: 'WatchAsked'; readonly peer: PeerId }
  /** One subscription of that peer ended, and we did not end it. */
  | { readonly type: 'SubscriberLeft'; readonly peer: PeerId }
  | { readonly type: 'Published'; readonly id: RumorId; readonly body: Body }
  /** The inner agent has a datum for one new subscriber. */
  | { readonly type: 'FirstAnswerGiven'; readonly to: PeerId; readonly id: RumorId; readonly seen: Seen | undefined; readonly body: Body }
  /** `change` has passed `configChange`. */
  | { readonly type: 'Configured'; readonly change: Partial<GossipConfig> }
  | ({ readonly type: 'RumorArrived' } & Arrival<Body>)
  /** A copy that need not be read again: see {@link GossipCore.mustRead}. */
  | { readonly type: 'RepeatArrived'; readonly id: RumorId; readonly from: PeerId; readonly hops: number; readonly seen: Seen }
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
  | { readonly type: 'TimerFired'; readonly timer: Timer };

/** Something the shell must now do. */
export type GossipEffect<Body> =
  | { readonly type: 'WatchPals'; readonly list: PalsList }
  | { readonly type: 'Watch'; readonly peer: PeerId }
  | { readonly type: 'Leave'; readonly peer: PeerId }
  | { readonly type: 'SetTimer'; readonly timer: Timer; readonly delayMs: number }
  /** Timers outlive the process and are counted, so one that has no purpose is given back. */
  | { readonly type: 'CancelTimer'; readonly timer: Timer }
  /** Ends all subscriptions of that peer. */
  | { readonly type: 'Kick'; readonly peer: PeerId; readonly reason: string }
  /** Refuses the watch being served. */
  | { readonly type: 'Refuse'; readonly reason: string }
  | { readonly type: 'Remember'; readonly id: RumorId; readonly hops: number; readonly delivered: boolean; readonly relayed: boolean }
  | { readonly type: 'Keep'; readonly id: RumorId; readonly hops: number; readonly body: Body }
  /** To every subscriber but `except`. */
  | { readonly type: 'Send'; readonly hops: number; readonly body: Body; readonly except?: PeerId }
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
  | { readonly type: 'ReportRumor'; readonly what: 'published' | 'relayed'; readonly id: RumorId; readonly hops: number; readonly src: PeerId; readonly body: Body }
  | { readonly type: 'Notice'; readonly event: AgentEvent };
