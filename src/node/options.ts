/**
 * What `createNode` takes, checked once: every fault is a typed error that names the option.
 */
import type { AbstractLevel } from 'abstract-level';
import { HearsayError } from '../errors.ts';
import { peerId } from '../ids.ts';
import type { PeerId } from '../ids.ts';
import { limits } from '../limits.ts';
import type { Limits } from '../limits.ts';
import { isDialable, parseAddress } from '../transport/address.ts';
import type { Identity } from '../transport/identity.ts';
import type { Transport } from '../transport/transport.ts';
import type { Clock } from './clock.ts';

/** A LevelDB of any make, as `abstract-level` has it. */
export type AnyLevel = AbstractLevel<string | Uint8Array | Buffer, unknown, unknown>;

/** How to make a node. All but `dir` may be left out; with `store` and `identity` given, `dir` too. */
export interface NodeOptions {
  /** The node's own directory: identity and database. Made if it is not there. One process at a time. */
  readonly dir?: string;
  /** Where to listen: `ws://127.0.0.1:7700`; port 0 picks one. Without it the node only dials. */
  readonly listen?: string | readonly string[];
  /** What others are told to dial, where that is not what we listen on (NAT, a domain name, 0.0.0.0). */
  readonly announce?: readonly string[];
  /** Addresses that are always kept connected. */
  readonly bootstrap?: readonly string[];
  /** Who we are, instead of `<dir>/identity`. */
  readonly identity?: Identity;
  /** The database, instead of `<dir>/db`. */
  readonly store?: AnyLevel;
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
}

/** The same, checked, with defaults filled in. */
export interface CheckedOptions {
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly bootstrap: readonly string[];
  readonly admins: ReadonlySet<PeerId>;
  readonly limits: Limits;
  readonly network: string;
  readonly password: string | undefined;
}

const KNOWN = new Set(['dir', 'listen', 'announce', 'bootstrap', 'identity', 'store', 'admins', 'limits', 'network', 'password', 'transports', 'clock']);
/** As many as an address record holds. */
const MAX_ANNOUNCED = 8;
const MAX_NETWORK_BYTES = 64;

/** @throws HearsayError `HEARSAY_BAD_CONFIG`, `HEARSAY_BAD_ADDRESS`, `HEARSAY_BAD_PEER_ID` */
export function checkOptions(given: NodeOptions): CheckedOptions {
  for (const [field, value] of Object.entries(given)) expect(KNOWN.has(field), field, `to be one of the known options: ${[...KNOWN].join(', ')}`, value);
  const { dir, network = 'hearsay', password } = given;
  const elsewhere = dir === undefined && given.store !== undefined && given.identity !== undefined;
  expect(elsewhere || (typeof dir === 'string' && dir !== ''), 'dir', 'to be a directory name, or `store` and `identity` to be given instead', dir);
  expect(typeof network === 'string' && network !== '' && Buffer.byteLength(network) <= MAX_NETWORK_BYTES, 'network', `to be a string of 1 to ${MAX_NETWORK_BYTES} bytes`, network);
  expect(password === undefined || (typeof password === 'string' && password !== ''), 'password', 'to be a string that is not empty', typeof password);
  const announce = addresses('announce', given.announce ?? []);
  expect(announce.length <= MAX_ANNOUNCED, 'announce', `to have at most ${MAX_ANNOUNCED} addresses`, announce.length);
  for (const address of announce) {
    const { peer } = parseAddress(address);
    if (peer !== undefined) throw new HearsayError('HEARSAY_BAD_ADDRESS', { field: 'announce', rule: 'to be without a peer id: the node adds its own', value: address });
    if (!isDialable(parseAddress(address))) throw new HearsayError('HEARSAY_BAD_ADDRESS', { field: 'announce', rule: 'to be an address that others can dial', value: address });
  }
  const listen = given.listen ?? [];
  return {
    listen: addresses('listen', typeof listen === 'string' ? [listen] : listen),
    announce,
    bootstrap: addresses('bootstrap', given.bootstrap ?? []),
    admins: new Set((given.admins ?? []).map(peerId)),
    limits: limits(given.limits),
    network,
    password,
  };
}

function addresses(field: string, given: readonly string[]): readonly string[] {
  expect(Array.isArray(given), field, 'to be a list of addresses', given);
  for (const address of given) parseAddress(address);
  return given;
}

function expect(holds: boolean, field: string, rule: string, value: unknown): void {
  if (!holds) throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value });
}
