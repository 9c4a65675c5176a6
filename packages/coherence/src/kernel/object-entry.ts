import type { Decoder, Encoder } from '@holdfast/kernel';
import { noBackup } from './backup.ts';
import { noBaggage } from './baggage.ts';
import { noCalls } from './call-set.ts';
import { type DeviceSync, deviceSyncStages } from './device-sync.ts';
import { type NodeSet, noNodes, shared } from './node-set.ts';
import type { ObjectEnv } from './object-env.ts';
import {
  type Backup,
  changes,
  type ExecuteCall,
  type ExecuteRequest,
  type Invalidation,
  type NodeId,
  noPayload,
  type ObjectEntry,
  objectStatuses,
} from './object-types.ts';
import { readWaiting, writeWaiting } from './queue-encoding.ts';
import { readBaggage, readShadow, writeBaggage, writeShadow } from './shadow-encoding.ts';

/** Shared by all entries at rest, so that they cost less memory. */
export const noneWaiting: ObjectEntry['queue'] = [];

export const noneSent: ObjectEntry['sent'] = [];

export const noneStoring: ObjectEntry['storing'] = [];

/** What a missing entry stands for: the absent object, owned by its default owner. */
export function initialEntry({ self, defaultOwner }: Pick<ObjectEnv, 'self' | 'defaultOwner'>): ObjectEntry {
  return {
    status: self === defaultOwner ? 'INV_OWNER' : 'INV_COPY',
    probOwner: defaultOwner,
    version: 0,
    incarnation: 0,
    payload: noPayload,
    copyset: noNodes,
    rmset: noNodes,
    awaited: noNodes,
    acknowledged: noNodes,
    floor: 0,
    home: false,
    lost: false,
    request: 0,
    invalidation: undefined,
    readers: noCalls,
    writer: 0,
    baggage: noBaggage,
    changed: 'no',
    backup: noBackup,
    underway: noCalls,
    sent: noneSent,
    stored: 0,
    storing: noneStoring,
    queue: noneWaiting,
  };
}

/** No copy here, `owner` believed to own the object. Leases must have ended. */
export function leave(entry: ObjectEntry, owner: NodeId): void {
  entry.status = 'INV_COPY';
  entry.probOwner = owner;
  dropCopy(entry);
  entry.copyset = noNodes;
  entry.rmset = noNodes;
  entry.lost = false;
  entry.changed = 'no';
}

export function dropCopy(entry: ObjectEntry): void {
  entry.version = 0;
  entry.incarnation = 0;
  entry.payload = noPayload;
  entry.baggage = noBaggage;
}

export function nextRequest(entry: ObjectEntry, { requestIds }: ObjectEnv): void {
  entry.request = (entry.request % requestIds) + 1;
}

/**
 * Whether an entry says no more than a missing one, so that its memory may be freed. The default owner's is kept: the
 * version and incarnation in it are above all earlier ones.
 */
export function isForgettable(entry: ObjectEntry, { self, defaultOwner }: ObjectEnv): boolean {
  return (
    self !== defaultOwner &&
    entry.status === 'INV_COPY' &&
    entry.probOwner === defaultOwner &&
    !entry.lost &&
    entry.backup === noBackup &&
    entry.queue.length === 0 &&
    entry.readers.length === 0 &&
    entry.underway.length === 0 &&
    entry.sent.length === 0 &&
    entry.storing.length === 0
  );
}

