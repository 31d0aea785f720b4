/**
 * One connection over an open WebSocket. Reads nothing until somebody listens, and ends at the first thing that is not a binary message.
 */
import type { WebSocket } from 'ws';
import { assert } from '../errors.ts';
import { MAX_MESSAGE_BYTES } from './transport.ts';
import type { Connection, ConnectionListener } from './transport.ts';

/** RFC 6455, 7.4.1. */
const NORMAL_CLOSURE = 1000;
/** No close frame came (RFC 6455, 7.4.1). */
const ABNORMAL_CLOSURE = 1006;

/** An open WebSocket of either side. */
export class WsConnection implements Connection {
  readonly remoteHost: string;
  readonly #webSocket: WebSocket;
  #listener: ConnectionListener | undefined;
  /** Why nothing more is read: the first reason counts. */
  #endReason: string | undefined;
  #closed = false;

  constructor(webSocket: WebSocket, remoteHost: string) {
    this.remoteHost = remoteHost;
    this.#webSocket = webSocket;
    // Until somebody listens TCP keeps what comes, and slows the sender; here is nothing to bound.
    webSocket.pause();
    webSocket.on('message', (data, isBinary) => (isBinary ? this.#onMessage(data as Buffer) : this.#end('text-frame')));
    // Such a peer is not owed a closing handshake. The code is one of ws: WS_ERR_UNSUPPORTED_MESSAGE_LENGTH, for instance.
    webSocket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? 'lost'));
    webSocket.once('close', (code) => this.#onClose(code));
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  listen(listener: ConnectionListener): void {
    assert(this.#listener === undefined, 'a connection has one listener');
    this.#listener = listener;
    this.#webSocket.resume();
    if (this.#closed) setImmediate(() => listener.onClose(this.#endReason ?? 'lost'));
  }

  send(message: Uint8Array): void {
    assert(message.length <= MAX_MESSAGE_BYTES, 'a message has at most 65,535 bytes');
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(message);
  }

  close(): void {
    this.#webSocket.resume(); // The other end's answer to our close has to be read.
    this.#webSocket.close(NORMAL_CLOSURE);
  }

  terminate(): void {
    this.#end('terminated');
  }

  #onMessage(message: Uint8Array): void {
    // The rest of what was read together with the last straw.
    if (this.#endReason === undefined) this.#listener?.onMessage(message);
  }

  #end(reason: string): void {
    this.#endReason ??= reason;
    this.#webSocket.terminate();
  }

  #onClose(code: number): void {
    this.#closed = true;
    this.#endReason ??= code === ABNORMAL_CLOSURE ? 'lost' : 'closed';
    this.#listener?.onClose(this.#endReason);
  }
}
