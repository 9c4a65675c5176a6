import { type Beginning, beginningOf } from './late-beginning.ts';
import type { NodeSet } from './node-set.ts';
import type { NodeId, ObjectMessage } from './object-types.ts';
import type { Reported, Verdict, View } from './view-types.ts';

/** The decisions that make a change of view right, by name; the seeded bugs of the verification suite each replace one. */
export interface ViewRules {
  /** Where a member begins that first hears of a set by a message. */
  beginning(founded: number, views: readonly View[]): Beginning;
  /** Whether a view that leaves nobody out waits for the end of the change to the one before. */
  putsOff(): boolean;
  /** Whether nobody can end the change to a view because a member takes part only since a later one. */
  skips(since: number, epoch: number): boolean;
  /** Whose markers a node waits for. */
  awaitedMarkers(members: NodeSet): NodeSet;
  /** Whose reports a default owner waits for. */
  awaitedReports(members: NodeSet): NodeSet;
  /** Whose verdicts a node waits for before it serves calls. */
  awaitedVerdicts(members: NodeSet): NodeSet;
  /** Whether a message of the old epoch still changes something here. */
  drains(message: ObjectMessage, isFromMember: boolean): boolean;
  /** Whether a node takes the object back that certainly did not arrive. */
  takesBack(): boolean;
  /** Whether a node that offered the object to `target` still has it. */
  keepsOffered(target: NodeId, survivors: NodeSet): boolean;
  /** Whether requests of others that wait here are forgotten: whoever made them makes them again. */
  forgetsRequests(): boolean;
  /** Whether syncs that a change of view ended are forgotten, and an eviction to the device begins again. */
  forgetsSyncs(): boolean;
  /** Whether a load that the default owner was asked for is asked for again: it may have been lost. */
  repeatsLoad(): boolean;
  /** Which of the copies becomes the object. */
  promoted(copies: readonly Reported[], defaultOwner: NodeId): Reported | undefined;
  /**
   * Whether an object of which only traces are left is lost, rather than absent. With a backup one death leaves a shadow
   * of every value that anybody saw, unless there was no time to make one since the death before.
   */
  isLost(traces: readonly Reported[], backup: boolean, deaths: number): boolean;
  /**
   * Whether all members hear what became of an object, not only those that know of it: of a loss, so that nobody is told of
   * it who may forget it with the next default owner.
   */
  tellsAll(verdict: Verdict): boolean;
  /** Whether a shadow becomes the object where no copy is left. */
  promotesShadow(): boolean;
  /** Whether shadows that the owner does not know of go. */
  dropsShadow(shadowAt: NodeId, node: NodeId): boolean;
  /** Whether an owner without a shadow makes one. */
  savesAnew(): boolean;
  /** Whether the owner learns of the copies elsewhere. */
  copysetOf(owner: NodeId, copies: NodeSet): NodeSet;
  /** Whether what may have been done is not asked for again where nobody knows of it any more. */
  forgoesUnknown(): boolean;
  /** Whether it is not asked for again either where another death ends a change in which somebody may have decided. */
  forgoesUndecided(): boolean;
  /** Whether a node that knew the old owner is told of the new one. */
  pointsTo(owner: NodeId, before: NodeId): NodeId;
  /** Whether what cannot come now, by the table, is a bug: else it is taken late. */
  bars(): boolean;
  /** Whether calls wait while the view changes, and where a node is outside. */
  holdsCalls(): boolean;
  /** Whether an object is served while a node joins or prepares to leave: its default owner before and after is the same. */
  staysHome(before: NodeId, after: NodeId): boolean;
  /** The version of an object that was promoted, lost or never known. */
  versionFloor(epoch: number): number;
}

/** Versions and incarnations of an epoch start above all of earlier epochs. */
const epochSpan = 2 ** 32;

/** What these ask for is asked for again. */
const repeated: ReadonlySet<ObjectMessage['type']> = new Set([
  'COPY_REQ',
  'RM_REQ',
  'EXEC_REQ',
  'WATCH_REQ',
  'INV',
  'RM',
  'RM_ACK',
  'SYNC',
  'LOAD',
]);

export const viewRules: ViewRules = {
  beginning: beginningOf,
  putsOff: () => true,
  skips: (since, epoch) => since > epoch,
  awaitedMarkers: (members) => members,
  awaitedReports: (members) => members,
  awaitedVerdicts: (members) => members,
  drains: (message, isFromMember) => !repeated.has(message.type) && !(message.type === 'OWN' && isFromMember),
  takesBack: () => true,
  keepsOffered: (target, survivors) => survivors.includes(target),
  forgetsRequests: () => true,
  forgetsSyncs: () => true,
  repeatsLoad: () => true,
  promoted: (copies, defaultOwner) => copies.find(({ from }) => from === defaultOwner) ?? copies[0],
  isLost: (traces, backup, deaths) =>
    backup && deaths <= 1 ? traces.some(({ report }) => report.lost) : traces.length > 0,
  tellsAll: ({ lost }) => lost,
  promotesShadow: () => true,
  dropsShadow: (shadowAt, node) => shadowAt !== node,
  savesAnew: () => true,
  copysetOf: (_owner, copies) => copies,
  forgoesUnknown: () => true,
  forgoesUndecided: () => true,
  pointsTo: (owner) => owner,
  bars: () => true,
  holdsCalls: () => true,
  staysHome: (before, after) => before === after,
  versionFloor: (epoch) => epoch * epochSpan,
};
