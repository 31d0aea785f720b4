/**
 * Links to peers: the shell around the link core. It holds transports, channels and the one timer, tells the core what happens to each
 * connection and does what the core says. It decides nothing about links itself.
 */
import { assert, assertNever, HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Random } from '../random.ts';
import { hostPrefix, parseAddress } from './address.ts';
import { SecureChannel } from './channel.ts';
import type { RekeyAfter } from './channel/direction.ts';
import { handshakeError } from './channel/fault.ts';
import { MAX_MESSAGE_BYTES } from './frames.ts';
import type { Identity } from './identity.ts';
import { LinkCore } from './link-core.ts';
import type { ConnectionId, LinkEffect, LinkInput } from './link-core/events.ts';
import { Credentials } from './links/credentials.ts';
import { Doors, unreachable } from './links/doors.ts';
import { Outbox } from './links/outbox.ts';
import { NONE } from './noise-state.ts';
import type { Connection, Listening, Transport } from './transport.ts';

/** What becomes of links. Called one at a time from socket events and timers, never from within a call to {@link Links}. */
export interface LinkEvents {
  /** A link to the peer exists. Ups and downs of a peer alternate. `dialled`: the address, if it was us. */
  onUp(peer: PeerId, info: { readonly dialled: string | undefined; readonly host: string }): void;
  /** It exists no more. What was sent over it may not have arrived. */
  onDown(peer: PeerId, reason: string): void;
  /** The bytes are the receiver's to keep. They may be a view of a frame of up to 64 KiB: copy a small part that is kept for long. */
  onMessage(peer: PeerId, message: Uint8Array): void;
  /** Somebody was not let in. For counting. */
  onRefused(reason: string, host: string): void;
  /** A dial led nowhere. `peer`: whom we hoped to find. */
  onDialFailed(peer: PeerId | undefined, address: string, error: HearsayError): void;
  /** The buffer of a link that was {@link Links.congested} fell below half of `maxBufferedBytes`. */
  onDrained(peer: PeerId): void;
}

/** See {@link LinksOptions.vet}. */
export type Vetted = { readonly ok: false } | { readonly ok: true; readonly admits?: (ip: string) => boolean };

export interface LinksOptions {
  readonly identity: Identity;
  /** Nodes of other networks are refused. */
  readonly networkId: string;
  /** 32 bytes, stretched from the network's password. */
  readonly networkKey?: Uint8Array;
  readonly transports: readonly Transport[];
  readonly limits: Limits;
  readonly random: Random;
  /** Wall clock, ms since 1970, a whole number. For certificates; everything else goes by a monotonic clock. */
  readonly now: () => number;
  /** Where a wanted peer may be dialled, the likeliest first. */
  readonly addressesOf: (peer: PeerId) => readonly string[];
  /** Whether an address may be dialled that our user did not name, to find that peer; `admits` is asked of the IP addresses that its name leads to. Without it, all may be. */
  readonly vet?: (peer: PeerId | undefined, url: string) => Vetted;
  readonly events: LinkEvents;
  /** @internal For tests. Both ends must have the same. */
  readonly rekeyAfter?: RekeyAfter;
}

/** A caller of `connect`. */
interface Request {
  resolve(peer: PeerId): void;
  reject(error: HearsayError): void;
}

/** A connection from the start of its dial or its acceptance until its socket is gone. */
interface Line {
  readonly id: ConnectionId;
  /** What was dialled; `undefined` if we were. */
  readonly address: string | undefined;
  /** Who must answer a dial. */
  readonly expected: PeerId | undefined;
  /** By our user; others are vetted. */
  readonly named: boolean;
  readonly abort: AbortController;
  request: Request | undefined;
  channel: SecureChannel | undefined;
  /** It became a link, or whom it concerns was told why not. */
  settled: boolean;
}

/** Of Noise's pre-shared key. */
const NETWORK_KEY_BYTES = 32;

/** What our user names is dialled. */
const ALL: Vetted = { ok: true };

