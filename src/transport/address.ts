/**
 * Addresses: where a peer can be dialled, and what kind of place that is.
 * `ws://host:port`, `wss://host[:port]`, `memory://name` and any other `scheme://host` that a transport serves,
 * with `#<peer id>` behind it when it is known who answers there. The grammar is the WHATWG URL's; names are not resolved here.
 * What begins with a slash is a multiaddr: users may write them, and {@link readAddress} makes URLs of them.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { HearsayError } from '../errors.ts';
import { isPeerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import { fromMultiaddr } from './multiaddr.ts';

/** A parsed address. */
export interface Address {
  /** What a transport is given: without the peer id, normalised by the URL class (for `ws`: lower-case host, canonical IP, no default port); no lone slash. */
  readonly url: string;
  /** Without the colon: `ws`. */
  readonly scheme: string;
  /** A name, or an IP address without brackets. Never empty. */
  readonly host: string;
  /** As given, or the scheme's own (80 for `ws`, 443 for `wss`). `undefined` for schemes that know no ports. */
  readonly port: number | undefined;
  /** Who is expected there. */
  readonly peer?: PeerId;
  /** A part of a multiaddr that means nothing here: `/p2p/…`. */
  readonly ignored?: string;
}

/** Longest address, in characters (our choice: a DNS name has 253, a peer id 64; the rest is scheme, port and path). */
export const MAX_ADDRESS_LENGTH = 512;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { ws: 80, wss: 443 };

/**
 * Reads an address, a URL or a multiaddr, as a person or a config wrote it.
 * @throws HearsayError `HEARSAY_BAD_ADDRESS`
 */
