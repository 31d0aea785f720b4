/** `hearsay id`, `invite`, `status` and `peers`: what there is to know of a node. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { HearsayError } from '../../errors.ts';
import { openIdentity } from '../../transport/identity.ts';
import { aNumber, givenDir, jsonOption } from '../arguments.ts';
import { ask } from '../control/client.ts';
import type { PeerRow, Status } from '../control/performer.ts';
import { json, line } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

interface Place {
  readonly dir: string;
  readonly json?: true;
}

export function addNode(program: Command, terminal: Terminal): void {
  program
    .command('id')
    .description("print the node's peer id; works whether it runs or not")
    .addOption(givenDir())
    .addOption(jsonOption())
    .action(async ({ dir, json: asJson }: Place) => {
      const id = await idOf(dir);
      if (asJson === true) json(terminal, { id });
      else line(terminal, id);
    });
  program
    .command('invite')
    .description('print a link that makes whoever redeems it first a pal: hearsay pals meet <link>')
    .addOption(givenDir())
    .option('--days <count>', 'how long it is good, 30 at most', aNumber, 7)
    .addOption(jsonOption())
    .action(async ({ dir, days, json: asJson }: Place & { readonly days: number }) => {
      const link = (await ask(dir, { do: 'invite', ttlMs: Math.round(days * DAY_MS) })) as string;
      if (asJson === true) json(terminal, { link });
      else line(terminal, link);
    });
  program
    .command('status')
    .description('print what a running node is and does')
    .addOption(givenDir())
    .addOption(jsonOption())
    .action(async ({ dir, json: asJson }: Place) => {
      const status = (await ask(dir, { do: 'status' })) as Status;
      if (asJson === true) json(terminal, status);
      else for (const text of statusLines(status)) line(terminal, text);
    });
  program
    .command('peers')
    .description('print the peers that a running node is connected to, and what they are to it')
    .addOption(givenDir())
    .addOption(jsonOption())
    .action(async ({ dir, json: asJson }: Place) => {
      for (const peer of (await ask(dir, { do: 'peers' })) as readonly PeerRow[]) {
        if (asJson === true) json(terminal, peer);
        else line(terminal, `${peer.id}  ${peer.relation}`);
      }
    });
}

/** Making one is the node's: it holds the lock. */
async function idOf(dir: string): Promise<string> {
  await access(join(dir, 'identity')).catch((cause: unknown) => {
    throw new HearsayError('HEARSAY_BAD_IDENTITY', { field: '--dir', rule: 'to be the directory of a node, which `hearsay up` makes', value: dir, cause });
  });
  return (await openIdentity(dir)).id;
}

function statusLines({ id, dir, addresses, pid, upSeconds, peers, pals, seen, topics }: Status): readonly string[] {
  const rows: [string, string][] = [
    ['id', id],
    ['directory', dir],
    ...addresses.map((address): [string, string] => ['address', address]),
    ['process', `${pid}, up ${upSeconds} s`],
    ['peers', `${peers} connected`],
    ['pals', `${pals.mutuals} mutuals, ${pals.targets} targets, ${pals.leeches} leeches`],
    ['seen', `${seen} rumors`],
    ...topics.map(({ name, config, published, received, relayed }): [string, string] => {
      const settings = Object.entries(config).map(([field, value]) => `${field} ${String(value)}`);
      return ['topic', `${name}: ${published} published, ${received} received, ${relayed} relayed; ${settings.join(', ')}`];
    }),
  ];
  return rows.map(([name, value]) => `${name.padEnd('directory'.length)}  ${value}`);
}
