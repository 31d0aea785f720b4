/** `hearsay pals`: whom a running node has added, and who has added it. */
import type { Command } from 'commander';
import { givenDir, jsonOption } from '../arguments.ts';
import { ask } from '../control/client.ts';
import type { PalRow } from '../control/performer.ts';
import { json, line, note } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

interface Place {
  readonly dir: string;
  readonly json?: true;
}

export function addPals(program: Command, terminal: Terminal): void {
  const pals = program.command('pals').description('add, drop and list the pals of a running node');
  pals
    .command('meet')
    .description('add a peer, or redeem an invite, after which both are pals')
    .argument('<peer>', 'a peer id, or an invite')
    .argument('[lists...]', 'labels of your own for it')
    .addOption(givenDir())
    .action(async (peer: string, lists: readonly string[], { dir }: Place) => {
      if (!peer.startsWith('hearsay:')) return void (await ask(dir, { do: 'meet', peer, lists }));
      const inviter = (await ask(dir, { do: 'redeem', link: peer })) as string;
      if (lists.length > 0) await ask(dir, { do: 'meet', peer: inviter, lists });
      note(terminal, `you and ${inviter} are pals`);
    });
  pals
    .command('part')
    .description('drop a peer, or only take labels off it')
    .argument('<peer>', 'a peer id')
    .argument('[lists...]', 'the labels')
    .addOption(givenDir())
    .action(async (peer: string, lists: readonly string[], { dir }: Place) => void (await ask(dir, { do: 'part', peer, lists })));
  pals
    .command('list')
    .description('print pals: targets (we added them), leeches (they added us), mutuals (both)')
    .argument('[list]', 'only those with this label')
    .addOption(givenDir())
    .addOption(jsonOption())
    .action(async (list: string | undefined, { dir, json: asJson }: Place) => {
      for (const pal of (await ask(dir, { do: 'pals', list: list ?? null })) as readonly PalRow[]) {
        if (asJson === true) json(terminal, pal);
        else line(terminal, palLine(pal));
      }
    });
}

function palLine({ id, relation, connected, lists }: PalRow): string {
  return [id, relation.padEnd('mutual'.length), connected ? 'connected' : 'away', ...(lists.length > 0 ? [`[${lists.join(', ')}]`] : [])].join('  ');
}
