/** The other end of child.ts: how a fixture speaks with the test that started it. */
import { createInterface } from 'node:readline';

/** Says something to the test, as one line of JSON. On a pipe it is written when this returns, so a SIGKILL does not take it back. */
export function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Hears what the test tells. Call it in every fixture that does not end by itself: when the test is gone, so is the fixture. */
export function hear(onTold: (value: unknown) => void = () => undefined): void {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => onTold(JSON.parse(line)));
  lines.on('close', () => process.exit(1));
}
