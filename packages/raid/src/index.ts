/**
 * Objects spread over the drives of a cluster, with a parity slot in every group.
 *
 * @packageDocumentation
 */

export type { ArrayHost } from './array/array-host.ts';
export type { CreateOptions, OpenOptions } from './array/array-options.ts';
export type {
  ArrayStatus,
  ChangeOptions,
  DegradedPolicy,
  GetOptions,
  MemberStatus,
  ObjectStat,
  PutOptions,
  StoredObject,
} from './array/array-types.ts';
export type { ByteSource } from './array/byte-source.ts';
export type { ArrayEvent, Reconciliation, SlotFailure } from './array/events.ts';
export { keyFromBytes, keyToBytes } from './array/key.ts';
export { RaidArray } from './array/raid-array.ts';
export type { StepHold, StepReached } from './array/step-holds.ts';
export * from './errors.ts';
export type { Step } from './iom/messages.ts';
export type { Toughness } from './kernel/iom-messages.ts';
export { type EstimatedArray, estimateDriveBytes, windowBytes } from './layout/estimate.ts';
export type { Technique } from './layout/technique.ts';
export type { LostObject, Mending, MendOptions, MendProgress, MendReport } from './mend/mend-types.ts';
export type { ArrayNames, BindOptions, NameEntry, NameOptions } from './names/array-names.ts';
export type {
  BlockObject,
  RangeBytes,
  RangePiece,
  RangeWritten,
  ReadRangeOptions,
  TrimOptions,
  WriteRangeOptions,
} from './object/block-object.ts';
export type { BlockObjectStat } from './object/block-object-stat.ts';
export type { BlockObjects, CreateObjectOptions } from './object/block-objects.ts';
export type { WriteStep } from './object/write-trace.ts';
export { openParity, type ParityKernel, scalarParity, simdParity } from './parity/parity-kernel.ts';
export type { PqKernel } from './parity/pq-kernel.ts';
export { type GroupPositions, restoreMembers } from './parity/restore-members.ts';
export type { Member } from './parity/restore-plan.ts';
