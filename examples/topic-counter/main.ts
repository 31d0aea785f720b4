/**
 * A topic of bytes: prints what comes, and says a counter every second, until Ctrl-C. After the example of the Anoma network crate.
 */
import { parseArgs } from 'node:util';
import { createNode } from 'hearsay';

const EVERY_MS = 1_000;

/** @param args what follows the name on the command line */
export async function main(print: (line: string) => void, args: string[] = process.argv.slice(2)): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: 'string', default: './topic-counter' },
      listen: { type: 'string', default: 'ws://127.0.0.1:0' },
      // Members to join through, for instance /ip4/127.0.0.1/tcp/7701. Whoever has none waits for the others.
      bootstrap: { type: 'string', multiple: true, default: [] },
    },
  });
  await using node = await createNode({ dir: values.dir, listen: values.listen });
  // Everybody counts from 1: without `repeat` the same number would be the same message.
  await using topic = await node.join({ name: '/example/topic1', bootstrap: values.bootstrap, repeat: true });
  print(`join me at ${node.addresses.join(' ')}`);

  let counter = 0n;
  const counting = setInterval(() => {
    counter += 1n;
    const message = Buffer.alloc(8);
    message.writeBigUInt64BE(counter);
    // It waits for a neighbour, if there is none.
    void topic.gossip(message);
  }, EVERY_MS);
  process.once('SIGINT', () => {
    clearInterval(counting);
    void topic.leave();
  });
  for await (const message of topic) print(`topic1 message: ${Buffer.from(message).readBigUInt64BE()}`);
}
