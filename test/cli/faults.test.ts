/** What goes wrong with `hearsay up` and with commands to running nodes: each with its line and its exit code. */
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CERT, KEY } from './certificate.ts';
import { run } from './command.ts';
import { complains, directory, end, file, hearsay, meets, newDir, up } from './processes.ts';
import type { Up } from './processes.ts';

let sharedNode: Promise<Up> | undefined;
/** One node for all tests that only ask it. */
function shared(): Promise<Up> {
  return (sharedNode ??= up('-d', newDir()));
}

describe('commands to a running node', () => {
  test.each([
    [['config', 'set', 'hops', '16'], 2, /Expected `hops` to be an integer from 0 to 15/],
    [['config', 'set', 'hops', 'many'], 2, /Expected `hops` to be an integer/],
    [['config', 'set', 'hear', 'everybody'], 2, /Expected `hear` to be one of/],
    [['config', 'set', 'volume', '3'], 2, /'volume' is invalid/],
    [['config', 'get', '--topic', 'weather'], 1, /Expected `--topic` to be one that runs here: gossip, got `"weather"`/],
    [['config', 'get', '--peer', 'bob'], 2, /Expected `peer` to be 64 hex digits/],
    [['pals', 'meet', 'bob'], 2, /Expected `peer` to be 64 hex digits/],
    [['pals', 'meet', 'hearsay:invite?v=1&i=abc'], 1, /HEARSAY_BAD_INVITE/],
    [['invite', '--days', '31'], 2, /Expected `ttlMs`/],
  ])('%j: exit code %i and a line', async (args, code, said) => {
    const ann = await shared();
    expect(await run([...args, '-d', ann.dir])).toEqual({ code, output: [], errors: expect.arrayContaining([expect.stringMatching(said)]) });
  });
});

describe('the control socket', () => {
  test('is for the user alone, and one left by a dead process is said and replaced', async () => {
    const dir = newDir();
    const ann = await up('-d', dir);
    const socket = join(dir, 'control.sock');
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await ann.kill();
    expect(existsSync(socket)).toBe(true);
    expect(await run(['status', '-d', dir])).toMatchObject({ code: 1, errors: [expect.stringMatching(/the one that did is dead and left its control socket.*HEARSAY_UNREACHABLE/)] });
    const again = await up('-d', dir);
    expect(await run(['id', '-d', dir])).toMatchObject({ output: [ann.id] });
    expect(await run(['status', '-d', dir])).toMatchObject({ code: 0 });
    await end(again);
    expect(existsSync(socket)).toBe(false);
    expect(await run(['status', '-d', dir])).toMatchObject({ code: 1, errors: [expect.stringMatching(/to be where a node runs \(hearsay up --dir …\), got/)] });
  });

  test.each([
    ['what is no request', '{"do":"everything"}\n'],
    ['what is no JSON', 'status\n'],
    ['a field too many', '{"do":"status","loud":true}\n'],
    ['a line without end', 'x'.repeat(16_385)],
  ])('refuses %s', async (_name, text) => {
    const socket = connect(join((await shared()).dir, 'control.sock'));
    socket.write(text);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(JSON.parse(answer.toString())).toMatchObject({ ok: false, error: { code: 'HEARSAY_BAD_CONFIG', field: 'request' } });
    await once(socket, 'close');
    expect(await run(['status', '-d', (await shared()).dir])).toMatchObject({ code: 0 });
  });

  test('a directory whose path is too long for a socket is refused', async () => {
    const dir = join(directory, 'd'.repeat(100));
    expect(await run(['up', '-d', dir])).toMatchObject({ code: 2, errors: [expect.stringMatching(/Expected `--dir` to have a path that leaves room for a socket/)] });
  });
});

