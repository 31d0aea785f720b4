/**
 * One node of the kill run, as a process. Arguments: directory, which node, address.
 */
import type { App } from '../node/app.ts';
import { createNode } from '../node/create-node.ts';
import { withGossip } from '../wrapper/with-gossip.ts';
import { APPS, marks, numbersAgent, OFFERS } from './numbers.ts';
import { obeyOrders, say } from './orders.ts';

/** What it can be ordered. `publish`: so many numbers from now on, instead of those left; `hush`: none, and it ends when none is under way. */
export type Verb = 'invite' | 'redeem' | 'publish' | 'hush' | 'accounts';

/** Between two publications of one node, in ms. */
const PAUSE_MS = 40;

const [dir = '', which = '0', listen = ''] = process.argv.slice(2);
const node = await createNode({ dir, listen, limits: OFFERS });
const apps: Pick<App, 'poke' | 'peek'>[] = [];
for (const { name, hops } of APPS) apps.push(await node.run(name, withGossip(numbersAgent(Number(which)), { hops, marks })));
let left = 0;
let publishing = Promise.resolve();

async function publish(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await apps[left % apps.length]?.poke('say', undefined);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function obey(verb: Verb, value: string): Promise<unknown> {
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
    case 'accounts':
      return apps.map((app) => app.peek('/'));
  }
}

obeyOrders(obey);
const [address = ''] = node.addresses;
say({ ready: true, address });
