import { withoutStrangers } from './baggage.ts';
import type { NodeSet } from './node-set.ts';
import type { ObjectEnv } from './object-env.ts';
import {
  type Backup,
  type NodeId,
  type ObjectEntry,
  type ObjectMessage,
  type ObjectSink,
  type PendingRelease,
  type Shadow,
  saver,
} from './object-types.ts';

const nobody = -1;

/** Shared by all objects without a backup. */
export const noBackup: Backup = { at: nobody, unsaved: false, pending: undefined, shadow: undefined };

/** A backup, or {@link noBackup} where it says no more. */
export const backupOf = (backup: Backup): Backup =>
  backup.at === nobody && !backup.unsaved && backup.pending === undefined && backup.shadow === undefined
    ? noBackup
    : backup;

/** A value was written: nobody may see it before another node has it too. */
export function markUnsaved(entry: ObjectEntry, { shadowNode }: ObjectEnv, out: ObjectSink): void {
  if (shadowNode === undefined) out.trace('saved', entry.payload);
  else entry.backup = { ...entry.backup, unsaved: true };
}

export const isUnsaved = ({ backup }: ObjectEntry): boolean => backup.unsaved;

/** The shadow of an object stays where it is from write to write, unless the writer has it itself. */
export function beginSaving(
  entry: ObjectEntry,
  pending: PendingRelease | undefined,
  { self, shadowNode }: ObjectEnv,
  out: ObjectSink,
): void {
  const { version, incarnation, payload, baggage, backup } = entry;
  const at = backup.at === nobody || backup.at === self ? (shadowNode ?? nobody) : backup.at;
  entry.backup = { ...backup, at, pending };
  if (entry.writer === 0) entry.writer = saver;
  out.send(at, { type: 'SHADOW', version, incarnation, payload, baggage });
}

export function shadowArrived(
  entry: ObjectEntry,
  from: NodeId,
  { version, incarnation, payload, baggage }: Extract<ObjectMessage, { type: 'SHADOW' }>,
  out: ObjectSink,
): void {
  entry.backup = { ...entry.backup, shadow: { version, incarnation, payload, baggage } };
  if (entry.status === 'INV_COPY') entry.lost = false;
  out.send(from, { type: 'SHADOW_ACK', version });
}

/** A shadow, too, remembers only what members may ask for again. */
export function forgetStrangers(entry: ObjectEntry, survivors: NodeSet): void {
  const { shadow } = entry.backup;
  if (shadow === undefined) return;
  entry.backup = { ...entry.backup, shadow: { ...shadow, baggage: withoutStrangers(shadow.baggage, survivors) } };
}

export function dropShadow(entry: ObjectEntry): void {
  if (entry.backup.shadow !== undefined) entry.backup = backupOf({ ...entry.backup, shadow: undefined });
}

/** Where the shadow is once `heir` has the object: the node that gives it away keeps one if the heir had it. */
export function shadowAfter({ backup }: ObjectEntry, heir: NodeId, { self, shadowNode, rules }: ObjectEnv): NodeId {
  if (shadowNode === undefined) return nobody;
  return rules.keepsShadow(backup.at, heir) ? self : backup.at;
}

/** The object left for `heir`: whatever this owner knew of its backup goes along, and a shadow stays if it has to. */
export function leaveShadow(entry: ObjectEntry, shadow: Shadow, shadowAt: NodeId, self: NodeId): void {
  entry.backup = shadowAt === self ? { ...noBackup, shadow } : noBackup;
}

export const shadowOf = ({ version, incarnation, payload, baggage }: ObjectEntry): Shadow => ({
  version,
  incarnation,
  payload,
  baggage,
});

/** The object arrived: a shadow here is of no use any more. */
export function ownBackup(entry: ObjectEntry, shadowAt: NodeId): void {
  entry.backup = backupOf({ ...noBackup, at: shadowAt });
}
