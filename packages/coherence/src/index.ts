/**
 * The coherence protocol of shared objects, as a kernel: what each node does about one object.
 *
 * @packageDocumentation
 * @example
 * ```ts
 * import { EffectBuffer } from '@holdfast/kernel';
 * import { initialEntry, objectKernel, objectRules } from '@holdfast/coherence';
 *
 * const common = { defaultOwner: 0, forwardsMax: 8, requestIds: 2 ** 32, exclusiveReaders: false, rules: objectRules };
 * const env = { ...common, self: 1, fill: 'blank' as const };
 * const entry = initialEntry(env);
 * const out = new EffectBuffer();
 * objectKernel.step(entry, { type: 'get', call: 1, absence: 'touch' }, env, out);
 * entry.status; // 'WAIT_OBJ_READ', and out.at(0) sends COPY_REQ to node 0
 * ```
 */

export { Container } from './container/container.ts';
export type { ContainerCounters } from './container/counters.ts';
export {
  type ContainerDefinition,
  type ContainerOptions,
  type ContainerSource,
  type DefaultOwner,
  defineContainer,
  type Operation,
} from './container/definition.ts';
export { Holder, type LeaseHolder } from './container/holder.ts';
export type { Inspection, MemberView } from './container/inspection.ts';
export type { ReadLease, WriteLease } from './container/leases.ts';
export type { ContainerCallOptions } from './container/object-calls.ts';
export { type OpenOptions, openOnCluster, openOnMember } from './container/open-container.ts';
export { pages } from './container/page-value.ts';
export type { ObjectTrace } from './container/trace-scenario.ts';
export type { ObjectChange, Watch } from './container/watch.ts';
export { registerCoherenceErrors } from './error-classes.ts';
export * from './errors.ts';
export { type NodeSet, noNodes } from './kernel/node-set.ts';
export { initialEntry, isForgettable } from './kernel/object-entry.ts';
export type { ObjectEnv } from './kernel/object-env.ts';
export { objectKernel } from './kernel/object-kernel.ts';
export { type ObjectRules, objectRules } from './kernel/object-rules.ts';
export { objectTable } from './kernel/object-table.ts';
export {
  type AbsenceMode,
  anyNode,
  blankPayload,
  type CallId,
  type CallResult,
  type NodeId,
  noPayload,
  type ObjectEntry,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
  type ObjectStatus,
  objectStatuses,
} from './kernel/object-types.ts';
export type { SetEnv } from './kernel/set-env.ts';
export { setKernel } from './kernel/set-kernel.ts';
export { type SetRules, setRules } from './kernel/set-rules.ts';
export type {
  GrabAllCall,
  HeldObject,
  KeyedMessage,
  KeyedNotice,
  ObjectKey,
  ObjectSet,
  SetEvent,
  SetResult,
} from './kernel/set-types.ts';
export type { ViewEnv } from './kernel/view-env.ts';
export { viewKernel } from './kernel/view-kernel.ts';
export { type ViewRules, viewRules } from './kernel/view-rules.ts';
export type {
  ObjectTable,
  Undelivered,
  View,
  ViewEvent,
  ViewKey,
  ViewMessage,
  ViewNotice,
  ViewResult,
  ViewState,
} from './kernel/view-types.ts';
export * from './limits.ts';
