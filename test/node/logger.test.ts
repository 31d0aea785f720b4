import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { defineMarks, withGossip } from '../../src/index.ts';
import type { Agent, Logger } from '../../src/index.ts';
import { befriend, next, TestNetwork } from '../support/nodes.ts';
import { Paper } from '../cli/command.ts';

const SECRET = 'the walls have ears';

/** A schema of another version of the app, whose complaint quotes what it found. */
const wary = (value: unknown): string => {
  if (typeof value !== 'string' || value.startsWith('!')) throw new Error(`bad: ${JSON.stringify(value)}`);
  return value;
};
const sayer = (marks = defineMarks({ line: (value: unknown) => String(value) })): Agent => withGossip({ onPoke: ({ data }) => marks.invent('line', data as string) }, { hops: 2, hear: 'mutuals', tell: 'mutuals', marks });
const listener: Agent = withGossip(
  {
    onAgent: (_wire, { type }) => {
      if (type === 'fact') throw new Error(`could not keep ${SECRET}`);
    },
  },
  { hops: 2, hear: 'mutuals', tell: 'mutuals', marks: defineMarks({ line: wary }) },
);

/** Two nodes that log with pino, and all they logged once one has said something good and something bad. */
async function logged(level: string): Promise<Record<string, unknown>[]> {
  const paper = new Paper();
  const logger: Logger = pino({ level }, paper);
  const network = new TestNetwork();
  const password = 'open sesame';
  const ann = await network.node('ann', { logger, password });
  const bob = await network.node('bob', { logger, password });
  const said = await ann.run('talk', sayer());
  const heard = await bob.run('talk', listener);
  await befriend(ann, bob);
  const failed = next(heard.events$, ({ name }) => name === 'failed');
  const invalid = next(heard.events$, ({ name }) => name === 'invalid-data');
  await said.poke('say', SECRET);
  await said.poke('say', `! ${SECRET}`);
  await Promise.all([failed, invalid]);
  await Promise.all([ann.close(), bob.close()]);
  expect(paper.lines.join('\n')).not.toMatch(new RegExp(`${SECRET}|walls|ears|sesame`));
  return paper.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('logging', () => {
  test('goes to a logger of pino, with peer, topic and reason as fields, and without payload, password or what an app threw', async () => {
    const lines = await logged('debug');
    const peer = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(lines).toContainEqual(expect.objectContaining({ level: 30, msg: 'link-up', peer }));
    expect(lines.filter(({ msg }) => msg === 'pal-added')).toEqual([expect.objectContaining({ level: 30, peer }), expect.objectContaining({ level: 30, peer })]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 20, msg: 'published', topic: 'talk', mark: 'line', hops: 1, peer }));
    expect(lines).toContainEqual(expect.objectContaining({ level: 20, msg: 'relayed', topic: 'talk', mark: 'line', hops: 0, peer }));
    expect(lines).toContainEqual(expect.objectContaining({ level: 40, msg: 'invalid-data', topic: 'talk', peer }));
    expect(lines).toContainEqual(expect.objectContaining({ level: 50, msg: 'failed', topic: 'talk', code: 'HEARSAY_AGENT_FAILED', field: 'talk.onAgent' }));
    for (const line of lines) expect(Object.keys(line)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(data|payload|value|id|cause|err|error|detail)$/)]));
  });

  test('rumors are for debugging only', async () => {
    expect((await logged('info')).map(({ msg }) => msg)).not.toContain('relayed');
  });

  test('a dial that failed says where and why', async () => {
    const paper = new Paper();
    const network = new TestNetwork();
    const ann = await network.node('ann', { logger: pino(paper), bootstrap: ['memory://nobody'] });
    await next(ann.events$, ({ type }) => type === 'dial-failed');
    expect(JSON.parse(paper.lines.at(-1)!)).toMatchObject({ level: 30, msg: 'dial-failed', address: 'memory://nobody', code: 'HEARSAY_UNREACHABLE' });
  });

  test('without a logger nothing is written', async () => {
    const written: unknown[] = [];
    const { stdout, stderr } = process;
    const [out, err] = [stdout.write.bind(stdout), stderr.write.bind(stderr)];
    stdout.write = stderr.write = (chunk: unknown) => written.push(chunk) > 0;
    try {
      const node = await new TestNetwork().node('ann', { bootstrap: ['memory://nobody'] });
      await next(node.events$, ({ type }) => type === 'dial-failed');
      await node.close();
    } finally {
      [stdout.write, stderr.write] = [out, err];
    }
    expect(written).toEqual([]);
  });
});

test('what means nothing in an address is told and logged', async () => {
  const paper = new Paper();
  const libp2p = '/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA';
  const node = await new TestNetwork().node('ann', { logger: pino(paper), bootstrap: [`/ip4/127.0.0.1/tcp/1${libp2p}`] });
  const event = await next(node.events$, ({ type }) => type === 'address-part-ignored');
  expect(event).toEqual({ type: 'address-part-ignored', address: `/ip4/127.0.0.1/tcp/1${libp2p}`, part: libp2p });
  expect(paper.lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(expect.objectContaining({ level: 40, msg: 'address-part-ignored', part: libp2p }));
});
