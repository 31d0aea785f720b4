/**
 * What every transport has to do, as cases for any test runner: `for (const { name, run } of transportCompliance) test(name, () => run(make))`.
 * A case throws when the transport is wrong. Nothing here knows which transport it is.
 */
import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { isDialable, parseAddress } from '../transport/address.ts';
import { MAX_MESSAGE_BYTES } from '../transport/transport.ts';
import type { Connection } from '../transport/transport.ts';
import { bothWays, bytesOf, fill, heardBy, linked, numbered, numberOf, unlinked } from './bench.ts';
import type { ComplianceCase, Pair, Stand } from './bench.ts';

/** All of them. They are independent of each other and may run in any order, or at once. */
export const transportCompliance: readonly ComplianceCase[] = [
  linked('keeps the order of 1,000 messages both ways', async ({ near, far, until }) => {
    const [toNear, toFar] = [heardBy(near), heardBy(far)];
    for (let i = 0; i < 1000; i += 1) {
      near.send(numbered(i));
      far.send(numbered(i));
    }
    await until(() => toFar.messages.length >= 1000 && toNear.messages.length >= 1000, 'both ends to get 1,000 messages');
    const expected = Array.from({ length: 1000 }, (_, i) => i);
    deepStrictEqual(toFar.messages.map(numberOf), expected, 'The listening end got the messages in another order.');
    deepStrictEqual(toNear.messages.map(numberOf), expected, 'The dialling end got the messages in another order.');
  }),

  linked('carries an empty message', async ({ near, far, until }) => {
    for (const [from, to] of bothWays(near, far)) {
      const { messages } = heardBy(to);
      from.send(new Uint8Array(0));
      from.send(numbered(1));
      await until(() => messages.length >= 2, 'the empty message and the one after it to arrive');
      deepStrictEqual(messages.map((message) => message.length), [0, 4], 'The lengths of the messages changed.');
    }
  }),

  linked('carries a message of 65,535 bytes intact', async ({ near, far, until }) => {
    for (const [from, to] of bothWays(near, far)) {
      const { messages } = heardBy(to);
      const largest = Uint8Array.from({ length: MAX_MESSAGE_BYTES }, (_, i) => (i * 7) % 251);
      from.send(largest);
      await until(() => messages.length > 0, 'the largest message to arrive');
      ok(Buffer.from(largest).equals(bytesOf(messages[0])), 'The largest message arrived changed.');
    }
  }),

  linked('keeps what came before listen, and gives it in order', async ({ near, far, until, turns }) => {
    for (const [from, to] of bothWays(near, far)) {
      for (let i = 0; i < 100; i += 1) from.send(numbered(i));
      await turns();
      const { messages, closes } = heardBy(to);
      strictEqual(messages.length, 0, 'A message was given from within listen.');
      await until(() => messages.length >= 100, 'the 100 messages sent before listen to arrive');
      deepStrictEqual(messages.map(numberOf), Array.from({ length: 100 }, (_, i) => i), 'They came in another order.');
      deepStrictEqual(closes, [], 'The connection closed.');
    }
  }),

  linked('tells the close to who listens only afterwards', async ({ near, far, until, turns }) => {
    near.send(numbered(1));
    near.close();
    await turns();
    const [toNear, toFar] = [heardBy(near), heardBy(far)];
    await until(() => toFar.closes.length > 0 && toNear.closes.length > 0, 'both ends to be told of the close');
    deepStrictEqual(toFar.messages.map(numberOf), [1], 'What was sent before the close did not arrive.');
  }),

  linked('tells a terminate to who listens only afterwards', async ({ near, far, until, turns }) => {
    near.terminate();
    await turns();
    const [toNear, toFar] = [heardBy(near), heardBy(far)];
    deepStrictEqual([toNear.closes, toFar.closes], [[], []], 'onClose came from within listen.');
    await until(() => toFar.closes.length > 0 && toNear.closes.length > 0, 'both ends to be told of the terminate');
  }),

  ...(['near', 'far'] as const).flatMap((side) => [
    linked(`close at the ${side} end: exactly one onClose at each end`, async (link) => closesOnce(link, link[side], 'close')),
    linked(`terminate at the ${side} end: exactly one onClose at each end`, async (link) => closesOnce(link, link[side], 'terminate')),
  ]),

  linked('close sends what is buffered first', async ({ near, far, until }) => {
    const toFar = heardBy(far);
    heardBy(near);
    const sent = fill(near, (i) => numbered(i, MAX_MESSAGE_BYTES));
    near.close();
    await until(() => toFar.closes.length > 0, 'the other end to be told of the close');
    deepStrictEqual(toFar.messages.map(numberOf), Array.from({ length: sent }, (_, i) => i), 'What was buffered at the close did not arrive.');
  }),

  linked('terminate drops what is buffered', async ({ near, until }) => {
    const toNear = heardBy(near);
    fill(near, (i) => numbered(i, MAX_MESSAGE_BYTES));
    near.terminate();
    await until(() => toNear.closes.length > 0, 'the terminating end to be told of the close');
    strictEqual(near.bufferedBytes, 0, 'A terminated connection buffers nothing.');
  }),

  linked('terminate stops the messages at once', async ({ near, far, until, turns }) => {
    const toNear = heardBy(near, (recorder) => recorder.messages.length === 1 && near.terminate());
    heardBy(far);
    for (let i = 0; i < 10; i += 1) far.send(numbered(i));
    await until(() => toNear.closes.length > 0, 'the terminating end to be told of the close');
    await turns();
    strictEqual(toNear.messages.length, 1, 'Messages came after terminate.');
  }),

  linked('send, close and terminate after the close are harmless', async ({ near, far, until, turns }) => {
    const [toNear, toFar] = [heardBy(near), heardBy(far)];
    near.close();
    const buffered = near.bufferedBytes;
    near.send(numbered(1));
    strictEqual(near.bufferedBytes, buffered, 'What is sent after close is buffered.');
    await until(() => toNear.closes.length > 0 && toFar.closes.length > 0, 'both ends to be told of the close');
    for (const end of [near, far]) {
      end.send(numbered(2));
      end.close();
      end.terminate();
      strictEqual(end.bufferedBytes, 0, 'A closed connection buffers nothing.');
    }
    await turns();
    deepStrictEqual([toNear.messages, toFar.messages], [[], []], 'Something arrived that was sent after the close.');
    deepStrictEqual([toNear.closes.length, toFar.closes.length], [1, 1], 'onClose came again.');
  }),

  linked('bufferedBytes rises when the other end does not read, and falls to 0 when it does', async ({ near, far, until, turns }) => {
    for (const [from, to] of bothWays(near, far)) {
      strictEqual(from.bufferedBytes, 0, 'There are buffered bytes before anything was sent.');
      const sent = fill(from, (i) => numbered(i, MAX_MESSAGE_BYTES));
      await turns();
      ok(from.bufferedBytes > 0, 'bufferedBytes is 0 although nobody reads.');
      const { messages } = heardBy(to);
      await until(() => messages.length >= sent, `${sent} messages to arrive`);
      await until(() => from.bufferedBytes === 0, 'bufferedBytes to fall to 0');
    }
  }),

  unlinked('two connections do not mix', async (stand) => {
    const listening = await stand.listen();
    const pairs = [await stand.connect(listening), await stand.connect(listening)];
    const heard = pairs.map(({ near, far }) => [heardBy(near), heardBy(far)]);
    pairs.forEach(({ near, far }, i) => {
      near.send(numbered(10 + i));
      far.send(numbered(20 + i));
    });
    await stand.until(() => heard.flat().every(({ messages }) => messages.length > 0), 'each end to get its message');
    const numbers = heard.map((ends) => ends.map(({ messages }) => messages.map(numberOf)));
    deepStrictEqual(numbers, [[[20], [10]], [[21], [11]]], 'A message went to the wrong connection.');
    pairs[0]?.near.close();
    await stand.until(() => heard[0]?.every(({ closes }) => closes.length > 0) === true, 'the first connection to close');
    await stand.turns();
    deepStrictEqual(heard[1]?.map(({ closes }) => closes), [[], []], 'Closing one connection closed the other.');
  }),

  linked('remoteHost is set at both ends', async ({ near, far }) => {
    notStrictEqual(near.remoteHost, '', 'The dialling end does not know the host of the other.');
    notStrictEqual(far.remoteHost, '', 'The listening end does not know the host of the other.');
  }),

  unlinked('listening tells an address that can be dialled, another each time', async (stand) => {
    const [first, second] = [await stand.listen(), await stand.listen()];
    notStrictEqual(first.address, second.address, 'Two listeners have one address.');
    for (const listening of [first, second]) {
      ok(isDialable(parseAddress(listening.address)), `${listening.address} cannot be dialled.`);
      ok(stand.transport.schemes.includes(parseAddress(listening.address).scheme), `${listening.address} is not of the transport's schemes.`);
      await stand.connect(listening);
    }
  }),

  unlinked('a used address is refused with HEARSAY_PORT_IN_USE, and harms the first listener not', async (stand) => {
    const listening = await stand.listen();
    await stand.rejects(stand.transport.listen(listening.address, () => undefined), 'HEARSAY_PORT_IN_USE', 'listening twice on one address');
    await stand.connect(listening);
  }),

  unlinked('a closed listener accepts nobody, its connections stay, and its address is free', async (stand) => {
    const listening = await stand.listen();
    const { near, far } = await stand.connect(listening);
    const [toNear, toFar] = [heardBy(near), heardBy(far)];
    await listening.close();
    await stand.rejects(stand.dial(listening.address), 'HEARSAY_UNREACHABLE', 'dialling a closed listener');
    near.send(numbered(1));
    far.send(numbered(2));
    await stand.until(() => toNear.messages.length > 0 && toFar.messages.length > 0, 'the connection to go on after its listener closed');
    deepStrictEqual([toNear.closes, toFar.closes], [[], []], 'Closing the listener closed its connection.');
    await listening.close();
    await stand.connect(await stand.listen(listening.address));
  }),

  unlinked('dialling nobody is HEARSAY_UNREACHABLE', async (stand) => {
    const listening = await stand.listen();
    await listening.close();
    await stand.rejects(stand.dial(listening.address), 'HEARSAY_UNREACHABLE', 'dialling nobody');
  }),

  unlinked('a dial that is aborted is HEARSAY_UNREACHABLE, with the reason as cause', async (stand) => {
    const listening = await stand.listen();
    const reason = new Error('no longer wanted');
    const early = stand.transport.dial(listening.address, AbortSignal.abort(reason));
    strictEqual((await stand.rejects(early, 'HEARSAY_UNREACHABLE', 'dialling with an aborted signal')).cause, reason);
    const controller = new AbortController();
    const late = stand.transport.dial(listening.address, controller.signal);
    controller.abort(reason);
    strictEqual((await stand.rejects(late, 'HEARSAY_UNREACHABLE', 'aborting a dial under way')).cause, reason);
  }),

  unlinked('an abort after the dial has succeeded does nothing', async (stand) => {
    const listening = await stand.listen();
    const controller = new AbortController();
    const { near, far } = await stand.connect(listening, controller.signal);
    const [toNear, toFar] = [heardBy(near), heardBy(far)];
    controller.abort();
    near.send(numbered(1));
    await stand.until(() => toFar.messages.length > 0, 'the connection to go on');
    deepStrictEqual([toNear.closes, toFar.closes], [[], []], 'The abort closed the connection.');
  }),

  unlinked('an address of another scheme is HEARSAY_BAD_ADDRESS', async (stand) => {
    await stand.rejects(stand.dial('no-such-scheme://host:1'), 'HEARSAY_BAD_ADDRESS', 'dialling a foreign scheme');
    const listening = stand.transport.listen('no-such-scheme://host:1', () => undefined);
    await stand.rejects(listening, 'HEARSAY_BAD_ADDRESS', 'listening on a foreign scheme');
  }),
];

async function closesOnce({ near, far, until, turns }: Stand & Pair, end: Connection, how: 'close' | 'terminate'): Promise<void> {
  const [toNear, toFar] = [heardBy(near), heardBy(far)];
  near.send(numbered(1));
  far.send(numbered(2));
  end[how]();
  deepStrictEqual([toNear.closes, toFar.closes], [[], []], `onClose came from within ${how}.`);
  await until(() => toNear.closes.length > 0 && toFar.closes.length > 0, `both ends to be told of the ${how}`);
  end[how]();
  await turns();
  deepStrictEqual([toNear.closes.length, toFar.closes.length], [1, 1], 'onClose came more than once.');
  deepStrictEqual([toNear.late, toFar.late], [0, 0], 'Messages came after onClose.');
}
