import { randomBytes } from 'node:crypto';
import { ForeignDriveError, GeometryError, MaybeOldError, NoArrayError, TooManyDownError } from '../errors.ts';
import type { DriveReport } from '../iom/messages.ts';
import { type Geometry, groupWidth } from '../layout/geometry.ts';
import { acceptedEpochs, arrayMembersMax } from '../limits.ts';
import type { ArrayView, DriveIdentity } from '../store/identity.ts';
import type { ArrayHost } from './array-host.ts';
import { codeOf } from './membership.ts';

/** What opening found out, before anything was changed. */
export interface OpenedArray {
  readonly arrayId: string;
  readonly members: readonly number[];
  /** Of a group where a put does not ask for another technique; `parity`: members the array can lose. */
  readonly geometry: Geometry;
  readonly extentBlocks: number;
  /** The highest epoch any drive knows. */
  readonly epoch: number;
  /** Members whose drive is open. */
  readonly present: readonly number[];
  /** Present, but out of date or with part of the log lost. */
  readonly suspects: ReadonlySet<number>;
  /** Present and in the newest view, and had not caught up yet with what was written while they were away. */
  readonly returning: readonly number[];
  /** Those of the suspects that lost part of the log, have a new drive, or one that was rolled back. */
  readonly damaged: ReadonlySet<number>;
  /** Members the array did not have before. */
  readonly added: readonly number[];
  /** What is wrong with members, in words. */
  readonly findings: ReadonlyMap<number, string>;
}

export interface ArrayShape {
  readonly data: number;
  readonly parity: 1 | 2;
  readonly unitBlocks: number;
  readonly extentBlocks: number;
}

/** Make a drive of a new array on every member. */
export async function createDrives(host: ArrayHost, shape: ArrayShape): Promise<OpenedArray> {
  const members = [...host.members].sort((a, b) => a - b);
  const width = groupWidth(shape);
  if (members.length < width) {
    throw new GeometryError(
      `Groups of ${shape.data} data and ${shape.parity} parity need ${width} nodes, and there are ${members.length}.`,
      'Start more nodes, or create the array with fewer data slots.',
    );
  }
  const arrayId = randomBytes(16).toString('hex');
  const made = await Promise.allSettled(
    members.map((member) => {
      const driveId = randomBytes(16).toString('hex');
      const identity: DriveIdentity = { arrayId, driveId, member, members, ...shape };
      return host.iom(member).create(identity);
    }),
  );
  for (const answer of made) if (answer.status === 'rejected') throw answer.reason;
  const { data, parity, unitBlocks, extentBlocks } = shape;
  return {
    arrayId,
    members,
    geometry: { data, parity, unitBlocks },
    extentBlocks,
    epoch: 0,
    present: members,
    suspects: new Set(),
    returning: [],
    damaged: new Set(),
    added: [],
    findings: new Map(),
  };
}

/** Failures that end an opening whatever the other drives say: going on could harm what is on that drive. */
const refusals = new Set(['HF_NEWER_FORMAT', 'HF_FOREIGN_DRIVE', 'HF_DRIVE_IN_USE']);

/**
 * Open the drives and decide whether the array is safe to use.
 * @param options `without`: members whose drives are left alone, as if they were missing; `replace`: members that get a new
 *   drive when they have none; `grow`: nodes that become members; `lost`: members that an attempt before this one has lost on
 *   the way, whose drives it had looked at, and why.
 */
