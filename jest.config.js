/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'tsconfig.jest.json', diagnostics: false }] },
  // Examples import the package by its name, as users do; what package.json says of both names is about dist.
  moduleNameMapper: { '^hearsay$': '<rootDir>/src/index.ts', '^#primitives$': '<rootDir>/src/crypto/node.ts' },
  testTimeout: 30_000,
};
