/**
 * What `node.join` takes, checked once.
 */
import { HearsayError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { isName, MAX_NAME_BYTES } from '../marks/names.ts';
import { formatAddress, readAddress } from '../transport/address.ts';
import { MAX_HOPS } from '../wrapper/config.ts';
import { largestMessage } from './message.ts';
import type { JoinOptions } from './topic.ts';

/** The same with defaults filled in, and with URLs only. */
export type CheckedJoin = Required<JoinOptions>;

const KNOWN: readonly string[] = ['name', 'bootstrap', 'hops', 'maxMessageBytes', 'repeat'];
/** Agents that every node runs. */
const TAKEN: readonly string[] = ['links', 'pals'];

/** @throws HearsayError `HEARSAY_BAD_CONFIG`, `HEARSAY_BAD_ADDRESS` */
export async function checkJoin(given: JoinOptions, { maxPayloadBytes }: Limits): Promise<CheckedJoin> {
  const most = largestMessage(maxPayloadBytes);
  const { name, bootstrap = [], hops = MAX_HOPS, maxMessageBytes = most, repeat = false } = given;
  for (const [field, value] of Object.entries(given)) expect(KNOWN.includes(field), field, `to be one of the known options: ${KNOWN.join(', ')}`, value);
  expect(typeof name === 'string' && isName(name), 'name', `to be a string of 1 to ${MAX_NAME_BYTES} bytes`, name);
  expect(!TAKEN.includes(name), 'name', `to be none of ${TAKEN.join(', ')}`, name);
  expect(Array.isArray(bootstrap), 'bootstrap', 'to be a list of addresses', bootstrap);
  const urls = await Promise.all(bootstrap.map(urlOf));
  expect(isWhole(hops, 1, MAX_HOPS), 'hops', `to be an integer from 1 to ${MAX_HOPS}`, hops);
  expect(isWhole(maxMessageBytes, 1, most), 'maxMessageBytes', `to be an integer from 1 to ${most}, what fits into limits.maxPayloadBytes (${maxPayloadBytes})`, maxMessageBytes);
  expect(typeof repeat === 'boolean', 'repeat', 'to be a boolean', repeat);
  return { name, bootstrap: urls, hops, maxMessageBytes, repeat };
}

async function urlOf(address: string): Promise<string> {
  const { url, peer } = await readAddress(address);
  return formatAddress(url, peer);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function expect(holds: boolean, field: string, rule: string, value: unknown): void {
  if (!holds) throw new HearsayError('HEARSAY_BAD_CONFIG', { field, rule, value });
}
