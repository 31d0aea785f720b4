/**
 * The WebSocket transport: one binary WebSocket message is one message. On the `ws` package, for Node.
 * It trusts nobody: whoever connects here has shown nothing yet, and who is dialled may be anybody. So sizes, pieces, headers, sockets
 * and waits are bounded on both ends, nothing is compressed (100 MiB of zeros deflate to 102 kB), and no redirect is followed.
 */
import { lookup } from 'node:dns';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import type * as Ws from 'ws';
import { HearsayError } from '../errors.ts';
import { parseAddress } from './address.ts';
import type { Address } from './address.ts';
import { handshakeError } from './channel/fault.ts';
import { MAX_MESSAGE_BYTES } from './transport.ts';
import type { Connection, Listening, Transport } from './transport.ts';
import { WsConnection } from './ws-connection.ts';

/** How to reach others and be reached over WebSockets. */
export interface WsTransportOptions {
  /** For `wss`. `cert` and `key` serve it; `ca`, where given, replaces the authorities that are trusted when dialling it. As PEM. */
  readonly tls?: Pick<SecureContextOptions, 'cert' | 'key' | 'ca'>;
  /** Sockets a listening address holds at once, of whatever state. @defaultValue 1,024 (our choice: three times the 256 links and 64 half-open ones of the design) */
  readonly maxSockets?: number;
  /** Told of each that was turned away before it became a connection, for counting. `host` is "" where the socket no longer knows it. */
  readonly onRefused?: (reason: WsRefusal, host: string) => void;
}

/** Why somebody was turned away before there was a connection. `bad-http` includes those who were too slow to ask. */
export type WsRefusal = 'accept-failed' | 'bad-http' | 'bad-upgrade' | 'other-protocol' | 'plain-http' | 'too-many-sockets';

/** What both ends offer and require as WebSocket subprotocol. */
const SUBPROTOCOL = 'hearsay.v1';

const DEFAULT_MAX_SOCKETS = 1024;

/** For both ends of a connection. */
const SOCKET_OPTIONS = {
  maxPayload: MAX_MESSAGE_BYTES,
  perMessageDeflate: false,
  /** Frames of one message; ours have one (research 10). */
  maxFragments: 16,
  /** Pieces in which a frame may reach us. TCP's smallest segment carries 536 bytes, so the largest frame takes 123; doubled. */
  maxBufferedChunks: 256,
  /** How long a slow reader may take to answer our close, in ms (design: a stalled link closes after 10 s). */
  closeTimeout: 10_000,
};

/** Of the HTTP request that opens a connection (research 5.3; Node's own are 60 s, 300 s, 30 s and 16 KiB). */
const HTTP_OPTIONS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 4096,
};

/** Silence after which a dial is given up, in ms (design: 5 s to a finished handshake). The signal bounds the dial as a whole. */
const DIAL_SILENCE_MS = 5_000;

/**
 * Dials and serves `ws://` and `wss://`. Holds nothing but its options. The package `ws` is loaded with the first address: it is a fifth of what there is to load.
 * @throws HearsayError `HEARSAY_BAD_CONFIG`
 */
export function wsTransport(options: WsTransportOptions = {}): Transport {
  const { maxSockets = DEFAULT_MAX_SOCKETS } = options;
  if (!Number.isSafeInteger(maxSockets) || maxSockets < 1) {
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'maxSockets', rule: 'to be a whole number from 1', value: maxSockets });
  }
  return {
    schemes: ['ws', 'wss'],
    listen: async (address, onConnection) => listen(await import('ws'), wsAddress(address), onConnection, options),
    dial: async (address, signal, admits) => dial(await import('ws'), wsAddress(address), signal, options, admits),
  };
}

async function listen(ws: typeof Ws, at: Address, onConnection: (connection: Connection) => void, options: WsTransportOptions): Promise<Listening> {
  const server = openServer(at, options);
  acceptUpgrades(ws, server, onConnection, options);
  await bind(server, at);
  // From now on an error is one that could not be accepted, for instance for want of file descriptors. The next may be.
  server.on('error', () => options.onRefused?.('accept-failed', ''));
  const { port } = server.address() as AddressInfo;
  const real = new URL(at.url);
  real.port = String(port);
  return {
    address: parseAddress(real.href).url,
    close: async () => {
      server.close(); // The port is free at once; the callback would wait for the connections, which stay.
      server.closeAllConnections(); // Those that did not become WebSockets.
    },
  };
}

/** The server of one address, before it listens. @internal */
export function openServer(at: Address, { tls, maxSockets = DEFAULT_MAX_SOCKETS, onRefused }: WsTransportOptions): Server {
  const refuse: RequestListener = (request, response) => {
    onRefused?.('plain-http', hostOf(request.socket));
    response.writeHead(426, { Connection: 'close', Upgrade: 'websocket', 'Content-Type': 'text/plain' });
    response.end('This is a hearsay peer. It speaks WebSocket.\n');
  };
  const server = at.scheme === 'ws' ? createHttpServer(HTTP_OPTIONS, refuse) : openTlsServer(at, tls, refuse);
  server.maxConnections = maxSockets;
  server.on('drop', (data) => onRefused?.('too-many-sockets', data?.remoteAddress ?? ''));
  server.on('clientError', (_error, socket) => {
    onRefused?.('bad-http', hostOf(socket));
    socket.destroy();
  });
  return server;
}

