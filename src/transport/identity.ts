/**
 * Who we are: an Ed25519 key pair, and the file that keeps it. Shell: it reads and writes the disk, and draws keys.
 * The seed stays inside. No property, JSON, inspection or error message shows it.
 */
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { primitives } from '../crypto/index.ts';
import { makeDirectory } from '../directory.ts';
import { HearsayError } from '../errors.ts';
import type { PeerId } from '../ids.ts';

/** A key pair that can prove itself. */
export interface Identity {
  /** What others call us: `publicKey` in hex. */
  readonly id: PeerId;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** @returns an Ed25519 signature of 64 bytes. Give it a message that starts with a domain tag, and nothing a peer chose whole. */
  sign(message: Uint8Array): Uint8Array;
}

const SEED_BYTES = 32;
const FILE_NAME = 'identity';
const FILE_TAG = 'hearsay-identity-1';
const FILE_FORM = /^hearsay-identity-1 ([0-9a-f]{64})\n$/;
const FILE_BYTES = FILE_TAG.length + 1 + 2 * SEED_BYTES + 1;

/** A new identity, in memory only. */
export function createIdentity(): Identity {
  return new KeyPair(primitives().randomBytes(SEED_BYTES));
}

/**
 * The identity of a seed, which is copied. The same seed is the same peer.
 * @throws HearsayError `HEARSAY_BAD_IDENTITY` for anything but 32 bytes
 */
export function identityFromSeed(seed: Uint8Array): Identity {
  if (!(seed instanceof Uint8Array) || seed.length !== SEED_BYTES) {
    throw new HearsayError('HEARSAY_BAD_IDENTITY', { field: 'seed', rule: 'to be 32 bytes', value: lengthOf(seed) });
  }
  return new KeyPair(new Uint8Array(seed));
}

/**
 * The identity kept in `<dir>/identity`, made with the directory when there is none. A made one is on the disk, synced, before this resolves.
 * Two processes must not call it on one directory at once; the node's lock sees to that.
 * @throws HearsayError `HEARSAY_BAD_IDENTITY` for a file that others may read, that cannot be read or that is none of ours;
 *   `HEARSAY_STORE_FAILED` when it cannot be written
 */
export async function openIdentity(dir: string): Promise<Identity> {
  const path = join(dir, FILE_NAME);
  const text = await readIdentityFile(path);
  if (text !== undefined) return identityFromText(text, path);
  const seed = primitives().randomBytes(SEED_BYTES);
  await writeIdentityFile(dir, path, `${FILE_TAG} ${toHex(seed)}\n`);
  return new KeyPair(seed);
}

/** Whether `peer` signed `message`. Never throws: a bad signature, of whatever length, is `false`. */
export function verify(peer: PeerId, message: Uint8Array, signature: Uint8Array): boolean {
  return primitives().ed25519Verify(Buffer.from(peer, 'hex'), message, signature);
}

/** The id of a public key of 32 bytes. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return toHex(publicKey) as PeerId;
}

class KeyPair implements Identity {
  readonly id: PeerId;
  readonly publicKey: Uint8Array;
  readonly #seed: Uint8Array;

  constructor(seed: Uint8Array) {
    this.#seed = seed;
    this.publicKey = primitives().ed25519PublicKey(seed);
    this.id = peerIdOf(this.publicKey);
  }

  sign(message: Uint8Array): Uint8Array {
    return primitives().ed25519Sign(this.#seed, message);
  }
}

function identityFromText(text: string, path: string): Identity {
  const seed = FILE_FORM.exec(text)?.[1];
  if (seed !== undefined) return new KeyPair(Buffer.from(seed, 'hex'));
  const rule = `to hold one line "${FILE_TAG} <64 hex digits>"; restore ${path} from a backup, or move it away to begin as a new peer`;
  throw new HearsayError('HEARSAY_BAD_IDENTITY', { field: 'identity', rule, value: 'a file of another form' });
}

/** @returns the text, or `undefined` when there is no such file. At most one byte more than ours is read. */
async function readIdentityFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r');
    const mode = (await file.stat()).mode & 0o777;
    // Windows knows no modes; there the file is as private as its directory.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const rule = `to be readable by its owner only; run "chmod 600 ${path}", and make a new one if others may have read it`;
      throw new HearsayError('HEARSAY_BAD_IDENTITY', { field: 'identity', rule, value: `mode ${mode.toString(8)}` });
    }
    const { bytesRead, buffer } = await file.read(Buffer.alloc(FILE_BYTES + 1), 0, FILE_BYTES + 1, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } catch (cause) {
    if (cause instanceof HearsayError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined; // making it will tell what is in the way
    const rule = `to be a file we can read; check the type, the owner and the mode of ${path}`;
    throw new HearsayError('HEARSAY_BAD_IDENTITY', { field: 'identity', rule, value: code, cause });
  }
}

/** Whole or not at all: written beside, synced, renamed, and the directory synced. */
async function writeIdentityFile(dir: string, path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  try {
    await makeDirectory(dir);
    await rm(beside, { force: true }); // of a process that died here; it was nobody's yet
    {
      await using file = await open(beside, 'wx', 0o600);
      await file.writeFile(text);
      await file.sync();
    }
    await rename(beside, path);
    await syncDirectory(dir);
  } catch (cause) {
    const rule = `to be writable, for a new identity in ${dir}`;
    throw new HearsayError('HEARSAY_STORE_FAILED', { field: 'dir', rule, value: (cause as NodeJS.ErrnoException).code, cause });
  }
}

/** So that the new name, too, survives a loss of power. Windows cannot open a directory, and needs not. */
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(dir, 'r');
  await handle.sync();
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function lengthOf(seed: unknown): string {
  return seed instanceof Uint8Array ? `${seed.length} bytes` : typeof seed;
}
