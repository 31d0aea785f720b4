/**
 * The store's part of the command line: `inspect --dir D`, `export --dir D --agent A`, `import --dir D --agent A` (lines on stdin).
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { HearsayError } from '../errors.ts';
import { inspectStore } from './inspect.ts';
import { exportSeen, importSeen } from './seen-transfer.ts';

/** Where a command reads and writes. */
export interface Streams {
  readonly input: NodeJS.ReadableStream;
  write(line: string): void;
}

/** Runs one command. @throws HearsayError `HEARSAY_BAD_CONFIG` for the arguments, and what the command throws */
export async function storeCommand(args: readonly string[], { input, write }: Streams): Promise<void> {
  const { values, positionals } = parse(args);
  const [command] = positionals;
  const dir = given('dir', values.dir);
  switch (command) {
    case 'inspect':
      return write(JSON.stringify(await inspectStore(dir), undefined, 2));
    case 'export':
      for await (const line of exportSeen(dir, given('agent', values.agent))) write(line);
      return;
    case 'import':
      return write(`${await importSeen(dir, given('agent', values.agent), linesOf(input))} ids`);
    default:
      throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'command', rule: 'to be inspect, export or import', value: command });
  }
}

/** Begins to read when it is asked to: what readline reads before that is lost. */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  yield* createInterface({ input });
}

function parse(args: readonly string[]): { values: { dir?: string | undefined; agent?: string | undefined }; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { dir: { type: 'string' }, agent: { type: 'string' } } });
  } catch (cause) {
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field: 'arguments', rule: 'to be a command with --dir and --agent', value: args.join(' '), cause });
  }
}

function given(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new HearsayError('HEARSAY_BAD_CONFIG', { field: `--${name}`, rule: 'to be given', value });
  return value;
}
