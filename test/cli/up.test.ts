/** `hearsay up`, and commands to running nodes, as real processes. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CERT, KEY } from './certificate.ts';
import { run } from './command.ts';
import { complains, end, file, hears, hearsay, meets, newDir, up } from './processes.ts';
import type { Said } from './processes.ts';

describe.each([
  ['without TLS', 'ws://', []],
  ['with TLS', 'wss://', ['--tls-cert', file('cert.pem', CERT), '--tls-key', file('key.pem', KEY)]],
])('three terminals %s', (_name, scheme, tls) => {
  test('messages flow, over two links too, and who has another password stays out', async () => {
    const password = ['--password-file', file('password', 'the walls have ears\n')];
    const ann = await up(...tls, ...password);
    expect(ann.address).toMatch(new RegExp(`^${scheme}localhost:\\d+$`));
    const bob = await up(...tls, ...password, '-c', ann.address.replace(scheme, ''));
    const cat = await up(...tls, ...password, '--stdin', '--make-connection', bob.address);
    const eve = await up(...tls, '--password-file', file('guess', 'open sesame'), '-c', ann.address);
    cat.write('hello');
    expect(await bob.tells(hears('hello'))).toMatchObject({ peer: cat.id, hops: 14 });
    expect(await ann.tells(hears('hello'))).toMatchObject({ peer: bob.id, hops: 13 });
    await complains(eve, /the network password is another one there; not let in/);
    await complains(ann, /was not let in: another network password, or none/);
    await end(ann, bob, cat, eve);
    expect(eve.output.map((line) => (JSON.parse(line) as Said).type)).toEqual(['started']);
    expect(existsSync(ann.dir)).toBe(false);
  });
});

describe('--update', () => {
  test('who gives it learns of further peers, also through one that does not', async () => {
    const ann = await up();
    const bob = await up('-u', '-c', ann.address);
    await bob.tells((said) => meets(said) && said.peer === ann.id);
    const cat = await up('-u', '-c', ann.address);
    await cat.tells((said) => meets(said) && said.peer === bob.id);
    await end(ann, bob, cat);
  });

  test('without it there are only those given and those who connect, and what is said still reaches all', async () => {
    const ann = await up('-d', newDir());
    const bob = await up('-d', newDir(), '-c', ann.address);
    const cat = await up('-P', '0.3', '-c', ann.address);
    for (let n = 0; n < 8; n += 1) await bob.tells((said) => said.type === 'heard' && said.peer === ann.id);
    expect((await run(['peers', '-d', bob.dir])).output).toEqual([`${ann.id}  target`]);
    await end(ann, bob, cat);
  });
});

describe('a node says', () => {
  test('something by itself now and then, and prints it for people', async () => {
    const ann = hearsay('up', '--message_interval', '0.1');
    expect(await ann.line()).toMatch(/^« (the|my|nobody) ?\w* \w+/);
    expect(ann.errors).toMatch(/^you are [0-9a-f]{64}\nlistening at ws:\/\/localhost:\d+#[0-9a-f]{64}\nkeeping nothing/);
    await end(ann);
  });

  test('each line of its standard input, and ends with it; a line that is too large is said to be, and is the only failure', async () => {
    const ann = await up();
    const bob = await up('--stdin', '-c', ann.address);
    for (const line of ['one', 'x'.repeat(70_000), 'two', 'two']) bob.write(line);
    bob.hangUp();
    expect(await bob.ended).toEqual({ code: 1, signal: null });
    expect(bob.errors).toMatch(/^not said: .*65536.*HEARSAY_TOO_LARGE\)$/m);
    for (const text of ['one', 'two', 'two']) await ann.tells(hears(text));
    const cat = await up('--stdin', '-c', ann.address);
    cat.write('three');
    cat.hangUp();
    expect(await cat.ended).toEqual({ code: 0, signal: null });
    await ann.tells(hears('three'));
    await end(ann);
  });

  test('what cannot harm a terminal', async () => {
    const ann = hearsay('up', '-P', '0', '-d', newDir());
    await complains(ann, /keeping all in/);
    const [, address = ''] = /listening at (\S+)/.exec(ann.errors) ?? [];
    const bob = await up('--stdin', '-c', address);
    bob.write('\u001b[2Jboo');
    expect(await ann.line()).toBe(`» ·[2Jboo (${bob.id.slice(0, 8)}, 14 hops left)`);
    await end(ann, bob);
  });
});

describe('config', () => {
  test('is changed in a running node, locally, by an admin from another, and by nobody else', async () => {
    const ann = await up('-d', newDir());
    const bob = await up('-d', newDir(), '--admin', ann.id, '--hops', '2');
    const cat = await up('-d', newDir(), '-c', ann.address, '-c', bob.address);
    await cat.tells(meets);
    await cat.tells(meets);
    // The real command, once; from here on in this process.
    const set = hearsay('config', 'set', 'hops', '3', '-d', bob.dir);
    expect([await set.line(), await set.ended]).toEqual(['hops 3', { code: 0, signal: null }]);
    expect((await run(['config', 'get', 'hops', '-d', bob.dir])).output).toEqual(['hops 3']);

    const link = (await run(['invite', '-d', bob.dir])).output[0]!;
    expect(await run(['pals', 'meet', link, 'work', '-d', ann.dir])).toMatchObject({ code: 0 });
    expect(await run(['config', 'set', 'hops', '4', '-d', ann.dir, '--peer', bob.id])).toEqual({ code: 0, output: ['hops 4'], errors: [] });
    expect(await run(['config', 'set', 'pass', 'true', '-d', ann.dir, '--peer', bob.id, '--json'])).toMatchObject({ output: ['{"pass":true}'] });
    expect((await run(['config', 'get', '-d', bob.dir])).output).toEqual(['hops 4', 'hear anybody', 'tell anybody', 'pass true', 'relay farthest']);
    expect(await run(['config', 'set', 'hops', '16', '-d', ann.dir, '--peer', bob.id])).toMatchObject({ code: 1, errors: [expect.stringContaining('bad-config')] });

    for (const args of [['get'], ['set', 'hops', '5']]) {
      expect(await run(['config', ...args, '-d', cat.dir, '--peer', bob.id])).toMatchObject({ code: 1, output: [], errors: [expect.stringContaining('forbidden')] });
    }
    expect((await run(['config', 'get', 'hops', '-d', bob.dir])).output).toEqual(['hops 4']);

    expect((await run(['pals', 'list', '-d', ann.dir])).output).toContainEqual(`${bob.id}  mutual  connected  [work]`);
    expect((await run(['pals', 'list', 'work', '-d', ann.dir, '--json'])).output.map((line) => JSON.parse(line) as unknown)).toEqual([{ id: bob.id, relation: 'mutual', connected: true, acknowledged: true, lists: ['work'] }]);
    expect(new Set((await run(['peers', '-d', ann.dir])).output)).toEqual(new Set([`${bob.id}  mutual`, `${cat.id}  leeche`]));
    expect((await run(['id', '-d', ann.dir])).output).toEqual([ann.id]);
    const status = JSON.parse((await run(['status', '-d', ann.dir, '--json'])).output[0]!) as unknown;
    expect(status).toMatchObject({ id: ann.id, dir: ann.dir, peers: 2, pals: { targets: 1, leeches: 2, mutuals: 1 }, topics: [{ name: 'gossip', config: { hops: 15 }, published: 0 }] });
    expect((await run(['status', '-d', ann.dir])).output).toContainEqual(expect.stringMatching(/^pals +1 mutuals, 1 targets, 2 leeches$/));
    expect(await run(['pals', 'part', bob.id, '-d', ann.dir])).toEqual({ code: 0, output: [], errors: [] });
    expect((await run(['pals', 'list', '-d', ann.dir])).output).toContainEqual(expect.stringMatching(`${bob.id}  leeche`));
    await end(ann, bob, cat);
    const again = await up('-d', bob.dir);
    expect((await run(['config', 'get', 'hops', '-d', bob.dir])).output).toEqual(['hops 4']);
    await end(again);
    const chosen = await up('-d', bob.dir, '--hops', '6');
    expect((await run(['config', 'get', 'hops', '-d', bob.dir])).output).toEqual(['hops 6']);
    await end(chosen);
  });
});

test('--verbose logs on standard error, without what is said', async () => {
  const ann = await up('--verbose', '--stdin');
  const bob = await up('-c', ann.address);
  await ann.tells(meets);
  ann.write('the walls have ears');
  await bob.tells(hears('the walls have ears'));
  await complains(ann, /debug published topic=gossip mark=bytes-again/);
  expect(ann.errors).toMatch(new RegExp(`info link-up peer=${bob.id}`));
  expect(ann.errors).not.toContain('ears');
  await end(ann, bob);
});
