import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MemoryLevel } from 'memory-level';
import { createIdentity, createNode } from '../../src/index.ts';
import type { HearsayNode, NodeEvent, NodeOptions } from '../../src/index.ts';
import { next } from '../support/nodes.ts';

let root = '';
let made = 0;
const open: HearsayNode[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearsay-create-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});
afterAll(() => rm(root, { recursive: true }));

function newDir(): string {
  made += 1;
  return join(root, `${made}`);
}

async function start(options: Partial<NodeOptions> = {}): Promise<HearsayNode> {
  const node = await createNode({ ...(options.store === undefined && { dir: newDir() }), ...options });
  open.push(node);
  return node;
}

describe('options', () => {
  test.each<{ name: string; options: object; code: string; field: string }>([
    { name: 'an unknown option', options: { ports: 5 }, code: 'HEARSAY_BAD_CONFIG', field: 'ports' },
    { name: 'an empty dir', options: { dir: '' }, code: 'HEARSAY_BAD_CONFIG', field: 'dir' },
    { name: 'an address that does not parse', options: { listen: 'localhost:7700' }, code: 'HEARSAY_BAD_ADDRESS', field: 'address' },
    { name: 'a bootstrap address that does not parse', options: { bootstrap: ['ws://'] }, code: 'HEARSAY_BAD_ADDRESS', field: 'address' },
    { name: 'an announced address nobody can dial', options: { announce: ['ws://0.0.0.0:7700'] }, code: 'HEARSAY_BAD_ADDRESS', field: 'announce' },
    { name: 'an announced address with a peer id', options: { announce: [`ws://ann.example#${'a'.repeat(64)}`] }, code: 'HEARSAY_BAD_ADDRESS', field: 'announce' },
    { name: 'addresses that are no list', options: { bootstrap: 'ws://127.0.0.1:7700' }, code: 'HEARSAY_BAD_CONFIG', field: 'bootstrap' },
    { name: 'an admin that is no peer', options: { admins: ['bob'] }, code: 'HEARSAY_BAD_PEER_ID', field: 'peer' },
    { name: 'an unknown limit', options: { limits: { maxFun: 1 } }, code: 'HEARSAY_BAD_CONFIG', field: 'limits.maxFun' },
    { name: 'a limit out of range', options: { limits: { maxPayloadBytes: 2 ** 20 + 1 } }, code: 'HEARSAY_BAD_CONFIG', field: 'limits.maxPayloadBytes' },
    { name: 'a limit that is no number', options: { limits: { maxLinks: '5' } }, code: 'HEARSAY_BAD_CONFIG', field: 'limits.maxLinks' },
    { name: 'a network name that is too long', options: { network: 'n'.repeat(65) }, code: 'HEARSAY_BAD_CONFIG', field: 'network' },
    { name: 'discover that is no boolean', options: { discover: 'yes' }, code: 'HEARSAY_BAD_CONFIG', field: 'discover' },
    { name: 'an empty password', options: { password: '' }, code: 'HEARSAY_BAD_CONFIG', field: 'password' },
  ])('$name is a typed error', async ({ options, code, field }) => {
    await expect(createNode({ dir: newDir(), ...options } as NodeOptions)).rejects.toMatchObject({ name: 'HearsayError', code, field });
  });

  test('neither dir nor store and identity is a typed error', async () => {
    await expect(createNode({ store: new MemoryLevel() })).rejects.toMatchObject({ code: 'HEARSAY_BAD_CONFIG', field: 'dir' });
  });

  test('store and identity stand in for the directory', async () => {
    const identity = createIdentity();
    const node = await start({ store: new MemoryLevel(), identity });
    expect(node.id).toBe(identity.id);
  });

  test('an error never shows a password', async () => {
    await expect(createNode({ dir: newDir(), password: 7 as unknown as string })).rejects.toMatchObject({ message: expect.not.stringContaining('7') });
  });
});

describe('the directory', () => {
  test('is made, keeps the identity, and its identity is nobody else’s to read', async () => {
    const dir = newDir();
    const first = await start({ dir });
    await first.close();
    const second = await start({ dir });
    expect(second.id).toBe(first.id);
    expect((await stat(join(dir, 'identity'))).mode & 0o777).toBe(0o600);
  });

  test('in use by another node is HEARSAY_LOCKED naming it, and the other keeps running', async () => {
    const dir = newDir();
    const node = await start({ dir });
    await expect(createNode({ dir })).rejects.toMatchObject({ code: 'HEARSAY_LOCKED', message: expect.stringContaining(dir) });
    await expect(node.run('app', {})).resolves.toBeDefined();
  });

  test.each<{ name: string; content: string; mode: number }>([
    { name: 'of foreign form', content: 'not a key\n', mode: 0o600 },
    { name: 'that others can read', content: `hearsay-identity-1 ${'1'.repeat(64)}\n`, mode: 0o644 },
  ])('with an identity $name is HEARSAY_BAD_IDENTITY, and can be used once that is mended', async ({ content, mode }) => {
    const dir = newDir();
    await (await start({ dir })).close();
    await writeFile(join(dir, 'identity'), content);
    await chmod(join(dir, 'identity'), mode);
    await expect(createNode({ dir })).rejects.toMatchObject({ code: 'HEARSAY_BAD_IDENTITY' });
    await rm(join(dir, 'identity'));
    await expect(start({ dir })).resolves.toBeDefined();
  });
});

describe('a damaged database', () => {
  test('is rescued, and the user is told what was lost', async () => {
    const dir = newDir();
    await (await start({ dir })).close();
    await rm(join(dir, 'db', 'CURRENT'));
    const node = await start({ dir });
    expect(await next(node.events$, ({ type }) => type === 'damaged')).toMatchObject({ error: { code: 'HEARSAY_STORE_DAMAGED' } });
  });
});

