/** The command in this process: its arguments in, its lines and exit code out. */
import { Readable, Writable } from 'node:stream';
import { main } from '../../src/cli/main.ts';

export interface Ran {
  readonly code: number;
  readonly output: readonly string[];
  readonly errors: readonly string[];
}

/** Runs a command that ends by itself. */
export async function run(args: readonly string[], input = ''): Promise<Ran> {
  const [output, errors] = [new Paper(), new Paper()];
  const code = await main(args, { input: Readable.from([input]), output, errors });
  return { code, output: output.lines, errors: errors.lines };
}

/** Keeps what is written. It is no terminal. */
export class Paper extends Writable {
  #text = '';

  get lines(): string[] {
    return this.#text === '' ? [] : this.#text.replace(/\n$/, '').split('\n');
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#text += chunk.toString();
    done();
  }
}
