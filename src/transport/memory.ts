/**
 * A network in memory: hosts of one process that reach each other under names, `memory://ann`. For tests, the simulator and
 * several nodes in one process. Ordered and reliable like a socket, and like one it can be reset or left unread.
 * Nothing bounds what an unread connection holds; `bufferedBytes` tells the sender, as with a socket.
 */
import { assert, HearsayError } from '../errors.ts';
import { parseAddress } from './address.ts';
import { MAX_MESSAGE_BYTES } from './transport.ts';
import type { Connection, ConnectionListener, Listening, Transport } from './transport.ts';

/** Runs something later, never at once. Where the delay differs from call to call, messages still keep their order. */
export type Schedule = (run: () => void) => void;

/** How a {@link MemoryNetwork} behaves. */
export interface MemoryNetworkOptions {
  /** Called once for each message, and for each connection opened or lost. @defaultValue `setImmediate` */
  readonly schedule?: Schedule;
}

/** Hosts and the connections between them. Two networks do not reach each other. */
export class MemoryNetwork {
  readonly #wire: Wire;
  readonly #listeners = new Map<string, { readonly host: string; readonly onConnection: (connection: Connection) => void }>();
  /** Both ends of every connection that is not closed at both. */
  readonly #ends = new Set<MemoryConnection>();
  readonly #stalled = new Set<string>();
  #lastHost = 0;
  #lastPort = 0;

  constructor({ schedule = (run) => void setImmediate(run) }: MemoryNetworkOptions = {}) {
    this.#wire = {
      schedule,
      isStalled: (host) => this.#stalled.has(host),
      forget: (end) => this.#ends.delete(end),
    };
  }

  /**
   * A way into this network.
   * @param host What others see as `remoteHost`, and the name for {@link cut} and {@link stall}. Without one: `host-1`, `host-2` and so on.
   */
  transport(host: string = `host-${(this.#lastHost += 1)}`): Transport {
    return {
      schemes: ['memory'],
      listen: async (address, onConnection) => this.#listen(host, address, onConnection),
      dial: async (address, signal) => this.#dial(host, address, signal),
    };
  }

  /** Resets every connection between two hosts: what is under way is lost, both ends hear `lost`. They may dial again at once. */
  cut(a: string, b: string): void {
    for (const end of [...this.#ends]) {
      if ((end.host === a && end.remoteHost === b) || (end.host === b && end.remoteHost === a)) end.reset();
    }
  }

  /** Makes a host stop reading, on all its connections, until {@link unstall}. What is sent to it waits, and counts as buffered. */
  stall(host: string): void {
    this.#stalled.add(host);
  }

  /** Makes a stalled host read again. */
  unstall(host: string): void {
    this.#stalled.delete(host);
    for (const end of this.#ends) {
      if (end.host === host) this.#wire.schedule(() => end.read());
    }
  }

  #listen(host: string, text: string, onConnection: (connection: Connection) => void): Listening {
    const { url, port } = memoryAddress(text);
    const address = port === 0 ? url.replace(/:0(?=\/|$)/, `:${(this.#lastPort += 1)}`) : url;
    if (this.#listeners.has(address)) {
      throw new HearsayError('HEARSAY_PORT_IN_USE', { field: 'listen address', rule: 'to be free', value: address });
    }
    const listener = { host, onConnection };
    this.#listeners.set(address, listener);
    return {
      address,
      close: async () => {
        // By now the name may be another's.
        if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
      },
    };
  }

  #dial(host: string, text: string, signal: AbortSignal): Promise<Connection> {
    const { url } = memoryAddress(text);
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(unreachable(url, signal.reason));
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      this.#wire.schedule(() => {
        signal.removeEventListener('abort', abort);
        const listener = this.#listeners.get(url);
        if (signal.aborted) return;
        if (listener === undefined) return reject(unreachable(url));
        const [near, far] = this.#connect(host, listener.host);
        listener.onConnection(far);
        resolve(near);
      });
    });
  }

  #connect(a: string, b: string): [MemoryConnection, MemoryConnection] {
    const near = new MemoryConnection(this.#wire, a, b);
    const far = new MemoryConnection(this.#wire, b, a);
    near.join(far);
    far.join(near);
    this.#ends.add(near).add(far);
    return [near, far];
  }
}

