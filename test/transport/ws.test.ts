import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { parseAddress } from '../../src/transport/address.ts';
import { MAX_MESSAGE_BYTES } from '../../src/transport/transport.ts';
import type { Connection, Listening } from '../../src/transport/transport.ts';
import { openServer, wsTransport } from '../../src/transport/ws.ts';
import type { WsRefusal, WsTransportOptions } from '../../src/transport/ws.ts';

const never = new AbortController().signal;
const MIB = 1024 * 1024;

// For these tests only: a certificate for 127.0.0.1 that is its own authority, until 2100.
const TLS = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghK8Jr1B2U7frUxob
Wtyba5c9fi3VtI9MUdm1l84c3QChRANCAATsdB7MS/JvV0fFHtgHocYrF8ewsjzt
NTxg7qfWdrnCX2lzE1d2n82VlOur5+yh24vcw5rapb7voKvilpBDqh3n
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBXTCCAQKgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMDAwMTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOx0HsxL8m9XR8Ue
2AehxisXx7CyPO01PGDup9Z2ucJfaXMTV3afzZWU66vn7KHbi9zDmtqlvu+gq+KW
kEOqHeejQzBBMA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAdBgNV
HQ4EFgQUiVX0KxDFlCmmvBwFl0+VGS9aw5QwCgYIKoZIzj0EAwIDSQAwRgIhAJLy
QaA6bpdC3mPTB7mYtJVkZ3KdgfczDnNO2L23KEkRAiEAxal1e+E0E6VG3qTjTV5u
3vg/Kl17QzsHKTnIJC7iTyQ=
-----END CERTIFICATE-----`,
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** What one accepted connection told. */
interface Heard {
  readonly messages: Uint8Array[];
  readonly closed: Promise<string>;
  closes: number;
}

function hear(connection: Connection): Heard {
  let close: (reason: string) => void = () => undefined;
  const heard: Heard = { messages: [], closed: new Promise((resolve) => (close = resolve)), closes: 0 };
  connection.listen({
    onMessage: (message) => heard.messages.push(message),
    onClose: (reason) => {
      heard.closes += 1;
      close(reason);
    },
  });
  return heard;
}

/** A listener that hears everybody, and remembers whom it turned away. */
async function serve(options: WsTransportOptions = {}, address = 'ws://127.0.0.1:0') {
  const refusals: [WsRefusal, string][] = [];
  const accepted: Connection[] = [];
  const waiting: ((connection: Connection) => void)[] = [];
  const transport = wsTransport({ ...options, onRefused: (reason, host) => refusals.push([reason, host]) });
  const listening = await transport.listen(address, (connection) => {
    accepted.push(connection);
    waiting.shift()?.(connection);
  });
  cleanups.push(() => listening.close(), () => accepted.forEach((connection) => connection.terminate()));
  const { port } = parseAddress(listening.address);
  return { ...listening, port: port!, refusals, next: () => new Promise<Connection>((resolve) => waiting.push(resolve)) };
}

/** A plain socket that says `text`, and what comes back until the other side closes. */
function say(port: number, text: string): { socket: Socket; answer: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  socket.on('error', () => undefined); // a reset is a close, too
  let heard = '';
  socket.setEncoding('latin1').on('data', (data) => (heard += data));
  socket.write(text, 'latin1');
  return { socket, answer: new Promise((resolve) => socket.once('close', () => resolve(heard))) };
}

const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: ann',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: hearsay.v1',
  '\r\n',
].join('\r\n');

/** A plain socket that has become a WebSocket, so that a test can write frames that no library would. */
async function upgraded(server: Awaited<ReturnType<typeof serve>>) {
  const accepted = server.next();
  const { socket, answer } = say(server.port, UPGRADE);
  const heard = hear(await accepted);
  return { socket, answer, heard };
}

/** The head of a masked frame (RFC 6455, 5.2), the mask being 0. */
function frameHead(firstByte: number, length: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = firstByte;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

const BINARY = 0x82;
const FIRST_EMPTY_FRAGMENT = Buffer.from([0x02, 0x80, 0, 0, 0, 0]);
const NEXT_EMPTY_FRAGMENT = Buffer.from([0x00, 0x80, 0, 0, 0, 0]);
const EMPTY_MESSAGE = Buffer.from([0x82, 0x80, 0, 0, 0, 0]);

/** Writes until the other side has had enough. Returns the bytes it took. */
async function pour(socket: Socket, chunk: Buffer, most: number): Promise<number> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (let sent = 0; sent < most && socket.writable; sent += chunk.length) {
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  await closed;
  return socket.bytesWritten;
}

describe('a peer that breaks the rules', () => {
  test('a text frame terminates, and nothing after it is heard', async () => {
    const server = await serve();
    const accepted = server.next();
    const client = new WebSocket(server.address, 'hearsay.v1');
    const closed = once(client, 'close');
    client.on('open', () => {
      client.send(Buffer.from([1]));
      client.send('text');
      client.send(Buffer.from([2]));
    });
    const heard = hear(await accepted);
    expect(await heard.closed).toBe('text-frame');
    expect(heard.messages).toStrictEqual([Buffer.from([1])]);
    expect((await closed)[0]).toBe(1006);
    expect(heard.closes).toBe(1);
  });

  test.each([
    ['of one byte too many', MAX_MESSAGE_BYTES + 1],
    ['that says it has 1 GiB', 1024 * MIB],
    ['that says it has 2^52 bytes', 2 ** 52],
  ])('a frame %s closes before it is read, in bounded memory', async (_name, length) => {
    const { socket, heard } = await upgraded(await serve());
    const before = process.memoryUsage().rss;
    socket.write(frameHead(BINARY, length));
    const taken = await pour(socket, Buffer.alloc(MAX_MESSAGE_BYTES + 1), 128 * MIB);
    expect(await heard.closed).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    expect(heard.messages).toStrictEqual([]);
    expect(heard.closes).toBe(1);
    // What the kernel took in before it heard of the close; a reader that kept reading would have had it all.
    expect(taken).toBeLessThan(64 * MIB);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
  });

  test('a message may come in 16 fragments and not in 17', async () => {
    const server = await serve();
    const fragments = (count: number): Buffer => Buffer.concat([FIRST_EMPTY_FRAGMENT, ...new Array<Buffer>(count - 2).fill(NEXT_EMPTY_FRAGMENT), Buffer.from([0x80, 0x80, 0, 0, 0, 0])]);
    const polite = await upgraded(server);
    polite.socket.end(fragments(16));
    expect(await polite.heard.closed).toBe('lost');
    expect(polite.heard.messages).toHaveLength(1);
    const rude = await upgraded(server);
    rude.socket.write(fragments(17));
    expect(await rude.heard.closed).toBe('WS_ERR_TOO_MANY_BUFFERED_PARTS');
    expect(rude.heard.messages).toStrictEqual([]);
  });

  test('a frame dripped in byte by byte is cut off after 256 pieces', async () => {
    const { socket, heard } = await upgraded(await serve());
    socket.setNoDelay(true);
    let closed = false;
    void heard.closed.then(() => (closed = true));
    socket.write(frameHead(BINARY, MAX_MESSAGE_BYTES));
    for (let i = 0; i < MAX_MESSAGE_BYTES - 1 && !closed; i += 1) {
      socket.write('x');
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect(await heard.closed).toBe('WS_ERR_TOO_MANY_BUFFERED_PARTS');
  });

  test.each([
    ['a reserved bit', Buffer.from([0xc2, 0x80, 0, 0, 0, 0]), 'WS_ERR_UNEXPECTED_RSV_1'],
    ['an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 'WS_ERR_INVALID_OPCODE'],
    ['no mask', Buffer.from([0x82, 0x01, 0]), 'WS_ERR_EXPECTED_MASK'],
    ['a continuation of nothing', NEXT_EMPTY_FRAGMENT, 'WS_ERR_INVALID_OPCODE'],
    ['a close frame of one byte', Buffer.from([0x88, 0x81, 0, 0, 0, 0, 3]), 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'],
    ['a ping that does not fit', frameHead(0x89, 126), 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'],
  ])('a frame with %s closes with a reason, exactly once', async (_name, frame, reason) => {
    const { socket, answer, heard } = await upgraded(await serve());
    socket.write(Buffer.concat([EMPTY_MESSAGE, frame, EMPTY_MESSAGE]));
    expect(await heard.closed).toBe(reason);
    await answer;
    expect(heard.messages).toHaveLength(1);
    expect(heard.closes).toBe(1);
  });

  test('a connection that dies is `lost`, exactly once', async () => {
    const { socket, heard } = await upgraded(await serve());
    socket.resetAndDestroy();
    expect(await heard.closed).toBe('lost');
    expect(heard.closes).toBe(1);
  });

  test("the words of a peer's close are not the reason we give", async () => {
    const server = await serve();
    const accepted = server.next();
    const client = new WebSocket(server.address, 'hearsay.v1');
    client.on('open', () => client.close(4000, 'said the peer'));
    expect(await hear(await accepted).closed).toBe('closed');
  });

  test('whoever does not listen reads nothing: the sender is slowed', async () => {
    const server = await serve();
    const accepted = server.next();
    const client = await wsTransport().dial(server.address, never);
    await accepted;
    const message = new Uint8Array(MAX_MESSAGE_BYTES);
    for (let sent = 0; sent < 32 * MIB; sent += message.length) client.send(message);
    for (let i = 0; i < 50; i += 1) await new Promise((resolve) => void setImmediate(resolve));
    // The kernel holds the rest, 10 MiB at most by default.
    expect(client.bufferedBytes).toBeGreaterThan(16 * MIB);
    client.terminate();
  });
});

describe('compression is never negotiated', () => {
  test('a client that offers it does not get it', async () => {
    const server = await serve();
    const client = new WebSocket(server.address, 'hearsay.v1', { perMessageDeflate: true });
    const [response] = await once(client, 'upgrade');
    expect(response.headers['sec-websocket-extensions']).toBeUndefined();
    client.on('error', () => undefined).terminate();
  });

  test('a server that offers it is not asked, and one that forces it is refused', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
    cleanups.push(() => server.close(), () => server.clients.forEach((client) => client.terminate()));
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const asked = once(server, 'connection');
    const connection = await wsTransport().dial(`ws://127.0.0.1:${port}`, never);
    const [client, request] = await asked;
    expect([request.headers['sec-websocket-extensions'], client.extensions]).toStrictEqual([undefined, '']);
    connection.terminate();
    server.on('headers', (headers: string[]) => headers.push('Sec-WebSocket-Extensions: permessage-deflate'));
    await expect(wsTransport().dial(`ws://127.0.0.1:${port}`, never)).rejects.toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED' });
  });
});

