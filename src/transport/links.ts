/**
 * Links to peers: the shell around the link core. It tells the core what is asked for and what happens to each connection, and has done what the
 * core says (links/link-performer.ts). It decides nothing about links itself.
 */
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { hostPrefix, parseAddress } from './address.ts';
import { handshakeError } from './channel/fault.ts';
import { MAX_MESSAGE_BYTES } from './frames.ts';
import { LinkCore } from './link-core.ts';
import type { LinkInput } from './link-core/events.ts';
import { unreachable } from './links/doors.ts';
import { closed, Lines } from './links/lines.ts';
import type { Line } from './links/lines.ts';
import { LinkPerformer } from './links/link-performer.ts';
import type { Current } from './links/link-performer.ts';
import type { LinksOptions } from './links/options.ts';
import { Outbox } from './links/outbox.ts';
import { NONE } from './noise-state.ts';
import type { Connection, Listening } from './transport.ts';

/** Of Noise's pre-shared key. */
const NETWORK_KEY_BYTES = 32;

/** All links of a node. */
export class Links {
  readonly #options: LinksOptions;
  readonly #core: LinkCore;
  readonly #outbox = new Outbox();
  readonly #lines: Lines;
  readonly #performer: LinkPerformer;
  /** What messages to a peer go over. */
  readonly #current: ReadonlyMap<PeerId, Current>;
  readonly #listenings = new Set<Listening>();
  readonly #inputs: LinkInput[] = [];
  #stepping = false;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  /** @throws HearsayError `HEARSAY_BAD_CONFIG` for a network key that is not of 32 bytes */
  constructor(options: LinksOptions) {
    const { identity, limits, random, networkKey } = options;
    if (networkKey !== undefined && networkKey.length !== NETWORK_KEY_BYTES) {
      throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'networkKey', rule: `to have ${NETWORK_KEY_BYTES} bytes`, value: networkKey.length });
    }
    this.#options = options;
    this.#core = new LinkCore(identity.id, limits, random);
    this.#lines = new Lines(options, this.#outbox, {
      onReady: (line, peer) => this.#onReady(line, peer),
      onMessage: (line, message) => this.#onMessage(line, message),
      onGoaway: ({ id }, reason) => this.#happened({ type: 'GoawayReceived', connection: id, reason }),
      onGone: (line, reason, error) => this.#onGone(line, reason, error),
      isUp: (peer) => this.isUp(peer),
      isClosing: () => this.#closing !== undefined,
    });
    this.#performer = new LinkPerformer(options, this.#lines, this.#outbox, {
      onExhausted: (connection) => this.#step({ type: 'AddressesExhausted', connection }),
      onTimer: (readings) => this.#happened({ type: 'TimerFired', readings }),
    });
    this.#current = this.#performer.current;
  }

  /**
   * Opens an address to others.
   * @returns what to dial, with the real port
   * @throws HearsayError `HEARSAY_PORT_IN_USE`, `HEARSAY_LISTEN_FAILED`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_CLOSED`
   */
  async listen(address: string): Promise<string> {
    this.#assertOpen();
    const listening = await this.#lines.listen(address, (connection) => this.#accept(connection));
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
    const line = this.#lines.add(this.#core.number(), address, peer, !hearsay);
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
    this.#performer.stop();
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
        for (const effect of this.#core.step(head, performance.now())) this.#performer.perform(effect);
      }
    } finally {
      this.#stepping = false;
    }
  }

  #accept(connection: Connection): void {
    if (this.#closing !== undefined) return connection.terminate();
    const line = this.#lines.add(this.#core.number(), undefined, undefined, true);
    this.#lines.shakeHands(line, connection);
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

  #onGone(line: Line, reason: string, error: HearsayError | undefined): void {
    this.#step({ type: 'Closed', connection: line.id, reason });
    this.#lines.settle(line, reason, error);
    this.#outbox.deliver();
    if (this.#lines.size === 0) this.#onEmpty?.();
  }

  #abandon(line: Line, error: HearsayError): void {
    if (line.settled) return;
    this.#lines.settle(line, 'aborted', error);
    this.#lines.terminate(line.id, 'aborted');
    this.#call({ type: 'Closed', connection: line.id, reason: 'aborted' });
  }
}
