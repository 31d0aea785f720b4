import { describe, expect, test } from '@jest/globals';
import { transportCompliance } from '../../src/testing/index.ts';
import type { TransportUnderTest } from '../../src/testing/index.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Connection, Listening, Transport } from '../../src/transport/transport.ts';
import { wsTransport } from '../../src/transport/ws.ts';

function memory(): TransportUnderTest {
  let names = 0;
  return { transport: new MemoryNetwork().transport(), listenAddress: () => `memory://ann-${(names += 1)}`, dispose: async () => undefined };
}

function ws(): TransportUnderTest {
  return { transport: wsTransport(), listenAddress: () => 'ws://127.0.0.1:0', dispose: async () => undefined };
}

describe.each([['memory', memory], ['ws', ws]])('the %s transport', (_name, make) => {
  test.each(transportCompliance)('$name', async ({ run }) => run(async () => make()));
});

/** The in-memory transport with something wrong at both ends of its connections. */
function connectionsWith(change: (connection: Connection) => Partial<Connection>): TransportUnderTest {
  const broken = (connection: Connection): Connection => {
    const same: Connection = {
      remoteHost: connection.remoteHost,
      get bufferedBytes() {
        return connection.bufferedBytes;
      },
      listen: (listener) => connection.listen(listener),
      send: (message) => connection.send(message),
      close: () => connection.close(),
      terminate: () => connection.terminate(),
    };
    return Object.defineProperties(same, Object.getOwnPropertyDescriptors(change(connection)));
  };
  return transportWith(({ listen, dial }) => ({
    listen: (address, onConnection) => listen(address, (connection) => onConnection(broken(connection))),
    dial: async (address, signal) => broken(await dial(address, signal)),
  }));
}

/** The in-memory transport with something wrong about itself. */
function transportWith(change: (transport: Transport) => Partial<Transport>): TransportUnderTest {
  const subject = memory();
  return { ...subject, transport: { ...subject.transport, ...change(subject.transport) }, patienceMs: 50 };
}

const last = <Item>(items: Item[]): Item => items[items.length - 1] as Item;

