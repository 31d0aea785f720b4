/** What `hearsay up` was given, as what a node takes. */
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { HearsayError } from '../../errors.ts';
import type { NodeOptions } from '../../node/options.ts';
import { readAddress } from '../../transport/address.ts';
import { wsTransport } from '../../transport/ws.ts';
import type { GossipConfig } from '../../wrapper/config.ts';

/** Options as the parser gives them, aliases merged. */
export interface UpOptions {
  readonly port: number;
  readonly connect: readonly string[];
  /** Nothing: the default, and none with `stdin`. In seconds; 0 is never. */
  readonly period?: number;
  readonly update?: true;
  readonly hostAlias: string;
  readonly dir?: string;
  readonly topic: string;
  readonly stdin?: true;
  readonly hops?: number;
  readonly hear?: GossipConfig['hear'];
  readonly tell?: GossipConfig['tell'];
  readonly pass?: GossipConfig['pass'];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly passwordFile?: string;
  readonly admin: readonly string[];
  readonly verbose?: true;
  readonly json?: true;
}

/** Longest period, in seconds: a day (our choice; Node's timers end at 24). */
const MAX_PERIOD_S = 86_400;
const MAX_PORT = 65_535;
/** As far as a topic reaches (design 10). */
const FIRST_HOPS = 15;
/** Listening there is for this machine alone. */
const LOCAL = 'localhost';

/**
 * The node of these options. Reads the files they name.
 * @throws HearsayError `HEARSAY_BAD_CONFIG`, `HEARSAY_BAD_ADDRESS` naming the option
 */
export async function nodeOptions(given: UpOptions, dir: string): Promise<NodeOptions> {
  const { port, period, hostAlias, tlsCert, tlsKey, tlsCa, passwordFile, admin } = given;
  expect(Number.isInteger(port) && port >= 0 && port <= MAX_PORT, '--port', `to be a whole number from 0 to ${MAX_PORT}`, port);
  expect(period === undefined || (period >= 0 && period <= MAX_PERIOD_S), '--period', `to be from 0 to ${MAX_PERIOD_S} seconds`, period);
  expect((tlsCert === undefined) === (tlsKey === undefined), tlsKey === undefined ? '--tls-key' : '--tls-cert', 'to be given with the other half: a certificate needs its key', undefined);
  const scheme = tlsCert === undefined ? 'ws' : 'wss';
  const [cert, key, ca] = await Promise.all([textOf('--tls-cert', tlsCert), textOf('--tls-key', tlsKey), textOf('--tls-ca', tlsCa)]);
  const password = (await textOf('--password-file', passwordFile))?.replace(/\r?\n$/, '');
  expect(password !== '', '--password-file', 'to hold a password', passwordFile);
  // Who serves a certificate that is its own authority dials others that serve the same.
  const trusted = [ca, cert].filter((pem) => pem !== undefined);
  return {
    dir,
    ...(await places(hostAlias, scheme, port)),
    bootstrap: await Promise.all(given.connect.map((address) => addressOf(address, scheme))),
    discover: given.update === true,
    admins: admin,
    ...(password !== undefined && { password }),
    ...(trusted.length > 0 && { transports: [wsTransport({ tls: { ...(cert !== undefined && key !== undefined && { cert, key }), ca: [...rootCertificates, ...trusted] } })] }),
  };
}

/** The gossip config of these options: what was given, and what a first start has besides. */
export function configs(given: UpOptions): { readonly first: Partial<GossipConfig>; readonly chosen: Partial<GossipConfig> } {
  const { hops, hear, tell, pass } = given;
  const chosen = Object.fromEntries(Object.entries({ hops, hear, tell, pass }).filter(([, value]) => value !== undefined));
  return { first: { hops: FIRST_HOPS, hear: 'anybody', tell: 'anybody', ...chosen }, chosen };
}

/** An address as people write it here: any that a node takes, and `host:port` or a port of this machine as well. */
export async function addressOf(text: string, scheme: 'ws' | 'wss'): Promise<string> {
  const plain = /^\d+$/.test(text) ? `${LOCAL}:${text}` : text;
  const address = /^(\[[^\]]+\]|[\w.-]+):\d+$/.test(plain) ? `${scheme}://${plain}` : plain;
  await readAddress(address);
  return address;
}

/** Where to listen, and what others are told. With the default alias only this machine is let in. */
async function places(alias: string, scheme: string, port: number): Promise<Pick<NodeOptions, 'listen' | 'announce'>> {
  if (alias === LOCAL) return { listen: `${scheme}://${LOCAL}:${port}` };
  const isWhole = alias.includes('/');
  expect(isWhole || port !== 0, '--port', 'to be given with --host-alias: others are told both', port);
  const host = alias.includes(':') && !alias.startsWith('[') ? `[${alias}]` : alias;
  const announced = isWhole ? alias : `${scheme}://${host}:${port}`;
  const everywhere = (await readAddress(announced)).host.includes(':') ? '[::]' : '0.0.0.0';
  return { listen: `${scheme}://${everywhere}:${port}`, announce: [announced] };
}

async function textOf(option: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HearsayError('HEARSAY_BAD_CONFIG', { field: option, rule: 'to be a file that can be read', value: path, cause });
  }
}

function expect(holds: boolean, field: string, rule: string, value: unknown): void {
  if (!holds) throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value });
}
