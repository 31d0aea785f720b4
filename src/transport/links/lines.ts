/**
 * Connections, each from the start of its dial or its acceptance until its socket is gone: who asked for it, and who is told what became of it.
 * Shell: it holds doors and channels. What is to become of a connection the link core decides.
 */
import { HearsayError } from '../../errors.ts';
import type { PeerId } from '../../ids.ts';
import { SecureChannel } from '../channel.ts';
import { handshakeError } from '../channel/fault.ts';
import type { ConnectionId } from '../link-core/events.ts';
import type { Connection, Listening } from '../transport.ts';
import { Credentials } from './credentials.ts';
import { Doors, unreachable } from './doors.ts';
import type { LinksOptions, Vetted } from './options.ts';
import type { Outbox } from './outbox.ts';

/** A caller of `connect`. */
interface Request {
  resolve(peer: PeerId): void;
  reject(error: HearsayError): void;
}

/** A connection from the start of its dial or its acceptance until its socket is gone. */
export interface Line {
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

/** What happens to a connection. Called from socket events. */
export interface LinesPort {
  onReady(line: Line, peer: PeerId): void;
  onMessage(line: Line, message: Uint8Array): void;
  onGoaway(line: Line, reason: string): void;
  /** The socket is gone, or there never was one. The line is forgotten already, and not settled. */
  onGone(line: Line, reason: string, error: HearsayError | undefined): void;
  isUp(peer: PeerId): boolean;
  isClosing(): boolean;
}

/** What our user names is dialled. */
const ALL: Vetted = { ok: true };

export class Lines {
  readonly #options: LinksOptions;
  readonly #outbox: Outbox;
  readonly #port: LinesPort;
  readonly #credentials: Credentials;
  readonly #doors: Doors;
  readonly #lines = new Map<ConnectionId, Line>();

  constructor(options: LinksOptions, outbox: Outbox, port: LinesPort) {
    const { identity, networkId, networkKey, now, transports } = options;
    this.#options = options;
    this.#outbox = outbox;
    this.#port = port;
    this.#credentials = new Credentials(identity, { id: networkId, key: networkKey }, now());
    this.#doors = new Doors(transports);
  }

  get size(): number {
    return this.#lines.size;
  }

  get(id: ConnectionId): Line | undefined {
    return this.#lines.get(id);
  }

  listen(address: string, onConnection: (connection: Connection) => void): Promise<Listening> {
    return this.#doors.listen(address, onConnection);
  }

  add(id: ConnectionId, address: string | undefined, expected: PeerId | undefined, named: boolean): Line {
    const line: Line = { id, address, expected, named, abort: new AbortController(), request: undefined, channel: undefined, settled: false };
    this.#lines.set(id, line);
    return line;
  }

  async dial(line: Line, address: string): Promise<void> {
    const { signal } = line.abort;
    const vetted = line.named ? ALL : (this.#options.vet?.(line.expected, address) ?? ALL);
    const dialling = vetted.ok ? this.#doors.dial(address, line.expected, signal, vetted.admits) : Promise.reject(unreachable(address, 'not to be dialled on hearsay'));
    const dialled = await dialling.catch((error: HearsayError) => error);
    if (dialled instanceof HearsayError) return this.#gone(line, 'unreachable', dialled);
    if (!signal.aborted) return this.shakeHands(line, dialled);
    dialled.terminate();
    this.#gone(line, 'aborted', unreachable(address, signal.reason));
  }

  shakeHands(line: Line, connection: Connection): void {
    const { now, rekeyAfter } = this.#options;
    const { address, expected } = line;
    line.channel = new SecureChannel({
      connection,
      party: this.#credentials.party(now()),
      dialled: address !== undefined,
      expected,
      now,
      listener: {
        onReady: (peer) => this.#port.onReady(line, peer),
        onMessage: (message) => this.#port.onMessage(line, message),
        onGoaway: (reason) => this.#port.onGoaway(line, reason),
        onClose: (fault) => this.#gone(line, fault.reason, address === undefined ? undefined : handshakeError(fault, address)),
      },
      ...(rekeyAfter && { rekeyAfter }),
    });
  }

  refuse(id: ConnectionId, reason: string): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    const rule = 'to be fewer than limits.maxLinks, or to have ended';
    this.settle(line, reason, new HearsayError('HEARSAY_OVERLOADED', { field: 'links', rule, value: reason }));
    if (line.channel === undefined) this.#lines.delete(id);
    else line.channel.close(reason);
  }

  terminate(id: ConnectionId, reason: string): void {
    const line = this.#lines.get(id);
    line?.abort.abort(reason);
    line?.channel?.terminate(reason);
  }

  /** Tells whom it concerns that a connection became no link, unless that was told or there is a link by another one. */
  settle(line: Line, reason: string, error: HearsayError | undefined): void {
    if (line.settled) return;
    line.settled = true;
    const { address, expected, request, channel } = line;
    const { events } = this.#options;
    const peer = channel?.peer ?? expected;
    if (address === undefined || error === undefined) {
      this.#outbox.add(() => events.onRefused(reason, channel?.remoteHost ?? ''));
    } else if (peer !== undefined && this.#port.isUp(peer)) {
      request?.resolve(peer);
    } else if (this.#port.isClosing()) {
      request?.reject(closed());
    } else {
      request?.reject(error);
      this.#outbox.add(() => events.onDialFailed(expected, address, error));
    }
  }

  #gone(line: Line, reason: string, error: HearsayError | undefined): void {
    this.#lines.delete(line.id);
    this.#port.onGone(line, reason, error);
  }
}

/** For who asks for something after the end. */
export function closed(): HearsayError {
  return new HearsayError('HEARSAY_CLOSED', { field: 'links', rule: 'to be open', value: 'closed' });
}
