import { test } from '@jest/globals';
import { ManualClock } from '../support/clock.ts';
import { TestNetwork, next } from '../support/nodes.ts';
test('x', async () => {
  const network = new TestNetwork();
  const clock = new ManualClock(Date.now());
  const bob = await network.node('bob', { clock });
  const dan = await network.node('dan', { clock, bootstrap: bob.addresses });
  await next(bob.events$, (event) => event.type === 'link-up' && event.peer === dan.id);
  bob.events$.subscribe((e) => process.stderr.write(`EV ${JSON.stringify(e)}\n`));
  await bob.pals.meet(dan.id);
  const redialled = next(bob.events$, (event) => event.type === 'link-up' && event.peer === dan.id && event.dialled);
  network.memory.cut('bob', 'dan');
  await redialled;
});
