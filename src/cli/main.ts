/**
 * The `hearsay` command, from its arguments to its exit code: 0 fine, 1 failed, 2 not understood.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { HearsayError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { addSim } from './commands/sim.ts';
import { addStore } from './commands/store.ts';
import { note, showsColours } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** How a command ended. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** Errors that say: what was typed is not what it may be. */
const USAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['HEARSAY_BAD_ADDRESS', 'HEARSAY_BAD_CONFIG', 'HEARSAY_BAD_PEER_ID']);

/** Runs a command line. Never throws: what went wrong is one line on standard error, and the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program(terminal).parseAsync([...args], { from: 'user' });
    return EXIT.fine;
  } catch (error) {
    // The parser has said it; to show help is no error of anybody.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    note(terminal, `hearsay: ${explain(error)}`, 'red');
    return error instanceof HearsayError && USAGE.has(error.code) ? EXIT.usage : EXIT.failed;
  }
}

function program(terminal: Terminal): Command {
  const { output, errors } = terminal;
  const hearsay = new Command('hearsay')
    .description('Gossip among friends without a server.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void output.write(text),
      writeErr: (text) => void errors.write(text),
      getOutHasColors: () => showsColours(output),
      getErrHasColors: () => showsColours(errors),
    })
    .configureHelp({ styleTitle: (text) => text, showGlobalOptions: false })
    .helpCommand(false)
    .showHelpAfterError('(--help says what there is)');
  addSim(hearsay, terminal);
  addStore(hearsay, terminal);
  return hearsay;
}

function explain(error: unknown): string {
  if (error instanceof HearsayError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  return manifest.version;
}
