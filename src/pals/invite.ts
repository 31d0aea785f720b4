/**
 * Invites: one link that says who invites, where to dial, and a token that makes both mutual, once.
 *
 *     hearsay:invite?v=1&i=<base64url of: Ed25519 signature, 64 bytes; then the body>
 *
 * The body is CBOR (marks/payload.ts) of addresses, expiresMs, inviter (the public key) and token. It is one run of letters,
 * digits, `-` and `_`, so that chat programs neither break nor decorate it. Whoever reads the link can redeem it: it is a secret until used.
 */
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';
import { decodePayload, encodePayload } from '../marks/payload.ts';
import { isAddress, isDialable, parseAddress } from '../transport/address.ts';
import { peerIdOf, verify } from '../transport/identity.ts';
import type { Identity } from '../transport/identity.ts';
import { TOKEN_BYTES } from './messages.ts';

/** Addresses in one invite (research 9, as in an address record). */
export const MAX_INVITE_ADDRESSES = 8;
/** How long an invite lasts unless told otherwise (research 9). */
export const INVITE_LIFE_MS: number = 7 * 24 * 60 * 60 * 1000;

const VERSION = 1;
const DOMAIN: Uint8Array = new TextEncoder().encode(`hearsay/${VERSION} invite`);
const SIGNATURE_BYTES = 64;
/** Longest link, in characters: eight of the longest addresses and the rest, in base64. */
const MAX_LINK_LENGTH = 6_000;
/** The last moment a date can name, in ms since 1970 (ECMA-262). */
const MAX_DATE_MS = 8.64e15;

/** What an invite says. */
export interface Invite {
  readonly inviter: PeerId;
  /** Where to dial it, best first, 1 to 8, without peer ids. */
  readonly addresses: readonly string[];
  /** 16 bytes. */
  readonly token: Uint8Array;
  /** Ms since 1970. */
  readonly expiresMs: number;
}

const body = z.strictObject({
  addresses: z.array(z.string().refine(isAddress)).min(1).max(MAX_INVITE_ADDRESSES),
  expiresMs: z.int().min(0).max(MAX_DATE_MS),
  inviter: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 32),
  token: z.instanceof(Uint8Array).refine((bytes) => bytes.length === TOKEN_BYTES),
});

/** What an invite is made of. */
export interface InviteOptions {
  readonly identity: Identity;
  /** Best first. Those that cannot be dialled (0.0.0.0, port 0) are left out, and all beyond eight. */
  readonly addresses: readonly string[];
  /** 16 random bytes. */
  readonly token: Uint8Array;
  /** Ms since 1970. */
  readonly expiresMs: number;
}

/**
 * Makes the link.
 * @throws HearsayError `HEARSAY_NO_ADDRESS` when no address can be dialled, `HEARSAY_BAD_ADDRESS` for one that does not parse.
 */
export function createInvite({ identity, addresses, token, expiresMs }: InviteOptions): string {
  const dialable = addresses.map(parseAddress).filter(isDialable).slice(0, MAX_INVITE_ADDRESSES);
  if (dialable.length === 0) {
    throw new HearsayError('HEARSAY_NO_ADDRESS', {
      field: 'addresses',
      rule: 'to name a place where others can dial this node (give createNode `listen`, or `announce` when the outside sees the node elsewhere)',
      value: addresses,
    });
  }
  const signed = encodePayload({ addresses: dialable.map(({ url }) => url), expiresMs, inviter: identity.publicKey, token });
  const bytes = Buffer.concat([identity.sign(Buffer.concat([DOMAIN, signed])), signed]);
  return `hearsay:invite?v=${VERSION}&i=${bytes.toString('base64url')}`;
}

/**
 * Reads a link, as pasted: white space in it and angle brackets around it do not matter.
 * @throws HearsayError `HEARSAY_BAD_INVITE` when it is altered or no invite, `HEARSAY_INVITE_EXPIRED` with the time it expired.
 */
export function parseInvite(link: string, nowMs: number): Invite {
  const { inviter, addresses, token, expiresMs } = readSigned(link);
  if (expiresMs <= nowMs) {
    throw new HearsayError('HEARSAY_INVITE_EXPIRED', { field: 'link', rule: 'to be an invite that is still good', value: new Date(expiresMs).toISOString() });
  }
  return { inviter: peerIdOf(inviter), addresses, token, expiresMs };
}

function readSigned(link: string): z.infer<typeof body> {
  const [, version, text] = /^hearsay:invite\?v=(\d{1,4})&i=([\w-]+)$/.exec(plain(link)) ?? [];
  if (version === undefined || text === undefined) throw bad(link, 'to be an invite: hearsay:invite?v=1&i=…');
  if (Number(version) !== VERSION) throw bad(link, `to be an invite of version ${VERSION}, not ${version}`);
  const bytes = Buffer.from(text, 'base64url');
  const signed = bytes.subarray(SIGNATURE_BYTES);
  const decoded = decodePayload(signed);
  const read = body.safeParse(decoded.ok ? decoded.value : undefined);
  // The second form of the same bytes (stray last bits) is refused with everything else that was altered.
  if (!read.success || bytes.toString('base64url') !== text) throw bad(link, 'to be a whole invite, unaltered');
  if (!verify(peerIdOf(read.data.inviter), Buffer.concat([DOMAIN, signed]), bytes.subarray(0, SIGNATURE_BYTES))) throw bad(link, 'to carry the signature of its inviter');
  return read.data;
}

/** What chat and mail programs add on the way is taken off. */
function plain(link: unknown): string {
  if (typeof link !== 'string' || link.length > MAX_LINK_LENGTH) return '';
  return link.replace(/\s+/g, '').replace(/^<(.*)>$/, '$1');
}

/** The link itself is not shown: it may still be good. */
function bad(link: unknown, rule: string): HearsayError {
  return new HearsayError('HEARSAY_BAD_INVITE', { field: 'link', rule, value: typeof link === 'string' ? `${link.length} characters` : link });
}
