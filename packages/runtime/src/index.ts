/**
 * A cluster inside a Node process: nodes are worker threads, with supervision, connections that survive the loss of a
 * link, shared pages and typed services.
 *
 * @packageDocumentation
 */

export { ChannelClosedError } from './channel/errors.ts';
export type * from './channel/types.ts';
export type { Deployment, DeployOptions } from './cluster/deployment.ts';
export type { ClusterOptions } from './cluster/options.ts';
export { Cluster, type LinkFault } from './cluster.ts';
export { CodecError, MessageTooLargeError } from './codec/errors.ts';
export { LaneError } from './compute/errors.ts';
export type { ComputeFunction, ComputeJob, ComputeLane, PageRun } from './compute/types.ts';
export type { LoopKind } from './control/config.ts';
export type { MemberDiagnostics, MemberReport } from './control/supervisor-api.ts';
export { type EmbeddedStoreOptions, openEmbeddedStore } from './coord/embedded-store.ts';
export * from './coord/errors.ts';
export type * from './coord/types.ts';
export * from './errors.ts';
export type * from './events/cluster-event.ts';
export * from './exchange/types.ts';
export type * from './extensions.ts';
export * from './limits.ts';
export * from './member.ts';
export * from './memory/types.ts';
export { type AttachedMember, type ClusterTicket, isClusterTicket, joinCluster } from './node/join.ts';
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
  ImplementationSettings,
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
