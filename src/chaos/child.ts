/**
 * One node of the kill run, as a process. Lines of JSON in and out. Arguments: directory, which node, address.
 */
import { createInterface } from 'node:readline';
import { createNode } from '../node/create-node.ts';
import { withGossip } from '../wrapper/with-gossip.ts';
import { marks, numbersAgent } from './numbers.ts';

/** What the parent says. `publish`: so many numbers from now on, instead of those left; `hush`: none, and it ends when none is under way. */
export interface Order {
  readonly id: number;
  readonly verb: 'invite' | 'redeem' | 'publish' | 'hush' | 'account';
  readonly value?: string;
}

/** Between two publications of one node, in ms. */
const PAUSE_MS = 40;

const [dir = '', which = '0', listen = ''] = process.argv.slice(2);
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const node = await createNode({ dir, listen });
const app = await node.run('numbers', withGossip(numbersAgent(Number(which)), { hops: 1, marks }));
let left = 0;
let publishing = Promise.resolve();

async function publish(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await app.poke('say', undefined);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function obey({ verb, value = '' }: Order): Promise<unknown> {
  switch (verb) {
    case 'invite':
      return node.pals.invite();
    case 'redeem':
      return node.pals.redeem(value);
    case 'publish':
      left = Number(value);
      publishing = publishing.then(publish);
      return undefined;
    case 'hush':
      left = 0;
      return publishing;
    case 'account':
      return app.peek('/');
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
lines.on('line', (line) => {
  const order = JSON.parse(line) as Order;
  obey(order).then(
    (result) => say({ id: order.id, result }),
    (error: unknown) => say({ id: order.id, error: String(error) }),
  );
});
say({ ready: true, address: node.addresses[0] });
