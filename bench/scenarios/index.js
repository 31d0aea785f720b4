/** All scenarios, by name. */
import { scenario as burst } from './burst.js';
import { scenario as idle } from './idle.js';
import { scenario as join } from './join.js';
import { scenario as latency } from './latency.js';
import { scenario as link } from './link.js';
import { scenario as soak } from './soak.js';
import { scenario as startup } from './startup.js';
import { scenario as store } from './store.js';
import { scenario as throughput } from './throughput.js';
import { scenario as topics } from './topics.js';

/** @import { Scenario } from '../lib/types.d.mts' */

/** @type {ReadonlyMap<string, Scenario>} */
export const scenarios = new Map([throughput, latency, idle, join, burst, startup, link, store, topics, soak].map((scenario) => [scenario.name, scenario]));
