import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HearsayError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { PeerId } from '../../src/ids.ts';
import { createIdentity, identityFromSeed, openIdentity, peerIdOf, verify } from '../../src/transport/identity.ts';
import { fromHex, toHex } from '../vectors.ts';

/** RFC 8032, test 2. */
const SEED = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
const ID = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c' as PeerId;
const SIGNATURE = '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';
const MESSAGE = Uint8Array.of(0x72);
const FILE = `hearsay-identity-1 ${toHex(SEED)}\n`;

async function failure(promise: Promise<unknown>): Promise<HearsayError> {
  const outcome = await promise.then(() => new Error('it did not fail'), (error: unknown) => error);
  expect(outcome).toBeInstanceOf(HearsayError);
  return outcome as HearsayError;
}

describe('an identity', () => {
  test('is the Ed25519 key of its seed', () => {
    const identity = identityFromSeed(SEED);
    expect([identity.id, toHex(identity.publicKey), toHex(identity.sign(MESSAGE))]).toEqual([ID, ID, SIGNATURE]);
    expect(peerIdOf(identity.publicKey)).toBe(ID);
  });

  test('keeps its own copy of the seed', () => {
    const seed = SEED.slice();
    const identity = identityFromSeed(seed);
    seed.fill(0);
    expect(toHex(identity.sign(MESSAGE))).toBe(SIGNATURE);
  });

  test('never shows its seed: not as a property, in JSON, in an inspection or in a copy', () => {
    const identity = identityFromSeed(SEED);
    const shown = [JSON.stringify(identity), JSON.stringify({ ...identity }), inspect(identity, { showHidden: true, depth: 9 }), Reflect.ownKeys(identity).join()];
    for (const text of shown) {
      expect(text).not.toContain(toHex(SEED));
      expect(text).not.toMatch(/seed|secret/i);
      expect(text).not.toContain([...SEED.subarray(0, 4)].join(','));
    }
    expect(Object.keys(identity).sort()).toEqual(['id', 'publicKey']);
  });

  test('is another one each time it is made', () => {
    expect(createIdentity().id).not.toBe(createIdentity().id);
  });

  test.each([[new Uint8Array(31)], [new Uint8Array(33)], [new Uint8Array(0)], ['x'.repeat(32) as unknown as Uint8Array]])(
    'is not made of anything but 32 bytes',
    (seed) => {
      expect(() => identityFromSeed(seed)).toThrow(expect.objectContaining({ code: 'HEARSAY_BAD_IDENTITY' satisfies ErrorCode, field: 'seed' }));
    },
  );

  test('verify: the signer and the message must be the ones, and no signature throws', () => {
    const signature = fromHex(SIGNATURE);
    expect(verify(ID, MESSAGE, signature)).toBe(true);
    expect(verify(createIdentity().id, MESSAGE, signature)).toBe(false);
    expect(verify(ID, Uint8Array.of(0x73), signature)).toBe(false);
    expect(verify(ID, MESSAGE, new Uint8Array(0))).toBe(false);
    expect(verify('00'.repeat(32) as PeerId, MESSAGE, signature)).toBe(false);
  });
});

describe('openIdentity', () => {
  let dir = '';
  let path = '';

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hearsay-identity-'));
    path = join(dir, 'identity');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function givenFile(content: string | Uint8Array, mode = 0o600): Promise<void> {
    await writeFile(path, content);
    await chmod(path, mode);
  }

  test('makes a file of one line that only its owner reads, leaves nothing else, and gives the same peer again', async () => {
    const made = await openIdentity(dir);
    expect(await readFile(path, 'utf8')).toMatch(/^hearsay-identity-1 [0-9a-f]{64}\n$/);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['identity']);
    expect((await openIdentity(dir)).id).toBe(made.id);
  });

  test('makes the directory too', async () => {
    const deep = join(dir, 'a', 'b');
    expect((await openIdentity(deep)).id).toBe((await openIdentity(deep)).id);
  });

  test('reads the file', async () => {
    await givenFile(FILE);
    expect((await openIdentity(dir)).id).toBe(ID);
  });

  test('what a process left beside the file when it died is replaced', async () => {
    await writeFile(`${path}.new`, FILE, { mode: 0o644 });
    expect((await openIdentity(dir)).id).not.toBe(ID);
    expect(await readdir(dir)).toEqual(['identity']);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test.each(['640', '604', '620', '601', '644', '777'])('refuses mode %s, with the remedy', async (mode) => {
    await givenFile(FILE, parseInt(mode, 8));
    const error = await failure(openIdentity(dir));
    expect([error.code, error.field, error.value]).toEqual(['HEARSAY_BAD_IDENTITY', 'identity', `mode ${mode}`]);
    expect(error.message).toContain(`chmod 600 ${path}`);
    expect(error.message).not.toContain(toHex(SEED));
  });

  const hex = toHex(SEED);
  test.each([
    ['empty', ''],
    ['a bare seed', hex],
    ['another version', `hearsay-identity-2 ${hex}\n`],
    ['no line end', `hearsay-identity-1 ${hex}`],
    ['a digit less', `hearsay-identity-1 ${hex.slice(1)}\n`],
    ['a digit more', `hearsay-identity-1 ${hex}0\n`],
    ['capitals', `hearsay-identity-1 ${hex.toUpperCase()}\n`],
    ['a second line', `${FILE}${FILE}`],
    ['a PEM', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n'],
    ['a megabyte', Buffer.alloc(1 << 20, 0x61)],
    ['zeros of the right length', Buffer.alloc(FILE.length)],
  ])('refuses a file of foreign form: %s; it is left alone and not shown', async (_, content) => {
    await givenFile(content);
    const error = await failure(openIdentity(dir));
    expect([error.code, error.field]).toEqual(['HEARSAY_BAD_IDENTITY', 'identity']);
    expect(error.message).toContain('hearsay-identity-1 <64 hex digits>');
    expect(error.message).toContain('restore');
    for (const secret of [hex, hex.toUpperCase(), hex.slice(1), 'PRIVATE', 'aaaa']) expect(`${error.message}${inspect(error)}`).not.toContain(secret);
    expect(Buffer.from(content).equals(await readFile(path))).toBe(true);
  });

  test('refuses what it cannot read, with the reason', async () => {
    await mkdir(path, { mode: 0o700 });
    const error = await failure(openIdentity(dir));
    expect([error.code, error.field, error.value]).toEqual(['HEARSAY_BAD_IDENTITY', 'identity', 'EISDIR']);
    expect(error.message).toContain(path);
  });

  test('says so when it cannot write', async () => {
    await writeFile(path, '');
    const error = await failure(openIdentity(join(path, 'below-a-file')));
    expect([error.code, error.field, error.value]).toEqual(['HEARSAY_STORE_FAILED', 'dir', 'ENOTDIR']);
  });
});
