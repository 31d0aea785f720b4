/** `hearsay up`: its options. */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { UpOptions } from '../up/options.ts';
import { aNumber, dirOption, jsonOption, passOf } from '../arguments.ts';
import type { Terminal } from '../terminal.ts';

const WHOS = ['anybody', 'targets', 'mutuals'] as const;

/** What the old command, p2pgossip, called some of them. */
interface Aliases {
  readonly connectTo?: readonly string[];
  readonly makeConnection?: readonly string[];
  readonly messageInterval?: number;
  readonly messagePeriod?: number;
}

type Parsed = Omit<UpOptions, 'connect' | 'admin'> & { readonly connect?: readonly string[]; readonly admin?: readonly string[] } & Aliases;

export function addUp(program: Command, terminal: Terminal, failed: () => void): void {
  const command = program
    .command('up')
    .description('run a node: it says something now and then, and prints what it hears, until Ctrl-C')
    .option('-p, --port <port>', 'where to listen; 0 picks a free one', aNumber, 0)
    .option('-c, --connect <address...>', 'peers to connect to: host:port, a URL or a multiaddr')
    .option('-P, --period <seconds>', 'between random messages, 0 for none (default: 5, and 0 with --stdin)', aNumber)
    .option('-u, --update', 'learn of further peers from peers, beyond those given and those who connect')
    .option('-a, --host-alias <host>', 'what others are told to dial; with anything but localhost, other machines are let in', 'localhost')
    .addOption(dirOption())
    .option('-t, --topic <name>', 'what is talked about', 'gossip')
    .option('--stdin', 'say each line of standard input, and end with it')
    .option('--hops <count>', 'how far what is said may travel, 0 to 15 (default: 15, or what was set)', aNumber)
    .addOption(new Option('--hear <whom>', 'whom to listen to (default: anybody, or what was set)').choices(WHOS))
    .addOption(new Option('--tell <whom>', 'who may listen (default: anybody, or what was set)').choices(WHOS))
    .option('--pass <how>', 'false, true or stem: whether data go through proxies first', passOf)
    .option('--tls-cert <file>', 'certificate, as PEM: then it is wss://, and who serves the same is trusted')
    .option('--tls-key <file>', 'its key')
    .option('--tls-ca <file>', 'a further authority to trust when dialling')
    .option('--password-file <file>', 'network password: peers without it are refused')
    .option('--admin <id...>', 'peers that may change our config')
    .option('-v, --verbose', 'log what happens on standard error')
    .addOption(jsonOption());
  for (const flags of ['--connect-to <address...>', '--make-connection <address...>']) command.addOption(new Option(flags).hideHelp());
  for (const flags of ['--message-interval <seconds>', '--message-period <seconds>']) command.addOption(new Option(flags).argParser(aNumber).hideHelp());
  command.action(async (parsed: Parsed) => {
    const { up } = await import('../up/up.ts');
    if (!(await up(withoutAliases(parsed), terminal))) failed();
  });
}

function withoutAliases({ connect = [], connectTo = [], makeConnection = [], messageInterval, messagePeriod, period, admin = [], ...others }: Parsed): UpOptions {
  const chosen = period ?? messageInterval ?? messagePeriod;
  return { ...others, connect: [...connect, ...connectTo, ...makeConnection], admin, ...(chosen !== undefined && { period: chosen }) };
}
