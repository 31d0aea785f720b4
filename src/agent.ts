/**
 * The agent: what an app is to hearsay. Types, and the helpers that make effects.
 * An agent receives events and returns effects; it never sees a socket, a disk or a clock. After Urbit's Gall.
 */
import type { Observable } from 'rxjs';
import type { PeerId, RumorId } from './ids.ts';
import type { Random } from './random.ts';

/** A subscription path, `/` and segments: `/rumors/latest`. Paths that start with `/~/` are reserved for wrappers. */
export type Path = string;
/** A name the agent gives to one of its own requests, and by which it knows the answer. */
export type Wire = string;
/** A name for a kind of data, at most 64 bytes. */
export type Mark = string;

/** A piece of data and what kind it is. */
export interface Datum {
  readonly mark: Mark;
  readonly data: unknown;
}

/** Why a poke or a watch was refused. To strangers everything is `forbidden`. */
export type RefusalReason = 'forbidden' | 'no-such-agent' | 'not-open' | 'failed' | 'overloaded' | 'unreachable' | (string & {});

/** An answer to something the agent asked for, or a fact it subscribed to. */
export type Sign =
  /** Data on a path we watch. `id` is set on rumors: a key for agents that keep their state elsewhere. `replayed`: kept from before an upgrade; to `onArrival`, from before a restart. */
  | { readonly type: 'fact'; readonly mark: Mark; readonly data: unknown; readonly id?: RumorId; readonly replayed?: boolean }
  /** A watch was answered. With `refused` there is no subscription. Comes again after each lost and restored link. */
  | { readonly type: 'watch-ack'; readonly refused?: RefusalReason }
  /** The other side ended the subscription. A lost link is not a kick: the host watches again by itself. */
  | { readonly type: 'kick'; readonly reason: string }
  /** A poke was answered. */
  | { readonly type: 'poke-ack'; readonly refused?: RefusalReason };

/** The context of an event. */
export interface Bowl {
  /** This node. */
  readonly our: PeerId;
  /** The peer that handed us the event, authenticated; `our` for local ones. Never the author of a rumor. */
  readonly src: PeerId;
  /** Wall clock, ms since 1970. */
  readonly now: number;
  /** The name this agent runs under. */
  readonly agent: string;
  /** What the agent saved, deeply frozen. A live view: it shows the effects of the events before this one. */
  readonly saved: ReadonlyMap<string, unknown>;
  /** Whether `src` may administer this node: our own process, or a peer on the node's `admins` list. */
  readonly admin: boolean;
  /** Identity of this run: one object for all events between a start and the next. Wrappers key their memory by it. */
  readonly run: object;
  /** What the node remembers of a rumor. Synchronous, in RAM. */
  seen(id: RumorId): Seen | undefined;
  /** Whether another event would still be admitted to this agent's queue. */
  readonly room: boolean;
  /** Dice that nobody can foretell. A pure core is given them at its start; tests and simulators give seeded ones. */
  readonly random: Random;
  /** The bounds a wrapper has to keep. */
  readonly limits: AgentLimits;
  /**
   * For wrappers: whether the host would do all of these, asked before a step that cannot be taken back.
   * What is kept under reserved names does not count against the agent's bounds.
   * @throws HearsayError what the event would fail with: `HEARSAY_BAD_EFFECT`, `HEARSAY_BAD_DATA`, `HEARSAY_TOO_LARGE`, `HEARSAY_OVERLOADED`
   */
  check(effects: readonly Effect[]): void;
}

/** The bounds of a node that a wrapper has to keep. */
export interface AgentLimits {
  readonly maxPayloadBytes: number;
  readonly maxQuarantined: number;
  readonly maxQuarantinedBytes: number;
  readonly maxHeld: number;
  readonly maxHeldBytes: number;
  readonly maxRecent: number;
  readonly maxRecentBytes: number;
}

/** What is remembered of a rumor. */
export interface Seen {
  /** The most hops it ever had left when it came, 0–15; for our own data the config's. */
  readonly hops: number;
  /** The agent has had it. */
  readonly delivered: boolean;
  /** We published or relayed it. */
  readonly relayed: boolean;
}

/** What an agent asks the host to do. Make them with the helpers below. */
export type Effect =
  | FactEffect
  | { readonly type: 'kick'; readonly paths: readonly Path[]; readonly peer?: PeerId; readonly reason?: string }
  | { readonly type: 'poke'; readonly wire: Wire; readonly peer: PeerId; readonly agent: string; readonly mark: Mark; readonly data: unknown }
  | { readonly type: 'watch'; readonly wire: Wire; readonly peer: PeerId; readonly agent: string; readonly path: Path }
  | { readonly type: 'leave'; readonly wire: Wire; readonly peer: PeerId; readonly agent: string }
  | { readonly type: 'wait'; readonly wire: Wire; readonly delayMs: number }
  | { readonly type: 'rest'; readonly wire: Wire }
  | { readonly type: 'save'; readonly key: string; readonly value: unknown }
  | { readonly type: 'forget'; readonly key: string }
  | { readonly type: 'refuse'; readonly reason: RefusalReason }
  | WrapperEffect;

