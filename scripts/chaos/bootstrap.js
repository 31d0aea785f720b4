// A topic outlives those that it began with: nodes that joined through one bootstrap node go on without it, and let newcomers in.
//   npm run chaos -- bootstrap [--processes 10] [--nodes 6] [--kill 3] [--rest 60]
import { parseArgs } from 'node:util';
import { Crowd, sleep, verdict } from './parts/crowd.js';

const OPTIONS = {
  processes: { type: 'string', default: '10' },
  nodes: { type: 'string', default: '6' },
  kill: { type: 'string', default: '3' },
  /** Seconds between the kill and the next rumor. */
  rest: { type: 'string', default: '60' },
};

export async function main(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const [processes, nodes, kill, rest] = [values.processes, values.nodes, values.kill, values.rest].map(Number);
  const crowd = new Crowd();
  const checks = [];
  const check = (name, holds) => checks.push({ name, holds });
  try {
    const first = crowd.start({ count: 1 });
    await crowd.until(() => first.isReady, 30);
    const groups = Array.from({ length: processes }, () => crowd.start({ count: nodes, bootstrap: first.addresses }));
    const total = processes * nodes;
    check(`${total} nodes in ${processes} processes join through a bootstrap node`, await crowd.until(() => groups.every(({ isReady, neighbors }) => isReady && neighbors.every((peers) => peers.length > 0)), 120));
    await sleep(2);
    const before = await crowd.converse([groups[0]], 'before', 30);
    check('and hear each other', await crowd.until(() => groups.every(({ heard }) => heard.every((one) => one.size >= before.said)), 30));
    console.log(`killing the bootstrap node and ${kill} of ${processes} processes; then ${rest} s of rest`);
    await Promise.all([first, ...groups.slice(0, kill)].map((group) => group.kill()));
    const survivors = groups.slice(kill);
    await sleep(rest);
    const after = await crowd.converse(survivors, 'after', 30);
    check(`every survivor gets every rumor (${after.said} said, ${after.missing} hearings missing)`, after.missing === 0);
    const newcomer = crowd.start({ count: 1, bootstrap: [survivors[0].addresses[0]] });
    check('a newcomer that knows one survivor joins', await crowd.until(() => newcomer.neighbors[0].length > 0, 30));
    await sleep(1);
    const last = await crowd.converse([...survivors, newcomer], 'last', 30);
    check(`and hears, and is heard (${last.said} said, ${last.missing} hearings missing)`, last.missing === 0);
    const degrees = survivors.flatMap(({ neighbors }) => neighbors.map((peers) => peers.length));
    return verdict('bootstrap', checks, { nodes: total, survivors: degrees.length, missing: after.missing, fewestNeighbors: Math.min(...degrees), mostNeighbors: Math.max(...degrees) });
  } finally {
    await crowd.end();
  }
}
