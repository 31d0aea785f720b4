/** Public test vectors, read from a folder beside the repository. Where it is missing, the tests that want it say so in their titles. */
import { existsSync, readFileSync } from 'node:fs';
import { test } from '@jest/globals';

const FOLDER: URL = new URL('../../shared/vectors/', import.meta.url);

/** The parsed file, or `undefined` where the folder is not there. */
export function vectors<T>(file: string): T | undefined {
  const url = new URL(file, FOLDER);
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as T) : undefined;
}

/** One test over all vectors of a file; without the file, one whose title says that they were skipped. */
export function testVectors<T>(file: string, title: string, run: (content: T) => void): void {
  const content = vectors<T>(file);
  if (content === undefined) test(`SKIPPED, no ../shared/vectors/${file}: ${title}`, () => undefined);
  else test(title, () => run(content));
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