/** The longest delay a Node timer takes. One that fires too early does no harm. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** All links of a node. */
export class Links {
  readonly #options: LinksOptions;
  readonly #core: LinkCore;
  readonly #credentials: Credentials;
  readonly #doors: Doors;
  readonly #outbox = new Outbox();
  readonly #lines = new Map<ConnectionId, Line>();
  /** What messages to a peer go over. */
  readonly #current = new Map<PeerId, { readonly connection: ConnectionId; readonly channel: SecureChannel }>();
  readonly #listenings = new Set<Listening>();
  readonly #inputs: LinkInput[] = [];
  #stepping = false;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  /** @throws HearsayError `HEARSAY_BAD_CONFIG` for a network key that is not of 32 bytes */
  constructor(options: LinksOptions) {
    const { identity, limits, random, networkId, networkKey, now, transports } = options;
    if (networkKey !== undefined && networkKey.length !== NETWORK_KEY_BYTES) {
      throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'networkKey', rule: `to have ${NETWORK_KEY_BYTES} bytes`, value: networkKey.length });
    }
    this.#options = options;
    this.#core = new LinkCore(identity.id, limits, random);
    this.#credentials = new Credentials(identity, { id: networkId, key: networkKey }, now());
    this.#doors = new Doors(transports);
  }

  /**
   * Opens an address to others.
   * @returns what to dial, with the real port
   * @throws HearsayError `HEARSAY_PORT_IN_USE`, `HEARSAY_LISTEN_FAILED`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_CLOSED`
   */
  async listen(address: string): Promise<string> {
    this.#assertOpen();
    const listening = await this.#doors.listen(address, (connection) => this.#accept(connection));
    if (this.#closing !== undefined) await listening.close();
    this.#assertOpen();
    this.#listenings.add(listening);
    return listening.address;
  }

  /**
   * Dials once. Resolves when there is a link to whoever answers; at once if the address names a peer that has one.
   * @param options.hearsay the address is not of our user, so it is vetted
   * @throws HearsayError `HEARSAY_BAD_ADDRESS`, `HEARSAY_UNREACHABLE` (also when `signal` aborts), `HEARSAY_HANDSHAKE_FAILED`,
   *   `HEARSAY_CLOCK_SKEW`, `HEARSAY_REFUSED` by the other side, `HEARSAY_OVERLOADED` at `maxLinks`, `HEARSAY_CLOSED`
   */
  async connect(address: string, { signal, hearsay = false }: { readonly signal?: AbortSignal; readonly hearsay?: boolean } = {}): Promise<PeerId> {
    this.#assertOpen();
    const { peer } = parseAddress(address);
    if (peer === this.#options.identity.id) throw handshakeError({ reason: 'self' }, address);
    if (peer !== undefined && this.isUp(peer)) return peer;
    if (signal?.aborted === true) throw unreachable(address, signal.reason);
    const line = this.#addLine(this.#core.number(), address, peer, !hearsay);
    const abandon = (): void => this.#abandon(line, unreachable(address, signal?.reason));
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      return await new Promise<PeerId>((resolve, reject) => {
        line.request = { resolve, reject };
        this.#call({ type: 'DialRequested', connection: line.id });
      });
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  /**
   * A link to this peer shall exist: it is dialled until it does, and again whenever it is lost. Ourselves we never dial.
   * @throws HearsayError `HEARSAY_OVERLOADED` past `maxPals` wanted peers
   */
  want(peer: PeerId): void {
    if (!this.#core.canWant(peer)) {
      const rule = `to be one of at most ${this.#options.limits.maxPals} (limits.maxPals)`;
      throw new HearsayError('HEARSAY_OVERLOADED', { field: 'wanted peer', rule, value: peer });
    }
    this.#call({ type: 'Wanted', peer });
  }

  /** No more redials. An open link stays. */
  unwant(peer: PeerId): void {
    this.#call({ type: 'Unwanted', peer });
  }

  /** The addresses of a wanted peer changed: it is dialled now. */
  nudge(peer: PeerId): void {
    this.#call({ type: 'Nudged', peer });
  }

  /**
   * Sends a message of at most 1 MiB and 4 KiB, in one part or two, which must stay as they are until the turn ends. Heed {@link congested}: a link that
   * holds more than `maxStalledBytes` for `stalledMs`, or four times as much at any time, is given up.
   * @returns `false` when there is no link
   * @throws HearsayError `HEARSAY_TOO_LARGE`
   */
  send(peer: PeerId, message: Uint8Array, rest: Uint8Array = NONE): boolean {
    const length = message.length + rest.length;
    if (length > MAX_MESSAGE_BYTES) {
      const rule = `to have at most ${MAX_MESSAGE_BYTES} bytes`;
      throw new HearsayError('HEARSAY_TOO_LARGE', { field: 'message', rule, value: length });
    }
    const current = this.#current.get(peer);
    if (current === undefined) return false;
    const { connection, channel } = current;
    channel.send(message, rest);
    const { bufferedBytes } = channel;
    if (bufferedBytes > this.#options.limits.maxBufferedBytes) this.#call({ type: 'Buffered', connection, bufferedBytes });
    return true;
  }

  /** Whether more than `maxBufferedBytes` wait for the peer to read. Whoever then holds back is told by `onDrained`. */
  congested(peer: PeerId): boolean {
    const bufferedBytes = this.#current.get(peer)?.channel.bufferedBytes ?? 0;
    return bufferedBytes > this.#options.limits.maxBufferedBytes;
  }

  isUp(peer: PeerId): boolean {
    return this.#core.isUp(peer);
  }

  /** Peers with a link, oldest first. */
  peers(): PeerId[] {
    return this.#core.peers();
  }

  /** Whether the link to that peer goes over a connection that we dialled. Where both did, another one may have taken over since `onUp`. */
  isDialled(peer: PeerId): boolean {
    const current = this.#current.get(peer);
    return current !== undefined && this.#lines.get(current.connection)?.address !== undefined;
  }

  /** Ends a link; what was sent before is still delivered. A peer that is wanted is dialled again. */
  disconnect(peer: PeerId, reason: string): void {
    this.#call({ type: 'DisconnectRequested', peer, reason });
  }

  /** Says goodbye to all, gives what was sent 2 s to leave, and leaves no timer and no socket. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    this.#call({ type: 'CloseRequested' });
    if (this.#lines.size > 0) await empty;
    await Promise.all([...this.#listenings].map((listening) => listening.close()));
    clearTimeout(this.#timer);
    this.#outbox.deliver();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  // Inputs. The core is never entered twice, and nobody is called back from within a call of his own.

  #call(input: LinkInput): void {
    this.#step(input);
    this.#outbox.deliverLater();
  }

  #happened(input: LinkInput): void {
    this.#step(input);
    this.#outbox.deliver();
  }

  #step(input: LinkInput): void {
    this.#inputs.push(input);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let head = this.#inputs.shift(); head !== undefined; head = this.#inputs.shift()) {
        for (const effect of this.#core.step(head, performance.now())) this.#perform(effect);
      }
    } finally {
      this.#stepping = false;
    }
  }

  #accept(connection: Connection): void {
    if (this.#closing !== undefined) return connection.terminate();
    const line = this.#addLine(this.#core.number(), undefined, undefined, true);
    this.#shakeHands(line, connection);
    this.#happened({ type: 'Accepted', connection: line.id, prefix: hostPrefix(connection.remoteHost) });
  }

  #onReady(line: Line, peer: PeerId): void {
    this.#step({ type: 'Authenticated', connection: line.id, peer });
    if (!line.settled) line.request?.resolve(peer);
    line.settled = true;
    this.#outbox.deliver();
  }

  #onMessage({ channel }: Line, message: Uint8Array): void {
    if (!this.#outbox.isEmpty) this.#outbox.deliver();
    const peer = channel?.peer;
    // A connection that lost is read after its link went down, too.
    if (peer !== undefined && this.#core.isUp(peer)) this.#options.events.onMessage(peer, message);
  }

  #onTimer(): void {
    const readings = [...this.#current.values()].map(({ connection, channel: { frames, bufferedBytes } }) => ({ connection, frames, bufferedBytes }));
    this.#happened({ type: 'TimerFired', readings });
  }

  /** The socket is gone, or there never was one. */
  #onGone(line: Line, reason: string, error: HearsayError | undefined): void {
    this.#lines.delete(line.id);
    this.#step({ type: 'Closed', connection: line.id, reason });
    this.#settle(line, reason, error);
    this.#outbox.deliver();
    if (this.#lines.size === 0) this.#onEmpty?.();
  }

  #abandon(line: Line, error: HearsayError): void {
    if (line.settled) return;
    this.#settle(line, 'aborted', error);
    this.#terminate(line.id, 'aborted');
    this.#call({ type: 'Closed', connection: line.id, reason: 'aborted' });
  }

  // Effects.

  #perform(effect: LinkEffect): void {
    const { events } = this.#options;
    switch (effect.type) {
      case 'Dial':
        return this.#dial(effect.connection, effect.peer, effect.turn);
      case 'Refuse':
        return this.#refuse(effect.connection, effect.reason);
      case 'Up':
        return this.#up(effect.peer, effect.connection);
      case 'Switch':
        return this.#use(effect.peer, effect.connection);
      case 'Down':
        this.#current.delete(effect.peer);
        return this.#outbox.add(() => events.onDown(effect.peer, effect.reason));
      case 'Drained':
        return this.#outbox.add(() => events.onDrained(effect.peer));
      case 'Goaway':
        return this.#lines.get(effect.connection)?.channel?.goaway(effect.reason);
      case 'Close':
        return this.#lines.get(effect.connection)?.channel?.close(effect.reason);
      case 'Terminate':
        return this.#terminate(effect.connection, effect.reason);
      case 'Ping':
        return this.#lines.get(effect.connection)?.channel?.ping();
      case 'SetTimer':
        return this.#setTimer(effect.delayMs);
      default:
        assertNever(effect);
    }
  }

  #dial(id: ConnectionId, peer: PeerId | undefined, turn: number): void {
    const requested = this.#lines.get(id);
    if (requested !== undefined) return void this.#open(requested, requested.address ?? '');
    const address = peer === undefined ? undefined : this.#options.addressesOf(peer)[turn];
    if (address === undefined) return this.#step({ type: 'AddressesExhausted', connection: id });
    void this.#open(this.#addLine(id, address, peer, false), address);
  }

  async #open(line: Line, address: string): Promise<void> {
    const { signal } = line.abort;
    const vetted = line.named ? ALL : (this.#options.vet?.(line.expected, address) ?? ALL);
    const dialling = vetted.ok ? this.#doors.dial(address, line.expected, signal, vetted.admits) : Promise.reject(unreachable(address, 'not to be dialled on hearsay'));
    const dialled = await dialling.catch((error: HearsayError) => error);
    if (dialled instanceof HearsayError) return this.#onGone(line, 'unreachable', dialled);
    if (!signal.aborted) return this.#shakeHands(line, dialled);
    dialled.terminate();
    this.#onGone(line, 'aborted', unreachable(address, signal.reason));
  }

  #shakeHands(line: Line, connection: Connection): void {
    const { now, rekeyAfter } = this.#options;
    const { id, address, expected } = line;
    line.channel = new SecureChannel({
      connection,
      party: this.#credentials.party(now()),
      dialled: address !== undefined,
      expected,
      now,
      listener: {
        onReady: (peer) => this.#onReady(line, peer),
        onMessage: (message) => this.#onMessage(line, message),
        onGoaway: (reason) => this.#happened({ type: 'GoawayReceived', connection: id, reason }),
        onClose: (fault) => this.#onGone(line, fault.reason, address === undefined ? undefined : handshakeError(fault, address)),
      },
      ...(rekeyAfter && { rekeyAfter }),
    });
  }

  #refuse(id: ConnectionId, reason: string): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    const rule = 'to be fewer than limits.maxLinks, or to have ended';
    this.#settle(line, reason, new HearsayError('HEARSAY_OVERLOADED', { field: 'links', rule, value: reason }));
    if (line.channel === undefined) this.#lines.delete(id);
    else line.channel.close(reason);
  }

  /** Tells whom it concerns that a connection became no link, unless that was told or there is a link by another one. */
  #settle(line: Line, reason: string, error: HearsayError | undefined): void {
    if (line.settled) return;
    line.settled = true;
    const { address, expected, request, channel } = line;
    const { events } = this.#options;
    const peer = channel?.peer ?? expected;
    if (address === undefined || error === undefined) {
      this.#outbox.add(() => events.onRefused(reason, channel?.remoteHost ?? ''));
    } else if (peer !== undefined && this.isUp(peer)) {
      request?.resolve(peer);
    } else if (this.#closing !== undefined) {
      request?.reject(closed());
    } else {
      request?.reject(error);
      this.#outbox.add(() => events.onDialFailed(expected, address, error));
    }
  }

  #up(peer: PeerId, id: ConnectionId): void {
    this.#use(peer, id);
    const line = this.#lines.get(id);
    const info = { dialled: line?.address, host: line?.channel?.remoteHost ?? '' };
    this.#outbox.add(() => this.#options.events.onUp(peer, info));
  }

  #use(peer: PeerId, connection: ConnectionId): void {
    const channel = this.#lines.get(connection)?.channel;
    assert(channel !== undefined, 'an authenticated connection has a channel');
    this.#current.set(peer, { connection, channel });
  }

  #terminate(id: ConnectionId, reason: string): void {
    const line = this.#lines.get(id);
    line?.abort.abort(reason);
    line?.channel?.terminate(reason);
  }

  #setTimer(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(Math.ceil(delayMs), MAX_TIMER_MS));
  }

  #addLine(id: ConnectionId, address: string | undefined, expected: PeerId | undefined, named: boolean): Line {
    const line: Line = { id, address, expected, named, abort: new AbortController(), request: undefined, channel: undefined, settled: false };
    this.#lines.set(id, line);
    return line;
  }
}

function closed(): HearsayError {
  return new HearsayError('HEARSAY_CLOSED', { field: 'links', rule: 'to be open', value: 'closed' });
}
