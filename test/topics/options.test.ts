import { expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { checkJoin } from '../../src/topics/options.ts';

const PEER = 'ab'.repeat(32);

test('bootstrap addresses become URLs, multiaddrs too, with the peer id where one is known', async () => {
  const bootstrap = ['WS://Ann.Example:7700/', `/ip4/192.0.2.1/tcp/7700#${PEER}`, '/dnsaddr/ann.example'];
  expect(await checkJoin({ name: 'walls', bootstrap }, DEFAULT_LIMITS)).toMatchObject({ bootstrap: ['ws://ann.example:7700', `ws://192.0.2.1:7700#${PEER}`, 'dnsaddr://ann.example'] });
});

test.each(['ann', '/ip4/192.0.2.1/udp/1/quic-v1'])('a bootstrap of %s: HEARSAY_BAD_ADDRESS', async (address) => {
  await expect(checkJoin({ name: 'walls', bootstrap: ['ws://192.0.2.1:7700', address] }, DEFAULT_LIMITS)).rejects.toMatchObject({ code: 'HEARSAY_BAD_ADDRESS', value: address });
});
