/**
 * What can be wrong with an agent, in words that name it.
 */
import { HearsayError } from '../errors.ts';

/** What an arm threw, or what is wrong with what it returned. One of ours stays as it is. */
export function agentFailed(name: string, arm: string, error: unknown): HearsayError {
  if (error instanceof HearsayError) return error;
  const message = error instanceof Error ? error.message : textOf(error);
  return new HearsayError('HEARSAY_AGENT_FAILED', { field: `${name}.${arm}`, rule: 'to return effects', value: message, cause: error });
}

export function notRunning(name: string): HearsayError {
  return new HearsayError('HEARSAY_CLOSED', { field: name, rule: 'to be running', value: 'stopped' });
}

export function overloaded(field: string, rule: string, value: number): HearsayError {
  return new HearsayError('HEARSAY_OVERLOADED', { field, rule, value });
}

export function tooSlow(field: string, rule: string): HearsayError {
  return new HearsayError('HEARSAY_TIMEOUT', { field, rule, value: 'pending' });
}

/** Anything can be thrown, also what has no text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return `something of type ${typeof thrown}`;
  }
}
