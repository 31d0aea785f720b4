/**
 * What goes over the control socket of a running node: one request, one answer, each a line of JSON (PROTOCOL.md). Whoever may open the
 * socket may ask anything: the file system says who that is.
 */
import { join, relative } from 'node:path';
import * as z from 'zod';
import { HearsayError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';

/** Longest request, in bytes: an invite has 6,000 characters at most (our choice). */
export const MAX_REQUEST_BYTES = 16_384;

/** A peer id, a topic, a label: their own rules are checked by whom they are for. */
const text = z.string().max(512);

/** What can be asked of a node. */
export type Request =
  | { readonly do: 'status' | 'peers' }
  | { readonly do: 'invite'; readonly ttlMs: number }
  | { readonly do: 'redeem'; readonly link: string }
  | { readonly do: 'meet' | 'part'; readonly peer: string; readonly lists: readonly string[] }
  /** All, or those with a label. */
  | { readonly do: 'pals'; readonly list: string | null }
  | ({ readonly do: 'config-get' } & Whose)
  | ({ readonly do: 'config-set'; readonly change: Readonly<Record<string, unknown>> } & Whose);

/** Which agent's config. */
export interface Whose {
  /** The one that runs here, if it is one. */
  readonly topic: string | null;
  /** The node to ask instead of ours. */
  readonly peer: string | null;
}

const whose = { topic: text.nullable(), peer: text.nullable() };

/** Reads what came over the socket. */
export const request: z.ZodType<Request> = z.discriminatedUnion('do', [
  z.strictObject({ do: z.enum(['status', 'peers']) }),
  z.strictObject({ do: z.literal('invite'), ttlMs: z.number() }),
  z.strictObject({ do: z.literal('redeem'), link: z.string() }),
  z.strictObject({ do: z.enum(['meet', 'part']), peer: text, lists: z.array(text) }),
  z.strictObject({ do: z.literal('pals'), list: text.nullable() }),
  z.strictObject({ do: z.literal('config-get'), ...whose }),
  z.strictObject({ do: z.literal('config-set'), ...whose, change: z.record(text, z.unknown()) }),
]);

/** What comes back. */
export type Answer = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: Fault };

/** A HearsayError on its way. */
interface Fault {
  readonly code: ErrorCode;
  readonly field: string;
  readonly rule: string;
  readonly value?: unknown;
}

/** For the socket address of a file, with what ends it: 104 bytes on macOS, the fewest there are. */
const MAX_PATH_BYTES = 103;

/**
 * Where the node of a directory listens to commands.
 * @throws HearsayError `HEARSAY_BAD_CONFIG` when the path is longer than sockets can have
 */
export function controlPath(dir: string): string {
  const path = join(dir, 'control.sock');
  const shorter = relative('', path);
  const shortest = Buffer.byteLength(shorter) < Buffer.byteLength(path) ? shorter : path;
  if (Buffer.byteLength(shortest) <= MAX_PATH_BYTES) return shortest;
  throw new HearsayError('HEARSAY_BAD_CONFIG', { field: '--dir', rule: `to have a path that leaves room for a socket in ${MAX_PATH_BYTES} bytes`, value: dir });
}

/** What went wrong, as the other side of the socket is told. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof HearsayError)) return { code: 'HEARSAY_INVARIANT', field: 'command', rule: 'to be done', value: error instanceof Error ? error.message : String(error) };
  const { code, field, rule, value } = error;
  return { code, field, rule, value };
}