/** Data for subscribers. No paths: an answer to the one subscriber being served. */
export interface FactEffect {
  readonly type: 'fact';
  readonly paths: readonly Path[];
  readonly mark: Mark;
  readonly data: unknown;
  /** A subscriber who is not told, because it told us. */
  readonly except?: PeerId;
  /** If given, only these subscribers are told. */
  readonly only?: readonly PeerId[];
  /** On `/~/gossip/source`: how far this datum may travel, 0 to 15, if that is less than the config's hops. */
  readonly hops?: number;
  /** For wrappers: the rumor that it is. What becomes of it is told with the report of its publication. */
  readonly rumor?: RumorId;
  /** For wrappers: with how many hops that rumor is sent later, out of the payload window, to a pal that is away or has no room for it. */
  readonly owedHops?: number;
  /** For wrappers: `data`, which are bytes then, in two parts. Those of a large rumor are put together for nobody who does not look at them. */
  readonly parts?: readonly [head: Uint8Array, rest: Uint8Array];
  /** For wrappers: subscribers may have this rumor from others by now. A large one (limits.offerFromBytes) is offered, and given to who asks. */
  readonly offer?: boolean;
}

/** Effects that wrappers need; an ordinary agent has no use for them. */
export type WrapperEffect =
  /** Into the seen-set. Hops only ever rise, `relayed` is only ever set. */
  | { readonly type: 'remember'; readonly id: RumorId; readonly hops: number; readonly delivered: boolean; readonly relayed: boolean }
  /** Into the payload window. */
  | { readonly type: 'keep'; readonly id: RumorId; readonly mark: Mark; readonly payload: Uint8Array; readonly hops: number }
  /**
   * An event for this agent itself: `onAgent(wire, sign)` with that `src`. With `id`, marked as delivered in the same commit.
   * `again`: what `onArrival` is handed, as `replayed`, when the process dies before that commit.
   */
  | { readonly type: 'deliver'; readonly wire: Wire; readonly sign: Sign; readonly src: PeerId; readonly id?: RumorId; readonly bytes: number; readonly again?: Again }
  /** For `published$`, `received$`, `relayed$`, `config$` and `events$` of the app. */
  | { readonly type: 'report'; readonly report: Report };

/** A fact that comes again after a restart. */
export interface Again {
  readonly wire: Wire;
  readonly mark: Mark;
  readonly data: Uint8Array;
}

/** A rumor that a peer has for us, with so many hops left (0 to 255, as on the wire). */
export interface Offered {
  readonly id: RumorId;
  readonly hops: number;
}

/** What a wrapper tells the app about. */
export type Report =
  | { readonly type: 'received' | 'relayed'; readonly rumor: Rumor }
  /** The host adds to whom it was sent, and who could not be. */
  | { readonly type: 'published'; readonly rumor: Rumor & Publication }
  | { readonly type: 'config'; readonly config: unknown }
  | { readonly type: 'event'; readonly event: AgentEvent };

/** A rumor as the app sees it. */
export interface Rumor<Mark_ extends Mark = Mark, Data = unknown> {
  readonly id: RumorId;
  readonly mark: Mark_;
  readonly data: Data;
  /** Hops left: at us for received ones, for our subscribers for published and relayed ones. */
  readonly hops: number;
  /** The peer that handed it to us; ourselves when we published it. */
  readonly src: PeerId;
}

/** What became of a publication, at the moment it was made. How far it gets is not known to anybody. */
export interface Publication {
  /** Subscribers that it was given to: their links carry it. */
  readonly sent: readonly PeerId[];
  /** Who did not get it, and why: `owed`, until its link has room again; `slow-reader`; `too-large`; `gossip-forbidden`, a pal that asked to hear us and may not. */
  readonly refused: readonly { readonly peer: PeerId; readonly reason: string }[];
  /** It goes through a proxy first, and so to nobody at once. */
  readonly passed: boolean;
}

/** Something worth knowing that is nobody's answer. `name` is stable; the rest explains. */
export interface AgentEvent {
  /** For instance `config-differs`, `lagged`, `bad-rumor`, `invalid-data`, `watch-refused`, `upgrade-ignored`, `failed`, `pals-refused`. */
  readonly name: string;
  readonly peer?: PeerId;
  readonly reason?: string;
  /** How many, where the event counts. */
  readonly count?: number;
  readonly error?: Error;
  readonly detail?: unknown;
}