// Each is wrong in one way. The suite must say so in the case that is about it.
test.each<[wrong: string, caught: string, saying: RegExp, make: () => TransportUnderTest]>([
  ['swaps two messages', 'keeps the order of 1,000 messages both ways', /another order/, () => connectionsWith((inner) => {
    let sent = 0;
    let held: Uint8Array | undefined;
    return {
      send: (message) => {
        sent += 1;
        if (sent === 500) held = message;
        else inner.send(message);
        if (sent === 501 && held !== undefined) inner.send(held);
      },
    };
  })],
  ['loses a message', 'keeps the order of 1,000 messages both ways', /1,000 messages; it did not happen/, () => connectionsWith((inner) => {
    let sent = 0;
    return { send: (message) => (sent += 1) !== 500 && inner.send(message) };
  })],
  ['skips empty messages', 'carries an empty message', /did not happen/, () => connectionsWith((inner) => ({ send: (message) => message.length > 0 && inner.send(message) }))],
  ['cuts long messages', 'carries a message of 65,535 bytes intact', /arrived changed/, () => connectionsWith((inner) => ({ send: (message) => inner.send(message.subarray(0, 65_534)) }))],
  ['loses what came before listen', 'keeps what came before listen, and gives it in order', /did not happen/, () => connectionsWith((inner) => {
    let listener: Parameters<Connection['listen']>[0] | undefined;
    inner.listen({ onMessage: (message) => listener?.onMessage(message), onClose: (reason) => listener?.onClose(reason) });
    return { listen: (late) => void (listener = late) };
  })],
  ['tells nobody of an earlier close', 'tells the close to who listens only afterwards', /told of the close; it did not happen/, () => connectionsWith((inner) => {
    let listener: Parameters<Connection['listen']>[0] | undefined;
    const early: Uint8Array[] = [];
    inner.listen({ onMessage: (message) => (listener === undefined ? early.push(message) : listener.onMessage(message)), onClose: (reason) => listener?.onClose(reason) });
    return {
      listen: (late) => {
        listener = late;
        setImmediate(() => early.forEach((message) => late.onMessage(message)));
      },
    };
  })],
  ['tells a close twice', 'close at the near end: exactly one onClose at each end', /more than once/, () => connectionsWith((inner) => ({
    listen: ({ onMessage, onClose }) => inner.listen({ onMessage, onClose: (reason) => [1, 2].forEach(() => onClose(reason)) }),
  }))],
  ['tells its own terminate at once', 'terminate at the far end: exactly one onClose at each end', /from within terminate/, () => connectionsWith((inner) => {
    let told: ((reason: string) => void) | undefined;
    return {
      listen: ({ onMessage, onClose }) => {
        told = onClose;
        inner.listen({ onMessage, onClose });
      },
      terminate: () => {
        told?.('terminated');
        inner.terminate();
      },
    };
  })],
  ['drops what is buffered on close', 'close sends what is buffered first', /did not arrive/, () => connectionsWith((inner) => ({ close: () => inner.terminate() }))],
  ['goes on after terminate', 'terminate stops the messages at once', /after terminate/, () => connectionsWith((inner) => ({ terminate: () => setImmediate(() => inner.terminate()) }))],
  ['throws when closed', 'send, close and terminate after the close are harmless', /is closed/, () => connectionsWith((inner) => {
    let closed = false;
    return {
      send: (message) => {
        if (closed) throw new Error('is closed');
        inner.send(message);
      },
      close: () => {
        closed = true;
        inner.close();
      },
    };
  })],
  ['does not count what is buffered', 'bufferedBytes rises when the other end does not read, and falls to 0 when it does', /stays low/, () => connectionsWith(() => ({ bufferedBytes: 0 }))],
  ['does not count down', 'bufferedBytes rises when the other end does not read, and falls to 0 when it does', /fall to 0; it did not happen/, () => connectionsWith((inner) => {
    let most = 0;
    return {
      get bufferedBytes() {
        return (most = Math.max(most, inner.bufferedBytes));
      },
    };
  })],
  ['mixes connections', 'two connections do not mix', /wrong connection|did not happen/, () => {
    const all: Connection[] = [];
    return connectionsWith((inner) => {
      all.push(inner);
      return { send: (message) => last(all).send(message) };
    });
  }],
  ['hides the remote host', 'remoteHost is set at both ends', /does not know/, () => connectionsWith(() => ({ remoteHost: '' }))],
  ['tells port 0', 'listening tells an address that can be dialled, another each time', /cannot be dialled/, () => transportWith(({ listen }) => ({
    listen: async (address, onConnection) => ({ ...(await listen(address, onConnection)), address: `${address}:0` }),
  }))],
  ['listens twice on one address', 'a used address is refused with HEARSAY_PORT_IN_USE, and harms the first listener not', /got success/, () => transportWith(({ listen }) => ({
    listen: (address, onConnection) => listen(address, onConnection).catch((): Listening => ({ address, close: async () => undefined })),
  }))],
  ['closes connections with their listener', 'a closed listener accepts nobody, its connections stay, and its address is free', /closed its connection|did not happen/, () => transportWith(({ listen }) => ({
    listen: async (address, onConnection) => {
      const accepted: Connection[] = [];
      const { close, ...listening } = await listen(address, (connection) => [accepted.push(connection), onConnection(connection)]);
      return {
        ...listening,
        close: async () => {
          accepted.forEach((connection) => connection.terminate());
          await close();
        },
      };
    },
  }))],
  ['keeps accepting', 'a closed listener accepts nobody, its connections stay, and its address is free', /got success/, () => transportWith(({ listen }) => ({
    listen: async (address, onConnection) => ({ ...(await listen(address, onConnection)), close: async () => undefined }),
  }))],
  ['fails with any error', 'dialling nobody is HEARSAY_UNREACHABLE', /got Error: nobody/, () => transportWith(({ dial }) => ({
    dial: (address, signal) => dial(address, signal).catch(() => Promise.reject(new Error('nobody'))),
  }))],
  ['never fails', 'dialling nobody is HEARSAY_UNREACHABLE', /did not happen/, () => transportWith(({ dial }) => ({
    dial: (address, signal) => dial(address, signal).catch(() => new Promise(() => undefined)),
  }))],
  ['ignores the signal', 'a dial that is aborted is HEARSAY_UNREACHABLE, with the reason as cause', /got success/, () => transportWith(({ dial }) => ({
    dial: (address) => dial(address, new AbortController().signal),
  }))],
  ['ends a connection with the signal of its dial', 'an abort after the dial has succeeded does nothing', /closed the connection|did not happen/, () => transportWith(({ dial }) => ({
    dial: async (address, signal) => {
      const connection = await dial(address, signal);
      signal.addEventListener('abort', () => connection.terminate());
      return connection;
    },
  }))],
  ['dials whatever it is given', 'an address of another scheme is HEARSAY_BAD_ADDRESS', /got HEARSAY_UNREACHABLE/, () => transportWith(({ dial }) => ({
    dial: (_address, signal) => dial('memory://nobody', signal),
  }))],
])('a transport that %s does not comply: "%s"', async (_wrong, caught, saying, make) => {
  const { run } = transportCompliance.find(({ name }) => name === caught)!;
  await expect(run(async () => make())).rejects.toThrow(saying);
});

test('a case disposes of its transport, whether it passes or not', async () => {
  let disposed = 0;
  const [passing, failing] = [memory(), connectionsWith(() => ({ remoteHost: '' }))].map((subject) => ({ ...subject, dispose: async () => void (disposed += 1) }));
  const { run } = transportCompliance.find(({ name }) => name === 'remoteHost is set at both ends')!;
  await run(async () => passing!);
  await expect(run(async () => failing!)).rejects.toThrow();
  expect(disposed).toBe(2);
});
