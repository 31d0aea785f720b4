// A topic outlives those that it began with: nodes that joined through one bootstrap node go on without it, and let newcomers in.
//   npm run chaos -- bootstrap [--processes 10] [--nodes 6] [--kill 3] [--rest 60]
import { Checks, Crowd, sleep } from './parts/crowd.js';

/** `nodes` in each process; `restSeconds` between the kill and the next rumor. */
export async function runBootstrap({ processes, nodes, kill, restSeconds, progress }) {
  const crowd = new Crowd();
  const checks = new Checks(progress);
  const check = (promise, holds) => checks.check(promise, holds);
  try {
    const first = crowd.start({ count: 1 });
    await crowd.until(() => first.isReady, 30);
    const groups = Array.from({ length: processes }, () => crowd.start({ count: nodes, bootstrap: first.addresses }));
    const total = processes * nodes;
    check(`${total} nodes in ${processes} processes join through a bootstrap node`, await crowd.until(() => groups.every(({ isReady, neighbors }) => isReady && neighbors.every((peers) => peers.length > 0)), 120));
    await sleep(2);
    const before = await crowd.converse([groups[0]], 'before', 30);
    check('and hear each other', await crowd.until(() => groups.every(({ heard }) => heard.every((one) => one.size >= before.said)), 30));
    progress(`killing the bootstrap node and ${kill} of ${processes} processes; then ${restSeconds} s of rest`);
    await Promise.all([first, ...groups.slice(0, kill)].map((group) => group.kill()));
    const survivors = groups.slice(kill);
    await sleep(restSeconds);
    const after = await crowd.converse(survivors, 'after', 30);
    check('every survivor gets every rumor', after.missing === 0);
    const newcomer = crowd.start({ count: 1, bootstrap: [survivors[0].addresses[0]] });
    check('a newcomer that knows one survivor joins', await crowd.until(() => newcomer.neighbors[0].length > 0, 30));
    await sleep(1);
    const last = await crowd.converse([...survivors, newcomer], 'last', 30);
    check('and hears, and is heard', last.missing === 0);
    const degrees = survivors.flatMap(({ neighbors }) => neighbors.map((peers) => peers.length));
    return checks.verdict({ nodes: total, survivors: degrees.length, said: after.said, missing: after.missing, fewestNeighbors: Math.min(...degrees), mostNeighbors: Math.max(...degrees) });
  } finally {
    await crowd.end();
  }
}
