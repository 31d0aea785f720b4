/**
 * The transport port: ordered binary messages between two ends. `ws` and in-memory implement it; others may,
 * and `transportCompliance` (src/testing) tells whether they did it right.
 */

/** Longest message, in bytes: one Noise message (Noise 3: 65,535) is one message of the transport. */
export const MAX_MESSAGE_BYTES = 65_535;

/** One ordered, reliable stream of binary messages. What is sent in one turn may be flushed at the turn's end. */
export interface Connection {
  /** The other end's address as the socket sees it ("127.0.0.1", "::1"), for limits per prefix. "" when there is none. */
  readonly remoteHost: string;
  /** Bytes given to `send` that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** Sets the listener. Messages that came earlier are given to it first, in order, and an `onClose` that came earlier after them. Called once. */
  listen(listener: ConnectionListener): void;
  /** Sends one message of at most {@link MAX_MESSAGE_BYTES}. Its bytes are given away: they never change again. After the connection closed it does nothing. */
  send(message: Uint8Array): void;
  /** Sends what is buffered, then closes. */
  close(): void;
  /** Closes at once; what is buffered is lost. */
  terminate(): void;
}

/**
 * What a connection tells, never from within a call to it. `onClose` comes exactly once, after the last message. Its reason is a word of
 * the transport, never one of the peer: `closed` in good order, `terminated` by us, `lost`, or what the peer did wrong.
 */
export interface ConnectionListener {
  onMessage(message: Uint8Array): void;
  onClose(reason: string): void;
}

/** An address that others can dial was opened. */
export interface Listening {
  /** What to dial, with the real port. */
  readonly address: string;
  /** Stops accepting. Connections stay open. */
  close(): Promise<void>;
}

/** A way to reach others. */
export interface Transport {
  /** URL schemes it serves, without the colon: `['ws', 'wss']`. */
  readonly schemes: readonly string[];
  /**
   * @param address URL without a peer id; port 0 picks a free one.
   * @throws HearsayError `HEARSAY_PORT_IN_USE`, `HEARSAY_LISTEN_FAILED`, `HEARSAY_BAD_ADDRESS`
   */
  listen(address: string, onConnection: (connection: Connection) => void): Promise<Listening>;
  /**
   * @param admits whether to connect to an IP address that a name in `address` leads to; asked once of each. Without it, to all. Transports that resolve no names need not heed it.
   * @throws HearsayError `HEARSAY_UNREACHABLE` (also when `signal` aborts), `HEARSAY_BAD_ADDRESS`
   */
  dial(address: string, signal: AbortSignal, admits?: (ip: string) => boolean): Promise<Connection>;
}
