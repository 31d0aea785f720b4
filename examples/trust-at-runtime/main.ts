/**
 * Trust is config, and config can change while the app runs: how far what we say may go, whom we hear, whom we tell.
 * Subscriptions open and close at once to match. Zoe added ann; ann did not add zoe.
 */
import { join } from 'node:path';
import { configure, createNode, defineMarks, save, withGossip } from 'hearsay';
import type { Agent, GossipConfig } from 'hearsay';
import { filter, firstValueFrom } from 'rxjs';
import * as z from 'zod';
import { inScratchDir } from '../scratch-dir.ts';

const marks = defineMarks({ line: z.string().max(200) });

/** `say` publishes, `trust` changes the config: both are the app's own commands. A new subscriber gets the last line. */
const chat: Agent = {
  onPoke: ({ mark, data }) => {
    if (mark === 'trust') return configure(data as Partial<GossipConfig>);
    return [save('last', data), marks.invent('line', data as string)];
  },
  onWatch: (_path, { saved }) => (saved.has('last') ? marks.answer('line', saved.get('last') as string) : undefined),
};

export async function main(print: (line: string) => void): Promise<void> {
  await inScratchDir((dir) => story(dir, print));
}

async function story(dir: string, print: (line: string) => void): Promise<void> {
  await using ann = await createNode({ dir: join(dir, 'ann'), listen: 'ws://127.0.0.1:0' });
  await using zoe = await createNode({ dir: join(dir, 'zoe'), bootstrap: ann.addresses });
  const atAnn = await ann.run('chat', withGossip(chat, { hear: 'mutuals', marks }));
  const atZoe = await zoe.run('chat', withGossip(chat, { tell: 'anybody', marks }));
  atAnn.received$.subscribe(({ data }) => print(`ann hears: ${String(data)}`));
  const annHears = (line: string): Promise<unknown> => firstValueFrom(atAnn.received$.pipe(filter(({ data }) => data === line)));
  const zoeSays = async (line: string): Promise<void> => {
    print(`zoe says: ${line}`);
    await atZoe.poke('say', line);
  };
  const trust = async (name: string, app: typeof atAnn, change: Partial<GossipConfig>): Promise<void> => {
    print(`${name} sets ${JSON.stringify(change)}`);
    await app.poke('trust', change);
  };

  const near = firstValueFrom(ann.pals.changes$.pipe(filter(({ type }) => type === 'near')));
  await zoe.pals.meet(ann.id);
  await near;

  // Ann hears mutuals only. Once she hears anybody, she subscribes to zoe and gets what zoe said last.
  await zoeSays('good morning');
  const morning = annHears('good morning');
  await trust('ann', atAnn, { hear: 'anybody' });
  await morning;
  const lunch = annHears('lunch?');
  await zoeSays('lunch?');
  await lunch;

  // With hops 0 zoe keeps what she says to herself.
  await trust('zoe', atZoe, { hops: 0 });
  await zoeSays('I am on a diet');
  await trust('zoe', atZoe, { hops: 1 });
  const dinner = annHears('dinner?');
  await zoeSays('dinner?');
  await dinner;

  // Zoe tells mutuals only: ann is none, and her subscription is closed.
  const kicked = firstValueFrom(atAnn.events$.pipe(filter(({ name }) => name === 'kicked')));
  await trust('zoe', atZoe, { tell: 'mutuals' });
  await kicked;
  print('ann is no longer told');
  await zoeSays('among us');
}
