/**
 * What the database is to us: its type, how it is asked, and what its errors mean. Not here: opening it (open.ts), keys (layout.ts).
 */
import type { AbstractLevel } from 'abstract-level';
import { HearsayError } from '../errors.ts';
import { seal, sealInPlace, unseal } from './seal.ts';

/** Any `abstract-level`, whatever its own encodings are: its class is invariant in them, so nothing narrower takes all. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyLevel = AbstractLevel<any, any, any>;

/** The same as we use it: with the encodings given in each call. */
export type Database = AbstractLevel<string | Uint8Array | Buffer, unknown, unknown>;

/** Keys and values are bytes, whatever the database's own defaults are. */
export const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const;

/** The folder of LevelDB in a node's directory. */
export const DATABASE_FOLDER = 'db';
/** What LevelDB reports as an I/O error and is the machine's condition, not the data's. */
const ENVIRONMENT: RegExp = /permission denied|no space left|too many open files|read-only file system|disk quota/i;

/** One operation of a batch. */
export type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** A put with the value's sum behind it. */
export function sealed(key: Uint8Array, value: Uint8Array): Operation {
  return { type: 'put', key, value: seal(key, value) };
}

/** The same for a value with room for the sum behind it, which is the database's from now on. */
export function sealedInPlace(key: Uint8Array, roomy: Uint8Array): Operation {
  sealInPlace(key, roomy);
  return { type: 'put', key, value: roomy };
}

/** A value without its sum. @throws HearsayError `HEARSAY_STORE_DAMAGED` when that does not fit; `what` says whose it is */
export function opened(key: Uint8Array, value: Uint8Array, what: string): Uint8Array {
  const plain = unseal(key, value);
  if (plain === undefined) throw damage(`${what} whose sum does not fit`);
  return plain;
}

/** Reads one value. @throws HearsayError `HEARSAY_STORE_DAMAGED`, and what the database throws */
export async function readSealed(db: Database, key: Uint8Array, what: string): Promise<Uint8Array | undefined> {
  const value = await db.get<Uint8Array, Uint8Array>(key, VIEW);
  return value && opened(key, value, what);
}

/** What went wrong while reading, as ours. A {@link HearsayError} stays what it is. */
export function storeError(error: unknown): HearsayError {
  if (error instanceof HearsayError) return error;
  const cause = rootOf(error);
  const damaged = cause.code === 'LEVEL_CORRUPTION' || (cause.code === 'LEVEL_IO_ERROR' && !ENVIRONMENT.test(cause.message));
  return damaged ? damage(cause.message, error) : new HearsayError('HEARSAY_STORE_FAILED', { field: 'store', rule: 'to be readable', value: cause.message, cause: error });
}

/** @param found what is not as it should be; never data */
export function damage(found: string, cause?: unknown): HearsayError {
  return new HearsayError('HEARSAY_STORE_DAMAGED', { field: 'store', rule: 'to be undamaged', value: found, cause });
}

/** The innermost cause, since abstract-level wraps what the database said. By shape: native errors are of no realm in particular. */
export function rootOf(error: unknown): { readonly code: unknown; readonly message: string } {
  let root = error as { readonly code?: unknown; readonly message?: unknown; readonly cause?: unknown } | null | undefined;
  while (typeof root?.cause === 'object' && root.cause !== null) root = root.cause;
  return { code: root?.code, message: String(root?.message ?? root) };
}