describe('who is turned away before there is a connection', () => {
  test('a plain HTTP request gets 426 and is closed', async () => {
    const server = await serve();
    const { answer } = say(server.port, 'GET / HTTP/1.1\r\nHost: ann\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n(.*\r\n)*Connection: close\r\n/);
    expect(server.refusals).toStrictEqual([['plain-http', '127.0.0.1']]);
  });

  test.each<[string, string, WsRefusal]>([
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no HTTP', 'bad-http'],
    ['a header over 4 KiB', UPGRADE.replace('Host: ann', `Host: ann\r\nX: ${'x'.repeat(4096)}`), 'bad-http'],
    ['an upgrade to something else', UPGRADE.replace('Upgrade: websocket', 'Upgrade: h2c'), 'bad-upgrade'],
    ['a bad key', UPGRADE.replace('AAAA', ''), 'bad-upgrade'],
    ['a bad version', UPGRADE.replace('Version: 13', 'Version: 1'), 'bad-upgrade'],
    ['a POST', UPGRADE.replace('GET', 'POST'), 'bad-upgrade'],
    ['no subprotocol', UPGRADE.replace('Sec-WebSocket-Protocol: hearsay.v1\r\n', ''), 'other-protocol'],
    ['another version of us', UPGRADE.replace('hearsay.v1', 'hearsay.v2, hearsay.v11'), 'other-protocol'],
  ])('%s is closed, counted, and harms nobody', async (_name, text, refusal) => {
    const server = await serve();
    await say(server.port, text).answer;
    expect(server.refusals).toStrictEqual([[refusal, '127.0.0.1']]);
    expect((await upgraded(server)).heard.closes).toBe(0);
  });

  test('of several subprotocols ours is taken', async () => {
    const server = await serve();
    const client = new WebSocket(server.address, ['hearsay.v2', 'hearsay.v1']);
    await once(client, 'open');
    expect(client.protocol).toBe('hearsay.v1');
    client.terminate();
  });

  test('past maxSockets a socket is closed and counted', async () => {
    const server = await serve({ maxSockets: 1 });
    const { socket } = await upgraded(server);
    expect(await say(server.port, '').answer).toBe('');
    expect(server.refusals).toStrictEqual([['too-many-sockets', '127.0.0.1']]);
    socket.destroy();
  });

  test('maxSockets is a whole number from 1', () => {
    for (const maxSockets of [0, -1, 1.5, NaN]) {
      expect(() => wsTransport({ maxSockets })).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_CONFIG', field: 'maxSockets' }));
    }
  });

  test('who is slow to ask has 5 s for the header and 10 s for the request, looked at each second', () => {
    const http = openServer(parseAddress('ws://127.0.0.1:0'), {});
    const https = openServer(parseAddress('wss://127.0.0.1:0'), { tls: TLS });
    for (const server of [http, https]) {
      expect(server).toMatchObject({
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 4_096,
        maxConnections: 1_024,
      });
    }
  });
});

describe('listening', () => {
  test('tells the real port, under the host that was given', async () => {
    const listening = await serve({}, 'ws://localhost:0/path');
    expect(listening.address).toMatch(/^ws:\/\/localhost:[1-9]\d*\/path$/);
  });

  test('on a used port: HEARSAY_PORT_IN_USE naming the address', async () => {
    const { address } = await serve();
    await expect(wsTransport().listen(address, () => undefined)).rejects.toMatchObject({ code: 'HEARSAY_PORT_IN_USE', value: address, cause: { code: 'EADDRINUSE' } });
  });

  test('where it cannot be: HEARSAY_LISTEN_FAILED naming the address', async () => {
    const elsewhere = 'ws://192.0.2.1:7700'; // for documentation only, RFC 5737
    await expect(wsTransport().listen(elsewhere, () => undefined)).rejects.toMatchObject({ code: 'HEARSAY_LISTEN_FAILED', value: elsewhere, cause: { code: 'EADDRNOTAVAIL' } });
  });

  test('close ends the sockets that are no connections yet', async () => {
    const server = await serve();
    const silent = say(server.port, '');
    const halfway = say(server.port, 'GET / HTTP/1.1\r\nHost:');
    const { socket, heard } = await upgraded(server); // came last: the two before it are accepted
    await server.close();
    expect(await Promise.all([silent.answer, halfway.answer])).toStrictEqual(['', '']);
    socket.write(EMPTY_MESSAGE);
    socket.end();
    expect(await heard.closed).toBe('lost');
    expect(heard.messages).toHaveLength(1);
  });
});

describe('dialling', () => {
  const unreachable = (address: string, cause: unknown): unknown => expect.objectContaining({ code: 'HEARSAY_UNREACHABLE', value: address, cause });
  const notHearsay = (message: RegExp): unknown => expect.objectContaining({ code: 'HEARSAY_HANDSHAKE_FAILED', value: 'not-hearsay', cause: expect.objectContaining({ message: expect.stringMatching(message) }) });

  /** Answers each connection with `text`, and nothing else. */
  async function answering(text: string): Promise<string> {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => {
      cleanups.push(() => socket.destroy());
      socket.on('error', () => undefined).once('data', () => socket.write(text));
    });
    cleanups.push(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  test('nobody', async () => {
    const server = await serve();
    await server.close();
    await expect(wsTransport().dial(server.address, never)).rejects.toEqual(unreachable(server.address, expect.objectContaining({ code: 'ECONNREFUSED' })));
  });

  test.each([
    ['answers with garbage', 'SSH-2.0-garbage\r\n', /Parse Error/],
    ['redirects', 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n', /HTTP status 302/],
    ['upgrades wrongly', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n', /Sec-WebSocket-Accept/],
    ['has a header over 4 KiB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(4096)}\r\n\r\n`, /Header overflow/],
  ])('one that %s is not hearsay', async (_name, text, cause) => {
    await expect(wsTransport().dial(await answering(text), never)).rejects.toEqual(notHearsay(cause));
  });

  test('one without TLS where there should be some is not hearsay', async () => {
    const address = await answering('HTTP/1.1 400 Bad Request\r\n\r\n');
    await expect(wsTransport().dial(address.replace('ws:', 'wss:'), never)).rejects.toEqual(notHearsay(/SSL/));
  });

  test('a proxy that has no node behind it now', async () => {
    const address = await answering('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    await expect(wsTransport().dial(address, never)).rejects.toEqual(unreachable(address, expect.objectContaining({ message: expect.stringMatching(/HTTP status 502/) })));
  });

  test('one without our subprotocol', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => false });
    cleanups.push(() => server.close());
    await once(server, 'listening');
    const address = `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
    await expect(wsTransport().dial(address, never)).rejects.toEqual(notHearsay(/Server sent no subprotocol/));
  });

  test('one that takes the connection and says nothing: the signal ends it', async () => {
    const address = await answering('');
    const controller = new AbortController();
    const dialled = wsTransport().dial(address, controller.signal);
    const reason = new Error('no longer wanted');
    setImmediate(() => controller.abort(reason));
    await expect(dialled).rejects.toEqual(unreachable(address, reason));
  });

  test('with a peer id behind the URL', async () => {
    const server = await serve();
    const connection = await wsTransport().dial(`${server.address}#${'0'.repeat(64)}`, never);
    expect(connection.remoteHost).toBe('127.0.0.1');
    connection.terminate();
  });
});

describe('what a name leads to', () => {
  const named = ({ address }: Listening): string => address.replace('127.0.0.1', 'localhost');

  test('is dialled only where it is admitted', async () => {
    const server = await serve();
    const asked: string[] = [];
    const refused = wsTransport().dial(named(server), never, (ip) => {
      asked.push(ip);
      return false;
    });
    await expect(refused).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE' });
    expect(asked).toContain('127.0.0.1');
  });

  test('and is dialled where it is', async () => {
    const server = await serve();
    const connection = await wsTransport().dial(named(server), never, (ip) => ip === '127.0.0.1');
    expect(connection.remoteHost).toBe('127.0.0.1');
    connection.terminate();
  });
});

describe('wss', () => {
  test('is served with a certificate and dialled with its authority', async () => {
    const server = await serve({ tls: TLS }, 'wss://127.0.0.1:0');
    const accepted = server.next();
    const client = await wsTransport({ tls: { ca: TLS.cert } }).dial(server.address, never);
    const heard = hear(await accepted);
    client.send(new Uint8Array([1, 2, 3]));
    client.close();
    expect(await heard.closed).toBe('closed');
    expect(heard.messages).toStrictEqual([Buffer.from([1, 2, 3])]);
  });

  test('an unknown authority is not trusted', async () => {
    const server = await serve({ tls: TLS }, 'wss://127.0.0.1:0');
    await expect(wsTransport().dial(server.address, never)).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE' });
  });

  test.each<[string, WsTransportOptions]>([
    ['nothing', {}],
    ['no key', { tls: { cert: 'cert' } }],
    ['garbage', { tls: { cert: 'cert', key: 'key' } }],
  ])('with %s to serve it is HEARSAY_LISTEN_FAILED', async (_name, options) => {
    const listening: Promise<Listening> = wsTransport(options).listen('wss://127.0.0.1:0', () => undefined);
    await expect(listening).rejects.toMatchObject({ code: 'HEARSAY_LISTEN_FAILED', rule: expect.stringContaining('tls.cert') });
  });
});

test('a message over 65,535 bytes and a second listener are bugs of the caller', async () => {
  const server = await serve();
  const connection = await wsTransport().dial(server.address, never);
  hear(connection);
  expect(() => connection.send(new Uint8Array(MAX_MESSAGE_BYTES + 1))).toThrow(expect.objectContaining({ code: 'HEARSAY_INVARIANT' }));
  expect(() => hear(connection)).toThrow(expect.objectContaining({ code: 'HEARSAY_INVARIANT' }));
  connection.terminate();
});
