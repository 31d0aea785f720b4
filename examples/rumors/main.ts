/**
 * Rumors at a terminal: what you type is told to your pals and theirs. README has the commands.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { createNode, HearsayError, withGossip } from 'hearsay';
import type { App, HearsayNode } from 'hearsay';
import { marks, rumors } from './rumors.ts';
import type { Rumor } from './rumors.ts';

const HELP = `type a line to spread it, or
  /invite         a link for one friend, good once
  /join <link>    take up a friend's link
  /latest         what you said and heard, newest first
  /pals           your pals, and which of them are connected
  /hops <0-15>    how far what you say may travel (2 at first)
  /quit`;

const NEWS = { meet: 'you added', part: 'you dropped', near: 'added by', away: 'dropped by' };

type Print = (line: string) => void;

/** @param args what follows the name on the command line @param input one command or text a line */
export async function main(print: Print, args: string[] = process.argv.slice(2), input: Readable = process.stdin): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: 'string', default: './rumors' },
      listen: { type: 'string', default: 'ws://127.0.0.1:0' },
      // Where others can dial you, when that is not where you listen.
      announce: { type: 'string', multiple: true, default: [] },
      join: { type: 'string' },
    },
  });
  await using node = await createNode({ dir: values.dir, listen: values.listen, announce: values.announce });
  const app = await node.run('rumors', withGossip(rumors, { hops: 2, hear: 'mutuals', tell: 'mutuals', marks }));
  app.received$.subscribe((heard) => heard.mark === 'rumor' && print(`» ${heard.data.what}`));
  node.pals.changes$.subscribe(({ type, peer }) => print(`${NEWS[type]} ${short(peer)}`));
  print(`${HELP}\nyou are ${short(node.id)}`);
  const obey = (line: string): Promise<void> => act(line.trim(), node, app, print).catch((error: unknown) => print(`could not: ${reason(error)}`));
  await obey('/invite');
  if (values.join !== undefined) await obey(`/join ${values.join}`);
  for await (const line of createInterface({ input })) {
    if (line.trim() === '/quit') break;
    await obey(line);
  }
  // An open standard input would keep the process.
  input.destroy();
}

async function act(line: string, { pals, peers }: HearsayNode, app: App, print: Print): Promise<void> {
  if (line === '') return;
  if (!line.startsWith('/')) return app.poke('say', line);
  const [command, argument = ''] = line.split(/\s+/);
  switch (command) {
    case '/invite':
      return print(`invite: ${await pals.invite()}`);
    case '/join':
      return print(`joined ${short(await pals.redeem(argument))}`);
    case '/latest':
      return (app.peek('/latest') as readonly Rumor[]).forEach(({ what }) => print(`  ${what}`));
    case '/pals':
      return pals.mutuals().forEach((peer) => print(`  ${short(peer)} ${peers.includes(peer) ? 'connected' : 'away'}`));
    case '/hops':
      return app.poke('gossip-config', { hops: Number(argument) });
    default:
      print(HELP);
  }
}

function short(peer: string): string {
  return peer.slice(0, 8);
}

/** The app's own refusals are for people; the errors of hearsay name field, rule and value. */
function reason(error: unknown): string {
  if (error instanceof HearsayError && error.code === 'HEARSAY_REFUSED') return String(error.value);
  return error instanceof Error ? error.message : String(error);
}
