/**
 * The bench on which the cases of a compliance suite run: it opens and cleans up, waits with a deadline, and writes down what is heard.
 */
import { AssertionError, ok } from 'node:assert/strict';
import { HearsayError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { MAX_MESSAGE_BYTES } from '../transport/transport.ts';
import type { Connection, Listening, Transport } from '../transport/transport.ts';

/** A transport, fresh for one case. */
export interface TransportUnderTest {
  readonly transport: Transport;
  /** An address to listen on, free at each call: with port 0, or a new name. */
  listenAddress(): string;
  /** How long a case waits for something that has to happen, in ms. @defaultValue 10,000 (our choice: a slow machine under load) */
  readonly patienceMs?: number;
  /** Lets go of everything. Called once, also after a failure. */
  dispose(): Promise<void>;
}

/** One thing a transport has to do. */
export interface ComplianceCase {
  readonly name: string;
  /** @throws Error saying what was expected and what happened. */
  run(make: () => Promise<TransportUnderTest>): Promise<void>;
}

/** The two ends of one connection. */
export interface Pair {
  readonly near: Connection;
  readonly far: Connection;
}

/** What a case works with. */
export interface Stand {
  readonly transport: Transport;
  listen(address?: string): Promise<Listening>;
  dial(address: string): Promise<Connection>;
  /** Dials a listener made by `listen` and finds the other end. */
  connect(listening: Listening, signal?: AbortSignal): Promise<Pair>;
  /** Waits for something that has to happen. `what` ends the sentence "Expected …". */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Waits for an attempt to fail with `code`, and returns the error. `what` names the attempt. */
  rejects(attempt: Promise<unknown>, code: ErrorCode, what: string): Promise<HearsayError>;
  /** Lets happen what should not. */
  turns(): Promise<void>;
}

/** Turns of the event loop in which something wrong would have shown (our choice: a close takes a handful). */
const TURNS = 50;
const DEFAULT_PATIENCE_MS = 10_000;
/** Messages in which a connection must begin to buffer: 32 MiB of the largest, more than a kernel takes by default (Linux: 4 MiB to send, 6 MiB to receive). */
const MOST_FILLING = 512;

/** A case that opens what it needs. */
export function unlinked(name: string, body: (stand: Stand) => Promise<void>): ComplianceCase {
  return {
    name,
    run: async (make) => {
      const subject = await make();
      const opened: Connection[] = [];
      const listenings: Listening[] = [];
      try {
        await body(standOn(subject, opened, listenings));
      } finally {
        for (const connection of opened) connection.terminate();
        await Promise.all(listenings.map((listening) => listening.close()));
        await subject.dispose();
      }
    },
  };
}

/** A case about one open connection, to which nobody listens yet. */
export function linked(name: string, body: (stand: Stand & Pair) => Promise<void>): ComplianceCase {
  return unlinked(name, async (stand) => body({ ...stand, ...(await stand.connect(await stand.listen())) }));
}

function standOn({ transport, listenAddress, patienceMs }: TransportUnderTest, opened: Connection[], listenings: Listening[]): Stand {
  const accepted = new Map<Listening, Connection[]>();
  const { until, settled } = patience(patienceMs ?? DEFAULT_PATIENCE_MS);
  return {
    transport,
    until,
    listen: async (address = listenAddress()) => {
      const far: Connection[] = [];
      const onConnection = (connection: Connection): void => {
        far.push(connection);
        opened.push(connection);
      };
      const listening = await settled(transport.listen(address, onConnection), `listen to succeed on ${address}`);
      accepted.set(listening, far);
      listenings.push(listening);
      return listening;
    },
    dial: (address) => transport.dial(address, new AbortController().signal),
    connect: async (listening, signal = new AbortController().signal) => {
      const far = accepted.get(listening) ?? [];
      const before = far.length;
      const near = await settled(transport.dial(listening.address, signal), `dialling ${listening.address} to succeed`);
      opened.push(near);
      await until(() => far.length > before, 'the listener to be given the connection');
      return { near, far: far[before] as Connection };
    },
    rejects: async (attempt, code, what) => {
      const outcome: unknown = await settled(attempt, `${what} to fail with ${code}`).then(
        () => 'success',
        (error: unknown) => error,
      );
      if (outcome instanceof AssertionError) throw outcome;
      ok(outcome instanceof HearsayError && outcome.code === code, `Expected ${what} to fail with ${code}, got ${codeOf(outcome)}.`);
      return outcome;
    },
    turns: async () => {
      for (let i = 0; i < TURNS; i += 1) await turn();
    },
  };
}

function codeOf(outcome: unknown): string {
  return outcome instanceof HearsayError ? outcome.code : String(outcome);
}

/** Waiting that ends. Turn by turn, because a transport need not tell when something has left it. */
function patience(patienceMs: number): { until: Stand['until']; settled: <T>(promise: Promise<T>, what: string) => Promise<T> } {
  const until: Stand['until'] = async (condition, what) => {
    const deadline = performance.now() + patienceMs;
    while (!condition()) {
      ok(performance.now() < deadline, `Expected ${what}; it did not happen.`);
      await turn();
    }
  };
  const settled = async <T>(promise: Promise<T>, what: string): Promise<T> => {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    await until(() => isSettled, what);
    return promise;
  };
  return { until, settled };
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Each end as the sender, with the other as the receiver. */
export function bothWays(near: Connection, far: Connection): (readonly [from: Connection, to: Connection])[] {
  return [[near, far], [far, near]];
}

/** What one end heard. */
export interface Recorder {
  readonly messages: Uint8Array[];
  readonly closes: string[];
  /** How many came after `onClose`. None should. */
  late: number;
}

/** Listens, and writes down what comes. */
export function heardBy(connection: Connection, onMessage?: (recorder: Recorder) => unknown): Recorder {
  const recorder: Recorder = { messages: [], closes: [], late: 0 };
  connection.listen({
    onMessage: (message) => {
      if (recorder.closes.length > 0) recorder.late += 1;
      recorder.messages.push(message);
      onMessage?.(recorder);
    },
    onClose: (reason) => recorder.closes.push(reason),
  });
  return recorder;
}

/** Sends in one go until the connection has a message's worth buffered, and 16 messages more. `message` makes large ones. Returns how many. */
export function fill(connection: Connection, message: (i: number) => Uint8Array): number {
  let sent = 0;
  const send = (): void => connection.send(message(sent++));
  while (connection.bufferedBytes < MAX_MESSAGE_BYTES) {
    ok(sent < MOST_FILLING, 'bufferedBytes stays low whatever is sent.');
    send();
  }
  for (let i = 0; i < 16; i += 1) send();
  return sent;
}

/** A message that carries a number. */
export function numbered(i: number, length = 4): Uint8Array {
  const message = new Uint8Array(length);
  new DataView(message.buffer).setUint32(0, i);
  return message;
}

/** The number that a message carries. */
export function numberOf(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint32(0);
}

/** A message that is there, as the port says it should be. */
export function bytesOf(message: Uint8Array | undefined): Uint8Array {
  ok(message instanceof Uint8Array, 'A message is a Uint8Array.');
  return message;
}