export async function openDrives(
  host: ArrayHost,
  options: {
    readonly without: ReadonlySet<number>;
    readonly replace: ReadonlySet<number>;
    readonly grow: ReadonlySet<number>;
    readonly lost: ReadonlyMap<number, string>;
    readonly acceptOld: boolean;
    readonly where: string;
  },
): Promise<OpenedArray> {
  const findings = new Map<number, string>(options.lost);
  for (const member of options.without) findings.set(member, 'was left out');
  const asked = host.members.filter((member) => !findings.has(member));
  const answers = await Promise.allSettled(asked.map((member) => host.iom(member).open()));
  const reports = new Map<number, DriveReport>();
  for (const [index, answer] of answers.entries()) {
    const member = asked[index]!;
    if (answer.status === 'fulfilled') reports.set(member, answer.value);
    else if (refusals.has(codeOf(answer.reason) ?? '')) throw answer.reason;
    else findings.set(member, describe(answer.reason));
  }
  const [first] = reports.values();
  if (first === undefined) {
    const hopeless = answers.find((answer) => answer.status === 'rejected' && codeOf(answer.reason) !== 'HF_NO_ARRAY');
    throw hopeless?.status === 'rejected' ? hopeless.reason : new NoArrayError(options.where);
  }
  checkSameArray(host, reports, first);
  // Whether it is safe is decided without the drives that are to be made.
  const opened = judge(host, reports, findings, options);
  const { identity } = newestOf(reports);
  // A drive of a growth that was cut off, and of which the others know nothing.
  const strangers = [...reports.keys()].filter((member) => !identity.members.includes(member));
  await Promise.all(strangers.map((member) => host.iom(member).close()));
  const added = [...options.grow].filter((member) => !opened.members.includes(member));
  if (added.length > 0) return addDrives(host, opened, identity, added);
  const bare = asked.filter((member, index) => {
    const answer = answers[index];
    const hasNone = answer?.status === 'rejected' && codeOf(answer.reason) === 'HF_NO_ARRAY';
    return hasNone && options.replace.has(member) && opened.members.includes(member);
  });
  return replaceDrives(host, opened, identity, bare);
}

/**
 * Make empty drives for nodes that become members. Until one of them has recorded a view of the array such a drive counts
 * for nothing, and is made again.
 */
async function addDrives(
  host: ArrayHost,
  opened: OpenedArray,
  identity: DriveIdentity,
  added: readonly number[],
): Promise<OpenedArray> {
  const members = [...opened.members, ...added].sort((a, b) => a - b);
  if (opened.findings.size > 0) {
    const [[member, why] = [0, '']] = opened.findings;
    throw new GeometryError(
      `The array cannot grow while ${host.name(member)} ${why}.`,
      'Open it without growing, bring that back or rebuild it, then grow.',
    );
  }
  const stranger = added.find((member) => !host.members.includes(member));
  if (stranger !== undefined || members.length > arrayMembersMax) {
    throw new GeometryError(
      `The array cannot grow by ${added.map((member) => host.name(member)).join(', ')}.`,
      `Name nodes of the cluster that are up; an array has at most ${arrayMembersMax}.`,
    );
  }
  for (const member of added) {
    await host.iom(member).create({ ...identity, member, members, driveId: randomBytes(16).toString('hex') });
  }
  return { ...opened, members, added, present: [...opened.present, ...added] };
}

/** Make empty drives for members that lost theirs: they are there, and what their records said is gone. */
async function replaceDrives(
  host: ArrayHost,
  opened: OpenedArray,
  { arrayId, members, data, parity, unitBlocks, extentBlocks }: DriveIdentity,
  bare: readonly number[],
): Promise<OpenedArray> {
  for (const member of bare) {
    const driveId = randomBytes(16).toString('hex');
    const identity = { arrayId, driveId, member, members: [...members], data, parity, unitBlocks, extentBlocks };
    await host.iom(member).create(identity);
  }
  const findings = new Map(opened.findings);
  for (const member of bare) findings.delete(member);
  return {
    ...opened,
    findings,
    present: [...opened.present, ...bare],
    suspects: new Set([...opened.suspects, ...bare]),
    damaged: new Set([...opened.damaged, ...bare]),
  };
}

function checkSameArray(host: ArrayHost, reports: ReadonlyMap<number, DriveReport>, first: DriveReport): void {
  for (const [member, { identity }] of reports) {
    if (identity.arrayId === first.identity.arrayId) continue;
    throw new ForeignDriveError(`of ${host.name(member)}`, 'belongs to another array than the others');
  }
}

