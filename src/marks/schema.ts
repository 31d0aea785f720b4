/**
 * Schemas: what a mark's data look like. Any Standard Schema v1 (zod, valibot, arktype, …) or a function that throws.
 * Only the types of `@standard-schema/spec` are used.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { HearsayError } from '../errors.ts';

/** A function that returns the value it was given, perhaps changed, or throws. Its return type is the type of the data. */
export type Check = (value: unknown) => unknown;

/** What says whether data are good, and what type they have then. Must answer at once, not by a promise. */
export type Schema = StandardSchemaV1 | Check;

/** What the schema takes: the type of what is published. For a function, what it returns. */
export type InputOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferInput<S> : S extends (value: unknown) => infer Output ? Output : never;

/** What the schema gives: the type of what is heard. */
export type OutputOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : S extends (value: unknown) => infer Output ? Output : never;

/** What {@link validate} found: the schema's output, or why not. */
export type Validated = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/** Longest reason, in characters (our choice: a line of a log). */
export const MAX_REASON_CHARACTERS = 200;

/** Whether `value` can serve as a schema. A function with `~standard` (arktype has such) is a Standard Schema. */
export function isSchema(value: unknown): value is Schema {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && isStandard(value));
}

/**
 * Runs a schema. Whatever it throws means that the value is wrong. The reason is the schema's first complaint, with the path it names,
 * in one line of at most 200 characters; hearsay adds nothing of the value to it.
 * @throws HearsayError `HEARSAY_ASYNC_VALIDATOR` when the schema answers by a promise. That is the developer's mistake, but a peer's data can
 * bring it to light: who validates what peers sent must catch it.
 */
export function validate(schema: Schema, value: unknown): Validated {
  let answer: unknown;
  try {
    answer = isStandard(schema) ? schema['~standard'].validate(value) : schema(value);
    if (!isThenable(answer)) return isStandard(schema) ? readResult(answer as StandardSchemaV1.Result<unknown>) : { ok: true, value: answer };
  } catch (error) {
    return { ok: false, reason: oneLine(messageOf(error)) };
  }
  // Nobody will look at its outcome, and an unhandled rejection would end the process.
  Promise.resolve(answer).catch(() => undefined);
  throw new HearsayError('HEARSAY_ASYNC_VALIDATOR', { field: 'schema', rule: 'to answer at once', value: 'a promise' });
}

function isStandard(schema: object): schema is StandardSchemaV1 {
  const standard: unknown = (schema as { readonly '~standard'?: unknown })['~standard'];
  return typeof standard === 'object' && standard !== null && typeof (standard as { readonly validate?: unknown }).validate === 'function';
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function';
}

function readResult(result: StandardSchemaV1.Result<unknown>): Validated {
  if (!result.issues) return { ok: true, value: result.value };
  const [issue] = result.issues;
  if (issue === undefined) return { ok: false, reason: 'refused' };
  const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
  return { ok: false, reason: oneLine(path === '' ? issue.message : `${path}: ${issue.message}`) };
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'refused';
}

/** Control characters go, for a reason ends in logs and terminals, and a path may hold a peer's own keys. */
function oneLine(text: string): string {
  // After the cut, which may halve a surrogate pair.
  const cut = text.length > MAX_REASON_CHARACTERS ? `${text.slice(0, MAX_REASON_CHARACTERS - 1)}…` : text;
  return cut.replace(/\p{C}/gu, ' ');
}