describe('bad input', () => {
  const cert = file('cert.pem', CERT);
  test.each([
    ['an address that does not parse', ['-c', 'ws://'], 2, /Expected `address` to be a URL.*HEARSAY_BAD_ADDRESS/],
    ['a multiaddr that names no place of ours', ['-c', '/ip4/127.0.0.1/udp/1/quic-v1'], 2, /to be a multiaddr.*HEARSAY_BAD_ADDRESS/],
    ['a port that is none', ['-p', '65536'], 2, /Expected `--port` to be a whole number from 0 to 65535/],
    ['a period that is none', ['-P', '-1'], 2, /Expected `--period` to be from 0 to 86400 seconds/],
    ['a certificate without its key', ['--tls-cert', cert], 2, /Expected `--tls-key` to be given/],
    ['a key without its certificate', ['--tls-key', file('key.pem', KEY)], 2, /Expected `--tls-cert` to be given/],
    ['a certificate that is none', ['--tls-cert', file('no.pem', 'no'), '--tls-key', file('no.pem', 'no')], 1, /HEARSAY_LISTEN_FAILED/],
    ['a file that is not there', ['--password-file', join(directory, 'nowhere')], 2, /Expected `--password-file` to be a file that can be read/],
    ['an empty password', ['--password-file', file('empty', '\n')], 2, /Expected `--password-file` to hold a password/],
    ['an admin that is no peer', ['--admin', 'ann'], 2, /Expected `peer` to be 64 hex digits.*HEARSAY_BAD_PEER_ID/],
    ['hops out of range', ['--hops', '16'], 2, /Expected `hops` to be an integer from 0 to 15/],
    ['passing with one hop', ['--pass', 'true', '--hops', '1'], 2, /Expected `pass` to be false/],
    ['passing by another way', ['--pass', 'maybe'], 2, /Expected true, false or stem/],
    ['whom nobody knows', ['--hear', 'everybody'], 2, /choices are anybody, targets, mutuals/],
    ['a host alias without a port', ['-a', 'ann.example'], 2, /Expected `--port` to be given with --host-alias/],
    ['a directory that is a file', ['-d', file('plain', '')], 1, /HEARSAY_STORE_FAILED/],
    ['a topic that is taken', ['--topic', 'pals'], 1, /HEARSAY_ALREADY_RUNNING/],
  ])('%s: a line and an exit code', async (_name, args, code, said) => {
    const { code: ended, output, errors } = await run(['up', '-P', '0', ...args]);
    expect(errors.join('\n')).toMatch(said);
    expect({ ended, output }).toEqual({ ended: code, output: [] });
  });

  test('a port in use: exit code 1 at once', async () => {
    const taken = createServer();
    await once(taken.listen(0, 'localhost'), 'listening');
    const { port } = taken.address() as AddressInfo;
    const ann = hearsay('up', '-p', String(port));
    expect(await ann.ended).toEqual({ code: 1, signal: null });
    expect(ann.errors).toMatch(new RegExp(`^hearsay: somebody listens at ws://localhost:${port} already; give another --port \\(HEARSAY_PORT_IN_USE\\)$`, 'm'));
    taken.close();
  });

  test('a directory in use: exit code 1', async () => {
    expect(await run(['up', '-d', (await shared()).dir])).toMatchObject({ code: 1, errors: [expect.stringMatching(/another process uses .*HEARSAY_LOCKED/)] });
    expect(await run(['status', '-d', (await shared()).dir])).toMatchObject({ code: 0 });
  });

  test('what listens there and is not hearsay is left alone, and said', async () => {
    let knocks = 0;
    const other: Server = createServer((socket) => {
      knocks += 1;
      socket.on('error', () => undefined).resume().end('220 mail.example ESMTP\r\n');
    });
    await once(other.listen(0, 'localhost'), 'listening');
    const { port } = other.address() as AddressInfo;
    const ann = await up('-P', '0.3', '-c', String(port));
    await complains(ann, new RegExp(`ws://localhost:${port}: what answers there is not hearsay, and is left alone`));
    // Those whom nobody answers are dialled again after a second.
    for (let n = 0; n < 8; n += 1) await ann.tells(({ type }) => type === 'said');
    expect(knocks).toBe(1);
    await end(ann);
    other.close();
  });

  test('the peer id of another network in an address is ignored, and said', async () => {
    const ann = await up();
    const port = new URL(ann.address).port;
    const bob = await up('-c', `/dns/localhost/tcp/${port}/ws/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA`);
    await bob.tells(meets);
    await complains(bob, /\/p2p\/12D3KooW\w+ means nothing here and is ignored/);
    await end(ann, bob);
  });
});

describe('the end', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s once is a clean end', async (signal) => {
    const ann = await up();
    ann.process.kill(signal);
    expect(await ann.ended).toEqual({ code: 0, signal: null });
    expect(existsSync(ann.dir)).toBe(false);
  });

  test('a second signal ends it now', async () => {
    const ann = await up();
    ann.process.kill('SIGINT');
    ann.process.kill('SIGTERM');
    expect(await ann.ended).toEqual({ code: 1, signal: null });
  });

  test('without --stdin a standard input that is closed ends nothing', async () => {
    const ann = await up('-P', '0.1');
    ann.hangUp();
    for (let n = 0; n < 5; n += 1) await ann.tells(({ type }) => type === 'said');
    await end(ann);
  });
});
