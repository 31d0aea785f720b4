/**
 * The numbers of one topic's overlay, validated once. Pure.
 * Source: HyParView (Leitão, Pereira, Rodrigues, DSN 2007), section 5.1, unless a field says otherwise.
 */
import { HearsayError } from '../errors.ts';

/** Tuning of one topic's overlay. Every peer of a topic should run the same values. */
export interface OverlayConfig {
  /** Members we hold a link to; leaves come on top. From 2. @defaultValue 5 peers (paper: fanout 4 + 1) */
  readonly activeViewSize: number;
  /** Members we know besides. @defaultValue 30 peers (paper) */
  readonly passiveViewSize: number;
  /** ARWL: how far a ForwardJoin or a Shuffle walks, and the most we believe on receipt. @defaultValue 6 hops (paper) */
  readonly activeWalkHops: number;
  /** PRWL: with how many hops left a ForwardJoin is noted in the passive view. @defaultValue 3 hops (paper) */
  readonly passiveWalkHops: number;
  /** ka: how many of the active view go into a Shuffle. @defaultValue 3 peers (paper) */
  readonly shuffleActive: number;
  /** kp: how many of the passive view go into a Shuffle. @defaultValue 4 peers (paper) */
  readonly shufflePassive: number;
  /** Time between two Shuffles of ours, ± 10 %. The paper's cycle. @defaultValue 60,000 ms (iroh-gossip) */
  readonly shuffleIntervalMs: number;
  /** Links that no newcomer displaces. Fewer than `activeViewSize`. @defaultValue 4 links (measured: 5 - 1 guest stops eclipses by Join) */
  readonly maxAnchors: number;
  /** Age from which a link can be an anchor, and walks prefer it. @defaultValue 120,000 ms (measured: two shuffle intervals keep a fresh overlay random) */
  readonly anchorAgeMs: number;
  /** Links of peers that cannot be dialled or that only hear or only tell. @defaultValue 10 links (our choice: enough when two of three peers are leaves) */
  readonly maxLeaves: number;
  /** How long a Join or a Neighbor may go unanswered, dial included. @defaultValue 10,000 ms (our choice: twice the handshake timeout) */
  readonly requestTimeoutMs: number;
  /** Joins and Neighbors of ours that wait for an answer. @defaultValue 16 (our choice: three full active views) */
  readonly maxRequests: number;
  /** Joins a second that may displace a link; further ones are sent on. @defaultValue 2 joins (our choice; Partisan #75: islands when many join one contact) */
  readonly joinsPerSecond: number;
  /** How often a Join of ours is sent on before we ask for a plain link. @defaultValue 8 times (our choice: 5^8 peers) */
  readonly maxRedirects: number;
  /** How long the way back of a Shuffle is remembered. @defaultValue 10,000 ms (our choice: 12 hops of 800 ms) */
  readonly walkMemoryMs: number;
  /** Ways back remembered; at the limit the oldest goes. @defaultValue 64 walks (our choice: nine times what 7 messages a cycle need) */
  readonly maxWalks: number;
  /** Shuffles that one neighbour may have us pass on in half an interval. @defaultValue 8 walks (our choice: 0.6 are usual) */
  readonly maxWalksPerNeighbor: number;
  /** Wait before we look for neighbours again when all we know were asked; doubles. Walks avoid links that are younger still. @defaultValue 2,000 ms (our choice: longer than a ForwardJoin walks) */
  readonly repairFirstMs: number;
  /** The longest such wait, and how long one that asked in vain is offered to others. @defaultValue 60,000 ms (our choice: a shuffle interval) */
  readonly repairMaxMs: number;
}

/** The defaults; each number's source stands at its field. */
export const DEFAULT_OVERLAY_CONFIG: OverlayConfig = Object.freeze({
  activeViewSize: 5,
  passiveViewSize: 30,
  activeWalkHops: 6,
  passiveWalkHops: 3,
  shuffleActive: 3,
  shufflePassive: 4,
  shuffleIntervalMs: 60_000,
  maxAnchors: 4,
  anchorAgeMs: 120_000,
  maxLeaves: 10,
  requestTimeoutMs: 10_000,
  maxRequests: 16,
  joinsPerSecond: 2,
  maxRedirects: 8,
  walkMemoryMs: 10_000,
  maxWalks: 64,
  maxWalksPerNeighbor: 8,
  repairFirstMs: 2_000,
  repairMaxMs: 60_000,
});

/** Timers are 31 bits everywhere. */
const MAX_VALUE = 2 ** 31 - 1;
/** What may be none. */
const MAY_BE_ZERO: ReadonlySet<string> = new Set(['passiveWalkHops', 'shuffleActive', 'shufflePassive', 'maxAnchors', 'maxLeaves', 'maxRedirects']);

/**
 * Fills in defaults.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` naming the field, the rule and the value.
 */
export function overlayConfig(given: Partial<OverlayConfig> = {}): OverlayConfig {
  const result: Record<string, number> = { ...DEFAULT_OVERLAY_CONFIG };
  for (const [name, value] of Object.entries(given)) {
    if (!(name in DEFAULT_OVERLAY_CONFIG)) throw bad(name, 'to be a known number of an overlay', value);
    if (value === undefined) continue;
    const min = MAY_BE_ZERO.has(name) ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < min || value > MAX_VALUE) throw bad(name, `to be a whole number from ${min} to ${MAX_VALUE}`, value);
    result[name] = value;
  }
  const config = Object.freeze(result) as unknown as OverlayConfig;
  if (config.activeViewSize < 2) throw bad('activeViewSize', 'to be at least 2', config.activeViewSize);
  if (config.maxAnchors >= config.activeViewSize) throw bad('maxAnchors', 'to be less than activeViewSize', config.maxAnchors);
  if (config.shuffleActive + config.shufflePassive >= MAX_CONTACTS) throw bad('shufflePassive', `to leave a message at ${MAX_CONTACTS} contacts, ourselves included`, config.shufflePassive);
  return config;
}

/** Contacts in one message (paper: 1 + ka + kp). A bound of the wire, so no config. */
export const MAX_CONTACTS = 8;

function bad(field: string, rule: string, value: unknown): HearsayError {
  return new HearsayError('HEARSAY_BAD_CONFIG', { field: `overlay.${field}`, rule, value });
}
