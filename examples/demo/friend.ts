/**
 * One of the five: a process of its own with a node and the rumors app. It does what the demo's main process asks and tells what it hears.
 */
import process from 'node:process';
import { createNode, peerId, withGossip } from 'hearsay';
import type { Agent } from 'hearsay';
import { marks, rumors } from '../rumors/rumors.ts';
import type { News, Request } from './friends.ts';

const [dir = '', listen = ''] = process.argv.slice(2);
const tell = (news: News): void => void process.send?.(news);

/** The rumors app, telling whom it offers its latest lines. */
const watched: Agent = {
  ...rumors,
  onWatch: (path, bowl) => {
    tell({ type: 'offered', peer: bowl.src });
    return rumors.onWatch?.(path, bowl);
  },
};

const node = await createNode({ dir, listen });
const app = await node.run('rumors', withGossip(watched, { hops: 2, hear: 'mutuals', tell: 'mutuals', marks }));
// What the stream shows is committed: it will not be heard again, even if this process is killed now.
app.received$.subscribe((heard) => heard.mark === 'rumor' && tell({ type: 'heard', what: heard.data.what }));
app.events$.subscribe(({ name, peer }) => name === 'kicked' && tell({ type: 'kicked', peer }));

async function act({ verb, value }: Request): Promise<string> {
  switch (verb) {
    case 'invite':
      return node.pals.invite();
    case 'redeem':
      return node.pals.redeem(value);
    case 'say':
      await app.poke('say', value);
      return '';
    case 'hops':
      await app.poke('gossip-config', { hops: Number(value) });
      return '';
    case 'part':
      await node.pals.part(peerId(value));
      return '';
  }
}

process.on('message', (request: Request) => {
  act(request).then(
    (result) => tell({ type: 'done', number: request.number, result }),
    (error: unknown) => tell({ type: 'failed', number: request.number, reason: String(error) }),
  );
});
// The main process is gone, or done with us.
process.on('disconnect', () => void node.close());

tell({ type: 'ready', id: node.id, address: node.addresses[0] ?? '', remembered: node.seenCount });
