import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ForeignDriveError } from '../errors.ts';
import type { IomPort } from '../iom/iom-port.ts';
import type { DriveReport } from '../iom/messages.ts';
import { gfidsPerRequestMax, recordsPerPageMax, revivePollMs, reviveWaitMs } from '../limits.ts';
import { isBlockObject } from '../object/object-record.ts';
import type { DriveIdentity } from '../store/identity.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ArrayHost } from './array-host.ts';
import { codeOf, type Membership } from './membership.ts';
import type { ObjectDirectory } from './object-directory.ts';
import { readClaims, tellBlank, tellRanges } from './reconcile.ts';
import { readReserves, tellReserves } from './told-reserves.ts';

export interface ReturnHost {
  readonly host: ArrayHost;
  readonly membership: Membership;
  readonly directory: ObjectDirectory;
  /** What every drive of the array says of it. */
  readonly identity: Omit<DriveIdentity, 'driveId' | 'member'>;
  /** The array is closed: nobody waits for anything any more. */
  readonly closed: AbortSignal;
}

/** A drive that was opened again, and whether it comes with nothing that counts. */
interface ReturnedDrive {
  readonly report: DriveReport | undefined;
  readonly isBlank: boolean;
}

/**
 * Open the drive of a member that was lost, on its thread that was restarted or that lives on.
 * @param replace make an empty drive where there is none
 * @throws NoArrayError, ForeignDriveError, DriveInUseError, what the drive says, or why its node cannot be asked
 */
export async function openReturned(given: ReturnHost, member: number, replace: boolean): Promise<ReturnedDrive> {
  const { host, identity } = given;
  const iom = host.iom(member);
  try {
    const report = await whenDeployed(() => iom.open(), given.closed);
    if (report.identity.arrayId !== identity.arrayId) {
      await iom.close();
      throw new ForeignDriveError(`of ${host.name(member)}`, 'belongs to another array than the others');
    }
    return { report, isBlank: report.lostBatches > 0 || report.empty };
  } catch (error) {
    if (codeOf(error) !== 'HF_NO_ARRAY' || !replace) throw error;
    const driveId = randomBytes(16).toString('hex');
    await iom.create({ ...identity, members: [...identity.members], driveId, member });
    return { report: undefined, isBlank: true };
  }
}

/** Until a node that was restarted has its I/O manager, and its former one has let go of the drive. */
const earlyCodes: ReadonlySet<string | undefined> = new Set(['HF_NODE_DOWN', 'HF_UNKNOWN_SERVICE', 'HF_DRIVE_IN_USE']);

/** A node that was restarted has its I/O manager, and its drive, a little later. */
async function whenDeployed<T>(work: () => Promise<T>, closed: AbortSignal): Promise<T> {
  const deadlineMs = performance.now() + reviveWaitMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!earlyCodes.has(codeOf(error)) || performance.now() > deadlineMs) throw error;
    }
    await pause(revivePollMs, undefined, { signal: closed });
  }
}

/**
 * Put the records of a member in order that was away, let it in, and have everyone work by that: from then on it takes part,
 * and catches up. Nobody may commit or remove objects meanwhile.
 */
export async function letIn(given: ReturnHost, member: number, { isBlank }: ReturnedDrive): Promise<void> {
  const { host, membership, directory } = given;
  await membership.steady();
  membership.assertWritable();
  const iom = host.iom(member);
  const { epoch } = membership;
  // It may be asked in this view, and does not count in it.
  await iom.setView({ epoch, live: [...membership.live], returning: [...membership.returning] });
  const objects = new Map<number, ObjectRecord>();
  for await (const { record } of directory.list('')) objects.set(record.gfid, record);
  const ranges = [...objects.values()].filter(isBlockObject);
  await forgetUnknown(iom, epoch, objects);
  await dropUnknown(iom, epoch, (gfid) => {
    const record = objects.get(gfid);
    return record === undefined || (isBlank && isBlockObject(record));
  });
  const claims = await readClaims(membership);
  await tellRanges((request) => request(iom, epoch), member, ranges, claims);
  await tellReserves((request) => request(iom, epoch), member, ranges, await readReserves(membership));
  if (isBlank) await tellBlank(membership, member, new Set());
  await membership.join(member);
}

/** Metadata that only this member has was decided against while it was away, or nobody was ever told of it. */
async function forgetUnknown(iom: IomPort, epoch: number, kept: ReadonlyMap<number, ObjectRecord>): Promise<void> {
  for (let after: ObjectRecord | undefined; ; ) {
    const cursor = after && { key: after.key, gfid: after.gfid };
    const page = await iom.objects({ prefix: '', after: cursor, limit: recordsPerPageMax });
    const gfids = page.filter(({ gfid }) => !kept.has(gfid)).map(({ gfid }) => gfid);
    if (gfids.length > 0) await iom.forget({ epoch, gfids });
    after = page.at(-1);
    if (page.length < recordsPerPageMax) return;
  }
}

async function dropUnknown(iom: IomPort, epoch: number, isUnknown: (gfid: number) => boolean): Promise<void> {
  for (let after = 0; ; ) {
    const page = await iom.gfids({ after, limit: gfidsPerRequestMax });
    const gfids = page.filter(isUnknown);
    if (gfids.length > 0) await iom.drop({ epoch, gfids });
    if (page.length === 0) return;
    after = page.at(-1)!;
  }
}
