/**
 * The store on LevelDB. The disk is a log of group commits, the RAM its index: one batch a group, with one packed value for the ids it
 * remembered, one for the payloads it kept, and the values and timers it changed. Layout: layout.ts; values: packing.ts.
 *
 * Durable to the process: a group that was acknowledged survives a SIGKILL; a power cut may take the last ones, whole.
 */
import { HearsayError } from '../errors.ts';
import type { RumorId } from '../ids.ts';
import type { Limits } from '../limits.ts';
import type { Seen } from '../agent.ts';
import { Checkpoints } from './checkpoints.ts';
import { GroupCommit } from './group-commit.ts';
import type { Done, Group } from './group-commit.ts';
import { MAX_IDS, randomHashKey } from './id-ring.ts';
import { agentEnd, agentKey, agentPart, AgentPart, bucketOf, isBefore, logKey, SCHEMA_VERSION, valueKey } from './layout.ts';
import type { LogPosition } from './layout.ts';
import { PackedLog } from './log.ts';
import { damage, openDatabase, storeError, VIEW } from './open.ts';
import type { Database, Opened, StorePlace } from './open.ts';
import { ID_RECORD_BYTES, isPackedIds, packIds, unpackPayload } from './packing.ts';
import { PAYLOAD_OVERHEAD_BYTES, PayloadWindow } from './payload-window.ts';
import { SeenSet } from './seen-set.ts';
import type { AgentState, Changes, Kept, Remembered, Store } from './store.ts';
