/** `hearsay/testing`: for those who write a transport, or test an app without sockets. */
export { MemoryNetwork } from '../transport/memory.ts';
export type { MemoryNetworkOptions, Schedule } from '../transport/memory.ts';
export { transportCompliance } from './transport-compliance.ts';
export type { ComplianceCase, TransportUnderTest } from './bench.ts';
