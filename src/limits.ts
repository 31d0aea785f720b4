/**
 * Every bound in one place (DESIGN 11), validated once. Pure.
 */
import { HearsayError } from './errors.ts';

const KIB = 1024;
const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a node will hold, wait for and accept. Every queue, map, frame, timer and retry is bounded by one of these. */
export interface Limits {
  /** Largest payload of a datum, in bytes. From 1 to 1 MiB. @defaultValue 64 KiB (design) */
  readonly maxPayloadBytes: number;
  /** Events waiting for one agent. At the limit rumors are relayed and not admitted. @defaultValue 10,000 (design) */
  readonly maxQueuedEvents: number;
  /** The same in bytes of payload. @defaultValue 16 MiB (design) */
  readonly maxQueuedBytes: number;
  /** Links open at once. @defaultValue 256 (design) */
  readonly maxLinks: number;
  /** Links to pals kept open; the others are dialled when there is something to say. @defaultValue 128 (design) */
  readonly maxHotPals: number;
  /** Unknown marks and kinds kept for an upgrade, per agent. @defaultValue 1,000 (design) */
  readonly maxQuarantined: number;
  /** The same in bytes. @defaultValue 4 MiB (design) */
  readonly maxQuarantinedBytes: number;
  /** Data held for proxies or on their way to one, per agent. At the limit the oldest is published. @defaultValue 1,000 (design) */
  readonly maxHeld: number;
  /** The same in bytes. @defaultValue 16 MiB (our choice: as much as may wait for the agent) */
  readonly maxHeldBytes: number;
  /** Rumors of the last two minutes kept at hand, per agent, so that a longer reach can be passed on. @defaultValue 2,000 (our choice: 16 a second) */
  readonly maxRecent: number;
  /** The same in bytes. @defaultValue 8 MiB (our choice: 4 KiB each, what research 3.4 sends eagerly) */
  readonly maxRecentBytes: number;
  /** A relayed rumor of so many bytes or more is offered to subscribers, and given to who asks: fewer copies, for a round trip a hop. @defaultValue 8 KiB (our choice: twice what research 3.4 sends at once) */
  readonly offerFromBytes: number;
  /** Offered rumors kept at hand, in bytes, over all agents; older ones are read from disk. @defaultValue 8 MiB (our choice: as `maxRecentBytes`) */
  readonly maxOfferedBytes: number;
  /** How long a promise may hold its agent, in ms. @defaultValue 30,000 (design) */
  readonly armTimeoutMs: number;
  /** Watches one peer may hold on us, over all agents. @defaultValue 1,000 (our choice: 200 topics of five paths) */
  readonly maxWatchesPerPeer: number;
  /** Pokes to one peer that wait for an answer. @defaultValue 1,000 (our choice: one quarantine's worth) */
  readonly maxPendingPokes: number;
  /** How long a poke waits for a link and an answer, in ms. @defaultValue 30,000 (Urbit: s30 for a proxy) */
  readonly pokeTimeoutMs: number;
  /** Messages of a topic that one reader has not read. Past it the oldest are lost to it. @defaultValue 1,000 (our choice: a second of a busy topic) */
  readonly maxUnread: number;
  /** The same in bytes. @defaultValue 8 MiB (our choice: half of what may wait for an agent) */
  readonly maxUnreadBytes: number;
  /** How long a publication waits for the first neighbour in its topic, in ms. @defaultValue 10,000 (our choice: twice `handshakeTimeoutMs`, one dial that fails and one that does not) */
  readonly neighborTimeoutMs: number;
  /** How long closing a node, or leaving a topic, waits for events that were accepted, in ms. @defaultValue 3,000 (design: 5 s in all, 2 of which are the links' to carry what these send) */
  readonly closeTimeoutMs: number;
  /** Timers of one agent. @defaultValue 10,000 (our choice: one per queued event) */
  readonly maxTimers: number;
  /** What an agent may have saved in all, in bytes. @defaultValue 64 MiB (our choice: RAM is its index) */
  readonly maxSavedBytes: number;
  /** How long a seen id is remembered, in ms. @defaultValue 14 days (design) */
  readonly seenRetentionMs: number;
  /** How many seen ids are remembered, over all agents of a node. @defaultValue 1,000,000 (design) */
  readonly maxSeen: number;
  /** How long a payload is kept, in ms. @defaultValue 24 h (design) */
  readonly payloadRetentionMs: number;
  /** How many bytes of payloads are kept. @defaultValue 64 MiB (design) */
  readonly maxPayloadWindowBytes: number;
  /** Peers remembered with a pal gesture in either direction. @defaultValue 10,000 (our choice: SSB's largest known follow lists are below it) */
  readonly maxPals: number;
  /** Invites outstanding. @defaultValue 100 (our choice) */
  readonly maxInvites: number;
  /** Address records kept. @defaultValue 500 (design) */
  readonly maxAddressRecords: number;
  /** Peers remembered of one topic, to be asked when its overlay is in pieces. @defaultValue 64 (design) */
  readonly maxTopicRecords: number;
  /** Dials a minute of one host that others told us of. @defaultValue 3 (design) */
  readonly maxDialsPerHost: number;
  /** Overlay messages and questions for peers taken of one peer in ten seconds. @defaultValue 500 (our choice: in a storm of joins a contact sends 2 walks a join) */
  readonly maxOverlayMessages: number;
  /** Half-open handshakes in all. @defaultValue 64 (design) */
  readonly maxHalfOpen: number;
  /** Half-open handshakes of one address prefix (IPv4 /32, IPv6 /64). @defaultValue 8 (design) */
  readonly maxHalfOpenPerPrefix: number;
  /** Time from accept to a finished handshake, in ms. @defaultValue 5,000 (design) */
  readonly handshakeTimeoutMs: number;
  /** Past this many buffered bytes a link takes no more rumors. @defaultValue 1 MiB (design) */
  readonly maxBufferedBytes: number;
  /** Past this many buffered bytes for `stalledMs` a link closes. @defaultValue 4 MiB (design) */
  readonly maxStalledBytes: number;
  /** See `maxStalledBytes`. @defaultValue 10,000 (design) */
  readonly stalledMs: number;
  /** Silence after which a link is asked whether it lives, in ms. @defaultValue 15,000 (our choice: half the 30 s after which home routers begin to forget a flow) */
  readonly heartbeatMs: number;
  /** First redial after a lost link, at most, in ms. @defaultValue 200 (design) */
  readonly redialFirstMs: number;
  /** Longest wait between two dials of one peer, in ms. @defaultValue 600,000 (research 9: to 10 min) */
  readonly redialMaxMs: number;
}

