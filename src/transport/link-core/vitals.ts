/** Whether the other end of a link still lives, and reads. Pure. */
import type { Connection } from './connections.ts';
import type { LinkLimits, Reading } from './events.ts';

/** How often a full link is looked at: `maxBufferedBytes` in this time is 50 MiB/s (our choice). */
export const DRAIN_POLL_MS = 20;

/** Past this many times `maxStalledBytes` a link closes without waiting for `stalledMs` (our choice: 16 MiB by default). */
export const HARD_STALL_FACTOR = 4;

/** What a look at a link calls for. */
export type Finding = 'ping' | 'silent' | 'stalled' | 'drained';

/** How far apart the looks are: a blocked loop must show between two, and a quarter of silence more or less decides nothing. */
export function lookIntervalMs({ heartbeatMs, stalledMs }: LinkLimits): number {
  return Math.max(1, Math.min(heartbeatMs, stalledMs) / 4);
}

/** Takes a late look as no look: the silence starts anew, as what the peer said may still lie in our sockets (js-libp2p #3504). */
export function excuse(connection: Connection, nowMs: number): void {
  connection.heardMs = nowMs;
  if (connection.pingMs !== undefined) connection.pingMs = nowMs;
  if (connection.stalledMs !== undefined) connection.stalledMs = nowMs;
}

/** Any frame is a sign of life. Silence calls for a ping, and silence after it is the end. */
export function listenTo(connection: Connection, { frames }: Reading, { heartbeatMs }: LinkLimits, nowMs: number): Finding | undefined {
  if (frames !== connection.frames) {
    connection.frames = frames;
    connection.heardMs = nowMs;
    connection.pingMs = undefined;
  }
  if (connection.pingMs !== undefined) return nowMs - connection.pingMs >= heartbeatMs ? 'silent' : undefined;
  if (nowMs - connection.heardMs < heartbeatMs) return undefined;
  connection.pingMs = nowMs;
  return 'ping';
}

/** Full above `maxBufferedBytes`, drained below half of it; stalled when it stays above `maxStalledBytes`. */
export function weigh(connection: Connection, bufferedBytes: number, limits: LinkLimits, nowMs: number): Finding | undefined {
  const { maxBufferedBytes, maxStalledBytes, stalledMs } = limits;
  if (bufferedBytes > maxStalledBytes * HARD_STALL_FACTOR) return 'stalled';
  if (bufferedBytes <= maxStalledBytes) connection.stalledMs = undefined;
  else connection.stalledMs ??= nowMs;
  if (connection.stalledMs !== undefined && nowMs - connection.stalledMs >= stalledMs) return 'stalled';
  if (bufferedBytes > maxBufferedBytes) connection.congested = true;
  if (!connection.congested || bufferedBytes >= maxBufferedBytes / 2) return undefined;
  connection.congested = false;
  return 'drained';
}