export function encodeEntry(entry: ObjectEntry, into: Encoder): void {
  into.uint(objectStatuses.indexOf(entry.status));
  into.uint(entry.probOwner);
  into.uint(entry.version);
  into.uint(entry.incarnation);
  into.int(entry.payload);
  writeSet(entry.copyset, into);
  writeSet(entry.rmset, into);
  writeSet(entry.awaited, into);
  writeSet(entry.acknowledged, into);
  into.uint(entry.floor);
  into.flag(entry.home);
  into.flag(entry.lost);
  into.uint(entry.request);
  writeInvalidation(entry.invalidation, into);
  writeSet(entry.readers, into);
  into.int(entry.writer);
  writeBaggage(entry.baggage, into);
  into.uint(changes.indexOf(entry.changed));
  writeBackup(entry.backup, into);
  writeSet(entry.underway, into);
  into.list(entry.sent, writeWaiting);
  into.uint(entry.stored);
  into.list(entry.storing, writeDeviceSync);
  into.list(entry.queue, writeWaiting);
}

export function decodeEntry(from: Decoder): ObjectEntry {
  return {
    status: objectStatuses[from.uint()]!,
    probOwner: from.uint(),
    version: from.uint(),
    incarnation: from.uint(),
    payload: from.int(),
    copyset: readSet(from),
    rmset: readSet(from),
    awaited: readSet(from),
    acknowledged: readSet(from),
    floor: from.uint(),
    home: from.flag(),
    lost: from.flag(),
    request: from.uint(),
    invalidation: readInvalidation(from),
    readers: readSet(from),
    writer: from.int(),
    baggage: readBaggage(from),
    changed: changes[from.uint()]!,
    backup: readBackup(from),
    underway: readSet(from),
    sent: from.list((each) => readWaiting(each) as ExecuteCall),
    stored: from.uint(),
    storing: from.list(readDeviceSync),
    queue: from.list(readWaiting),
  };
}

const writeUint = (value: number, into: Encoder): void => into.uint(value);
const readUint = (from: Decoder): number => from.uint();
const writeSet = (set: NodeSet, into: Encoder): void => into.list(set, writeUint);
const readSet = (from: Decoder): NodeSet => shared(from.list(readUint));

function writeDeviceSync({ node, call, version, stage }: DeviceSync, into: Encoder): void {
  into.uint(node);
  into.uint(call);
  into.uint(version);
  into.uint(deviceSyncStages.indexOf(stage));
}

const readDeviceSync = (from: Decoder): DeviceSync => ({
  node: from.uint(),
  call: from.uint(),
  version: from.uint(),
  stage: deviceSyncStages[from.uint()]!,
});

function writeInvalidation(invalidation: Invalidation | undefined, into: Encoder): void {
  into.uint(invalidation === undefined ? 0 : invalidation.type === 'INV' ? 1 : 2);
  if (invalidation === undefined) return;
  into.uint(invalidation.to);
  into.uint(invalidation.version);
}

function readInvalidation(from: Decoder): Invalidation | undefined {
  const kind = from.uint();
  return kind === 0 ? undefined : { type: kind === 1 ? 'INV' : 'RM', to: from.uint(), version: from.uint() };
}

function writeBackup({ at, unsaved, pending, shadow }: Backup, into: Encoder): void {
  into.int(at);
  into.flag(unsaved);
  into.uint(pending === undefined ? 0 : pending.type === 'put' ? 1 : 2);
  if (pending?.type === 'put') into.uint(pending.call);
  if (pending?.type === 'ran') {
    writeWaiting(pending.item, into);
    into.int(pending.result);
  }
  into.flag(shadow !== undefined);
  if (shadow !== undefined) writeShadow(shadow, into);
}

function readBackup(from: Decoder): Backup {
  const at = from.int();
  const unsaved = from.flag();
  const pending = readPending(from);
  const shadow = from.flag() ? readShadow(from) : undefined;
  const isNone = at === noBackup.at && !unsaved && pending === undefined && shadow === undefined;
  return isNone ? noBackup : { at, unsaved, pending, shadow };
}

function readPending(from: Decoder): Backup['pending'] {
  const kind = from.uint();
  if (kind === 0) return undefined;
  if (kind === 1) return { type: 'put', call: from.uint() };
  return { type: 'ran', item: readWaiting(from) as ExecuteCall | ExecuteRequest, result: from.int() };
}
