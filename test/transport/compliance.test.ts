import { describe, test } from '@jest/globals';
import { transportCompliance } from '../../src/testing/index.ts';
import type { TransportUnderTest } from '../../src/testing/index.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import { wsTransport } from '../../src/transport/ws.ts';

const transports: Record<string, () => TransportUnderTest> = {
  memory: () => {
    let names = 0;
    return { transport: new MemoryNetwork().transport(), listenAddress: () => `memory://host-${(names += 1)}`, dispose: async () => undefined };
  },
  ws: () => ({ transport: wsTransport(), listenAddress: () => 'ws://127.0.0.1:0', dispose: async () => undefined }),
};

describe.each(Object.keys(transports))('the %s transport', (kind) => {
  test.each(transportCompliance)('$name', async ({ run }) => {
    await run(async () => transports[kind]!());
  });
});
