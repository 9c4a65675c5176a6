import { giveUp, offerRefused } from './answers.ts';
import { forgetStrangers, ownBackup } from './backup.ts';
import { withoutStrangers, withoutWatchers } from './baggage.ts';
import { forgetSyncs } from './device.ts';
import { loadsAtHome } from './filling.ts';
import { type NodeSet, noNodes, onlyNode } from './node-set.ts';
import type { ObjectEnv } from './object-env.ts';
import { happen } from './object-kernel.ts';
import {
  executor,
  type NodeId,
  noPayload,
  type ObjectEntry,
  type ObjectMessage,
  type ObjectSink,
  type ObjectStatus,
} from './object-types.ts';
import { askAgain, forgetAskers } from './once.ts';
import { ownAbsent } from './removal.ts';
import type { ViewRules } from './view-rules.ts';
import type { Report, ViewKey } from './view-types.ts';

/**
 * A message of the old epoch, between the first and the last marker. Answers and the object itself are taken as ever,
 * but nothing is sent: what was asked for will be asked for again, and who has what will be reported.
 */
export function drain(entry: ObjectEntry, from: NodeId, message: ObjectMessage, env: ObjectEnv, out: ObjectSink): void {
  if (message.type === 'OWN') takeOver(entry, message, env);
  else happen(entry, { type: 'message', from, message }, env, out);
}

/** The object of a node that died after it offered it: nobody else has it. */
function takeOver(entry: ObjectEntry, message: Extract<ObjectMessage, { type: 'OWN' }>, { self }: ObjectEnv): void {
  const { payload } = message;
  if (payload === noPayload && entry.payload === noPayload) return;
  if (payload !== noPayload) entry.payload = payload;
  own(entry, self, message);
}

/** This node owns the object again; who else has a copy is reported. */
function own(
  entry: ObjectEntry,
  self: NodeId,
  { version, incarnation, baggage, shadowAt }: Extract<ObjectMessage, { type: 'GRANT' | 'OWN' }>,
): void {
  entry.status = 'READ_OWNER';
  entry.probOwner = self;
  entry.version = version;
  entry.incarnation = incarnation;
  entry.baggage = baggage;
  entry.copyset = onlyNode(self);
  entry.lost = false;
  ownBackup(entry, shadowAt === self ? -1 : shadowAt);
}

/** A message certainly did not arrive at `to`, which left: the object, or the right to create it, is here again. */
export function takeBack(entry: ObjectEntry, to: NodeId, message: ObjectMessage, env: ObjectEnv): void {
  const { self } = env;
  const rmset = onlyNode(self);
  switch (message.type) {
    case 'GRANT':
      entry.payload = message.payload === noPayload ? message.kept : message.payload;
      own(entry, self, message);
      break;
    case 'ABSENT_OWNERSHIP':
      ownAbsent(entry, self, message);
      break;
    case 'RM_ACK2':
      ownAbsent(entry, self, { ...message, rmset, lost: false });
      break;
    case 'RM_DONE':
      if (message.home) ownAbsent(entry, self, { ...message, rmset, lost: false });
      break;
    case 'OWN':
      offerRefused(entry, to, env);
      break;
    default:
      break;
  }
}

/** Before it is reported: nothing is under way any more, so that whatever was waited for is not. */
export function settle(entry: ObjectEntry, survivors: NodeSet, env: ObjectEnv, rules: ViewRules): void {
  if (rules.forgetsRequests()) {
    // An operation that is being run ends as it may. One whose value is being saved was run, and waits no more.
    const isRunning = entry.writer === executor && entry.backup.pending === undefined;
    entry.queue = entry.queue.filter((item, at) => !('requester' in item) || (at === 0 && isRunning));
    forgetAskers(entry, survivors, env.self);
  }
  if (rules.forgetsSyncs()) forgetSyncs(entry);
  askAgain(entry);
  entry.baggage = withoutStrangers(withoutWatchers(entry.baggage), survivors);
  forgetStrangers(entry, survivors);
  const offeredTo = entry.awaited[0];
  entry.invalidation = undefined;
  entry.awaited = noNodes;
  entry.acknowledged = noNodes;
  entry.floor = 0;
  entry.home = false;
  switch (entry.status) {
    case 'WAIT_OBJ_READ':
    case 'WAIT_OBJ_WRITE':
    case 'WAIT_OBJ_RM_DONE':
    case 'WAIT_OBJ_RM_ACK2':
      entry.status = entry.payload === noPayload ? 'INV_COPY' : 'READ_COPY';
      break;
    case 'WAIT_ACK_INV':
    case 'WAIT_ACK_WRITE':
      entry.status = 'READ_OWNER';
      break;
    case 'WAIT_OBJ_RM_ACK':
      entry.status = entry.payload === noPayload ? 'INV_OWNER' : 'READ_OWNER';
      break;
    case 'INV_FILLING':
      if (rules.repeatsLoad() && loadsAtHome(entry, env) && env.self !== env.defaultOwner) entry.status = 'INV_OWNER';
      break;
    case 'WAIT_CHG_OWN_ACK':
      settleOffer(entry, offeredTo as NodeId, survivors, env, rules);
      break;
    default:
      break;
  }
}

/** An offer that a member did not take was not taken; one that a node which left may have taken was. */
function settleOffer(
  entry: ObjectEntry,
  offeredTo: NodeId,
  survivors: NodeSet,
  env: ObjectEnv,
  rules: ViewRules,
): void {
  if (entry.payload === noPayload) {
    entry.status = 'INV_COPY';
  } else if (rules.keepsOffered(offeredTo, survivors)) {
    entry.status = 'READ_OWNER';
  } else {
    giveUp(entry, offeredTo, env);
  }
}

const ownerStatuses: ReadonlySet<ObjectStatus> = new Set([
  'INV_OWNER',
  'INV_FILLING',
  'READ_OWNER',
  'WRITE_OWNER',
  'WRITE_GHOST',
]);

export const isOwner = ({ status }: ObjectEntry): boolean => ownerStatuses.has(status);

/** What is left here of a settled object. `formerly` is the default owner that an entry without news points to. */
export function reportOf(key: ViewKey, entry: ObjectEntry, formerly: NodeId): Report {
  const { version, incarnation, lost, payload } = entry;
  const { at, shadow } = entry.backup;
  const role = roleOf(entry, formerly);
  return {
    key,
    role,
    exists: payload !== noPayload,
    lost,
    version,
    incarnation,
    shadowAt: at,
    shadow: shadow?.version ?? -1,
  };
}

function roleOf(entry: ObjectEntry, formerly: NodeId): Report['role'] {
  if (isOwner(entry)) return 'owner';
  if (entry.payload !== noPayload) return 'copy';
  return entry.probOwner !== formerly || entry.lost ? 'trace' : 'none';
}
