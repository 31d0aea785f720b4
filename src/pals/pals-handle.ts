/**
 * What the user holds as `node.pals`: promises, reads and a stream over the pals agent. RxJS at the edge.
 */
import { filter, firstValueFrom, ignoreElements, map, merge, defer, throwError, throwIfEmpty, timeout } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Datum } from '../agent.ts';
import { primitives } from '../crypto/index.ts';
import { HearsayError } from '../errors.ts';
import { peerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Identity } from '../transport/identity.ts';
import { badList, MAX_LIST_BYTES, MAX_LISTS_PER_PAL } from './core/lists.ts';
import { RETRY_FOR_MS } from './core/register.ts';
import type { PalsEvent } from './core/types.ts';
import { createInvite, INVITE_LIFE_MS, parseInvite } from './invite.ts';
import { tokenHash } from './invite-tokens.ts';
import { COMMAND, REDEEM_ANSWER, TOKEN_BYTES } from './messages.ts';
import type { Command, RedeemAnswer } from './messages.ts';

/** The running pals agent. An `App` is one. */
export interface PalsPort {
  /** @throws HearsayError `HEARSAY_REFUSED` whose `value` is the reason, when the agent refuses. */
  poke(mark: string, data: unknown): Promise<void>;
  peek(path: string): unknown;
  watch(path: string): Observable<Datum>;
}

/** What invites need of the node. */
export interface InvitePort {
  readonly identity: Identity;
  /** Ms since 1970. */
  now(): number;
  /** Where others can dial this node, best first. */
  addresses(): readonly string[];
  /** Resolves when there is a link to that peer. @throws HearsayError `HEARSAY_UNREACHABLE`, `HEARSAY_HANDSHAKE_FAILED`, `HEARSAY_CLOCK_SKEW`, `HEARSAY_REFUSED` */
  connect(addresses: readonly string[], peer: PeerId): Promise<void>;
  /** Resolves when the watches of both sides on each other are answered. @throws HearsayError `HEARSAY_TIMEOUT` */
  settled(peer: PeerId): Promise<void>;
}

/** An invite lasts no longer than we would retry a gesture (our choice). */
const MAX_INVITE_LIFE_MS = RETRY_FOR_MS;

/** The friends of a node. Lists are local labels; nobody else sees them. */
export class PalsHandle {
  /** `meet`, `part`, `near` and `away`: to each subscriber the present targets and leeches first, then each change. */
  readonly changes$: Observable<PalsEvent>;
  readonly #app: PalsPort;
  readonly #port: InvitePort;
  readonly #limits: Limits;

  constructor(app: PalsPort, port: InvitePort, limits: Limits) {
    this.#app = app;
    this.#port = port;
    this.#limits = limits;
    this.changes$ = merge(app.watch('/targets'), app.watch('/leeches')).pipe(map(({ data }) => data as PalsEvent));
  }

  /**
   * Adds a peer, or gives it further labels. Resolves once that is committed; the peer is told as soon as it can be reached.
   * @throws HearsayError `HEARSAY_BAD_PEER_ID`, `HEARSAY_BAD_DATA` for a label, `HEARSAY_OVERLOADED` past `limits.maxPals` or 64 labels.
   */
  async meet(peer: PeerId, lists: readonly string[] = []): Promise<void> {
    await this.#command({ type: 'meet', peer: peerId(peer), lists: checkedLists(lists) });
  }

  /**
   * Drops a peer; with `lists`, only takes these labels off. Resolves once that is committed.
   * @throws HearsayError `HEARSAY_BAD_PEER_ID`
   */
  async part(peer: PeerId, lists: readonly string[] = []): Promise<void> {
    await this.#command({ type: 'part', peer: peerId(peer), lists });
  }

  /** Tells all targets `hey` again, and `bye` to whoever added us and is no target (P8). For when peers seem to have forgotten. */
  async resend(): Promise<void> {
    await this.#command({ type: 'resend' });
  }

  /** Whom we added, sorted: all, or those with a label. */
  targets(list?: string): readonly PeerId[] {
    return this.#app.peek(list === undefined ? '/targets' : `/targets/${list}`) as readonly PeerId[];
  }

  /** Who added us, sorted. */
  leeches(): readonly PeerId[] {
    return this.#app.peek('/leeches') as readonly PeerId[];
  }

  /** Both, sorted: all, or those with a label. */
  mutuals(list?: string): readonly PeerId[] {
    return this.#app.peek(list === undefined ? '/mutuals' : `/mutuals/${list}`) as readonly PeerId[];
  }

  /** Whether a target acknowledged (`true`) or refused (`false`) that we added it. Who is not in it has yet to answer. */
  receipts(): ReadonlyMap<PeerId, boolean> {
    return this.#app.peek('/receipts') as ReadonlyMap<PeerId, boolean>;
  }

  /** The labels in use, sorted. */
  lists(): readonly string[] {
    return this.#app.peek('/lists') as readonly string[];
  }

