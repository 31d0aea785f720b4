/**
 * Four pals in one process whose links are reset, left half open or left unread at random while all publish. They can lose their
 * power too: whatever their store was not told to sync is gone.
 */
import { createNode } from '../node/create-node.ts';
import type { HearsayNode } from '../node/create-node.ts';
import type { App } from '../node/app.ts';
import { seededRandom } from '../random.ts';
import type { AnyLevel } from '../store/database.ts';
import { createIdentity } from '../transport/identity.ts';
import { MemoryNetwork } from '../transport/memory.ts';
import { withGossip } from '../wrapper/with-gossip.ts';
import { APPS, marks, numbersAgent, OFFERS } from './numbers.ts';
import type { Account } from './numbers.ts';
import { SyncedLevel } from './synced-level.ts';
import { after, settled, verdictOf } from './verdict.ts';
import type { RunOptions, Verdict } from './verdict.ts';

const NODES = 4;
/** Publications between two faults, at most. */
const MAX_SAID = 10;
/** Between two faults, in ms, at most. */
const PAUSE_MS = 20;
/** So that a half-open link is noticed within the run; and a slow reader is one after little. */
const LIMITS = { ...OFFERS, heartbeatMs: 200, maxBufferedBytes: 2_000, maxStalledBytes: 20_000, stalledMs: 300 };
const STALL_MS = 600;

/** What can go wrong. `half-open`: nothing comes for longer than a heartbeat; `stall`: for less. */
export type Fault = 'reset' | 'half-open' | 'stall' | 'power';

export interface LinksOptions extends RunOptions {
  /** @defaultValue those of links; with `durability: 'power'` power cuts too */
  readonly faults?: readonly Fault[];
  /** Gives empty databases in memory. */
  readonly makeLevel: () => AnyLevel;
}

interface Member {
  readonly which: number;
  readonly identity: ReturnType<typeof createIdentity>;
  level: SyncedLevel;
  node: HearsayNode;
  apps: readonly App[];
}

export async function runLinks(options: LinksOptions): Promise<Verdict> {
  const { count, seed, durability = 'process', progress, makeLevel } = options;
  const { faults = ['reset', 'half-open', 'stall', ...(durability === 'power' ? (['power'] as const) : [])] } = options;
  const beganMs = Date.now();
  const random = seededRandom(seed);
  const network = new MemoryNetwork();
  const members: Member[] = [];
  for (let which = 0; which < NODES; which += 1) {
    const [identity, level] = [createIdentity(), await SyncedLevel.open(makeLevel)];
    members.push({ which, identity, level, ...(await start(network, which, identity, level, durability)) });
  }
  const one = (): Member => members[random.below(NODES)]!;
  for (const [i, { node }] of members.entries()) for (const other of members.slice(i + 1)) await other.node.pals.redeem(await node.pals.invite());
  for (let done = 1; done <= count; done += 1) {
    for (let said = random.below(MAX_SAID); said > 0; said -= 1) await one().apps[random.below(APPS.length)]?.poke('say', undefined);
    await suffer(network, one(), one(), faults[random.below(faults.length)]!, random.below(LIMITS.heartbeatMs), durability);
    await after(random.below(PAUSE_MS));
    progress?.(done);
  }
  const groups = await settled(async () => APPS.map((_app, i) => members.map(({ apps }) => apps[i]?.peek('/') as Account)));
  for (const { node } of members) await node.close();
  return verdictOf(options, groups, beganMs);
}

async function suffer(network: MemoryNetwork, a: Member, b: Member, fault: Fault, stallMs: number, durability: 'process' | 'power'): Promise<void> {
  switch (fault) {
    case 'reset':
      return network.cut(nameOf(a.which), nameOf(b.which));
    case 'half-open':
      return stall(network, a.which, STALL_MS);
    case 'stall':
      return stall(network, a.which, stallMs);
    case 'power':
      return losePower(network, a, durability);
  }
}

async function start(network: MemoryNetwork, which: number, identity: Member['identity'], { level: store }: SyncedLevel, durability: 'process' | 'power'): Promise<Pick<Member, 'node' | 'apps'>> {
  const name = nameOf(which);
  const node = await createNode({ identity, store, durability, listen: `memory://${name}`, transports: [network.transport(name)], limits: LIMITS });
  const apps: App[] = [];
  for (const { name: app, hops } of APPS) apps.push((await node.run(app, withGossip(numbersAgent(which), { hops, marks }))) as unknown as App);
  return { node, apps };
}

function stall(network: MemoryNetwork, which: number, ms: number): void {
  network.stall(nameOf(which));
  setTimeout(() => network.unstall(nameOf(which)), ms);
}

/** What is closed after its power was lost writes nowhere any more. */
async function losePower(network: MemoryNetwork, member: Member, durability: 'process' | 'power'): Promise<void> {
  const synced = await member.level.losePower();
  for (let other = 0; other < NODES; other += 1) network.cut(nameOf(member.which), nameOf(other));
  await member.node.close();
  member.level = synced;
  Object.assign(member, await start(network, member.which, member.identity, synced, durability));
}

function nameOf(which: number): string {
  return `node${which}`;
}