export async function readAddress(text: string): Promise<Address> {
  expectText(text);
  if (!text.startsWith('/')) return parseAddress(text);
  // Our own `#<peer id>` may stand behind a multiaddr too.
  const [multiaddr = '', ...peer] = text.split(/(?=#)/);
  const found = await fromMultiaddr(multiaddr);
  if (found === undefined) throw bad('to be a multiaddr such as /ip4/192.0.2.1/tcp/7700/ws', text);
  return { ...fromUrl(found.url + peer.join(''), text), ...(found.ignored !== undefined && { ignored: found.ignored }) };
}

/**
 * Reads an address that is a URL. The peer id may have capitals.
 * @throws HearsayError `HEARSAY_BAD_ADDRESS`
 */
export function parseAddress(text: string): Address {
  expectText(text);
  return fromUrl(text, text);
}

function expectText(text: unknown): asserts text is string {
  if (typeof text !== 'string' || text.length > MAX_ADDRESS_LENGTH) throw bad(`to be text of at most ${MAX_ADDRESS_LENGTH} characters`, text);
}

/** @param text as it was given, for the error */
function fromUrl(url: string, text: string): Address {
  if (!URL.canParse(url)) throw bad('to be a URL such as ws://192.0.2.1:7700', text);
  const parsed = new URL(url);
  const scheme = parsed.protocol.slice(0, -1);
  if (parsed.hostname === '') throw bad('to name a host after `://`', text);
  if (parsed.username !== '' || parsed.password !== '') throw bad('to carry no user name and no password', text);
  if (parsed.search !== '') throw bad('to carry no `?` query', text);
  const peer = parsed.hash.slice(1).toLowerCase();
  if (peer !== '' && !isPeerId(peer)) throw bad('to have a peer id of 64 hex digits behind `#`', text);

  const path = parsed.pathname === '/' ? '' : parsed.pathname;
  return {
    url: `${scheme}://${parsed.host}${path}`,
    scheme,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? DEFAULT_PORTS[scheme] : Number(parsed.port),
    ...(peer !== '' && { peer }),
  };
}

/** Whether text from a peer is an address in its normal form, without a peer id. Never throws. */
export function isAddress(text: string): boolean {
  try {
    return parseAddress(text).url === text;
  } catch {
    return false;
  }
}

/** The text of an address: the URL, and `#` and the peer id where it is known. */
export function formatAddress(url: string, peer?: PeerId): string {
  return peer === undefined ? url : `${url}#${peer}`;
}

const unspecified = new BlockList();
unspecified.addAddress('0.0.0.0', 'ipv4');
unspecified.addAddress('::', 'ipv6');

/** A network that begins anew at every machine, house or company. `nowhere`: no address of a peer at all. */
export type PrivateNetwork = 'nowhere' | '10/8' | '100.64/10' | 'loopback' | 'link-local' | '172.16/12' | '192.168/16' | 'unique-local';

// A rule for IPv4 holds for the IPv4-mapped IPv6 form as well; BlockList sees to it.
const PRIVATE_RANGES: readonly (readonly [string, number, 'ipv4' | 'ipv6', PrivateNetwork])[] = [
  ['0.0.0.0', 8, 'ipv4', 'nowhere'], // this network, RFC 1122: Linux dials itself there
  ['10.0.0.0', 8, 'ipv4', '10/8'], // RFC 1918
  ['100.64.0.0', 10, 'ipv4', '100.64/10'], // shared by the customers of one carrier, RFC 6598
  ['127.0.0.0', 8, 'ipv4', 'loopback'],
  ['169.254.0.0', 16, 'ipv4', 'link-local'], // RFC 3927; cloud metadata lives there
  ['172.16.0.0', 12, 'ipv4', '172.16/12'], // RFC 1918
  ['192.168.0.0', 16, 'ipv4', '192.168/16'], // RFC 1918
  ['224.0.0.0', 3, 'ipv4', 'nowhere'], // multicast, reserved, broadcast
  ['::', 128, 'ipv6', 'nowhere'],
  ['::1', 128, 'ipv6', 'loopback'],
  ['fc00::', 7, 'ipv6', 'unique-local'], // RFC 4193
  ['fe80::', 10, 'ipv6', 'link-local'], // RFC 4291
  ['ff00::', 8, 'ipv6', 'nowhere'], // multicast
  ['64:ff9b::', 32, 'ipv6', 'nowhere'], // IPv4 through a translator, RFC 6052, RFC 8215: also what is private there
];
const privateNetworks = new Map<PrivateNetwork, BlockList>();
for (const [ip, bits, family, network] of PRIVATE_RANGES) {
  const list = privateNetworks.get(network) ?? new BlockList();
  list.addSubnet(ip, bits, family);
  privateNetworks.set(network, list);
}

/**
 * The network within which a host means something, if that is a private one: a stranger who names it makes us knock at our own doors.
 * Of names only `localhost` and `.local` count (RFC 6761, RFC 6762): what another name resolves to is not known here.
 */
export function privateNetworkOf(host: string): PrivateNetwork | undefined {
  const plain = withoutZone(host);
  if (isIP(plain) !== 0) return [...privateNetworks].find(([, list]) => holds(list, plain))?.[0];
  if (/(^|\.)localhost\.?$/i.test(plain)) return 'loopback';
  return /(^|\.)local\.?$/i.test(plain) ? 'link-local' : undefined;
}

/** Whether dialling the address can lead anywhere: not for `0.0.0.0`, `::` and port 0, which are for listening only. */
export function isDialable(address: Address): boolean {
  return address.port !== 0 && !(isIP(address.host) !== 0 && holds(unspecified, address.host));
}

/**
 * The part of a host that one attacker is assumed to hold at no cost, as a key for limits: an IPv4 address whole (also when
 * it comes IPv4-mapped), an IPv6 address by its first 64 bits, anything else as it is.
 */
export function hostPrefix(host: string): string {
  const plain = withoutZone(host);
  if (isIP(plain) !== 6) return plain;
  const groups = ipv6Groups(plain);
  if (isMapped(plain)) return groups.slice(6).map(twoBytes).join('.');
  return `${groups.slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`;
}

const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', 96, 'ipv6');

function isMapped(ip: string): boolean {
  return mapped.check(ip, 'ipv6');
}

function holds(list: BlockList, ip: string): boolean {
  return list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6');
}

/** The eight numbers of an IPv6 address. The URL class writes every spelling in the one canonical way, without dots. */
function ipv6Groups(ip: string): number[] {
  const [head = [], tail = []] = new URL(`ws://[${ip}]`).hostname
    .slice(1, -1)
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16))));
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function twoBytes(group: number): string {
  return `${group >> 8}.${group & 0xff}`;
}

/** A socket reports link-local peers with their interface: `fe80::1%eth0`. */
function withoutZone(host: string): string {
  return host.replace(/%.*$/, '');
}

function bad(rule: string, text: unknown): HearsayError {
  // What stands before an `@` may be a password.
  const value = typeof text === 'string' ? text.replace(/\/\/.*@/, '//…@') : text;
  return new HearsayError('HEARSAY_BAD_ADDRESS', { field: 'address', rule, value });
}
