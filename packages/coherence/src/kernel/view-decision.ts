import { noNodes, onlyNode, withNode } from './node-set.ts';
import { leave } from './object-entry.ts';
import { type NodeId, noPayload, type ObjectEntry } from './object-types.ts';
import { ownAbsent } from './removal.ts';
import { isOwner } from './view-objects.ts';
import type { ViewRules } from './view-rules.ts';
import type { Report, Reported, Verdict, ViewKey } from './view-types.ts';

/** Who decides about an object, and when. */
export interface Judge {
  readonly defaultOwner: NodeId;
  readonly epoch: number;
  /** The default owner was it before, so that an object it has no entry of is absent. */
  readonly knew: boolean;
  readonly rules: ViewRules;
}

/**
 * What becomes of an object, by all that the members have of it. The owner stays; else a copy becomes the object, and it
 * is the value written last, because no write completes before all other copies are gone. Where only traces are left the
 * value is lost, and the default owner says so.
 */
export function decide(key: ViewKey, reported: readonly Reported[], judge: Judge): Verdict {
  const { defaultOwner, epoch, rules } = judge;
  const inRole = (role: Report['role']): Reported[] => reported.filter(({ report }) => report.role === role);
  const copies = inRole('copy');
  const traces = inRole('trace');
  const [owner] = inRole('owner');
  const rmset = nodesOf(reported, onlyNode(defaultOwner));
  if (owner !== undefined) {
    const { exists, lost, version, incarnation } = owner.report;
    const all = exists ? nodesOf(copies, onlyNode(owner.from)) : noNodes;
    const copyset = rules.copysetOf(owner.from, all);
    return { key, owner: owner.from, exists, lost, survived: true, version, incarnation, copyset, rmset };
  }
  const version = rules.versionFloor(epoch);
  const heir = rules.promoted(copies, defaultOwner);
  if (heir !== undefined) {
    const copyset = rules.copysetOf(heir.from, nodesOf(copies, noNodes));
    const { incarnation } = heir.report;
    return { key, owner: heir.from, exists: true, lost: false, survived: true, version, incarnation, copyset, rmset };
  }
  const lost = !judge.knew && rules.isLost(traces);
  const survived = judge.knew;
  return {
    key,
    owner: defaultOwner,
    exists: false,
    lost,
    survived,
    version,
    incarnation: version,
    copyset: noNodes,
    rmset,
  };
}

const nodesOf = (reported: readonly Reported[], more: readonly NodeId[]): readonly NodeId[] =>
  reported.reduce((nodes, { from }) => withNode(nodes, from), more);

/** The entry of a node as the default owner decided. What the owner wrote since it reported stands. */
export function obey(entry: ObjectEntry, verdict: Verdict, self: NodeId, rules: ViewRules): void {
  const { owner, version, incarnation, copyset, lost } = verdict;
  if (owner === self) {
    obeyAsOwner(entry, verdict, self);
    return;
  }
  if (entry.payload === noPayload || !copyset.includes(self)) {
    leave(entry, rules.pointsTo(owner, entry.probOwner));
    entry.lost = lost;
    return;
  }
  entry.status = 'READ_COPY';
  entry.probOwner = rules.pointsTo(owner, entry.probOwner);
  entry.version = version;
  entry.incarnation = incarnation;
  entry.copyset = noNodes;
  entry.rmset = noNodes;
}

function obeyAsOwner(entry: ObjectEntry, verdict: Verdict, self: NodeId): void {
  const { exists, version, incarnation, copyset, rmset, lost } = verdict;
  const wasOwner = isOwner(entry);
  if (!exists && entry.payload === noPayload && entry.status !== 'INV_FILLING') {
    ownAbsent(entry, self, { version, incarnation, rmset, lost, baggage: entry.baggage });
    return;
  }
  entry.rmset = withNode(rmset, self);
  if (!wasOwner) {
    entry.probOwner = self;
    entry.version = version;
    entry.incarnation = incarnation;
  }
  if (entry.payload === noPayload) return;
  entry.copyset = withNode(copyset, self);
  if (!wasOwner || entry.copyset.length > 1) entry.status = 'READ_OWNER';
}
