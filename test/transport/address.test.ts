import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HearsayError } from '../../src/errors.ts';
import type { PeerId } from '../../src/ids.ts';
import { formatAddress, hostPrefix, isAddress, isDialable, MAX_ADDRESS_LENGTH, parseAddress, privateNetworkOf, readAddress } from '../../src/transport/address.ts';
import type { Address } from '../../src/transport/address.ts';

const PEER = 'ab'.repeat(32) as PeerId;
/** A peer id of libp2p. */
const LIBP2P = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA';

describe('readAddress', () => {
  test.each<[text: string, url: string, host: string, port: number | undefined, more?: Partial<Address>]>([
    ['ws://127.0.0.1:7700', 'ws://127.0.0.1:7700', '127.0.0.1', 7700],
    ['ws://127.0.0.1:0', 'ws://127.0.0.1:0', '127.0.0.1', 0],
    ['WS://Ann.Example:80/', 'ws://ann.example', 'ann.example', 80],
    ['wss://ann.example', 'wss://ann.example', 'ann.example', 443],
    ['wss://ann.example/behind/a/proxy', 'wss://ann.example/behind/a/proxy', 'ann.example', 443],
    ['ws://[2001:DB8:0::1]:7700', 'ws://[2001:db8::1]:7700', '2001:db8::1', 7700],
    // Spellings that hide loopback come out as what they are.
    ['ws://0x7f.1:7700', 'ws://127.0.0.1:7700', '127.0.0.1', 7700],
    ['memory://ann', 'memory://ann', 'ann', undefined],
    ['memory://ann:0/', 'memory://ann:0', 'ann', 0],
    ['quic://ann.example:7', 'quic://ann.example:7', 'ann.example', 7],
    [`ws://h:1#${PEER}`, 'ws://h:1', 'h', 1, { peer: PEER }],
    [`ws://h:1/#${PEER.toUpperCase()}`, 'ws://h:1', 'h', 1, { peer: PEER }],
    ['ws://h:1#', 'ws://h:1', 'h', 1],
    ['/ip4/1.2.3.4/tcp/12345', 'ws://1.2.3.4:12345', '1.2.3.4', 12345],
    ['/ip4/127.0.0.1/tcp/0/ws', 'ws://127.0.0.1:0', '127.0.0.1', 0],
    ['/ip6/2001:db8:0::1/tcp/7700/ws', 'ws://[2001:db8::1]:7700', '2001:db8::1', 7700],
    ['/dns/ann.example/tcp/80', 'ws://ann.example', 'ann.example', 80],
    ['/dns4/ann.example/tcp/443/wss', 'wss://ann.example', 'ann.example', 443],
    ['/dns6/ann.example/tcp/7700/tls/ws', 'wss://ann.example:7700', 'ann.example', 7700],
    ['/dnsaddr/ann.example', 'dnsaddr://ann.example', 'ann.example', undefined],
    [`/ip4/1.2.3.4/tcp/1#${PEER}`, 'ws://1.2.3.4:1', '1.2.3.4', 1, { peer: PEER }],
    [`/ip4/1.2.3.4/tcp/1/ws/p2p/${LIBP2P}`, 'ws://1.2.3.4:1', '1.2.3.4', 1, { ignored: `/p2p/${LIBP2P}` }],
    [`/dnsaddr/ann.example/p2p/${LIBP2P}`, 'dnsaddr://ann.example', 'ann.example', undefined, { ignored: `/p2p/${LIBP2P}` }],
  ])('reads %s', async (text, url, host, port, more = {}) => {
    const address = { url, scheme: url.split(':')[0], host, port, ...more };
    expect(await readAddress(text)).toStrictEqual(address);
    if (!text.startsWith('/')) expect(parseAddress(text)).toStrictEqual(address);
  });

  test.each([
    ['', 'to be a URL'],
    ['127.0.0.1:7700', 'to be a URL'],
    ['ws://', 'to be a URL'],
    ['ws://h:65536', 'to be a URL'],
    ['ws://h:-1', 'to be a URL'],
    ['memory://', 'to name a host'],
    ['mailto:ann@example.org', 'to name a host'],
    ['unix:///run/ann', 'to name a host'],
    ['ws://ann:secret@h:1', 'no password'],
    ['ws://ann@h:1', 'no user name'],
    ['ws://h:1?token=1', 'no `?` query'],
    ['ws://h:1#ann', '64 hex digits'],
    [`ws://h:1#${PEER}0`, '64 hex digits'],
    [`ws://h:1/${'x'.repeat(MAX_ADDRESS_LENGTH)}`, 'at most 512 characters'],
    ['/', 'to be a multiaddr'],
    ['/ip4/1.2.3.4', 'to be a multiaddr'],
    ['/ip4/1.2.3.400/tcp/1', 'to be a multiaddr'],
    ['/ip4/1.2.3.4/tcp/65536', 'to be a multiaddr'],
    ['/ip4/1.2.3.4/udp/1/quic-v1', 'to be a multiaddr'],
    ['/ip4/1.2.3.4/tcp/1/ws/p2p-circuit', 'to be a multiaddr'],
    ['/dnsaddr/ann.example/tcp/1', 'to be a multiaddr'],
    ['/ship/zod', 'to be a multiaddr'],
    ['/dns/ann:secret@h/tcp/1', 'no password'],
    ['/dns/h:1/tcp/1', 'to be a URL'],
    [`/ip4/1.2.3.4/tcp/1#ann`, '64 hex digits'],
    [undefined as unknown as string, 'at most 512 characters'],
    [7700 as unknown as string, 'at most 512 characters'],
  ])('refuses %j', async (text, rule) => {
    const refusal = { code: 'HEARSAY_BAD_ADDRESS', field: 'address', rule: expect.stringContaining(rule) };
    await expect(readAddress(text)).rejects.toMatchObject(refusal);
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_ADDRESS' }));
  });

  test('a multiaddr is none of the URLs that parseAddress reads', () => {
    expect(() => parseAddress('/ip4/1.2.3.4/tcp/7700')).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_ADDRESS', rule: expect.stringContaining('to be a URL') }));
  });

  test('accepts the longest address', () => {
    const text = `ws://h:1/${'x'.repeat(MAX_ADDRESS_LENGTH - 9)}`;
    expect(parseAddress(text).url).toBe(text);
  });

  test.each(['ws://ann:secret@h:1', 'ws://ann:secret@h:99999', `ws://ann:secret@h:1#${'x'}`])('an error about %s does not repeat the password', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret'), value: expect.not.stringContaining('secret') }));
  });

  test('whatever the text, there is an address that reads as itself, or HEARSAY_BAD_ADDRESS', async () => {
    const hostile = fc.oneof(fc.string(), fc.webUrl(), fc.ipV6().map((ip) => `ws://[${ip}]:1`), fc.string().map((rest) => `ws://${rest}`), fc.string().map((rest) => `x://${rest}`), fc.string().map((rest) => `/dns/${rest}/tcp/1`));
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        try {
          const address = await readAddress(text);
          const { ignored: _, ...again } = address;
          if (!isDeepStrictEqual(parseAddress(formatAddress(address.url, address.peer)), again)) return false;
          hostPrefix(address.host);
          privateNetworkOf(address.host);
          isDialable(address);
        } catch (error) {
          if (!(error instanceof HearsayError) || error.code !== 'HEARSAY_BAD_ADDRESS') throw error;
        }
        return true;
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ['ws://h:1', true],
  ['wss://h/path', true],
  ['ws://h:1/', false],
  ['WS://h:1', false],
  ['ws://h:80', false],
  [`ws://h:1#${PEER}`, false],
  ['/dns/h/tcp/1', false],
  ['garbage', false],
  [undefined as unknown as string, false],
])('isAddress(%j), in normal form and without a peer id, is %s', (text, expected) => {
  expect(isAddress(text)).toBe(expected);
});

test('formatAddress puts the peer id behind the URL', () => {
  expect(formatAddress('ws://h:1')).toBe('ws://h:1');
  expect(formatAddress('ws://h:1', PEER)).toBe(`ws://h:1#${PEER}`);
});

test.each([
  // The edges of each range.
  ['0.0.0.0', true], ['0.255.255.255', true], ['1.0.0.0', false],
  ['9.255.255.255', false], ['10.0.0.0', true], ['10.255.255.255', true], ['11.0.0.0', false],
  ['100.63.255.255', false], ['100.64.0.0', true], ['100.127.255.255', true], ['100.128.0.0', false],
  ['126.255.255.255', false], ['127.0.0.1', true], ['127.255.255.255', true], ['128.0.0.0', false],
  ['169.253.255.255', false], ['169.254.169.254', true], ['169.255.0.0', false],
  ['172.15.255.255', false], ['172.16.0.0', true], ['172.31.255.255', true], ['172.32.0.0', false],
  ['192.167.255.255', false], ['192.168.0.0', true], ['192.168.255.255', true], ['192.169.0.0', false],
  ['::', true], ['::1', true], ['::2', false], ['2001:db8::1', false],
  ['fbff::1', false], ['fc00::', true], ['fdff::1', true], ['fe00::', false],
  ['fe7f::1', false], ['fe80::1', true], ['febf::1', true], ['fec0::1', false], ['fe80::1%eth0', true],
  ['::ffff:127.0.0.1', true], ['::ffff:7f00:1', true], ['::ffff:10.1.2.3', true], ['::ffff:192.0.2.1', false],
  ['localhost', true], ['LOCALHOST.', true], ['ann.localhost', true], ['printer.local', true],
  ['notlocal', false], ['localhost.example', false], ['ann.example', false], ['', false],
])('whether %j is private: %s', (host, expected) => {
  expect(privateNetworkOf(host) !== undefined).toBe(expected);
});

test.each([
  ['ws://127.0.0.1:7700', true],
  ['ws://127.0.0.1:0', false],
  ['ws://0.0.0.0:7700', false],
  ['ws://[::]:7700', false],
  ['ws://[::ffff:0.0.0.0]:7700', false],
  ['ws://[::1]:7700', true],
  ['wss://ann.example', true],
  ['memory://ann', true],
  ['memory://ann:0', false],
])('isDialable of %s is %s', (text, expected) => {
  expect(isDialable(parseAddress(text))).toBe(expected);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['ann', 'ann'],
  ['', ''],
])('hostPrefix(%j) is %s', (host, prefix) => {
  expect(hostPrefix(host)).toBe(prefix);
});
