// Two halves of a topic that a downed link cut off from each other find together again, by themselves. In network namespaces, so it needs Linux, `ip` and root.
//   npm run chaos -- partition [--nodes 5] [--cut 180] [--within 300]
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { Checks, Crowd, sleep } from './parts/crowd.js';

const id = `hearsay${process.pid}`;
/** One namespace and one end of the link for each half. */
const SIDES = [
  { name: `${id}a`, link: `hs${process.pid}a`, host: '10.77.0.1' },
  { name: `${id}b`, link: `hs${process.pid}b`, host: '10.77.0.2' },
];

/** `nodes` in each half; the link is down for `cutSeconds`, and `withinSeconds` after that they have to have found together. */
export async function runPartition({ nodes, cutSeconds, withinSeconds, progress }) {
  const skipped = build();
  if (skipped !== undefined) {
    progress(`skipped: ${skipped}`);
    return { ok: true, skipped };
  }
  const crowd = new Crowd();
  try {
    return await run(crowd, nodes, cutSeconds, withinSeconds, progress);
  } finally {
    await crowd.end();
    tearDown();
  }
}

async function run(crowd, nodes, cutSeconds, withinSeconds, progress) {
  const checks = new Checks(progress);
  const check = (promise, holds) => checks.check(promise, holds);
  const [first, second] = SIDES.map(({ name, host }) => ({ host, command: ['ip', 'netns', 'exec', name] }));
  const start = crowd.start({ ...first, count: 1 });
  await crowd.until(() => start.isReady, 30);
  const halves = [start, crowd.start({ ...first, count: nodes - 1, bootstrap: start.addresses }), crowd.start({ ...second, count: nodes, bootstrap: start.addresses })];
  const [a, b] = [halves.slice(0, 2), halves.slice(2)];
  check(`${2 * nodes} nodes join, half of them across the link`, await crowd.until(() => halves.every(({ isReady, neighbors }) => isReady && neighbors.every((peers) => peers.length > 0)), 120));
  await sleep(5);
  check('and hear each other', (await crowd.converse(halves, 'before', 30)).missing === 0);

  progress(`the link goes down for ${cutSeconds} s`);
  setLink('down');
  await sleep(cutSeconds);
  const apart = await Promise.all([crowd.converse(a, 'apart a', 30), crowd.converse(b, 'apart b', 30)]);
  check('each half goes on by itself', apart.every(({ missing }) => missing === 0));
  const crossed = halves.some(({ heard }) => heard.some((one) => [...one].some((text) => text.startsWith('apart a')) && [...one].some((text) => text.startsWith('apart b'))));
  check('and hears nothing of the other', !crossed);

  progress('the link is up again');
  setLink('up');
  const upMs = Date.now();
  const addressesOf = (groups) => new Set(groups.flatMap(({ addresses }) => addresses.map((address) => address.split('#')[1])));
  const [idsA, idsB] = [addressesOf(a), addressesOf(b)];
  const across = () => a.some(({ neighbors }) => neighbors.some((peers) => peers.some((peer) => idsB.has(peer)))) && b.some(({ neighbors }) => neighbors.some((peers) => peers.some((peer) => idsA.has(peer))));
  const joined = await crowd.until(across, withinSeconds);
  const remergeSeconds = Math.round((Date.now() - upMs) / 1000);
  check(`they find together again within ${withinSeconds} s`, joined);
  await sleep(5);
  const after = await crowd.converse(halves, 'after', 60);
  check('and everybody hears everybody', after.missing === 0);
  return checks.verdict({ nodes: 2 * nodes, cutSeconds, remergeSeconds, said: after.said, missing: after.missing });
}

/** @returns why it cannot be */
function build() {
  if (process.platform !== 'linux') return 'network namespaces are of Linux';
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
  } catch {
    return 'there is no `ip` here (package iproute2)';
  }
  try {
    const [a, b] = SIDES;
    for (const { name } of SIDES) ip('netns', 'add', name);
    ip('link', 'add', a.link, 'netns', a.name, 'type', 'veth', 'peer', 'name', b.link, 'netns', b.name);
    for (const { name, link, host } of SIDES) {
      ip('-n', name, 'addr', 'add', `${host}/24`, 'dev', link);
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'link', 'set', link, 'up');
    }
    return undefined;
  } catch (error) {
    tearDown();
    return `network namespaces are not permitted here (${String(error.stderr ?? error.message).trim()})`;
  }
}

function setLink(state) {
  const [{ name, link }] = SIDES;
  ip('-n', name, 'link', 'set', link, state);
}

function tearDown() {
  for (const { name } of SIDES) {
    try {
      ip('netns', 'del', name);
    } catch {
      // It was not made.
    }
  }
}

function ip(...args) {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
