import { randomBytes } from 'node:crypto';
import { ForeignDriveError, GeometryError, MaybeOldError, NoArrayError, TooManyDownError } from '../errors.ts';
import type { DriveReport } from '../iom/messages.ts';
import { type Geometry, groupWidth } from '../layout/geometry.ts';
import { acceptedEpochs } from '../limits.ts';
import type { DriveIdentity } from '../store/identity.ts';
import type { ArrayHost } from './array-host.ts';
import { codeOf } from './membership.ts';

/** What opening found out, before anything was changed. */
export interface OpenedArray {
  readonly arrayId: string;
  readonly members: readonly number[];
  /** Of a group where a put does not ask for another technique; `parity`: members the array can lose. */
  readonly geometry: Geometry;
  /** The highest epoch any drive knows. */
  readonly epoch: number;
  /** Members whose drive is open. */
  readonly present: readonly number[];
  /** Present, but out of date or with part of the log lost. */
  readonly suspects: ReadonlySet<number>;
  /** Those of them that lost part of the log. */
  readonly damaged: ReadonlySet<number>;
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
  const { data, parity, unitBlocks } = shape;
  return {
    arrayId,
    members,
    geometry: { data, parity, unitBlocks },
    epoch: 0,
    present: members,
    suspects: new Set(),
    damaged: new Set(),
    findings: new Map(),
  };
}

/** Failures that end an opening whatever the other drives say: going on could harm what is on that drive. */
const refusals = new Set(['HF_NEWER_FORMAT', 'HF_FOREIGN_DRIVE', 'HF_DRIVE_IN_USE']);

/**
 * Open the drives and decide whether the array is safe to use.
 * @param options `without`: members whose drives are left alone, as if they were missing; `replace`: members that get a new
 *   drive when they have none.
 */
export async function openDrives(
  host: ArrayHost,
  options: {
    readonly without: ReadonlySet<number>;
    readonly replace: ReadonlySet<number>;
    readonly acceptOld: boolean;
    readonly where: string;
  },
): Promise<OpenedArray> {
  const findings = new Map<number, string>();
  for (const member of options.without) findings.set(member, 'was left out');
  const asked = host.members.filter((member) => !options.without.has(member));
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
  const opened = judge(host, reports, findings, first, options.acceptOld);
  const bare = asked.filter((member, index) => {
    const answer = answers[index];
    const hasNone = answer?.status === 'rejected' && codeOf(answer.reason) === 'HF_NO_ARRAY';
    return hasNone && options.replace.has(member) && opened.members.includes(member);
  });
  return replaceDrives(host, opened, first.identity, bare);
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
  { identity }: DriveReport,
  acceptOld: boolean,
): OpenedArray {
  const newest = [...reports.values()].reduce((best, report) => (report.view.epoch > best.view.epoch ? report : best));
  for (const member of findings.keys()) if (!identity.members.includes(member)) findings.delete(member);
  const suspects = new Set<number>();
  const missing: number[] = [];
  for (const member of identity.members) {
    const report = reports.get(member);
    if (report === undefined) {
      missing.push(member);
      if (!findings.has(member)) findings.set(member, 'is not there');
      continue;
    }
    const why = suspicion(report, newest);
    if (why === undefined) continue;
    suspects.add(member);
    findings.set(member, why);
  }
  if (missing.length + suspects.size > identity.parity) {
    const named = [...findings].map(([member, why]) => [host.name(member), why]);
    throw new TooManyDownError(Object.fromEntries(named), identity.parity);
  }
  // Members that are missing could have been a view of their own, that nobody here has heard of.
  const maybeOld = missing.length > 0 && missing.length >= identity.members.length - identity.parity;
  if (maybeOld && !acceptOld) throw new MaybeOldError(missing.map((member) => host.name(member)));
  const { arrayId, members, data, parity, unitBlocks } = identity;
  return {
    arrayId,
    members,
    geometry: { data, parity, unitBlocks },
    // What was accepted as old must count as newer than whatever comes back.
    epoch: newest.view.epoch + (maybeOld ? acceptedEpochs : 0),
    present: [...reports.keys()],
    suspects,
    damaged: new Set([...reports].flatMap(([member, { lostBatches }]) => (lostBatches > 0 ? [member] : []))),
    findings,
  };
}

/**
 * Why a drive's records may be incomplete. A drive one epoch behind that the newest view counts as live is not: that
 * view was cut off while it was being recorded, and nothing was stored under it.
 */
function suspicion(report: DriveReport, newest: DriveReport): string | undefined {
  if (report.lostBatches > 0) return `has lost ${report.lostBatches} batches of its log`;
  const { epoch, live } = newest.view;
  const counted = live.includes(report.identity.member);
  if (counted && report.view.epoch >= epoch - 1) return undefined;
  return `is out of date (epoch ${report.view.epoch} of ${epoch})`;
}

const describe = (reason: unknown) => {
  const code = codeOf(reason);
  return code === 'HF_NO_ARRAY'
    ? 'has no drive'
    : `failed: ${reason instanceof Error ? reason.message : String(reason)}`;
};
