/**
 * What `createNode` takes, checked once: every fault is a typed error that names the option.
 */
import { HearsayError } from '../errors.ts';
import { peerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { Limits } from '../limits.ts';
import type { AnyLevel } from '../store/database.ts';
import { formatAddress, isDialable, parseAddress, readAddress } from '../transport/address.ts';
import type { Identity } from '../transport/identity.ts';
import type { Transport } from '../transport/transport.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** How to make a node. All but `dir` may be left out; with `store` and `identity` given, `dir` too. */
export interface NodeOptions {
  /** The node's own directory: identity and database. Made if it is not there. One process at a time. */
  readonly dir?: string;
  /** Where to listen: `ws://127.0.0.1:7700`; port 0 picks one. Without it the node only dials. Here as elsewhere a multiaddr will do: `/ip4/127.0.0.1/tcp/7700`. */
  readonly listen?: string | readonly string[];
  /** What others are told to dial, where that is not what we listen on (NAT, a domain name, 0.0.0.0). */
  readonly announce?: readonly string[];
  /** Addresses that are always kept connected, and where topics open to anybody are joined. What answers there and is not hearsay is asked again after `limits.redialMaxMs` only. A `/dnsaddr/<name>` stands for the addresses in its TXT records. */
  readonly bootstrap?: readonly string[];
  /**
   * Whether peers that we learn of from others are dialled, for agents that hear or tell anybody. Without it there are pals, the bootstrap nodes and those who
   * connect; others may still learn of each other through us. @defaultValue true
   */
  readonly discover?: boolean;
  /** Who we are, instead of `<dir>/identity`. */
  readonly identity?: Identity;
  /** The database, instead of `<dir>/db`: a LevelDB of any make, as `abstract-level` has it. It stays open when the node closes. */
  readonly store?: AnyLevel;
  /**
   * `process`: what was committed survives a SIGKILL. `power`: a power cut too; each group of commits is synced.
   * @defaultValue process
   */
  readonly durability?: 'process' | 'power';
  /** Peers that may change configs by poke. */
  readonly admins?: readonly string[];
  readonly limits?: Partial<Limits>;
  /** Nodes of different networks do not talk. 1 to 64 bytes. @defaultValue hearsay */
  readonly network?: string;
  /** A network password: peers without it are refused. */
  readonly password?: string;
  /** Ways to reach others. @defaultValue WebSockets */
  readonly transports?: readonly Transport[];
  /** Wall clock and timers, for tests. @defaultValue the machine's */
  readonly clock?: Clock;
  /** Told what happens, by peer, topic and reason. A pino logger fits. @defaultValue nobody */
  readonly logger?: Logger;
}

/** The same, checked, with defaults filled in. */
export interface CheckedOptions {
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly bootstrap: readonly string[];
  readonly discover: boolean;
  readonly admins: ReadonlySet<PeerId>;
  readonly limits: Limits;
  readonly network: string;
  readonly password: string | undefined;
  /** Parts of addresses that mean nothing here, with the addresses. */
  readonly ignored: readonly { readonly address: string; readonly part: string }[];
}

const KNOWN = new Set(['dir', 'listen', 'announce', 'bootstrap', 'discover', 'identity', 'store', 'durability', 'admins', 'limits', 'network', 'password', 'transports', 'clock', 'logger']);
const DURABILITIES: ReadonlySet<unknown> = new Set([undefined, 'process', 'power']);
/** As many as an address record holds. */
const MAX_ANNOUNCED = 8;
const MAX_NETWORK_BYTES = 64;

/** @throws HearsayError `HEARSAY_BAD_CONFIG`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_BAD_PEER_ID` */
export async function checkOptions(given: NodeOptions): Promise<CheckedOptions> {
  for (const [field, value] of Object.entries(given)) expect(KNOWN.has(field), field, `to be one of the known options: ${[...KNOWN].join(', ')}`, value);
  const { dir, network = 'hearsay', password, discover = true } = given;
  const elsewhere = dir === undefined && given.store !== undefined && given.identity !== undefined;
  expect(elsewhere || (typeof dir === 'string' && dir !== ''), 'dir', 'to be a directory name, or `store` and `identity` to be given instead', dir);
  expect(typeof network === 'string' && network !== '' && Buffer.byteLength(network) <= MAX_NETWORK_BYTES, 'network', `to be a string of 1 to ${MAX_NETWORK_BYTES} bytes`, network);
  expect(password === undefined || (typeof password === 'string' && password !== ''), 'password', 'to be a string that is not empty', typeof password);
  expect(DURABILITIES.has(given.durability), 'durability', 'to be process or power', given.durability);
  expect(typeof discover === 'boolean', 'discover', 'to be true or false', discover);
  const ignored: { address: string; part: string }[] = [];
  const announce = await addresses('announce', given.announce ?? [], ignored);
  expect(announce.length <= MAX_ANNOUNCED, 'announce', `to have at most ${MAX_ANNOUNCED} addresses`, announce.length);
  announce.forEach(expectToBeTold);
  const listen = given.listen ?? [];
  return {
    listen: await addresses('listen', typeof listen === 'string' ? [listen] : listen, ignored),
    announce,
    bootstrap: await addresses('bootstrap', given.bootstrap ?? [], ignored),
    discover,
    admins: new Set((given.admins ?? []).map(peerId)),
    limits: limits(given.limits),
    network,
    password,
    ignored,
  };
}

/** Others shall be able to dial it as it is. */
function expectToBeTold(address: string): void {
  const parsed = parseAddress(address);
  if (parsed.peer !== undefined) throw new HearsayError('HEARSAY_BAD_ADDRESS', { field: 'announce', rule: 'to be without a peer id: the node adds its own', value: address });
  if (!isDialable(parsed) || parsed.scheme === 'dnsaddr') throw new HearsayError('HEARSAY_BAD_ADDRESS', { field: 'announce', rule: 'to be an address that others can dial', value: address });
}

/** As URLs, multiaddrs too. */
async function addresses(field: string, given: readonly string[], ignored: { address: string; part: string }[]): Promise<readonly string[]> {
  expect(Array.isArray(given), field, 'to be a list of addresses', given);
  const urls: string[] = [];
  for (const address of given) {
    const { url, peer, ignored: part } = await readAddress(address);
    if (part !== undefined) ignored.push({ address, part });
    urls.push(formatAddress(url, peer));
  }
  return urls;
}

function expect(holds: boolean, field: string, rule: string, value: unknown): void {
  if (!holds) throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value });
}