function openTlsServer(at: Address, tls: WsTransportOptions['tls'], refuse: RequestListener): Server {
  const rule = 'to be served with a `tls.cert` and `tls.key` that belong together';
  if (tls?.cert === undefined || tls.key === undefined) throw listenFailed(at, rule);
  try {
    return createHttpsServer({ ...HTTP_OPTIONS, ...tls, handshakeTimeout: HTTP_OPTIONS.headersTimeout }, refuse);
  } catch (cause) {
    throw listenFailed(at, rule, cause);
  }
}

function acceptUpgrades({ WebSocketServer }: typeof Ws, server: Server, onConnection: (connection: Connection) => void, { onRefused }: WsTransportOptions): void {
  const upgrades = new WebSocketServer({
    ...SOCKET_OPTIONS,
    noServer: true,
    clientTracking: false,
    handleProtocols: () => SUBPROTOCOL,
    verifyClient: ({ req }, verified) => {
      const offered = (req.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      if (offered.includes(SUBPROTOCOL)) return verified(true);
      onRefused?.('other-protocol', hostOf(req.socket));
      verified(false, 400, `Expected the subprotocol ${SUBPROTOCOL}`);
    },
  });
  upgrades.on('wsClientError', (_error, socket) => {
    onRefused?.('bad-upgrade', hostOf(socket));
    socket.destroy();
  });
  server.on('upgrade', (request, socket, head) => {
    const remoteHost = hostOf(socket);
    upgrades.handleUpgrade(request, socket, head, (webSocket) => onConnection(new WsConnection(webSocket, remoteHost)));
  });
}

function bind(server: Server, at: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      if (cause.code !== 'EADDRINUSE') return reject(listenFailed(at, 'to be an address of this machine that we may listen on', cause));
      reject(new HearsayError('HEARSAY_PORT_IN_USE', { field: 'listen address', rule: 'to be free', value: at.url, cause }));
    };
    server.once('error', fail);
    server.listen({ host: at.host, port: at.port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function dial({ WebSocket }: typeof Ws, { url }: Address, signal: AbortSignal, { tls }: WsTransportOptions, admits?: (ip: string) => boolean): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const other = (cause: unknown): void => reject(handshakeError({ reason: 'not-hearsay' }, url, cause));
    const fail = (cause: unknown): void => {
      if (isOther(cause)) return other(cause);
      const rule = 'to be one where a hearsay peer answers';
      reject(new HearsayError('HEARSAY_UNREACHABLE', { field: 'address', rule, value: url, cause }));
    };
    if (signal.aborted) return fail(signal.reason);
    const options = { ...SOCKET_OPTIONS, maxHeaderSize: HTTP_OPTIONS.maxHeaderSize, followRedirects: false, handshakeTimeout: DIAL_SILENCE_MS, generateMask: noMask, ...(admits && { lookup: lookupOf(admits) }) };
    const webSocket = new WebSocket(url, SUBPROTOCOL, tls?.ca === undefined ? options : { ...options, ca: tls.ca });
    const abort = (): void => {
      fail(signal.reason);
      webSocket.terminate();
    };
    let remoteHost = '';
    signal.addEventListener('abort', abort, { once: true });
    webSocket.on('error', fail);
    webSocket.once('unexpected-response', (_request, response) => {
      const { statusCode = 0 } = response;
      const answered = new Error(`Answered with HTTP status ${statusCode}`);
      // 5xx is a proxy whose node is away. Whatever else speaks HTTP and no WebSocket is not ours.
      if (statusCode < 500) other(answered);
      else fail(answered);
      webSocket.terminate();
    });
    webSocket.once('upgrade', (response) => (remoteHost = hostOf(response.socket)));
    webSocket.once('open', () => resolve(new WsConnection(webSocket, remoteHost)));
    for (const end of ['open', 'close']) webSocket.once(end, () => signal.removeEventListener('abort', abort));
  });
}

/**
 * The mask of what a dialling side sends (RFC 6455, 5.3) stays zero, which ws neither applies nor takes off again. It has to be unforeseeable where
 * scripts of others choose what a browser sends, so that they cannot make a proxy read it as a request (10.3). What we send is sealed:
 * nobody who chooses our data can foretell its bytes, and the hello is made of random ones.
 */
function noMask(mask: Buffer): void {
  mask.fill(0);
}

/** Whether an answer came that is no WebSocket of ours: no HTTP, no TLS where we want it, or (errors of `ws` have no code) a wrong upgrade. */
function isOther(cause: unknown): boolean {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === undefined ? /^(Invalid|Server sent) /.test(message) : /^(HPE_|EPROTO$|ERR_SSL_)/.test(code);
}

/** Looks names up as usual and drops the addresses that are not admitted: a name may lead to our own machine. */
function lookupOf(admits: (ip: string) => boolean): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const admitted = error === null ? found.filter(({ address }) => admits(address)) : [];
      const [first] = admitted;
      if (first === undefined) return done(error ?? notAdmitted(hostname), '');
      return options.all === true ? done(null, admitted) : done(null, first.address, first.family);
    });
  };
}

function notAdmitted(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} leads where we do not dial on hearsay`), { code: 'ENOTFOUND' });
}

function hostOf(socket: Duplex): string {
  return (socket as Socket).remoteAddress ?? '';
}

function wsAddress(text: string): Address {
  const address = parseAddress(text);
  if (address.scheme === 'ws' || address.scheme === 'wss') return address;
  throw new HearsayError('HEARSAY_BAD_ADDRESS', { field: 'address', rule: 'to begin with ws:// or wss://', value: text });
}

function listenFailed(at: Address, rule: string, cause?: unknown): HearsayError {
  return new HearsayError('HEARSAY_LISTEN_FAILED', { field: 'listen address', rule, value: at.url, cause });
}
