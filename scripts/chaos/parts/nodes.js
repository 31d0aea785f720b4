// A process of nodes that gossip with anybody. Started by the scenarios; speaks JSON lines: commands in, what happens out.
//   { count, host, bootstrap, prefix } as the only argument
//   in:  { type: 'say', node, text }
//   out: { type: 'ready', addresses }, { type: 'heard', node, text }, { type: 'neighbors', node, peers }
import process, { argv, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { createIdentity, createNode, defineMarks, withGossip } from 'hearsay';
import { MemoryLevel } from 'memory-level';
import * as z from 'zod';

const { count, host, bootstrap } = JSON.parse(argv[2]);
const marks = defineMarks({ line: z.string().max(100) });
const lines = { onPoke: ({ data }) => marks.invent('line', data) };
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const nodes = [];
const apps = [];
for (let i = 0; i < count; i += 1) {
  const node = await createNode({ identity: createIdentity(), store: new MemoryLevel(), listen: `ws://${host}:0`, bootstrap });
  const peers = new Set();
  node.events$.subscribe((event) => {
    if (event.type === 'neighbor-up') peers.add(event.peer);
    if (event.type === 'neighbor-down') peers.delete(event.peer);
    if (event.type.startsWith('neighbor-')) tell({ type: 'neighbors', node: i, peers: [...peers] });
  });
  const app = await node.run('chaos', withGossip(lines, { hops: 15, hear: 'anybody', tell: 'anybody', marks }));
  app.received$.subscribe(({ data }) => tell({ type: 'heard', node: i, text: data }));
  nodes.push(node);
  apps.push(app);
}
tell({ type: 'ready', addresses: nodes.map(({ addresses }) => addresses[0]) });

const commands = createInterface({ input: stdin });
commands.on('line', (line) => void apps[JSON.parse(line).node].poke('say', JSON.parse(line).text));
commands.on('close', () => process.exit(1));
