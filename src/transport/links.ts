/**
 * Links to peers: the shell around the link core. It holds transports, channels and the one timer, tells the core what happens to each
 * connection and does what the core says. It decides nothing about links itself.
 */
import { assertNever, HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Random } from '../random.ts';
import { hostPrefix, parseAddress } from './address.ts';
import { SecureChannel } from './channel.ts';
import type { RekeyAfter } from './channel/direction.ts';
import { handshakeError } from './channel/fault.ts';
import type { ChannelFault } from './channel/fault.ts';
import { MAX_MESSAGE_BYTES } from './frames.ts';
import type { Identity } from './identity.ts';
import { LinkCore } from './link-core.ts';
import type { ConnectionId, LinkEffect, LinkInput } from './link-core.ts';
import { Credentials } from './links/credentials.ts';
import { Outbox } from './links/outbox.ts';
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
  readonly abort: AbortController;
  request: Request | undefined;
  channel: SecureChannel | undefined;
  /** It became a link, or somebody was told why not. */
  settled: boolean;
}

/** The longest delay a Node timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Links {
  readonly #options: LinksOptions;
  readonly #core: LinkCore;
  readonly #credentials: Credentials;
  readonly #outbox = new Outbox();
  readonly #lines = new Map<ConnectionId, Line>();
  /** Where messages to a peer go. */
  readonly #current = new Map<PeerId, SecureChannel>();
  readonly #listenings = new Set<Listening>();
  readonly #inputs: LinkInput[] = [];
  #stepping = false;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: LinksOptions) {
    const { identity, limits, random, networkId, networkKey, now } = options;
    this.#options = options;
    this.#core = new LinkCore(identity.id, limits, random);
    this.#credentials = new Credentials(identity, { id: networkId, key: networkKey }, now());
  }

  /**
   * Opens an address to others.
   * @returns what to dial, with the real port
   * @throws HearsayError `HEARSAY_PORT_IN_USE`, `HEARSAY_LISTEN_FAILED`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_CLOSED`
   */
  async listen(address: string): Promise<string> {
    this.#assertOpen();
    const { url, scheme } = parseAddress(address);
    const listening = await this.#transport(scheme, address).listen(url, (connection) => this.#accept(connection));
    if (this.#closing !== undefined) await listening.close();
    this.#assertOpen();
    this.#listenings.add(listening);
    return listening.address;
  }

  /**
   * Dials once. Resolves when there is a link to whoever answers; at once if the address names a peer that is linked.
   * @throws HearsayError `HEARSAY_BAD_ADDRESS`, `HEARSAY_UNREACHABLE` (also when `signal` aborts), `HEARSAY_HANDSHAKE_FAILED`,
   *   `HEARSAY_CLOCK_SKEW`, `HEARSAY_REFUSED` by the other side, `HEARSAY_OVERLOADED` at `maxLinks`, `HEARSAY_CLOSED`
   */
  async connect(address: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<PeerId> {
    this.#assertOpen();
    const { peer } = parseAddress(address);
    if (peer === this.#options.identity.id) throw handshakeError({ reason: 'self' }, address);
    if (peer !== undefined && this.isUp(peer)) return peer;
    const line = this.#addLine(this.#core.number(), address, peer);
    const abandon = (): void => this.#abandon(line, unreachable(address, signal?.reason));
    try {
      return await new Promise<PeerId>((resolve, reject) => {
        line.request = { resolve, reject };
        if (signal?.aborted === true) return abandon();
        signal?.addEventListener('abort', abandon, { once: true });
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
    if (!this.#core.canWant) {
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
   * Sends a message of at most 1 MiB and 4 KiB, which must stay as it is until the turn ends.
   * @returns `false` when there is no link
   * @throws HearsayError `HEARSAY_TOO_LARGE`
   */
  send(peer: PeerId, message: Uint8Array): boolean {
    if (message.length > MAX_MESSAGE_BYTES) {
      throw new HearsayError('HEARSAY_TOO_LARGE', { field: 'message', rule: `to have at most ${MAX_MESSAGE_BYTES} bytes`, value: message.length });
    }
    const channel = this.#current.get(peer);
    if (channel === undefined) return false;
    channel.send(message);
    if (channel.bufferedBytes > this.#options.limits.maxBufferedBytes) this.#onBuffered(channel);
    return true;
  }

  /** Whether more than `maxBufferedBytes` wait for the peer to read. Whoever then holds back is told by `onDrained`. */
  congested(peer: PeerId): boolean {
    const channel = this.#current.get(peer);
    return channel !== undefined && channel.bufferedBytes > this.#options.limits.maxBufferedBytes;
  }

  isUp(peer: PeerId): boolean {
    return this.#core.isUp(peer);
  }

  /** Peers with a link, oldest first. */
  peers(): PeerId[] {
    return this.#core.peers();
  }

  /** Ends a link; what was sent before is delivered. A peer that is still wanted is dialled again. */
  disconnect(peer: PeerId, reason: string): void {
    this.#call({ type: 'DisconnectRequested', peer, reason });
  }

  /** Says goodbye to all, gives what was sent 2 s to leave, and leaves no timer and no socket. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    this.#call({ type: 'CloseRequested' });
    if (this.#lines.size > 0) await gone;
    await Promise.all([...this.#listenings].map((listening) => listening.close()));
    clearTimeout(this.#timer);
    this.#outbox.deliver();
  }

  // Inputs: the core is never entered twice, and nobody is called back from within his own call.

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

  // Effects.

  #perform(effect: LinkEffect): void {
    const { events } = this.#options;
    switch (effect.type) {
      case 'Dial':
        return this.#dial(effect);
      case 'Refuse':
        return this.#refuse(effect.connection, effect.reason);
      case 'Up':
        return this.#up(effect);
      case 'Switch':
        return this.#use(effect);
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

  #dial({ connection: id, peer, turn }: LinkEffect & { readonly type: 'Dial' }): void {
    const requested = this.#lines.get(id);
    if (requested !== undefined) return void this.#open(requested);
    const address = peer === undefined ? undefined : this.#options.addressesOf(peer)[turn];
    if (address === undefined) return this.#step({ type: 'AddressesExhausted', connection: id });
    void this.#open(this.#addLine(id, address, peer));
  }

  /** Never rejects. */
  async #open(line: Line): Promise<void> {
    const address = line.address ?? '';
    try {
      const { url, scheme, peer } = parseAddress(address);
      if (peer !== undefined && peer !== line.expected) throw handshakeError({ reason: 'wrong-peer' }, address);
      const connection = await this.#transport(scheme, address).dial(url, line.abort.signal);
      if (line.abort.signal.aborted) connection.terminate();
      else return this.#shake(line, connection);
      this.#gone(line, { reason: 'timeout' }, unreachable(address));
    } catch (cause) {
      const error = cause instanceof HearsayError ? cause : unreachable(address, cause);
      this.#gone(line, { reason: 'unreachable' }, error);
    }
  }

  #accept(connection: Connection): void {
    if (this.#closing !== undefined) return connection.terminate();
    const line = this.#addLine(this.#core.number(), undefined, undefined);
    this.#shake(line, connection);
    this.#happened({ type: 'Accepted', connection: line.id, prefix: hostPrefix(connection.remoteHost) });
  }

  #shake(line: Line, connection: Connection): void {
    const { now, rekeyAfter } = this.#options;
    line.channel = new SecureChannel({
      connection,
      party: this.#credentials.party(now()),
      dialled: line.address !== undefined,
      expected: line.expected,
      now,
      listener: {
        onReady: (peer) => this.#onReady(line, peer),
        onMessage: (message) => this.#onMessage(line, message),
        onGoaway: (reason) => this.#happened({ type: 'GoawayReceived', connection: line.id, reason }),
        onClose: (fault) => this.#gone(line, fault, line.address === undefined ? undefined : handshakeError(fault, line.address)),
      },
      ...(rekeyAfter && { rekeyAfter }),
    });
  }

  #refuse(id: ConnectionId, reason: string): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    const error = new HearsayError('HEARSAY_OVERLOADED', { field: 'links', rule: 'to be fewer than limits.maxLinks', value: reason });
    this.#settle(line, reason, error);
    if (line.channel === undefined) this.#removeLine(line);
    else line.channel.close(reason);
  }

  #up({ peer, connection }: LinkEffect & { readonly type: 'Up' }): void {
    const line = this.#use({ peer, connection });
    const info = { dialled: line?.address, host: line?.channel?.remoteHost ?? '' };
    this.#outbox.add(() => this.#options.events.onUp(peer, info));
  }

  #use({ peer, connection }: { readonly peer: PeerId; readonly connection: ConnectionId }): Line | undefined {
    const line = this.#lines.get(connection);
    if (line?.channel !== undefined) this.#current.set(peer, line.channel);
    return line;
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

  // What channels tell.

  #onTimer(): void {
    const readings = [...this.#current].map(([peer, channel]) => channel);
    void readings;
  }
}
