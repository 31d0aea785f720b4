/** The examples of the README and of docs/ run as they stand, and their tables name what there is. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { DEFAULT_LIMITS } from '../src/limits.ts';
import { DEFAULT_GOSSIP_CONFIG } from '../src/wrapper/config.ts';
import { spawnFixture } from './support/child.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** What people read, by its path below the root. */
const documents = new Map([...readdirSync(ROOT), ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((path) => path.endsWith('.md')).map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
const textIn = (path: string): string => documents.get(path) ?? '';
const blocks = [...documents.values()].flatMap((text) => [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code));
const directory = mkdtempSync(join(tmpdir(), 'hearsay-readme-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What the compiler says of each block, as a file of its own at the root. */
function diagnosed(): string[] {
  const config = ts.parseJsonConfigFileContent(ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config, ts.sys, ROOT);
  const files = new Map(blocks.map((code, i) => [join(ROOT, `readme-${i + 1}.ts`), code]));
  const host = ts.createCompilerHost(config.options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...rest) => {
    const code = files.get(name);
    return code === undefined ? getSourceFile(name, target, ...rest) : ts.createSourceFile(name, code, target);
  };
  const program = ts.createProgram([...files.keys()], config.options, host);
  return [...files.keys()].flatMap((name) => {
    const found = [...program.getSyntacticDiagnostics(program.getSourceFile(name)), ...program.getSemanticDiagnostics(program.getSourceFile(name))];
    return found.map(({ code, messageText }) => `${name}: TS${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}

/** Runs a block in a directory and gives what it printed. */
async function printed(code: string, name: string): Promise<string> {
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 } });
  const fixture = spawnFixture('fixtures/readme-block', [outputText, join(directory, name)]);
  let text = '';
  let stderr = '';
  fixture.process.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  fixture.process.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  expect({ ending: await fixture.ended, stderr }).toEqual({ ending: { code: 0, signal: null }, stderr: '' });
  return text;
}

/** The first cells, code marks taken off, of the table under a heading; several names may share a cell. */
function listed(path: string, heading: string): string[] {
  const section = `\n${textIn(path)}`.split(`\n${heading}\n`)[1]?.split(/^#/m)[0] ?? '';
  const cells = [...section.matchAll(/^\|([^|]*)\|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

/** All members of the union `ErrorCode`. */
function errorCodes(): string[] {
  const source = readFileSync(join(ROOT, 'src', 'errors.ts'), 'utf8');
  return [...(source.split('export type ErrorCode =')[1]?.split(';')[0] ?? '').matchAll(/'(HEARSAY_\w+)'/g)].map(([, code = '']) => code);
}

describe('the examples', () => {
  test('are two, and compile as strictly as the project does', () => {
    expect(blocks).toHaveLength(2);
    expect(diagnosed()).toEqual([]);
  });

  test('two nodes: bob hears what ann says, and again when the same directories are used again', async () => {
    const [example = ''] = blocks;
    expect(await printed(example, 'example')).toBe('bob heard: the walls have ears\n');
    expect(await printed(example, 'example')).toBe('bob heard: the walls have ears\n');
  });

  test('a wrapped agent keeps what it saved before', async () => {
    expect(await printed(blocks[1] ?? '', 'wrapping')).toBe("notes: [ 'milk', 'eggs' ]\n");
  });
});

describe('the tables', () => {
  test('every error code has its line, in order, and no other is listed', () => {
    expect(errorCodes().length).toBeGreaterThanOrEqual(30);
    expect(listed('docs/errors.md', '# Errors')).toEqual(errorCodes());
  });

  test('every limit has its line and its default, in order, and no other is listed', () => {
    expect(listed('docs/limits.md', '# Limits')).toEqual(Object.keys(DEFAULT_LIMITS));
    for (const [name, value] of Object.entries(DEFAULT_LIMITS)) expect(textIn('docs/limits.md')).toContain(`| \`${name}\` | ${value.toLocaleString('en-US')} |`);
  });

  test('every field of the gossip config is listed, with its default', () => {
    const fields = listed('README.md', '## Choosing');
    for (const [field, value] of Object.entries(DEFAULT_GOSSIP_CONFIG)) {
      expect(fields).toContain(field);
      const line = textIn('README.md').split('\n').find((each) => each.startsWith(`| \`${field}\` |`));
      expect(line).toContain(String(value));
    }
  });
});

describe('what can be given and what is told', () => {
  const textOf = (file: string): string => readFileSync(join(ROOT, 'src', file), 'utf8');

  test('every option of createNode is listed, and no other', () => {
    const fields = [...(textOf('node/options.ts').split('export interface NodeOptions')[1]?.split('\n}')[0] ?? '').matchAll(/readonly (\w+)\?:/g)].map(([, name = '']) => name);
    expect(fields.length).toBeGreaterThan(10);
    expect(listed('docs/node.md', '## The node').sort()).toEqual(fields.sort());
  });

  test('every event of an app and of a node is listed', () => {
    const files = ['wrapper', 'node'].flatMap((room) => readdirSync(join(ROOT, 'src', room)).map((name) => join(room, name)));
    const sources = files.filter((file) => file.endsWith('.ts')).map(textOf).join('\n');
    const named = [...sources.matchAll(/(?:\bname: |#report\()'([a-z-]+)'/g), ...textOf('wrapper/core/hearing.ts').matchAll(/'(watch-refused|kicked)'/g)];
    const typed = [...textOf('node/node-events.ts').matchAll(/\| \{ readonly type: '([a-z-]+)'/g)];
    const told = new Set([...named, ...typed].map(([, name = '']) => name));
    expect(told.size).toBeGreaterThan(15);
    expect(listed('docs/node.md', '## The app')).toEqual(expect.arrayContaining([...told]));
  });
});

describe('links', () => {
  const anchorsOf = (text: string): string[] => [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'));
  const links = [...documents].flatMap(([from, text]) => [...text.matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)].map(([, path = '', anchor = '']) => ({ from, to: path === '' ? from : relative(ROOT, resolve(ROOT, dirname(from), path)), anchor })));

  test('each one leads to a file that is there, and to a heading of it', () => {
    expect(links.length).toBeGreaterThan(40);
    for (const { to, anchor } of links) {
      expect({ to, there: existsSync(join(ROOT, to)) }).toEqual({ to, there: true });
      if (anchor !== '') expect(anchorsOf(textIn(to))).toContain(anchor);
    }
  });

  test('of what is in the package none leads out of it', () => {
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: readonly string[] };
    const packed = (path: string): boolean => ['README.md', 'LICENSE'].includes(path) || files.some((each) => path === each || path.startsWith(`${each}/`));
    for (const { from, to } of links) if (packed(from)) expect(packed(to)).toBe(true);
  });

  test('every document in docs/ is linked from the README', () => {
    const linked = links.filter(({ from }) => from === 'README.md').map(({ to }) => to);
    for (const path of documents.keys()) if (path.startsWith('docs/')) expect(linked).toContain(path);
  });
});
