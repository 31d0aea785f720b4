/**
 * The `hearsay` command, from its arguments to its exit code: 0 fine, 1 failed, 2 not understood.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { HearsayError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { simulate } from '../sim/index.ts';
import { addConfig } from './commands/config.ts';
import { addNode } from './commands/node.ts';
import { addPals } from './commands/pals.ts';
import { addSim } from './commands/sim.ts';
import type { Simulator } from './commands/sim.ts';
import { addStore } from './commands/store.ts';
import { addUp } from './commands/up.ts';
import { note, showsColours } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** How a command ended. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** Errors that say: what was typed is not what it may be. */
const USAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['HEARSAY_BAD_ADDRESS', 'HEARSAY_BAD_CONFIG', 'HEARSAY_BAD_PEER_ID']);

/**
 * Runs a command line. Never throws: what went wrong is one line on standard error, and the exit code.
 * @param simulator what `sim` runs
 */
export async function main(args: readonly string[], terminal: Terminal, simulator: Simulator = simulate): Promise<number> {
  let failed = false;
  try {
    await program(terminal, simulator, () => (failed = true)).parseAsync(args.map(hyphenated), { from: 'user' });
    return failed ? EXIT.failed : EXIT.fine;
  } catch (error) {
    // The parser has said it; to show help is no error of anybody.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    note(terminal, `hearsay: ${explain(error)}`, 'red');
    return error instanceof HearsayError && USAGE.has(error.code) ? EXIT.usage : EXIT.failed;
  }
}

/** The old command wrote `--message_interval`. */
function hyphenated(arg: string): string {
  return arg.replace(/^--[a-z_]+/, (flag) => flag.replaceAll('_', '-'));
}

/** @param failed what was asked was done in part, and what was not has been said */
function program(terminal: Terminal, simulator: Simulator, failed: () => void): Command {
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
  addUp(hearsay, terminal, failed);
  addNode(hearsay, terminal);
  addPals(hearsay, terminal);
  addConfig(hearsay, terminal);
  addSim(hearsay, terminal, simulator);
  addStore(hearsay, terminal);
  return hearsay;
}

function explain(error: unknown): string {
  if (!(error instanceof HearsayError)) return error instanceof Error ? error.message : String(error);
  return `${PLAIN[error.code]?.(error) ?? error.message} (${error.code})`;
}

/** What people run into, in their words. */
const PLAIN: Partial<Record<ErrorCode, (error: HearsayError) => string>> = {
  HEARSAY_PORT_IN_USE: ({ value }) => `somebody listens at ${String(value)} already; give another --port`,
  HEARSAY_LOCKED: ({ value }) => `another process uses ${String(value)}`,
};

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  return manifest.version;
}
