import { describe, expect, test } from '@jest/globals';
import { run } from './command.ts';

describe('every command', () => {
  const commands = [[], ['sim'], ['store'], ['store', 'inspect'], ['seen'], ['seen', 'export'], ['seen', 'import']];

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
    [['sim', 'overlay', '--latency', '100,20'], /Expected `latencyMs`/],
    [['sim', 'overlay', '--latency', '20'], /Expected `latencyMs`/],
    [['sim', 'overlay', '--latency', 'fast'], /'fast' is invalid. Expected a number/],
    [['sim', 'overlay', '--jitter', '2'], /Expected `jitter`/],
    [['sim', 'overlay', '--loss', '1.5'], /Expected `loss`/],
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
});

test('a failure that is nobody\'s typing: one line, exit code 1', async () => {
  const { code, output, errors } = await run(['store', 'inspect', '--dir', '/nowhere/at/all']);
  expect(errors).toEqual([expect.stringMatching(/^hearsay: .*HEARSAY_STORE_FAILED/)]);
  expect({ code, output }).toEqual({ code: 1, output: [] });
});
