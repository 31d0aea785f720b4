/**
 * `dnsaddr://<name>`: addresses that the owner of a name keeps as TXT records of `_dnsaddr.<name>`, each `dnsaddr=<multiaddr>`
 * (multiformats/multiaddr, protocols/DNSADDR.md). Shell: it asks the name server.
 */
import { Resolver } from 'node:dns/promises';
import { HearsayError } from '../errors.ts';
import { formatAddress, parseAddress, readAddress } from './address.ts';
import type { Address } from './address.ts';

/** Addresses taken of one name, those of names within it included (our choice: twice what an address record holds). */
const MAX_PLACES = 16;
/** Names asked about, those within names included (our choice: the public ones use five). */
const MAX_NAMES = 16;
/** Of one question, in ms, asked twice at most (design: 5 s to a finished handshake). */
const ANSWER_TIMEOUT_MS = 2_500;

/** The texts of a name, each in pieces. Rejects when there are none. */
export type LookUp = (name: string) => Promise<readonly (readonly string[])[]>;

/**
 * Where to dial for an address, a URL: itself, or for a `dnsaddr` what its records name, in their order and without those that we cannot dial.
 * A peer id behind `#` is expected at each of them.
 * @throws HearsayError `HEARSAY_UNREACHABLE` when the records name no place, `HEARSAY_BAD_ADDRESS`
 */
export async function placesOf(address: string, signal: AbortSignal, lookUp: LookUp = asker(signal)): Promise<readonly string[]> {
  const parsed = parseAddress(address);
  if (parsed.scheme !== 'dnsaddr') return [address];
  const places = new Set<string>();
  const cause = await gather(parsed, lookUp, places, new Set());
  if (places.size > 0) return [...places];
  throw new HearsayError('HEARSAY_UNREACHABLE', { field: 'address', rule: `to be a name with TXT records \`dnsaddr=\` of places that we can dial`, value: address, cause });
}

/** Each name is asked about once, so that loops end. @returns why nothing was found, where asking failed */
async function gather({ host, peer }: Address, lookUp: LookUp, places: Set<string>, asked: Set<string>): Promise<unknown> {
  if (asked.has(host) || asked.size >= MAX_NAMES) return undefined;
  asked.add(host);
  try {
    for (const pieces of await lookUp(`_dnsaddr.${host}`)) {
      const place = await readRecord(pieces.join(''));
      if (place === undefined || places.size >= MAX_PLACES) continue;
      const expected = peer ?? place.peer;
      if (place.scheme !== 'dnsaddr') places.add(formatAddress(place.url, expected));
      else await gather({ ...place, ...(expected !== undefined && { peer: expected }) }, lookUp, places, asked);
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Other texts of the name, and places of other transports, are nobody's fault. */
async function readRecord(text: string): Promise<Address | undefined> {
  try {
    return text.startsWith('dnsaddr=') ? await readAddress(text.slice('dnsaddr='.length)) : undefined;
  } catch {
    return undefined;
  }
}

function asker(signal: AbortSignal): LookUp {
  return async (name) => {
    const resolver = new Resolver({ timeout: ANSWER_TIMEOUT_MS, tries: 2 });
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await resolver.resolveTxt(name);
    } finally {
      // The signal lives as long as the node, and names are asked about for ever.
      signal.removeEventListener('abort', cancel);
    }
  };
}
