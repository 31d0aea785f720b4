/** The systems, in the order of the tables: what is compared, then the limits. */

export const GOSSIPS = ['hearsay', 'gossipsub', 'gossipsub-unsigned', 'floodsub'];
export const LIMITS = ['secret-stream', 'ws', 'ws-sealed', 'ws-sealed-batched', 'tcp'];
export const ALL = [...GOSSIPS, ...LIMITS];
