/**
 * The state of NFS servers and their clients as kernels. Here so far: the pNFS page-sync model, which says when a cached
 * page may be forgotten.
 *
 * @packageDocumentation
 * @example
 * ```ts
 * import { EffectBuffer } from '@holdfast/kernel';
 * import { pageSyncKernel, pageSyncRules } from '@holdfast/nfs-state';
 *
 * const bounds = { layoutErrorsMax: 3, commitRetriesMax: 2, writesMax: 64, commitPages: 64, suspendMs: 100, restMs: 10 };
 * const stripes = { pages: 1, servers: [1, 2] };
 * const env = { dataServers: 2, stripes, commitsThroughMetadataServer: false, ...bounds, rules: pageSyncRules };
 * const file = pageSyncKernel.initial(env);
 * const out = new EffectBuffer();
 * pageSyncKernel.step(file, { type: 'write', page: 0, content: 1, locked: false }, env, out);
 * pageSyncKernel.step(file, { type: 'flush', call: 1 }, env, out);
 * file.pages.get(0)?.status; // 'UPDATE_LAYOUT', and out.at(0) sends LAYOUTGET to server 0
 * ```
 */
export type { ByteRun } from './byte-run.ts';
export * from './errors.ts';
export type * from './file-port.ts';
export { FileStore, type FileStoreOptions } from './file-store/file-store.ts';
export type { Recall } from './head/head-recalls.ts';
export type { HeadPlace } from './head/head-service.ts';
export type { LocalHead } from './head/local-head.ts';
export { NfsClient } from './head/nfs-client.ts';
export { NfsHead, NfsHeads, type NfsStateOptions } from './head/nfs-heads.ts';
export type { ClientOperation } from './head/operation-message.ts';
export { type Priority, type PriorityOptions, priorities, priorityTable } from './head/priority.ts';
export type { PageSyncEnv } from './kernel/page-sync-env.ts';
export { pageSyncKernel } from './kernel/page-sync-kernel.ts';
export { type PageSyncRules, pageSyncRules } from './kernel/page-sync-rules.ts';
export { pageSyncTable } from './kernel/page-sync-table.ts';
export {
  type FlushResult,
  type LayoutRefusal,
  type LayoutStatus,
  metadataServer,
  type PageAnswer,
  type PageNotice,
  type PageNumber,
  type PageRequest,
  type PageStatus,
  type PageSyncEvent,
  type PageSyncState,
  pageStatuses,
  restTimer,
  type ServerNumber,
  type Stability,
  type Stripes,
  suspendTimer,
  type WriteFailure,
} from './kernel/page-sync-types.ts';
export { planOperation } from './kernel/plan-operation.ts';
export { type Planning, planRecord, type RecordPlan } from './kernel/plan-record.ts';
export { judgeSlot, type SlotVerdict, slotDelta } from './kernel/plan-sessions.ts';
export { keysOf, type RecordKeys, takesAway } from './kernel/record-keys.ts';
export type { Request, SlotRequest } from './kernel/request.ts';
export { applyDelta, emptyNfsState } from './kernel/state-deltas.ts';
export { snapshotOf } from './kernel/state-snapshot.ts';
export {
  anonymousStateid,
  bypassStateid,
  type Claim,
  type Client,
  type Delegation,
  type Delta,
  endOfFile,
  type HeadMemory,
  type Here,
  type IsLapsed,
  type KeptReply,
  type Layout,
  type LockDenied,
  type LockedRange,
  type Locks,
  type Mint,
  type NfsState,
  type Open,
  type Operation,
  type Owner,
  type Plan,
  type Reply,
  type Stateid,
  type Status,
} from './kernel/state-types.ts';
export { type StateBounds, stateBoundsDefault } from './limits.ts';
export { ArrayObjects, type ArrayObjectsOptions } from './objects/array-objects.ts';
export { blockBytes, type ObjectPiece, type ObjectPort } from './objects/object-port.ts';
export type { FileLock } from './page-cache/file-locks.ts';
export type { FileCallOptions, OpenFile } from './page-cache/open-file.ts';
export {
  PageCache,
  type PageCacheOptions,
  type PageCacheServers,
  type PageCacheStats,
} from './page-cache/page-cache.ts';
export { ClientDesk, type HeldLayout, type LockWanted } from './servers/client-desk.ts';
export { DataServer, type DataServerOptions, type DataServerPort } from './servers/data-server.ts';
export { DataService, dataServerOn, dataService } from './servers/data-service.ts';
export { type KnownDataServer, LayoutFences } from './servers/layout-fences.ts';
export type { Hello, ServerWord } from './servers/messages.ts';
export { metadataServerOn } from './servers/metadata-port.ts';
export { MetadataServer, type MetadataServerOptions, type MetadataServerPort } from './servers/metadata-server.ts';
export { type MetadataGround, MetadataService, metadataService } from './servers/metadata-service.ts';
export {
  addMetadataServer,
  type MetadataServerPlace,
  type PageServersOptions,
  startPageServers,
} from './servers/page-servers.ts';
export type { ServingTerm } from './servers/serving-term.ts';
