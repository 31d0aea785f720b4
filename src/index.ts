/** The public names, and nothing else. */
export { fact, forget, kick, leave, poke, refuse, rest, save, wait, watch } from './agent.ts';
export type {
  Agent,
  AgentEvent,
  AgentLimits,
  Bowl,
  Datum,
  Deferred,
  Effect,
  Effects,
  Emission,
  FactEffect,
  Mark,
  Offered,
  Path,
  Publication,
  RefusalReason,
  Report,
  Rumor,
  Seen,
  Sign,
  Wire,
  WrapperEffect,
} from './agent.ts';
export { HearsayError } from './errors.ts';
export type { ErrorCode, ErrorDetails } from './errors.ts';
export { isPeerId, peerId } from './ids.ts';
export type { PeerId, RumorId } from './ids.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { Limits } from './limits.ts';
export { defineMarks } from './marks/define-marks.ts';
export type { Heard, HeardDatum, MarkCodec, MarkInput, MarkOf, MarkOutput, Marks, MarkSchemas, MarkVerdict, RepeatMark, UnknownDatum } from './marks/define-marks.ts';
export type { InputOf, OutputOf, Schema } from './marks/schema.ts';
export type { App, AppOf, GossipApp, HeardRumor, PublishedRumor } from './node/app.ts';
export type { Clock } from './node/clock.ts';
export { createNode } from './node/create-node.ts';
export type { HearsayNode } from './node/create-node.ts';
export type { LogFields, Logger } from './node/logger.ts';
export type { NodeEvent } from './node/node-events.ts';
export type { NodeOptions } from './node/options.ts';
export type { SeenHandle } from './node/seen-handle.ts';
export type { PalsEvent } from './pals/core/types.ts';
export type { PalsHandle } from './pals/pals-handle.ts';
export type { AnyLevel } from './store/database.ts';
export type { Rescue } from './store/repair.ts';
export type { SeenEntry } from './store/store.ts';
export { bridge } from './topics/bridge.ts';
export type { Bridge, BridgeEvent, BridgeMaker, BridgeOptions } from './topics/bridge.ts';
export type { TopicSubscription } from './topics/reader.ts';
export type { JoinOptions, Published, Topic, TopicEvent } from './topics/topic.ts';
export { createIdentity, identityFromSeed, openIdentity } from './transport/identity.ts';
export type { Identity } from './transport/identity.ts';
export { MemoryNetwork } from './transport/memory.ts';
export type { Connection, ConnectionListener, Listening, Transport } from './transport/transport.ts';
export { wsTransport } from './transport/ws.ts';
export type { WsTransportOptions } from './transport/ws.ts';
export type { GossipConfig, Whos } from './wrapper/config.ts';
export { configure, readConfig } from './wrapper/configure.ts';
export { withGossip } from './wrapper/with-gossip.ts';
export type { GossipAgent, GossipOptions } from './wrapper/with-gossip.ts';
