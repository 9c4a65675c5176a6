import { MemberLostError, ObjectBusyError } from '../errors.ts';
import { type Technique, techniqueOf } from '../layout/technique.ts';
import { blockBytes, changesPerEpochBits, reroutesMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';
import { generationOf, printGfid } from './object-record.ts';
import { readReserved } from './reserve-range.ts';

export interface BlockObjectStat {
  readonly gfid: string;
  /** The opening of the array that made the object, a part of its id: with another generation it is another object. */
  readonly generation: number;
  readonly technique: Technique;
  /**
   * Blocks that lie somewhere, parity not counted: written, and not given back since. Of members that are down those that were
   * ever written, as far as parity knows.
   */
  readonly allocatedBlocks: number;
  /** Behind the last of them. */
  readonly endBytes: number;
  /** Blocks that are reserved, written or not. */
  readonly reservedBlocks: number;
  /**
   * Rises with every write of the object before anybody sees what was written, and with every change of who is up; never goes
   * back, over losses, returns and restarts. Fits 64 bits.
   */
  readonly change: bigint;
  readonly degraded: boolean;
}

/** How an object that is written in ranges is, in one view of the array. */
export async function objectStat(host: ObjectHost, record: ObjectRecord): Promise<BlockObjectStat> {
  const { members } = host;
  const { gfid, span, geometry } = record;
  const { ranges } = await readReserved(host, record);
  for (let attempt = 0; attempt < reroutesMax; attempt++) {
    await members.steady();
    const { epoch } = members;
    const live = span.filter((member) => members.live.has(member));
    const whole = { gfid, fromBlock: 0, toBlock: Number.MAX_SAFE_INTEGER };
    const uses = await Promise.allSettled(
      live.map((member) => members.ask(member, (iom, of) => iom.blockUse({ epoch: of, ...whole }))),
    );
    // Numbers of two views do not belong together.
    const isLost = uses.some((use) => use.status === 'rejected' && use.reason instanceof MemberLostError);
    if (isLost || members.epoch !== epoch) continue;
    const answers = uses.map((use) => {
      if (use.status === 'rejected') throw use.reason;
      return use.value;
    });
    const changes = answers.reduce((sum, answer) => sum + answer.changes, 0);
    return {
      gfid: printGfid(gfid),
      generation: generationOf(gfid),
      technique: techniqueOf(geometry),
      allocatedBlocks: answers.reduce((sum, { dataBlocks, awayBlocks }) => sum + dataBlocks + awayBlocks, 0),
      endBytes: Math.max(0, ...answers.map(({ endBlock }) => endBlock * blockBytes)),
      reservedBlocks: ranges.reduce((sum, { from, to }) => sum + to - from, 0),
      change: (BigInt(epoch) << BigInt(changesPerEpochBits)) + BigInt(changes),
      degraded: span.some((member) => !members.live.has(member) || members.returning.has(member)),
    };
  }
  throw new ObjectBusyError('the members of the object');
}
