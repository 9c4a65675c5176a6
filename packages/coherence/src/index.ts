/**
 * The coherence protocol of shared objects, as a kernel: what each node does about one object.
 *
 * @packageDocumentation
 */
export { type NodeSet, noNodes } from './kernel/node-set.ts';
export { initialEntry, isForgettable } from './kernel/object-entry.ts';
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
  type ObjectEnv,
  type ObjectEvent,
  type ObjectMessage,
  type ObjectNotice,
  type ObjectStatus,
  objectStatuses,
} from './kernel/object-types.ts';
