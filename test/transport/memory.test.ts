import { describe, expect, test } from '@jest/globals';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Connection } from '../../src/transport/transport.ts';

/** A network whose time stands still until `run`. */
function stoppedNetwork() {
  const due: (() => void)[] = [];
  const network = new MemoryNetwork({ schedule: (run) => due.push(run) });
  const run = (): void => {
    for (let next = due.shift(); next !== undefined; next = due.shift()) next();
  };
  return { network, due, run };
}

async function link(network: MemoryNetwork, run: () => void, [a, b]: readonly [string, string] = ['ann', 'bob']) {
  let far: Connection | undefined;
  const listening = await network.transport(b).listen(`memory://${b}:0`, (connection) => (far = connection));
  const dialled = network.transport(a).dial(listening.address, new AbortController().signal);
  await Promise.resolve();
  run();
  return { near: await dialled, far: far as unknown as Connection };
}

function hear(connection: Connection) {
  const heard: (number | string)[] = [];
  connection.listen({ onMessage: ([byte]) => heard.push(byte ?? -1), onClose: (reason) => heard.push(reason) });
  return heard;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('MemoryNetwork', () => {
  test('nothing happens but by the schedule, message by message', async () => {
    const { network, due, run } = stoppedNetwork();
    const { near, far } = await link(network, run);
    const heard = hear(far);
    run();
    near.send(bytes(1));
    near.send(bytes(2, 2));
    expect([heard, near.bufferedBytes]).toStrictEqual([[], 3]);
    due.shift()?.();
    expect([heard, near.bufferedBytes]).toStrictEqual([[1], 2]);
    run();
    expect([heard, near.bufferedBytes]).toStrictEqual([[1, 2], 0]);
  });

  test('a schedule in another order does not change the order of the messages', async () => {
    const due: (() => void)[] = [];
    const run = (): void => due.splice(0).forEach((next) => next());
    const { near, far } = await link(new MemoryNetwork({ schedule: (next) => due.unshift(next) }), run);
    const heard = hear(far);
    for (let i = 0; i < 5; i += 1) near.send(bytes(i));
    run();
    expect(heard).toStrictEqual([0, 1, 2, 3, 4]);
  });

  test('cut resets the connections between two hosts, and no others; what is under way is lost', async () => {
    const { network, run } = stoppedNetwork();
    const cut = await link(network, run, ['ann', 'bob']);
    const cutToo = await link(network, run, ['bob', 'ann']);
    const spared = await link(network, run, ['ann', 'cat']);
    const heard = [cut.near, cut.far, cutToo.near, cutToo.far, spared.near, spared.far].map(hear);
    cut.near.send(bytes(1));
    spared.near.send(bytes(2));
    network.cut('bob', 'ann');
    cut.near.send(bytes(3));
    expect(cut.near.bufferedBytes).toBe(0);
    run();
    expect(heard).toStrictEqual([['lost'], ['lost'], ['lost'], ['lost'], [], [2]]);
    expect(hear((await link(network, run)).near)).toStrictEqual([]);
  });

  test('cut takes a connection that is closed at one end only; that end is not told again', async () => {
    const { network, run } = stoppedNetwork();
    const { near, far } = await link(network, run);
    const [atAnn, atBob] = [hear(near), hear(far)];
    network.stall('ann');
    near.close();
    run();
    expect([atAnn, atBob]).toStrictEqual([[], ['closed']]);
    network.cut('bob', 'ann');
    run();
    expect([atAnn, atBob]).toStrictEqual([['lost'], ['closed']]);
  });

  test('terminate is `terminated` here and `lost` there', async () => {
    const { network, run } = stoppedNetwork();
    const { near, far } = await link(network, run);
    const heard = [hear(near), hear(far)];
    far.terminate();
    run();
    expect(heard).toStrictEqual([['lost'], ['terminated']]);
  });

  test('terminate after the own close is told takes nothing from the other end', async () => {
    const { network, run } = stoppedNetwork();
    const { near, far } = await link(network, run);
    const heard: (number | string)[] = hear(near);
    far.listen({ onMessage: () => undefined, onClose: () => far.terminate() });
    far.send(bytes(1));
    near.close();
    run();
    expect(heard).toStrictEqual([1, 'closed']);
  });

  test('a stalled host reads nothing until it is unstalled; what waits counts as buffered', async () => {
    const { network, run } = stoppedNetwork();
    const { near, far } = await link(network, run);
    const [atAnn, atBob] = [hear(near), hear(far)];
    network.stall('bob');
    near.send(bytes(1));
    far.send(bytes(2));
    near.send(bytes(3));
    run();
    expect([atAnn, atBob, near.bufferedBytes, far.bufferedBytes]).toStrictEqual([[2], [], 2, 0]);
    network.unstall('bob');
    expect(atBob).toStrictEqual([]);
    run();
    expect([atBob, near.bufferedBytes]).toStrictEqual([[1, 3], 0]);
  });

  test('who closes without listening gets to the end all the same', async () => {
    const { network, run } = stoppedNetwork();
    const { near, far } = await link(network, run);
    const heard = hear(far);
    far.send(bytes(1));
    run();
    near.close();
    run();
    const late = hear(near);
    run();
    expect([heard, late]).toStrictEqual([['closed'], ['closed']]);
  });

  test('hosts see each other under their names; without one they are numbered', async () => {
    const { network, run } = stoppedNetwork();
    const { near, far } = await link(network, run);
    expect([near.remoteHost, far.remoteHost]).toStrictEqual(['bob', 'ann']);
    let host: string | undefined;
    await network.transport().listen('memory://cat', (connection) => (host = connection.remoteHost));
    const dialled = network.transport().dial('memory://cat', new AbortController().signal);
    await Promise.resolve();
    run();
    expect([host, (await dialled).remoteHost]).toStrictEqual(['host-2', 'host-1']);
  });

  test('a reset before the listener had its first turn is told once', async () => {
    const { network, run } = stoppedNetwork();
    const { far } = await link(network, run);
    network.cut('ann', 'bob');
    const heard = hear(far);
    run();
    expect(heard).toStrictEqual(['lost']);
  });

  test('two networks do not reach each other', async () => {
    await new MemoryNetwork().transport().listen('memory://ann', () => undefined);
    const dialled = new MemoryNetwork().transport().dial('memory://ann', new AbortController().signal);
    await expect(dialled).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE', value: 'memory://ann' });
  });

  test('an old listener that closes twice does not close its successor', async () => {
    const transport = new MemoryNetwork().transport();
    const onConnection = (): void => undefined;
    const old = await transport.listen('memory://ann', onConnection);
    await old.close();
    await transport.listen('memory://ann', onConnection);
    await old.close();
    await expect(transport.dial('memory://ann', new AbortController().signal)).resolves.toBeDefined();
  });

  test('an abort rejects a dial at once, whatever the schedule does', async () => {
    const { network, run } = stoppedNetwork();
    let connections = 0;
    await network.transport().listen('memory://ann', () => (connections += 1));
    const controller = new AbortController();
    const dialled = network.transport().dial('memory://ann', controller.signal);
    await Promise.resolve();
    controller.abort();
    await expect(dialled).rejects.toMatchObject({ code: 'HEARSAY_UNREACHABLE' });
    run();
    expect(connections).toBe(0);
  });

  test('a message over 65,535 bytes and a second listener are bugs of the caller', async () => {
    const { network, run } = stoppedNetwork();
    const { near } = await link(network, run);
    expect(() => near.send(new Uint8Array(65_536))).toThrow(expect.objectContaining({ code: 'HEARSAY_INVARIANT' }));
    hear(near);
    expect(() => hear(near)).toThrow(expect.objectContaining({ code: 'HEARSAY_INVARIANT' }));
  });
});