/** The defaults; each number's source stands at its field. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxPayloadBytes: 64 * KIB,
  maxQueuedEvents: 10_000,
  maxQueuedBytes: 16 * MIB,
  maxLinks: 256,
  maxHotPals: 128,
  maxQuarantined: 1_000,
  maxQuarantinedBytes: 4 * MIB,
  maxHeld: 1_000,
  maxHeldBytes: 16 * MIB,
  maxRecent: 2_000,
  maxRecentBytes: 8 * MIB,
  offerFromBytes: 8 * KIB,
  maxOfferedBytes: 8 * MIB,
  armTimeoutMs: 30_000,
  maxWatchesPerPeer: 1_000,
  maxPendingPokes: 1_000,
  pokeTimeoutMs: 30_000,
  maxUnread: 1_000,
  maxUnreadBytes: 8 * MIB,
  neighborTimeoutMs: 10_000,
  closeTimeoutMs: 3_000,
  maxTimers: 10_000,
  maxSavedBytes: 64 * MIB,
  seenRetentionMs: 14 * DAY_MS,
  maxSeen: 1_000_000,
  payloadRetentionMs: DAY_MS,
  maxPayloadWindowBytes: 64 * MIB,
  maxPals: 10_000,
  maxInvites: 100,
  maxAddressRecords: 500,
  maxTopicRecords: 64,
  maxDialsPerHost: 3,
  maxOverlayMessages: 500,
  maxHalfOpen: 64,
  maxHalfOpenPerPrefix: 8,
  handshakeTimeoutMs: 5_000,
  maxBufferedBytes: MIB,
  maxStalledBytes: 4 * MIB,
  stalledMs: 10_000,
  heartbeatMs: 15_000,
  redialFirstMs: 200,
  redialMaxMs: 10 * MINUTE_MS,
});

/** A payload is never larger than this, whatever the config says (design). */
export const HARD_MAX_PAYLOAD_BYTES: number = MIB;

/**
 * Fills in defaults.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` naming the field, the rule and the value.
 */
export function limits(given: Partial<Limits> = {}): Limits {
  const result: Record<string, number> = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(given)) {
    const field = `limits.${name}`;
    if (!(name in DEFAULT_LIMITS)) throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule: 'to be a known limit', value });
    if (value === undefined) continue;
    const max = name === 'maxPayloadBytes' ? HARD_MAX_PAYLOAD_BYTES : Number.MAX_SAFE_INTEGER;
    if (!Number.isSafeInteger(value) || value < 1 || value > max) {
      throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule: `to be a whole number from 1 to ${max}`, value });
    }
    result[name] = value;
  }
  return Object.freeze(result) as unknown as Limits;
}