/** What a connection needs of its network. */
interface Wire {
  readonly schedule: Schedule;
  isStalled(host: string): boolean;
  forget(end: MemoryConnection): unknown;
}

/** The last thing in a direction: the other end will send no more. */
const END = Symbol('end');

/** One end of a connection. */
class MemoryConnection implements Connection {
  readonly host: string;
  readonly remoteHost: string;
  readonly #wire: Wire;
  #other: MemoryConnection = this;
  #listener: ConnectionListener | undefined;
  /** What the other end sent and this one did not read. */
  #inbox: (Uint8Array | typeof END)[] = [];
  #inboxBytes = 0;
  /** How many of the inbox have arrived; the others are under way. */
  #arrived = 0;
  /** Nothing more is sent from here. */
  #closing = false;
  /** Broken: nothing more is read here either. */
  #broken = false;
  #closeReason: string | undefined;
  #endTold = false;

  constructor(wire: Wire, host: string, remoteHost: string) {
    this.#wire = wire;
    this.host = host;
    this.remoteHost = remoteHost;
  }

  join(other: MemoryConnection): void {
    this.#other = other;
  }

  get bufferedBytes(): number {
    return this.#other.#inboxBytes;
  }

  listen(listener: ConnectionListener): void {
    assert(this.#listener === undefined, 'a connection has one listener');
    this.#listener = listener;
    this.#wire.schedule(() => (this.#closeReason === undefined ? this.read() : this.#tellEnd()));
  }

  send(message: Uint8Array): void {
    assert(message.length <= MAX_MESSAGE_BYTES, 'a message has at most 65,535 bytes');
    if (!this.#closing) this.#other.#take(message);
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#other.#take(END);
    // Whoever closes without ever listening does not want what is still to come, but must get to the end of it.
    this.#wire.schedule(() => this.read());
  }

  terminate(): void {
    if (this.#closeReason !== undefined) return;
    this.#break('terminated');
    this.#other.#break('lost');
  }

  /** Both ends lose each other. */
  reset(): void {
    this.#break('lost');
    this.#other.#break('lost');
  }

  /** Hands over what has arrived, unless nobody reads here. */
  read(): void {
    while (this.#arrived > 0 && !this.#wire.isStalled(this.host) && (this.#listener !== undefined || this.#closing)) {
      this.#arrived -= 1;
      const item = this.#inbox.shift();
      if (item === undefined) return;
      if (item === END) {
        this.close(); // The other end hears its own `closed` after all that was sent from here.
        return this.#finish('closed');
      }
      this.#inboxBytes -= item.length;
      this.#listener?.onMessage(item);
    }
  }

  #take(item: Uint8Array | typeof END): void {
    if (this.#broken) return;
    this.#inbox.push(item);
    if (item !== END) this.#inboxBytes += item.length;
    this.#wire.schedule(() => {
      if (this.#broken) return;
      this.#arrived += 1;
      this.read();
    });
  }

  #break(reason: string): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#closing = true;
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#arrived = 0;
    this.#wire.schedule(() => this.#finish(reason));
  }

  #finish(reason: string): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.#wire.forget(this);
    this.#tellEnd();
  }

  /** Once, to a listener that may come only after the end. */
  #tellEnd(): void {
    if (this.#endTold || this.#listener === undefined || this.#closeReason === undefined) return;
    this.#endTold = true;
    this.#listener.onClose(this.#closeReason);
  }
}

function memoryAddress(text: string): ReturnType<typeof parseAddress> {
  const address = parseAddress(text);
  if (address.scheme === 'memory') return address;
  throw new HearsayError('HEARSAY_BAD_ADDRESS', { field: 'address', rule: 'to begin with memory://', value: text });
}

function unreachable(url: string, cause?: unknown): HearsayError {
  return new HearsayError('HEARSAY_UNREACHABLE', { field: 'address', rule: 'to be one that somebody listens on', value: url, cause });
}
