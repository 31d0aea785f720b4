/**
 * Rumors at a terminal: what you type is told to your pals and theirs. README has the commands.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { createNode, withGossip } from 'hearsay';
import type { App, HearsayNode } from 'hearsay';
import { marks, rumors } from './rumors.ts';
import type { Rumor } from './rumors.ts';

const HELP = `type a line to spread it, or
  /invite         a link for one friend
  /join <link>    take up a friend's link
  /latest         what you know, newest first
  /pals           your pals, and which of them are connected
  /hops <0-15>    how far what you say may travel (now 2)
  /quit`;

/** @param args what follows the name on the command line. @param input one command or text a line */
export async function main(print: (line: string) => void, args: string[] = process.argv.slice(2), input: Readable = process.stdin): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { dir: { type: 'string', default: './rumors' }, listen: { type: 'string', default: 'ws://127.0.0.1:0' }, join: { type: 'string' } },
  });
  await using node = await createNode({ dir: values.dir, listen: values.listen });
  const app = await node.run('rumors', withGossip(rumors, { hops: 2, hear: 'mutuals', tell: 'mutuals', marks }));
  app.received$.subscribe((heard) => heard.mark === 'rumor' && print(`» ${heard.data.what}`));
  node.pals.changes$.subscribe(({ type, peer }) => print(`${type} ${peer.slice(0, 8)}`));
  print(`${HELP}\nyou are ${node.id.slice(0, 8)} at ${node.addresses.join(', ')}\ninvite: ${await node.pals.invite()}`);
  if (values.join !== undefined) print(`joined ${(await node.pals.redeem(values.join)).slice(0, 8)}`);
  for await (const line of createInterface({ input })) {
    if (line === '/quit') return;
    try {
      await act(line.trim(), node, app, print);
    } catch (error) {
      // A line that could not be said is no reason to stop.
      print(`could not: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function act(line: string, { pals, peers }: HearsayNode, app: App, print: (line: string) => void): Promise<void> {
  const [command, argument = ''] = line.split(/\s+/, 2);
  switch (command) {
    case '':
      return;
    case '/invite':
      return print(`invite: ${await pals.invite()}`);
    case '/join':
      return print(`joined ${(await pals.redeem(argument)).slice(0, 8)}`);
    case '/latest':
      for (const { what } of app.peek('/latest') as readonly Rumor[]) print(`  ${what}`);
      return;
    case '/pals':
      for (const peer of pals.mutuals()) print(`  ${peer.slice(0, 8)} ${peers.includes(peer) ? 'connected' : 'away'}`);
      return;
    case '/hops':
      return app.poke('gossip-config', { hops: Number(argument) });
    default:
      return app.poke('say', line);
  }
}