  /**
   * Makes a link that makes whoever redeems it first and us mutual. Keep it secret until it is used.
   * @param options.ttlMs How long it is good, 1 ms to 30 days. @defaultValue 7 days
   * @throws HearsayError `HEARSAY_NO_ADDRESS` when nobody could dial us, `HEARSAY_OVERLOADED` past `limits.maxInvites`, `HEARSAY_BAD_CONFIG`.
   */
  async invite({ ttlMs = INVITE_LIFE_MS }: { readonly ttlMs?: number } = {}): Promise<string> {
    if (!Number.isSafeInteger(ttlMs) || ttlMs < 1 || ttlMs > MAX_INVITE_LIFE_MS) {
      throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'ttlMs', rule: `to be a whole number from 1 to ${MAX_INVITE_LIFE_MS}`, value: ttlMs });
    }
    const token = primitives().randomBytes(TOKEN_BYTES);
    const expiresMs = this.#port.now() + ttlMs;
    const link = createInvite({ identity: this.#port.identity, addresses: this.#port.addresses(), token, expiresMs });
    await this.#command({ type: 'invite', hash: tokenHash(token), expiresMs });
    return link;
  }

  /**
   * Takes an invite up. Resolves with the inviter once both are mutual and hear each other.
   * When the inviter refuses, it is no target of ours afterwards, unless it was one before; when it cannot be reached half way, it stays one.
   * @throws HearsayError `HEARSAY_BAD_INVITE`, `HEARSAY_INVITE_EXPIRED`, `HEARSAY_INVITE_USED`, `HEARSAY_UNREACHABLE`, `HEARSAY_OVERLOADED`,
   * `HEARSAY_HANDSHAKE_FAILED` (another network, password or program), `HEARSAY_CLOCK_SKEW`, `HEARSAY_REFUSED`, `HEARSAY_TIMEOUT`
   */
  async redeem(link: string): Promise<PeerId> {
    const { inviter, addresses, token } = parseInvite(link, this.#port.now());
    if (inviter === this.#port.identity.id) {
      throw new HearsayError('HEARSAY_BAD_INVITE', { field: 'link', rule: 'to be an invite of somebody else', value: 'our own' });
    }
    await this.#port.connect(addresses, inviter);
    const hash = tokenHash(token);
    const answers = this.#app.watch('/redeems').pipe(
      filter(({ mark }) => mark === REDEEM_ANSWER),
      map(({ data }) => data as RedeemAnswer),
      filter((answer) => answer.peer === inviter && answer.hash === hash),
    );
    // The watch is in the agent's queue before the command, so that no answer is missed.
    const asked = defer(() => this.#command({ type: 'redeem', peer: inviter, token })).pipe(ignoreElements());
    const { refused } = await this.#first(merge(answers, asked), 'the inviter to answer');
    if (refused !== null) throw redeemError(refused);
    const near = this.#app.watch('/leeches').pipe(
      map(({ data }) => data as PalsEvent),
      filter(({ type, peer }) => type === 'near' && peer === inviter),
    );
    await this.#first(near, 'the inviter to add us');
    await this.#port.settled(inviter);
    return inviter;
  }

  /** Half of the bound is the host's, which answers every poke within it; the other half is for events waiting before ours. */
  #first<T>(source: Observable<T>, what: string): Promise<T> {
    const boundMs = 2 * this.#limits.pokeTimeoutMs;
    const late = (): HearsayError => new HearsayError('HEARSAY_TIMEOUT', { field: 'redeem', rule: `to wait for ${what} at most twice limits.pokeTimeoutMs`, value: `${boundMs} ms` });
    const ended = (): HearsayError => new HearsayError('HEARSAY_CLOSED', { field: 'pals', rule: 'to be running', value: 'closed' });
    return firstValueFrom(source.pipe(timeout({ first: boundMs, with: () => throwError(late) }), throwIfEmpty(ended)));
  }

  async #command(command: Command): Promise<void> {
    try {
      await this.#app.poke(COMMAND, command);
    } catch (error) {
      throw commandError(error, this.#limits);
    }
  }
}

function checkedLists(lists: readonly string[]): readonly string[] {
  const bad = badList(lists);
  if (bad === undefined) return lists;
  throw new HearsayError('HEARSAY_BAD_DATA', { field: 'lists', rule: `to be names of 1 to ${MAX_LIST_BYTES} bytes`, value: bad });
}

/** The agent's refusals in words of what was asked. Anything else stays what it is. */
function commandError(error: unknown, limits: Limits): unknown {
  if (!(error instanceof HearsayError) || error.code !== 'HEARSAY_REFUSED') return error;
  const overloaded = (field: string, rule: string): HearsayError => new HearsayError('HEARSAY_OVERLOADED', { field, rule, value: error.value, cause: error });
  if (error.value === 'full') return overloaded('meet', `to keep within limits.maxPals (${limits.maxPals})`);
  if (error.value === 'too-many-lists') return overloaded('lists', `to be at most ${MAX_LISTS_PER_PAL} for one pal`);
  if (error.value === 'too-many-invites') return overloaded('invite', `to keep within limits.maxInvites (${limits.maxInvites}) that are neither used nor expired`);
  return error;
}

function redeemError(refused: string): HearsayError {
  const details = { field: 'link', value: refused };
  switch (refused) {
    case 'bad-invite':
      return new HearsayError('HEARSAY_BAD_INVITE', { ...details, rule: 'to be an invite that the inviter knows' });
    case 'invite-used':
      return new HearsayError('HEARSAY_INVITE_USED', { ...details, rule: 'to be an invite that nobody has redeemed yet' });
    case 'invite-expired':
      return new HearsayError('HEARSAY_INVITE_EXPIRED', { ...details, rule: 'to be an invite that is still good by the clock of the inviter' });
    case 'unreachable':
      return new HearsayError('HEARSAY_UNREACHABLE', { ...details, rule: 'to come from a peer that answers' });
    default:
      return new HearsayError('HEARSAY_REFUSED', { ...details, rule: 'to be accepted by the inviter' });
  }
}
