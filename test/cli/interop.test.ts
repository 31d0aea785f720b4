/** `hearsay up --topic` and an app's `node.join`: the same topic. */
import { expect, test } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { createNode } from '../../src/index.ts';
import type { HearsayNode, Topic } from '../../src/index.ts';
import { run } from './command.ts';
import { end, hears, newDir, up } from './processes.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The next message of a topic with this text. */
function heard(topic: Topic, text: string): Promise<Uint8Array> {
  return firstValueFrom(topic.messages$.pipe(filter((message) => Buffer.from(message).toString() === text)));
}

function appIn(dir: string, admins: readonly string[] = []): Promise<HearsayNode> {
  return createNode({ dir, listen: 'ws://127.0.0.1:0', admins });
}

test('each hears what the other says, whoever knows the address of the other, also when the same is said twice', async () => {
  const ann = await up('--topic', 'news', '--stdin');
  await using app = await appIn(newDir());
  await using topic = await app.join({ name: 'news', bootstrap: [ann.address], repeat: true });
  const bob = await up('--topic', 'news', '-c', app.addresses[0] ?? '');
  // What the app says is given to who comes now, so that bob hears it when he is there. What ann says before that he may miss.
  await topic.gossip(bytes('welcome'));
  await bob.tells(hears('welcome'));
  for (let time = 0; time < 2; time += 1) {
    const atApp = heard(topic, 'from the command');
    ann.write('from the command');
    await atApp;
    await bob.tells(hears('from the command'));
    await topic.gossip(bytes('from the app'));
    for (const one of [ann, bob]) expect(await one.tells(hears('from the app'))).toMatchObject({ peer: app.id });
  }
  await end(ann, bob);
});

test('another topic is another', async () => {
  const ann = await up('--topic', 'weather', '--stdin');
  await using app = await appIn(newDir());
  await using topic = await app.join({ name: 'news', bootstrap: [ann.address] });
  ann.write('rain');
  await ann.tells(({ type }) => type === 'said');
  expect(topic.neighbors).toEqual([]);
  await end(ann);
});

test('an admin reads and changes the config of a topic that an app has joined; nobody else does', async () => {
  const [ann, eve] = [await up('-d', newDir()), await up('-d', newDir())];
  await using app = await appIn(newDir(), [ann.id]);
  await using _topic = await app.join({ name: 'news', bootstrap: [ann.address, eve.address] });
  const ask = (dir: string, ...args: string[]): Promise<unknown> => run(['config', ...args, '-d', dir, '--peer', app.id, '--topic', 'news']);
  expect(await ask(ann.dir, 'set', 'hops', '3')).toEqual({ code: 0, output: ['hops 3'], errors: [] });
  expect(await ask(ann.dir, 'get')).toEqual({ code: 0, output: ['hops 3', 'hear anybody', 'tell anybody', 'pass false', 'relay farthest'], errors: [] });
  for (const args of [['get'], ['set', 'hops', '5']]) expect(await ask(eve.dir, ...args)).toMatchObject({ code: 1, output: [], errors: [expect.stringContaining('forbidden')] });
  await end(ann, eve);
});

test('a directory goes from the command to an app: the same node, with the config that was set', async () => {
  const dir = newDir();
  const ann = await up('-d', dir, '--topic', 'news');
  expect(await run(['config', 'set', 'hops', '2', '-d', dir])).toMatchObject({ code: 0 });
  await end(ann);
  await using app = await appIn(dir);
  expect(app.id).toBe(ann.id);
  const bob = await up('--topic', 'news', '-c', app.addresses[0] ?? '');
  await using topic = await app.join({ name: 'news' });
  await topic.gossip(bytes('not far'));
  expect(await bob.tells(hears('not far'))).toMatchObject({ hops: 1 });
  await end(bob);
});