/** Effects that are worked out when their event's turn comes, with that moment's bowl. */
export type Deferred = (bowl: Bowl) => Effect | readonly Effect[] | undefined | void;
/** Nothing, one, several, or worked out later. */
export type Emission = Effect | readonly Effect[] | Deferred | undefined | void;
/** What an arm returns. A promise holds the agent; each emission of an Observable is an event of its own. */
export type Effects = Emission | Promise<Emission> | Observable<Emission>;

/** The app's message-handler object. All arms are optional; one event at a time. */
export interface Agent {
  /** The very first start under this name in this directory. */
  readonly onInit?: (bowl: Bowl) => Effects;
  /** Every later start. Watches do not outlive the process: make them again here. Timers and saved values do. */
  readonly onLoad?: (bowl: Bowl) => Effects;
  /** A command, from `app.poke` (src is ourselves) or from a peer, if `open.pokes` lists the mark. */
  readonly onPoke?: (datum: Datum, bowl: Bowl) => Effects;
  /** A new subscriber. Facts without a path go to it alone. Return `refuse(reason)` to send it away. */
  readonly onWatch?: (path: Path, bowl: Bowl) => Effects;
  /** A subscriber left or was lost. */
  readonly onLeave?: (path: Path, bowl: Bowl) => Effects;
  /** An answer to something we asked for. */
  readonly onAgent?: (wire: Wire, sign: Sign, bowl: Bowl) => Effects;
  /** A timer of ours fired. */
  readonly onWake?: (wire: Wire, bowl: Bowl) => Effects;
  /** A read: no effects. `undefined` when there is nothing at the path. */
  readonly onPeek?: (path: Path, bowl: Bowl) => unknown;
  /** An event of ours failed; its effects were dropped. */
  readonly onFail?: (error: Error, bowl: Bowl) => Effects;
  /**
   * For wrappers: a fact on a wire, before it queues, in the turn it came in. The effects are performed at once.
   * `undefined`: not mine, queue it for `onAgent`. Must not wait.
   */
  readonly onArrival?: (wire: Wire, sign: Sign, bowl: Bowl) => readonly Effect[] | undefined;
  /**
   * For wrappers: on a wire, in the turn it came in, that a peer has a rumor for us. The effects are performed at once.
   * `undefined`: it is to be given to us; so it is without this arm. Must not wait.
   */
  readonly onOffer?: (wire: Wire, offered: Offered, bowl: Bowl) => readonly Effect[] | undefined;
  /** What other peers may do. Without it: nothing. A path opens itself and everything below it. */
  readonly open?: { readonly pokes?: readonly Mark[]; readonly paths?: readonly Path[] };
}

/** Data for all subscribers of these paths; with no paths, for the subscriber being served. */
export function fact(paths: readonly Path[], mark: Mark, data: unknown): Effect {
  return { type: 'fact', paths, mark, data };
}

/** Ends subscriptions to these paths: one peer's, or everybody's. */
export function kick(paths: readonly Path[], peer?: PeerId, reason?: string): Effect {
  return { type: 'kick', paths, ...(peer !== undefined && { peer }), ...(reason !== undefined && { reason }) };
}

/** A command to an agent of a peer (or of our own node). The answer comes as `poke-ack` on `wire`. */
export function poke(wire: Wire, peer: PeerId, agent: string, mark: Mark, data: unknown): Effect {
  return { type: 'poke', wire, peer, agent, mark, data };
}

/** Subscribes. Facts, the `watch-ack` and a `kick` come on `wire`. One subscription per wire, peer and agent. */
export function watch(wire: Wire, peer: PeerId, agent: string, path: Path): Effect {
  return { type: 'watch', wire, peer, agent, path };
}

/** Ends our subscription. Nothing more comes on `wire`. */
export function leave(wire: Wire, peer: PeerId, agent: string): Effect {
  return { type: 'leave', wire, peer, agent };
}

/** A timer: `onWake(wire)` after `delayMs` (0 to 2^31 - 1 ms). A second one on the same wire replaces the first. Survives restarts. */
export function wait(wire: Wire, delayMs: number): Effect {
  return { type: 'wait', wire, delayMs };
}

/** Cancels a timer. One that does not exist is fine. */
export function rest(wire: Wire): Effect {
  return { type: 'rest', wire };
}

/** Keeps a value under a key, in one transaction with the rest of the event. Any plain data that CBOR can carry. */
export function save(key: string, value: unknown): Effect {
  return { type: 'save', key, value };
}

/** Drops a saved value. */
export function forget(key: string): Effect {
  return { type: 'forget', key };
}

/** Answers the poke or the watch being served with a refusal. Not a failure: `onFail` is not called, the event's other effects are dropped. */
export function refuse(reason: RefusalReason): Effect {
  return { type: 'refuse', reason };
}
