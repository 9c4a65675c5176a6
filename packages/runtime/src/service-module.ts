/**
 * What the module of a service needs, without the rest of the runtime: it is loaded on every node it is deployed to, and
 * the index costs each of them hundreds of milliseconds of a core.
 *
 * @packageDocumentation
 */
export type { ComputeJob, ComputeLane, PageRun } from './compute/types.ts';
export type { ClusterStore } from './coord/types.ts';
export * from './errors.ts';
export * from './member.ts';
export * from './memory/types.ts';
export type { Log, MemberContext } from './node/types.ts';
export {
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
  CallContext,
  CallOptions,
  RpcMember,
  ServiceHandlers,
  ServiceMembers,
  ServiceProxy,
  StreamMember,
  StreamSource,
} from './service/types.ts';