function judge(
  host: ArrayHost,
  reports: ReadonlyMap<number, DriveReport>,
  findings: Map<number, string>,
  { acceptOld, lost }: { readonly acceptOld: boolean; readonly lost: ReadonlyMap<number, string> },
): OpenedArray {
  const { identity, view } = newestOf(reports);
  for (const member of findings.keys()) if (!identity.members.includes(member)) findings.delete(member);
  const workedBy = Math.max(...[...reports.values()].map((report) => report.workedBy));
  const suspects = new Set<number>();
  const missing: number[] = [];
  for (const member of identity.members) {
    const report = reports.get(member);
    if (report === undefined) {
      missing.push(member);
      if (!findings.has(member)) findings.set(member, 'is not there');
      continue;
    }
    const why = suspicion(report, view, workedBy);
    if (why === undefined) continue;
    suspects.add(member);
    findings.set(member, why);
  }
  // Who had not caught up misses what only those know who are not there.
  const returning = (view.returning ?? []).filter((member) => reports.has(member) && !suspects.has(member));
  const incomplete = missing.length === 0 ? [] : returning;
  for (const member of incomplete) findings.set(member, 'had not caught up yet');
  if (missing.length + suspects.size + incomplete.length > identity.parity) {
    const named = [...findings].map(([member, why]) => [host.name(member), why]);
    throw new TooManyDownError(Object.fromEntries(named), identity.parity);
  }
  // Members that are missing could have been a view of their own, that nobody here has heard of.
  const unseen = missing.filter((member) => !lost.has(member));
  const maybeOld = unseen.length > 0 && unseen.length >= identity.members.length - identity.parity;
  if (maybeOld && !acceptOld) throw new MaybeOldError(missing.map((member) => host.name(member)));
  const { arrayId, members, data, parity, unitBlocks, extentBlocks } = identity;
  return {
    arrayId,
    members,
    geometry: { data, parity, unitBlocks },
    extentBlocks,
    // What was accepted as old must count as newer than whatever comes back.
    epoch: view.epoch + (maybeOld ? acceptedEpochs : 0),
    present: identity.members.filter((member) => reports.has(member)),
    suspects,
    returning,
    added: [],
    damaged: new Set([...suspects].filter((member) => isWithout(reports.get(member)!, view, workedBy))),
    findings,
  };
}

/**
 * The newest view there is. Two of one number come about when an opening was cut off that reached some drives only, and the
 * next one went on without those: who counts is who is up in both, since whatever was stored was stored without the others.
 */
function newestOf(reports: ReadonlyMap<number, DriveReport>): Pick<DriveReport, 'identity' | 'view'> {
  const epoch = Math.max(...[...reports.values()].map(({ view }) => view.epoch));
  const newest = [...reports.values()].filter(({ view }) => view.epoch === epoch);
  const live = newest
    .map(({ view }) => view.live)
    .reduce((both, other) => both.filter((member) => other.includes(member)));
  // The same of a growth that was cut off: nothing was stored on the new member.
  const { identity } = newest.reduce((few, other) =>
    other.identity.members.length < few.identity.members.length ? other : few,
  );
  const returning = [...new Set(newest.flatMap(({ view }) => view.returning ?? []))];
  return { identity, view: { epoch, live, returning } };
}

/**
 * Why a drive's records may be incomplete. A drive one epoch behind that the newest view counts as live is not: that
 * view was cut off while it was being recorded, and nothing was stored under it. Where anybody worked by it already this
 * drive had recorded it too, and was rolled back since.
 */
function suspicion(report: DriveReport, { epoch, live }: ArrayView, workedBy: number): string | undefined {
  // Of an array whose making was cut off all drives are new.
  if (report.empty && epoch > 0) return 'has a new drive that was never filled';
  if (report.lostBatches > 0) return `has lost ${report.lostBatches} batches of its log`;
  if (isRolledBack(report, { epoch, live }, workedBy)) {
    return `was rolled back (to epoch ${report.view.epoch} of ${epoch})`;
  }
  const { member } = report.identity;
  const counted = live.includes(member);
  if (counted && report.view.epoch >= epoch - 1) return undefined;
  return `is out of date (epoch ${report.view.epoch} of ${epoch})`;
}

/** Whether a drive does not have what its member once stored, so that the others know nothing of what it misses. */
const isWithout = (report: DriveReport, view: ArrayView, workedBy: number): boolean =>
  report.lostBatches > 0 || report.empty || isRolledBack(report, view, workedBy);

/** A drive that is in the newest view had recorded whatever view anybody worked by. */
const isRolledBack = (report: DriveReport, { live }: ArrayView, workedBy: number): boolean =>
  live.includes(report.identity.member) && report.view.epoch < workedBy;

const describe = (reason: unknown) => {
  const code = codeOf(reason);
  return code === 'HF_NO_ARRAY'
    ? 'has no drive'
    : `failed: ${reason instanceof Error ? reason.message : String(reason)}`;
};
