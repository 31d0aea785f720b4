/**
 * One node of the proxy run, as a process. Arguments: directory, `true` or `stem`, how many times as fast its clock runs.
 *
 * A faster clock shortens the embargoes, which no network has a part in. What a network and a busy machine do have a part in keeps its real length.
 */
import * as z from 'zod';
import { save } from '../agent.ts';
import type { Agent } from '../agent.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Limits } from '../limits.ts';
import { defineMarks } from '../marks/define-marks.ts';
import type { Clock } from '../node/clock.ts';
import { systemClock } from '../node/clock.ts';
import { createNode } from '../node/create-node.ts';
import { withGossip } from '../wrapper/with-gossip.ts';
import { obeyOrders, say } from './orders.ts';

/** What it can be ordered. */
export type Verb = 'invite' | 'redeem' | 'say' | 'account';

/** By rumor: how often the agent was given it, and how long after it was said, in ms of the faster clock. */
export type Account = Readonly<Record<string, { readonly times: number; readonly afterMs: number }>>;

/** Enough for all of five. */
const HOPS = 4;
/** Limits in real time. */
const REAL: readonly (keyof Limits)[] = ['armTimeoutMs', 'closeTimeoutMs', 'handshakeTimeoutMs', 'heartbeatMs', 'pokeTimeoutMs', 'stalledMs'];

const [dir = '', pass = 'true', speedText = '1'] = process.argv.slice(2);
const speed = Number(speedText);
const marks = defineMarks({ rumor: z.object({ name: z.string(), saidMs: z.int() }) });
const KEY = 'heard/';

const agent: Agent = {
  onPoke: ({ data }, { now }) => marks.invent('rumor', { name: data as string, saidMs: now }),
  onAgent: (wire, sign, { now, saved }) => {
    const heard = marks.heard(wire, sign);
    if (heard?.mark !== 'rumor') return undefined;
    const key = KEY + heard.data.name;
    const before = saved.get(key) as Account[string] | undefined;
    return save(key, { times: (before?.times ?? 0) + 1, afterMs: before?.afterMs ?? now - heard.data.saidMs });
  },
  onPeek: (_path, { saved }) => Object.fromEntries([...saved].filter(([key]) => key.startsWith(KEY)).map(([key, value]) => [key.slice(KEY.length), value])),
};

const startedMs = systemClock.now();
const clock: Clock = {
  now: () => startedMs + Math.round((systemClock.now() - startedMs) * speed),
  after: (delayMs, run) => systemClock.after(delayMs / speed, run),
};
const limits = Object.fromEntries(REAL.map((name) => [name, Math.round(DEFAULT_LIMITS[name] * speed)]));
const node = await createNode({ dir, listen: 'ws://127.0.0.1:0', clock, limits });
const app = await node.run('rumors', withGossip(agent, { hops: HOPS, pass: pass === 'stem' ? 'stem' : true, marks }));
let count = 0;
app.received$.subscribe(() => say({ heard: (count += 1) }));

async function obey(verb: Verb, value: string): Promise<unknown> {
  switch (verb) {
    case 'invite':
      return node.pals.invite();
    case 'redeem':
      return node.pals.redeem(value);
    case 'say':
      return app.poke('say', value);
    case 'account':
      return app.peek('/');
  }
}

obeyOrders(obey);
say({ ready: true });
