import { backupOf, dropShadow } from './backup.ts';
import { withoutWatchers } from './baggage.ts';
import { noNodes, onlyNode, withNode } from './node-set.ts';
import { leave } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import { type NodeId, noPayload, type ObjectEntry } from './object-types.ts';
import { ownAbsent } from './removal.ts';
import { isOwner } from './view-objects.ts';
import type { ViewRules } from './view-rules.ts';
import type { Report, Reported, Verdict, ViewKey } from './view-types.ts';

/** Who decides about an object, and when. */
export interface Judge {
  readonly defaultOwner: NodeId;
  readonly epoch: number;
  readonly backup: boolean;
  /** Nodes that left since calls were last served here. */
  readonly deaths: number;
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
  const { defaultOwner, epoch, backup, deaths, rules } = judge;
  const inRole = (role: Report['role']): Reported[] => reported.filter(({ report }) => report.role === role);
  const copies = inRole('copy');
  const rmset = nodesOf(reported, onlyNode(defaultOwner));
  const [owner] = inRole('owner');
  if (owner !== undefined) return { ...stays(owner, copies, reported, rules), key, rmset };
  const version = rules.versionFloor(epoch);
  const shadow = lastShadow(reported);
  const heir = rules.promoted(copies, defaultOwner) ?? (rules.promotesShadow() ? shadow : undefined);
  if (heir !== undefined) {
    const copyset = rules.copysetOf(heir.from, nodesOf(copies, onlyNode(heir.from)));
    const shadowAt = shadow === undefined || shadow.from === heir.from ? -1 : shadow.from;
    const { incarnation } = heir.report;
    return { ...survivor, key, owner: heir.from, exists: true, version, incarnation, copyset, rmset, shadowAt };
  }
  const lost = !judge.knew && rules.isLost(inRole('trace'), backup, deaths);
  const absent = { exists: false, lost, survived: judge.knew, version, incarnation: version };
  return { ...absent, key, owner: defaultOwner, copyset: noNodes, rmset, shadowAt: -1 };
}

const survivor = { lost: false, survived: true } as const;

/** The owner lives. */
function stays(
  { from, report }: Reported,
  copies: readonly Reported[],
  reported: readonly Reported[],
  rules: ViewRules,
): Omit<Verdict, 'key' | 'rmset'> {
  const { exists, lost, version, incarnation } = report;
  const copyset = rules.copysetOf(from, exists ? nodesOf(copies, onlyNode(from)) : noNodes);
  const hasShadow = reported.some((each) => each.from === report.shadowAt && each.report.shadow >= 0);
  const shadowAt = hasShadow ? report.shadowAt : -1;
  return { owner: from, exists, lost, survived: true, version, incarnation, copyset, shadowAt };
}

const lastShadow = (reported: readonly Reported[]): Reported | undefined =>
  reported.filter(({ report }) => report.shadow >= 0).sort((one, two) => two.report.shadow - one.report.shadow)[0];

const nodesOf = (reported: readonly Reported[], more: readonly NodeId[]): readonly NodeId[] =>
  reported.reduce((nodes, { from }) => withNode(nodes, from), more);

/** The entry of a node as the default owner decided. What the owner wrote since it reported stands. */
export function obey(entry: ObjectEntry, verdict: Verdict, env: ObjectEnv, rules: ViewRules): void {
  const { owner, exists, version, incarnation, copyset, lost, shadowAt } = verdict;
  const { self } = env;
  if (owner === self) {
    obeyAsOwner(entry, verdict, env, rules);
    return;
  }
  if (rules.dropsShadow(shadowAt, self)) dropShadow(entry);
  const before = entry.probOwner;
  if (entry.payload === noPayload || !copyset.includes(self)) {
    leave(entry, rules.pointsTo(owner, before));
    // Until the owner has a shadow, its death is a loss.
    entry.lost = lost || (exists && env.shadowNode !== undefined && shadowAt < 0);
    return;
  }
  entry.status = 'READ_COPY';
  entry.probOwner = rules.pointsTo(owner, before);
  entry.version = version;
  entry.incarnation = incarnation;
  entry.copyset = noNodes;
  entry.rmset = noNodes;
}

function obeyAsOwner(entry: ObjectEntry, verdict: Verdict, env: ObjectEnv, rules: ViewRules): void {
  const { exists, version, incarnation, copyset, rmset, lost, shadowAt } = verdict;
  const { self, shadowNode } = env;
  const wasOwner = isOwner(entry);
  if (!exists && entry.payload === noPayload && entry.status !== 'INV_FILLING') {
    dropShadow(entry);
    ownAbsent(entry, self, { version, incarnation, rmset, lost, baggage: entry.baggage });
    return;
  }
  entry.rmset = withNode(rmset, self);
  if (!wasOwner) {
    const { shadow } = entry.backup;
    entry.incarnation = incarnation;
    if (entry.payload === noPayload && shadow !== undefined) {
      entry.payload = shadow.payload;
      entry.incarnation = shadow.incarnation;
      entry.baggage = withoutWatchers(shadow.baggage);
    }
    entry.probOwner = self;
    entry.version = version;
    entry.lost = false;
  }
  if (entry.payload === noPayload) return;
  entry.copyset = withNode(copyset, self);
  if (!wasOwner || entry.copyset.length > 1) entry.status = 'READ_OWNER';
  const { unsaved, pending } = entry.backup;
  const isExposed = shadowAt < 0 && shadowNode !== undefined && rules.savesAnew();
  entry.backup = backupOf({ at: shadowAt, unsaved: unsaved || isExposed, pending, shadow: undefined });
}
