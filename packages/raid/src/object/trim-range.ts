import { unlessLost } from '../array/object-directory.ts';
import { groupBlocks } from '../layout/geometry.ts';
import { blockBytes, heldBlocksMax, trimWindowBlocks } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';
import { blockPlace } from './stripe.ts';

interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

interface Trimmed {
  readonly host: ObjectHost;
  readonly record: ObjectRecord;
  /** At toughness 2. */
  write(offset: number, bytes: Uint8Array): Promise<unknown>;
}

/**
 * Overwrite what is held of a range with zeros, by journaled writes, and then give back the places of blocks that are
 * zeros: a block without a place reads the same, so that this needs no word between data and parity.
 */
export async function trimRange(object: Trimmed, range: ByteRange, signal: AbortSignal | undefined): Promise<void> {
  const end = range.offset + range.length;
  const toBlock = Math.ceil(end / blockBytes);
  for (let from = Math.floor(range.offset / blockBytes); from < toBlock; ) {
    const held = await heldBlocks(object, from, toBlock);
    const window = held.slice(0, trimWindowBlocks);
    const [first, last] = [window[0], window.at(-1)];
    if (first === undefined || last === undefined) return;
    signal?.throwIfAborted();
    await Promise.all(
      window.map(async (lblk) => {
        const { offset, length } = clip({ offset: lblk * blockBytes, length: blockBytes }, range);
        await object.write(offset, new Uint8Array(length));
      }),
    );
    await giveBack(object, first, last + 1);
    // Parity of rows that are held no more is given back with the last of their blocks.
    from = last + 1;
  }
}

/** Blocks of a range that may be held, ascending, the first of them: those that are, and those whose member is not there. */
async function heldBlocks({ host, record }: Trimmed, fromBlock: number, toBlock: number): Promise<readonly number[]> {
  const { gfid, span, geometry } = record;
  const request = { gfid, fromBlock, toBlock, ...groupsOf(record, fromBlock, toBlock) };
  const asked = await Promise.all(
    span.map(async (member) => {
      if (!host.members.live.has(member) || record.absent.includes(member)) return undefined;
      return await unlessLost(host.members.ask(member, (iom, epoch) => iom.heldBlocks({ epoch, ...request })));
    }),
  );
  const answers = asked.filter((answer) => answer !== undefined);
  // One that was lost before it answered is not there either.
  const answered = new Set(span.filter((_, index) => asked[index] !== undefined));
  const whole = groupBlocks(geometry);
  const { unitBlocks } = geometry;
  const held = new Set(answers.flatMap(({ blocks }) => blocks));
  // A member that is not there may have begun a write that nobody else heard of, and end it when it is back: what could be
  // there is overwritten, in every group that has anything, and in all of a range that is not long.
  if (answered.size < span.length) {
    const groups = answers.flatMap((answer) => [
      ...answer.groups.map((group) => Math.floor(group / unitBlocks)),
      ...answer.blocks.map((lblk) => Math.floor(lblk / whole)),
    ]);
    const blocks =
      toBlock - fromBlock <= heldBlocksMax
        ? [[fromBlock, toBlock] as const]
        : [...new Set(groups)].map((group) => [group * whole, (group + 1) * whole] as const);
    for (const [from, to] of blocks) {
      for (let lblk = from; lblk < to; lblk++) if (!answered.has(blockPlace(geometry, span, lblk).data)) held.add(lblk);
    }
  }
  // Behind where an answer was cut off there may be more than it says.
  const cuts = answers.flatMap((answer) => [
    answer.blocks.length === heldBlocksMax ? answer.blocks.at(-1)! : toBlock,
    answer.groups.length === heldBlocksMax ? Math.floor(answer.groups.at(-1)! / unitBlocks) * whole - 1 : toBlock,
  ]);
  const cut = Math.min(...cuts);
  return [...held].filter((lblk) => lblk >= fromBlock && lblk < toBlock && lblk <= cut).sort((a, b) => a - b);
}

async function giveBack({ host, record }: Trimmed, fromBlock: number, toBlock: number): Promise<void> {
  const { gfid, span } = record;
  const live = span.filter((member) => host.members.live.has(member));
  const request = { gfid, fromBlock, toBlock, ...groupsOf(record, fromBlock, toBlock) };
  await Promise.all(
    live.map((member) => unlessLost(host.members.ask(member, (iom, epoch) => iom.giveBack({ epoch, ...request })))),
  );
}

/** The rows that a range of blocks has a part in. */
function groupsOf({ geometry }: ObjectRecord, fromBlock: number, toBlock: number) {
  const whole = groupBlocks(geometry);
  const { unitBlocks } = geometry;
  const fromGroup = Math.floor(fromBlock / whole) * unitBlocks;
  return { fromGroup, toGroup: Math.ceil(toBlock / whole) * unitBlocks };
}

function clip({ offset, length }: ByteRange, { offset: from, length: bytes }: ByteRange): ByteRange {
  const start = Math.max(offset, from);
  return { offset: start, length: Math.min(offset + length, from + bytes) - start };
}
