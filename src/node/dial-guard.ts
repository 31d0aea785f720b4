/**
 * Where we let strangers send us: what a record names is dialled only where that can harm nobody (DESIGN 9).
 *
 *   - Not on private networks (our own machine, our house, our company), also not by a name that leads there; unless our user named an
 *     address on the same network as ours to listen on, to announce or to start from.
 *   - No host more than `limits.maxDialsPerHost` times a minute, or a thousand records of one victim would make us its flood. Of a host that our
 *     user named, each port counts by itself: many peers may run there.
 */
import { keepNewest } from '../keep-newest.ts';
import { parseAddress, privateNetworkOf } from '../transport/address.ts';
import type { PrivateNetwork } from '../transport/address.ts';
import type { Clock } from './clock.ts';

const WINDOW_MS = 60_000;
/** Addresses whose network is remembered; past it the oldest is forgotten (our choice: what 500 records name). */
const MAX_KNOWN = 1_000;
/** Hosts counted at once; past it the oldest count is forgotten (our choice: ten times what a topic asks of strangers in a minute). */
const MAX_HOSTS = 1_000;

export class DialGuard {
  readonly #clock: Clock;
  readonly #maxDialsPerHost: number;
  readonly #networks = new Set<PrivateNetwork>();
  readonly #hosts = new Set<string>();
  /** By address: members of a topic name each other over and over, and to tell its network takes longer than all else that is done with a record. */
  readonly #known = new Map<string, PrivateNetwork | undefined>();
  /** When a host was dialled within the last minute, the one dialled longest ago first. */
  readonly #dials = new Map<string, number[]>();

  constructor({ clock, maxDialsPerHost }: { readonly clock: Clock; readonly maxDialsPerHost: number }) {
    this.#clock = clock;
    this.#maxDialsPerHost = maxDialsPerHost;
  }

  /** Our user named these addresses: as ours, or to start from. */
  named(addresses: readonly string[]): void {
    for (const address of addresses) {
      const { host } = parseAddress(address);
      const network = privateNetworkOf(host);
      this.#hosts.add(host);
      if (network !== undefined) this.#networks.add(network);
    }
  }

  /** Whether a stranger's address may be dialled, as far as its text tells. */
  allows(address: string): boolean {
    return this.#allowsNetwork(this.#networkOf(address));
  }

  /** Whether the address may be dialled now. A yes counts as a dial. */
  take(address: string): boolean {
    const { host, port } = parseAddress(address);
    return this.#allowsHost(host) && this.#take(this.#hosts.has(host) ? `${host} ${port ?? ''}` : host);
  }

  /** The same for an IP address that a name resolved to: a thousand names may lead to one host. */
  takeResolved(ip: string): boolean {
    return this.#allowsHost(ip) && (this.#hosts.has(ip) || this.#take(ip));
  }

  #allowsHost(host: string): boolean {
    return this.#allowsNetwork(privateNetworkOf(host));
  }

  #allowsNetwork(network: PrivateNetwork | undefined): boolean {
    return network === undefined || (network !== 'nowhere' && this.#networks.has(network));
  }

  #networkOf(address: string): PrivateNetwork | undefined {
    if (this.#known.has(address)) return this.#known.get(address);
    const network = privateNetworkOf(parseAddress(address).host);
    this.#known.set(address, network);
    keepNewest(this.#known, MAX_KNOWN);
    return network;
  }

  #take(key: string): boolean {
    const nowMs = this.#clock.now();
    // A clock that was set back must not stop us for long.
    const recent = (this.#dials.get(key) ?? []).filter((atMs) => nowMs - atMs < WINDOW_MS && atMs <= nowMs);
    if (recent.length >= this.#maxDialsPerHost) return false;
    this.#dials.delete(key);
    this.#dials.set(key, [...recent, nowMs]);
    keepNewest(this.#dials, MAX_HOSTS);
    return true;
  }
}
