/**
 * What a run and the processes it starts say to each other: lines of JSON. The process's side; the parent's is node-process.ts.
 */
import { createInterface } from 'node:readline';

/** What the parent says. */
export interface Order<Verb extends string> {
  readonly id: number;
  readonly verb: Verb;
  readonly value?: string;
}

/** What a process says: that it is there, how many rumors its agent was given, and what came of an order. */
export type Said =
  | { readonly ready: true; readonly address?: string }
  | { readonly heard: number }
  | { readonly id: number; readonly result?: unknown; readonly error?: string };

export function say(said: Said): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

/** Does what is ordered, without waiting for what was ordered before, and answers. The process ends when its parent is gone. */
export function obeyOrders<Verb extends string>(obey: (verb: Verb, value: string) => Promise<unknown>): void {
  const lines = createInterface({ input: process.stdin });
  lines.on('close', () => process.exit(0));
  lines.on('line', (line) => {
    const { id, verb, value = '' } = JSON.parse(line) as Order<Verb>;
    obey(verb, value).then(
      (result) => say({ id, result }),
      (error: unknown) => say({ id, error: String(error) }),
    );
  });
}
