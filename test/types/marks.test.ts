/**
 * Type tests. Each file in `cases` holds one claim; a line that must not compile names the diagnostic, `// expect: TS2353`.
 * Exactly those lines may fail, with exactly those codes.
 */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const files = readdirSync(join(here, 'cases')).map((name) => join(here, 'cases', name));

const config = ts.parseJsonConfigFileContent(ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config, ts.sys, root);
const program = ts.createProgram(files, config.options);

/** `line: TSxxxx`, in order. */
function diagnosed(source: ts.SourceFile): string[] {
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return found.map(({ start = 0, code }) => `${source.getLineAndCharacterOfPosition(start).line + 1}: TS${code}`);
}

function expected(source: ts.SourceFile): string[] {
  return source.text.split('\n').flatMap((line, i) => {
    const code = /\/\/ expect: (TS\d+)$/.exec(line)?.[1];
    return code === undefined ? [] : [`${i + 1}: ${code}`];
  });
}

describe('types', () => {
  test('the compiler options are those of the project', () => {
    expect(config.errors).toEqual([]);
    expect(program.getOptionsDiagnostics()).toEqual([]);
    expect(program.getCompilerOptions()).toMatchObject({ strict: true, exactOptionalPropertyTypes: true });
  });

  test.each(files.map((file) => [basename(file), file] as const))('%s has the errors it claims and no other', (_name, file) => {
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`Expected ${file} in the program.`);
    expect(diagnosed(source)).toEqual(expected(source));
  });

  test('every file but two claims an error', () => {
    const silent = files.filter((file) => expected(program.getSourceFile(file) as ts.SourceFile).length === 0);
    expect(silent.map((file) => basename(file)).sort()).toEqual(['compiles.ts', 'marks.fixture.ts']);
  });
});
