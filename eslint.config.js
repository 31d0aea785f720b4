import { readFileSync } from 'node:fs';
import tseslint from 'typescript-eslint';

// One list of pure files for the compiler and for the linter.
const core = JSON.parse(readFileSync(new URL('tsconfig.core.json', import.meta.url), 'utf8').replace(/^\s*\/\/.*$/gm, ''));

const clocksAndDoors = ['Date', 'Promise', 'performance', 'crypto', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'console', 'WebSocket', 'fetch'];

const pure = {
  'no-restricted-globals': ['error', ...clocksAndDoors],
  'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Take a Random in the constructor.' }],
  'no-restricted-syntax': ['error', { selector: 'AwaitExpression, :function[async=true]', message: 'A core is synchronous; return an Effect.' }],
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        { group: ['rxjs', 'rxjs/*', 'ws', 'level', '*-level', 'zod', 'cborg', '@noble/*', 'node:*'], message: 'A core imports only pure files.' },
        { group: ['**/crypto/*', '**/node/*', '**/store/*'], message: 'A core imports only pure files.' },
      ],
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist/**', 'build/**', 'node_modules/**', 'coverage/**', 'test/types/cases/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 400, skipComments: true, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      complexity: ['error', 20],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  { files: ['src/**/*.ts'], rules: { 'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Dice come from src/random.ts.' }] } },
  { files: core.include, rules: pure },
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off', 'max-lines': 'off' } },
  { files: ['examples/**/*.ts', 'scripts/**'], rules: { 'no-console': 'off' } },
);
