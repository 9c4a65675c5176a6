/**
 * A cluster inside a Node process: nodes are worker threads, with supervision, connections that survive the loss of a
 * link, shared pages and typed services.
 *
 * @packageDocumentation
 */

export type { ClusterOptions } from './cluster/options.ts';
export { Cluster } from './cluster.ts';
export { CodecError, MessageTooLargeError } from './codec/errors.ts';
export type { ComputeJob, ComputeLane, PageRun } from './compute/types.ts';
export type { LoopKind } from './control/config.ts';
export { type EmbeddedStoreOptions, openEmbeddedStore } from './coord/embedded-store.ts';
export * from './coord/errors.ts';
export type * from './coord/types.ts';
export * from './errors.ts';
export type * from './events/cluster-event.ts';
export * from './limits.ts';
export * from './member.ts';
export * from './memory/types.ts';
export type { Log, MemberContext } from './node/types.ts';
export {
  type AnyImplementation,
  type DeclaredService,
  defineService,
  rpc,
  type ServiceDefinition,
  type ServiceImplementation,
  type ServiceSetup,
  stream,
} from './service/define-service.ts';
export { registerErrorClass } from './service/error-classes.ts';
export * from './service/errors.ts';
export type {
  BroadcastProxy,
  BroadcastResult,
  CallContext,
  CallOptions,
  ClientDiagnostics,
  NoInput,
  RpcMember,
  ServiceDiagnostics,
  ServiceHandlers,
  ServiceMembers,
  ServiceProxy,
  ServiceStream,
  StreamMember,
  StreamOverflow,
  StreamSource,
} from './service/types.ts';
export type { MemberState, View, ViewMember } from './supervisor/membership.ts';
