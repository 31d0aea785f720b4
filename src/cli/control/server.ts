/**
 * The control socket of a running node. Only the user that runs the node may open it.
 */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { HearsayError } from '../../errors.ts';
import { controlPath, faultOf, MAX_REQUEST_BYTES, request } from './protocol.ts';
import type { Answer, Request } from './protocol.ts';

/** Commands at once (our choice: a person at a few terminals). More are turned away. */
const MAX_CONNECTIONS = 16;
/** From opening the socket to a whole request, in ms (our choice: both are on one machine). */
const REQUEST_TIMEOUT_MS = 5_000;

export interface ControlServer {
  /** Nobody is heard any more, and the socket is gone. */
  close(): Promise<void>;
}

/**
 * Opens the control socket of a directory. The caller must hold the directory's lock: a socket that is there was left by a dead process and is replaced.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` for a path that is too long, `HEARSAY_LISTEN_FAILED`
 */
export async function openControl(dir: string, perform: (asked: Request) => Promise<unknown>): Promise<ControlServer> {
  const path = controlPath(dir);
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket, perform);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, path);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new HearsayError('HEARSAY_LISTEN_FAILED', { field: 'control socket', rule: 'to be a socket that can be made', value: path, cause })));
    // Made within the call, and by then for nobody else to open: a later chmod would leave a moment.
    const before = process.umask(0o177);
    server.listen(path, resolve);
    process.umask(before);
  });
}

/** Hears one request and answers it. */
function serve(socket: Socket, perform: (asked: Request) => Promise<unknown>): void {
  let heard = Buffer.alloc(0);
  const answer = (given: Answer): void => void socket.end(`${JSON.stringify(given)}\n`);
  const refuse = (rule: string): void => answer({ ok: false, error: { code: 'HEARSAY_BAD_CONFIG', field: 'request', rule } });
  const onData = (chunk: Buffer): void => {
    heard = Buffer.concat([heard, chunk]);
    const end = heard.indexOf('\n');
    if (end === -1 && heard.length <= MAX_REQUEST_BYTES) return;
    socket.off('data', onData).setTimeout(0);
    const read = end === -1 || end > MAX_REQUEST_BYTES ? undefined : readRequest(heard.toString('utf8', 0, end));
    if (read === undefined) return refuse(`to be one of PROTOCOL.md in a line of at most ${MAX_REQUEST_BYTES} bytes`);
    perform(read).then(
      (result) => answer({ ok: true, result: result ?? null }),
      (error: unknown) => answer({ ok: false, error: faultOf(error) }),
    );
  };
  socket.on('data', onData).setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy());
}

function readRequest(line: string): Request | undefined {
  try {
    return request.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
