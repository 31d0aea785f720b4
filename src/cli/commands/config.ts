/** `hearsay config`: the gossip config of a running agent, here or on a node that lists us among its admins. */
import { Argument } from 'commander';
import type { Command } from 'commander';
import { HearsayError } from '../../errors.ts';
import { DEFAULT_GOSSIP_CONFIG } from '../../wrapper/config.ts';
import type { GossipConfig } from '../../wrapper/config.ts';
import { givenDir, jsonOption } from '../arguments.ts';
import { ask } from '../control/client.ts';
import type { Whose } from '../control/protocol.ts';
import { json, line } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

const FIELDS = Object.keys(DEFAULT_GOSSIP_CONFIG) as readonly (keyof GossipConfig)[];

interface Options {
  readonly dir: string;
  readonly topic?: string;
  readonly peer?: string;
  readonly json?: true;
}

export function addConfig(program: Command, terminal: Terminal): void {
  const config = program.command('config').description('read and change hops, hear, tell, pass and relay of a running agent');
  const field = (name: string): Argument => new Argument(name, 'which').choices(FIELDS);
  const show = (found: unknown, only: string | undefined, asJson: boolean): void => {
    // Over the wire their order is another.
    const fields = FIELDS.filter((name) => only === undefined || name === only).map((name) => [name, (found as GossipConfig)[name]] as const);
    if (asJson) json(terminal, Object.fromEntries(fields));
    else for (const [name, value] of fields) line(terminal, `${name} ${String(value)}`);
  };
  withOptions(config.command('get').description('print the config').addArgument(field('[field]'))).action(async (only: string | undefined, options: Options) => {
    show(await ask(options.dir, { do: 'config-get', ...whoseOf(options) }), only, options.json === true);
  });
  withOptions(config.command('set').description('change a field, at once and for good').addArgument(field('<field>')).argument('<value>', 'to what')).action(
    async (name: keyof GossipConfig, value: string, options: Options) => {
      show(await ask(options.dir, { do: 'config-set', ...whoseOf(options), change: { [name]: valueOf(name, value) } }), name, options.json === true);
    },
  );
}

function withOptions(command: Command): Command {
  return command
    .addOption(givenDir())
    .option('-t, --topic <name>', 'the agent (default: the only one that runs)')
    .option('--peer <id>', 'of that node, which lists ours among its admins')
    .addOption(jsonOption());
}

function whoseOf({ topic, peer }: Options): Whose {
  return { topic: topic ?? null, peer: peer ?? null };
}

/** As the field has it; whether it may be that is for the agent to say. */
function valueOf(field: keyof GossipConfig, text: string): string | number | boolean {
  if (field === 'hops') {
    const value = text.trim() === '' ? NaN : Number(text);
    if (Number.isInteger(value)) return value;
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule: 'to be an integer', value: text });
  }
  return field === 'pass' && (text === 'true' || text === 'false') ? text === 'true' : text;
}
