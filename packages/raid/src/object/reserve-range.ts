import { randomInt } from 'node:crypto';
import { unlessLost } from '../array/object-directory.ts';
import { NoSpaceError, ObjectBusyError, ObjectOptionError } from '../errors.ts';
import type { ReserveAnswer } from '../iom/messages.ts';
import { blockBytes, claimAttemptsMax, claimStepMax, reservedBlocksMax, reservedRangesMax } from '../limits.ts';
import { type BlockRange, type BlockRanges, withoutRange, withRange } from '../store/block-ranges.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import { checkRange } from './block-pieces.ts';
import type { ObjectHost } from './object-host.ts';

/** What is reserved of an object: ranges of blocks, and the version of that. */
export type Reserved = Pick<ReserveAnswer, 'version' | 'ranges'>;

/** @throws ObjectOptionError, ObjectRangeError */
export function reservedRange(blocks: number, offset: number): BlockRange {
  if (!Number.isInteger(blocks) || blocks < 1 || blocks > reservedBlocksMax) {
    throw new ObjectOptionError(`${blocks} blocks cannot be reserved.`, `Reserve 1 to ${reservedBlocksMax} at a time.`);
  }
  if (offset % blockBytes !== 0) {
    throw new ObjectOptionError(`A reserve does not begin at ${offset}.`, `Give a multiple of ${blockBytes}.`);
  }
  checkRange(offset, blocks * blockBytes);
  return { from: offset / blockBytes, to: offset / blockBytes + blocks };
}

/** Have a range reserved at every member that is there: all of them have room for it, or nothing has changed. */
export const reserveRange = (host: ObjectHost, record: ObjectRecord, range: BlockRange): Promise<void> =>
  change(host, record, (ranges) => withRange(ranges, range));

/** What lies there stays; what does not need not be kept free for it any more. */
export const releaseRange = (host: ObjectHost, record: ObjectRecord, range: BlockRange): Promise<void> =>
  change(host, record, (ranges) => withoutRange(ranges, range));

/** The newest version that any member knows. */
export async function readReserved(host: ObjectHost, record: ObjectRecord): Promise<Reserved> {
  const answers = await everywhere(host, record, undefined);
  return answers.reduce<Reserved>((one, other) => (other.version > one.version ? other : one), nothing);
}

const nothing: Reserved = { version: 0, ranges: [] };

async function change(
  host: ObjectHost,
  record: ObjectRecord,
  to: (ranges: BlockRanges) => BlockRange[],
): Promise<void> {
  for (let attempt = 0; attempt < claimAttemptsMax; attempt++) {
    const before = await readReserved(host, record);
    const ranges = to(before.ranges);
    if (JSON.stringify(ranges) === JSON.stringify(before.ranges)) return;
    if (ranges.length > reservedRangesMax) {
      throw new ObjectOptionError(`${ranges.length} ranges would be reserved.`, `At most ${reservedRangesMax} can be.`);
    }
    const version = before.version + randomInt(1, claimStepMax);
    const answers = await everywhere(host, record, { version, ranges });
    // Somebody else changed it at the same time: what that one wanted counts too.
    if (answers.some((answer) => answer.version > version)) continue;
    const full = answers.filter((answer) => answer.full).map(({ member }) => host.name(member));
    if (full.length === 0) return;
    await everywhere(host, record, { version: version + claimStepMax, ranges: [...before.ranges] });
    throw new NoSpaceError(`of ${full.join(', ')}`);
  }
  throw new ObjectBusyError('the reserve of the object');
}

/** Ask every member of the span that is there. */
async function everywhere(
  { members }: ObjectHost,
  { gfid, span }: ObjectRecord,
  reserve: Reserved | undefined,
): Promise<(ReserveAnswer & { readonly member: number })[]> {
  const there = span.filter((member) => members.live.has(member));
  const ask = (member: number) => members.ask(member, (iom, epoch) => iom.reserve({ epoch, gfid, reserve }));
  const answers = await Promise.all(
    there.map(async (member) => {
      const answer = await unlessLost(ask(member));
      return answer && { ...answer, member };
    }),
  );
  return answers.filter((answer) => answer !== undefined);
}