describe('listening', () => {
  test('port 0 picks one, and the address carries the peer id', async () => {
    const node = await start({ listen: 'ws://127.0.0.1:0' });
    expect(node.addresses).toEqual([expect.stringMatching(new RegExp(`^ws://127\\.0\\.0\\.1:[1-9]\\d+#${node.id}$`))]);
  });

  test('on a port in use is HEARSAY_PORT_IN_USE naming it, and lets go of the directory', async () => {
    const dir = newDir();
    const [address = ''] = (await start({ listen: 'ws://127.0.0.1:0' })).addresses;
    const [listen = ''] = address.split('#');
    await expect(createNode({ dir, listen })).rejects.toMatchObject({ code: 'HEARSAY_PORT_IN_USE', message: expect.stringContaining(listen) });
    await expect(start({ dir })).resolves.toBeDefined();
  });

  test('what is announced comes first', async () => {
    const node = await start({ listen: 'ws://127.0.0.1:0', announce: ['wss://ann.example'] });
    expect(node.addresses[0]).toMatch(/^wss:\/\/ann\.example/);
    expect(node.addresses).toHaveLength(2);
  });

  test('of more addresses than a record holds the first are announced', async () => {
    const long = (n: number): string => `wss://${`${n}`.repeat(60)}.example`;
    const node = await start({ announce: [1, 2, 3, 4, 5, 6, 7].map(long) });
    expect(node.addresses.map((address) => address[6])).toEqual(['1', '2', '3', '4']);
  });

  test('an invite of a node nobody can dial is HEARSAY_NO_ADDRESS with the remedy', async () => {
    await expect((await start()).pals.invite()).rejects.toMatchObject({ code: 'HEARSAY_NO_ADDRESS', message: expect.stringContaining('announce') });
  });
});

describe('strangers at the door', () => {
  const refusal = (node: HearsayNode): Promise<NodeEvent> => next(node.events$, ({ type }) => type === 'refused');

  test.each<{ name: string; ann: Partial<NodeOptions>; bob: Partial<NodeOptions> }>([
    { name: 'of another network', ann: {}, bob: { network: 'elsewhere' } },
    { name: 'without the password', ann: { password: 'open sesame' }, bob: {} },
    { name: 'with another password', ann: { password: 'open sesame' }, bob: { password: 'open wheat' } },
  ])('$name are refused, counted, and cannot redeem', async ({ ann: annOptions, bob: bobOptions }) => {
    const ann = await start({ ...annOptions, listen: 'ws://127.0.0.1:0' });
    const bob = await start(bobOptions);
    const refused = refusal(ann);
    await expect(bob.pals.redeem(await ann.pals.invite())).rejects.toMatchObject({ code: 'HEARSAY_HANDSHAKE_FAILED' });
    expect(await refused).toMatchObject({ type: 'refused', count: 1 });
    expect(ann.peers).toEqual([]);
  });

  test('with the same password are let in', async () => {
    const ann = await start({ password: 'open sesame', listen: 'ws://127.0.0.1:0' });
    const bob = await start({ password: 'open sesame' });
    await bob.pals.redeem(await ann.pals.invite());
    expect(bob.pals.mutuals()).toEqual([ann.id]);
  });

  test('something that is not hearsay is left alone, and the node goes on', async () => {
    const rude: Server = createServer((socket) => socket.resume().end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')).listen(0, '127.0.0.1');
    await once(rude, 'listening');
    const address = `ws://127.0.0.1:${(rude.address() as AddressInfo).port}`;
    const identity = createIdentity();
    const node = await start({ identity, store: new MemoryLevel(), bootstrap: [address] });
    expect(await next(node.events$, ({ type }) => type === 'dial-failed')).toMatchObject({ address, error: { code: expect.stringMatching(/^HEARSAY_/) } });
    await expect(node.run('app', {})).resolves.toBeDefined();
    rude.close();
  });
});

describe('P9', () => {
  test('P9 the user is told when somebody adds or drops us', async () => {
    const ann = await start({ listen: 'ws://127.0.0.1:0' });
    const bob = await start({ bootstrap: ann.addresses });
    const added = next(ann.events$, ({ type }) => type === 'pal-added');
    await bob.pals.meet(ann.id);
    expect(await added).toEqual({ type: 'pal-added', peer: bob.id });
    const dropped = next(ann.events$, ({ type }) => type === 'pal-dropped');
    await bob.pals.part(ann.id);
    expect(await dropped).toEqual({ type: 'pal-dropped', peer: bob.id });
  });
});

describe('close', () => {
  test('twice is fine, and nothing runs afterwards', async () => {
    const node = await start({ listen: 'ws://127.0.0.1:0' });
    const app = await node.run('app', { onPoke: () => undefined });
    await Promise.all([node.close(), node.close()]);
    await expect(app.poke('m')).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    await expect(node.run('other', {})).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
  });

  test('while an agent starts: it does not come up', async () => {
    const node = await start();
    let began = false;
    const running = node.run('app', { onInit: () => void (began = true) });
    const closing = node.close();
    await expect(running).rejects.toMatchObject({ code: 'HEARSAY_CLOSED' });
    await closing;
    expect(began).toBe(false);
  });

  test('of an app ends its streams and frees its name', async () => {
    const node = await start();
    let complete = 0;
    {
      await using app = await node.run('app', {});
      app.events$.subscribe({ complete: () => (complete += 1) });
    }
    expect(complete).toBe(1);
    await expect(node.run('app', {})).resolves.toBeDefined();
  });
});
