/** What the documents say of commands and options is what `--help` says. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { run } from './command.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const documents = [...readdirSync(ROOT), ...readdirSync(`${ROOT}docs`).map((name) => `docs/${name}`)].filter((path) => path.endsWith('.md'));
const textIn = (path: string): string => readFileSync(ROOT + path, 'utf8');
const spansOf = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);

/** Of the old command, and not in the help. */
const HIDDEN = ['--connect-to', '--make-connection', '--message-interval', '--message-period'];
/** By what is typed behind `hearsay`: the options there are. */
const options = new Map<string, ReadonlySet<string>>();

/** Notes the options of a command and of those below it. */
async function explore(path: readonly string[]): Promise<void> {
  const { output } = await run([...path, '--help']);
  options.set(path.join(' '), new Set(output.flatMap((line) => [.../^ {2}(?:(-\w), )?(--[a-z-]+)/.exec(line)?.slice(1) ?? []]).filter((name) => name !== undefined)));
  const below = output.join('\n').split('\nCommands:\n')[1] ?? '';
  for (const [, name = ''] of below.matchAll(/^ {2}([a-z]+)/gm)) await explore([...path, name]);
}

beforeAll(async () => {
  await explore([]);
  options.set('up', new Set([...(options.get('up') ?? []), ...HIDDEN]));
});

/** What is wrong with a command line, if anything is. */
function faultsOf(line: string): string[] {
  const words = line.replace(/^(npx )?hearsay /, '').split(' ');
  let path = '';
  while (words.length > 0 && options.has(`${path} ${words[0] ?? ''}`.trim())) path = `${path} ${words.shift() ?? ''}`.trim();
  const given = words.map((word) => word.replaceAll(/[[\],]/g, '')).filter((word) => /^--?[a-z]/i.test(word));
  const unknown = given.filter((word) => options.get(path)?.has(word) !== true).map((word) => `${line}: ${path} has no ${word}`);
  return path === '' && given.length === 0 ? [`${line}: there is no such command`] : unknown;
}

test('the help was read', () => {
  expect(options.get('config set')).toContain('--peer');
  expect(faultsOf('hearsay whisper')).toHaveLength(1);
  expect(faultsOf('hearsay config set hops 3 --pear bob')).toHaveLength(1);
  expect(faultsOf('hearsay up -p 1 --message-period 3')).toEqual([]);
});

describe('every command line', () => {
  test.each(documents)('in %s is one that is understood', (path) => {
    const text = textIn(path);
    const typed = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.split('\n'));
    const scenarios = path === 'docs/simulator.md' ? spansOf(text).filter((span) => /^[a-z-]+ --/.test(span)) : [];
    const lines = [...typed, ...spansOf(text)].filter((line) => /^(npx )?hearsay [a-z-]/.test(line));
    expect([...lines, ...scenarios.map((scenario) => `hearsay sim ${scenario}`)].flatMap(faultsOf)).toEqual([]);
  });

  test.each([
    ['README.md', '## The command'],
    ['docs/command.md', '# The command'],
    ['docs/from-elsewhere.md', '## The p2pgossip command'],
  ])('each option that %s names in %j is one of the command', (path, heading) => {
    const section = `\n${textIn(path)}`.split(`\n${heading}\n`)[1]?.split(/\n##? /)[0] ?? '';
    // Behind the first column of what was elsewhere.
    const here = path.includes('elsewhere') ? section.replace(/^\|[^|]*\|/gm, '') : section;
    const named = spansOf(here).filter((span) => span.startsWith('-')).flatMap((span) => span.split(/[ ,]+/)).filter((word) => word.startsWith('-'));
    const known = new Set([...options.values()].flatMap((each) => [...each]));
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });
});

test.each([...HIDDEN, ...HIDDEN.map((name) => name.replaceAll('-', '_').replace('__', '--'))])('%s of the old command is understood', async (option) => {
  // A port that is none, so that it ends: what is said is about that.
  expect(await run(['up', option, '1', '-p', '65536'])).toEqual({ code: 2, output: [], errors: [expect.stringMatching(/Expected `--port`/)] });
});

test('whoever used the old command finds each of its options', () => {
  const section = textIn('docs/from-elsewhere.md').split('## The p2pgossip command')[1]?.split('\n## ')[0] ?? '';
  const old = ['--port', '-p', '--connect', '-c', '--connect-to', '--make-connection', '--period', '-P', '--message_interval', '--message_period', '--update', '-u', '--host-alias', '-a', '--help', '--version'];
  const there = [...section.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = '']) => spansOf(cell).flatMap((span) => span.split(' ')));
  expect(there).toEqual(expect.arrayContaining(old));
});
