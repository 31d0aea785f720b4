/** `hearsay seen` and `hearsay store`: what a node's database holds, and seen-sets that move between machines. */
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { inspectStore } from '../../store/inspect.ts';
import { exportSeen, importSeen } from '../../store/seen-transfer.ts';
import { givenDir } from '../arguments.ts';
import { line } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export function addStore(program: Command, terminal: Terminal): void {
  const store = program.command('store').description("look into a node's database");
  store
    .command('inspect')
    .description('schema, counts, sizes, and what is damaged, as JSON; works while a node uses it')
    .addOption(givenDir())
    .action(async ({ dir }: { readonly dir: string }) => line(terminal, JSON.stringify(await inspectStore(dir), undefined, 2)));

  const seen = program.command('seen').description('move what a node remembers to have seen to another directory');
  transfer(seen, 'export')
    .description('print what was seen, as JSON, an id a line')
    .action(async ({ dir, agent }: Place) => {
      // Waits for a slow reader: there may be a million.
      await pipeline(exportSeen(dir, agent), ended, terminal.output, { end: false });
    });
  transfer(seen, 'import')
    .description('take what `export` printed from standard input')
    .action(async ({ dir, agent }: Place) => line(terminal, `${await importSeen(dir, agent, linesOf(terminal))} ids`));
}

interface Place {
  readonly dir: string;
  readonly agent: string;
}

function transfer(seen: Command, name: string): Command {
  return seen.command(name).addOption(givenDir()).requiredOption('-a, --agent <name>', 'the agent, which is the topic');
}

async function* ended(entries: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${entry}\n`;
}

/** Begins to read when it is asked to: what readline reads before that is lost. */
async function* linesOf({ input }: Terminal): AsyncGenerator<string> {
  yield* createInterface({ input });
}
