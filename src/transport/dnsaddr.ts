/**
 * `dnsaddr://<name>`: addresses that the owner of a name keeps as TXT records of `_dnsaddr.<name>`, each `dnsaddr=<multiaddr>`
 * (multiformats/multiaddr, protocols/DNSADDR.md). Shell: it asks the name server.
 */
import { Resolver } from 'node:dns/promises';
import { HearsayError } from '../errors.ts';
import { formatAddress, parseAddress } from './address.ts';
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
 * Where to dial for an address: itself, or for a `dnsaddr` what its records name, in their order and without those that we cannot dial.
 * A peer id behind `#` is expected at each of them.
 * @throws HearsayError `HEARSAY_UNREACHABLE` when the records name no place, `HEARSAY_BAD_ADDRESS`
 */
export async function placesOf(address: string, signal: AbortSignal, lookUp?: LookUp): Promise<readonly string[]> {
  const parsed = parseAddress(address);
  if (parsed.scheme !== 'dnsaddr') return [address];
  const places = new Set<string>();
  const cause = await asking(signal, lookUp, (ask) => gather(parsed, ask, places, new Set()));
  if (places.size > 0) return [...places];
  throw new HearsayError('HEARSAY_UNREACHABLE', { field: 'address', rule: `to be a name with TXT records \`dnsaddr=\` of places that we can dial`, value: address, cause });
}

/** Each name is asked about once, so that loops end. @returns why nothing was found, where asking failed */
async function gather({ host, peer }: Address, lookUp: LookUp, places: Set<string>, asked: Set<string>): Promise<unknown> {
  if (asked.has(host) || asked.size >= MAX_NAMES) return undefined;
  asked.add(host);
  try {
    for (const pieces of await lookUp(`_dnsaddr.${host}`)) {
      const place = readRecord(pieces.join(''));
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
function readRecord(text: string): Address | undefined {
  try {
    return text.startsWith('dnsaddr=') ? parseAddress(text.slice('dnsaddr='.length)) : undefined;
  } catch {
    return undefined;
  }
}

/** Asks the name server, unless somebody else is given to ask. Nothing of it is left on the signal, which may be of a long life. */
async function asking<T>(signal: AbortSignal, given: LookUp | undefined, ask: (lookUp: LookUp) => Promise<T>): Promise<T> {
  if (given !== undefined) return ask(given);
  const resolver = new Resolver({ timeout: ANSWER_TIMEOUT_MS, tries: 2 });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await ask((name) => resolver.resolveTxt(name));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
