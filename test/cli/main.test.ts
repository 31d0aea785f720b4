import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from './command.ts';

describe('every command', () => {
  const commands = [
    [],
    ...['up', 'id', 'invite', 'status', 'peers', 'pals', 'config', 'sim', 'store', 'seen'].map((name) => [name]),
    ...['meet', 'part', 'list'].map((name) => ['pals', name]),
    ...['get', 'set'].map((name) => ['config', name]),
    ['store', 'inspect'],
    ['seen', 'export'],
    ['seen', 'import'],
  ];

  test.each(commands)('%j --help says what it does, on standard output, and is fine', async (...path) => {
    const { code, output, errors } = await run([...path, '--help']);
    expect(output[0]).toMatch(new RegExp(`^Usage: ${['hearsay', ...path].join(' ')} `));
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
  });

  test('--help names every option and what it means', async () => {
    for (const path of commands) {
      const { output } = await run([...path, '--help']);
      for (const text of output.filter((each) => each.startsWith('  '))) expect(text).toMatch(/^ {2,}\S.* {2}\S|^ {20,}\S/);
    }
  });

  test('docs/command.md names every command, and every option of up', async () => {
    const section = readFileSync(new URL('../../docs/command.md', import.meta.url), 'utf8');
    const { output } = await run(['--help']);
    const names = output.flatMap((text) => /^ {2}([a-z]+) /.exec(text)?.slice(1) ?? []);
    expect(names).toEqual(['up', 'id', 'invite', 'status', 'peers', 'pals', 'config', 'sim', 'store', 'seen']);
    for (const name of names) expect(section).toContain(`\`hearsay ${name}`);
    const options = (await run(['up', '--help'])).output.flatMap((text) => /^ {2}(?:(-\w), )?(--[a-z-]+)/.exec(text)?.slice(2) ?? []);
    expect(options.length).toBeGreaterThan(18);
    for (const option of options.filter((name) => name !== '--help')) expect(section).toMatch(new RegExp(`^\\|.*${option}\``, 'm'));
  });

  test('--version is the one of the package', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, output: [expect.stringMatching(/^\d+\.\d+\.\d+$/)], errors: [] });
  });

  test.each([
    [[], /^Usage: hearsay/],
    [['store'], /^Usage: hearsay store/],
    [['whisper'], /unknown command 'whisper'/],
    [['sim', 'overlay', '--colour'], /unknown option '--colour'/],
    [['sim', 'overlay', 'crash'], /too many arguments/],
    [['sim'], /missing required argument 'scenario'/],
    [['sim', 'toString'], /'toString' is invalid.*choices are overlay/],
    [['sim', 'overlay', '--nodes', 'many'], /'many' is invalid. Expected a number/],
    [['sim', 'overlay', '--nodes', '1'], /Expected `nodes` to be a whole number.*HEARSAY_BAD_CONFIG/],
    [['sim', 'overlay', '--seed', '-1'], /Expected `seed`/],
    [['sim', 'crash', '--shares', '0.5,2'], /Expected `shares`/],
    [['sim', 'crash', '--shares', ''], /'' is invalid. Expected a number/],
    [['sim', 'crash', '--nodes', '20', '--shares', '1'], /Expected `shares`/],
    [['sim', 'partition', '--cycles', '0'], /Expected `cycles`/],
    [['sim', 'eclipse', '--attackers', '1.5'], /Expected `attackers`/],
    [['sim', 'overlay', '--latency-ms', '100,20'], /Expected `latencyMs`/],
    [['sim', 'overlay', '--latency-ms', '20'], /Expected `latencyMs`/],
    [['sim', 'overlay', '--latency-ms', 'fast'], /'fast' is invalid. Expected a number/],
    [['sim', 'overlay', '--jitter', '2'], /Expected `jitter`/],
    [['sim', 'overlay', '--loss', '1.5'], /Expected `loss`/],
    [['sim', 'reach', '--graph', 'no-such-file'], /'no-such-file' is invalid. Expected one of small-world/],
    [['sim', 'reach', '--degree', '3'], /Expected `degree` to be even/],
    [['sim', 'reach', '--nodes', '9'], /Expected `degree`/],
    [['sim', 'reach', '--hops', '16'], /Expected `hops`/],
    [['sim', 'reach', '--relay', 'last'], /choices are farthest/],
    [['sim', 'pass', '--pass', 'true'], /choices are coin/],
    [['sim', 'pass', '--hops', '1'], /Expected `pass`/],
    [['sim', 'pass', '--spies', '1'], /Expected `spies`/],
    [['sim', 'pass', '--black-holes', '2'], /Expected `blackHoles`/],
    [['sim', 'pass', '--linked', '0'], /Expected `linked`/],
    [['store', 'inspect'], /required option '-d, --dir <directory>' not specified/],
    [['seen', 'export', '--dir', 'x'], /required option '-a, --agent <name>' not specified/],
  ])('%j is not understood: exit code 2, and nothing on standard output', async (args, said) => {
    const { code, output, errors } = await run(args);
    expect(errors[0]).toMatch(said);
    expect({ code, output }).toEqual({ code: 2, output: [] });
  });
});

describe('hearsay sim', () => {
  test('prints a table', async () => {
    const { code, output } = await run(['sim', 'join-storm', '--nodes', '40']);
    expect({ code, first: output[0] }).toEqual({ code: 0, first: 'scenario         join-storm' });
  });

  test('prints the result as JSON, and nothing else, when asked to', async () => {
    const { output } = await run(['sim', 'crash', '--nodes', '20', '--seed', '3', '--shares', '0.1,0.5', '--messages', '10', '--json']);
    expect(output).toHaveLength(1);
    expect(JSON.parse(output[0]!)).toMatchObject({ scenario: 'crash', nodes: 20, seed: 3, crashes: [{ share: 0.1 }, { share: 0.5 }] });
  });

  test('reads a graph from a file of edges', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'hearsay-'));
    const file = join(dir, 'edges.txt');
    writeFileSync(file, '# friends\nann bob\nbob cat\ncat dan\n');
    const { output } = await run(['sim', 'reach', '--graph', file, '--hops', '3', '--messages', '5', '--json']);
    rmSync(dir, { recursive: true });
    expect(JSON.parse(output[0]!)).toMatchObject({ scenario: 'reach', nodes: 4, ballShareReached: 1, controlPerNode: 0 });
  });

  test('tells of passing what there is to tell', async () => {
    const { output } = await run(['sim', 'pass', '--graph', 'regular', '--degree', '4', '--nodes', '20', '--hops', '3', '--pass', 'off', '--spies', '0.2', '--black-holes', '0.1', '--linked', '2', '--json']);
    const result = JSON.parse(output[0]!) as Record<string, unknown>;
    const common = ['scenario', 'nodes', 'seed', 'traceHash', 'elapsedMs', 'rssBytes'];
    const figures = ['recall', 'precision', 'predecessorIsOrigin', 'identifiedAfter', 'lossShare', 'delayP50Ms', 'delayP99Ms', 'ownPalsShareReached'];
    expect(Object.keys(result)).toEqual(expect.arrayContaining([...common, ...figures]));
    expect(result).toMatchObject({ recall: 1, identifiedAfter: 1, lossShare: 0, ownPalsShareReached: 1 });
  });
});

test('a failure that is nobody\'s typing: one line, exit code 1', async () => {
  const { code, output, errors } = await run(['store', 'inspect', '--dir', '/nowhere/at/all']);
  expect(errors).toEqual([expect.stringMatching(/^hearsay: .*HEARSAY_STORE_FAILED/)]);
  expect({ code, output }).toEqual({ code: 1, output: [] });
});
