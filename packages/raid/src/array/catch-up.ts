import { setTimeout as pause } from 'node:timers/promises';
import { MemberLostError } from '../errors.ts';
import { behindPollMs } from '../limits.ts';
import type { Membership } from './membership.ts';
import { unlessLost } from './object-directory.ts';

/** What a member that came back still misses of objects that are written in ranges. */
export interface BehindBy {
  /** Blocks that only parity has. */
  readonly blocks: number;
  /** Groups whose parity, on the member, is not right. */
  readonly groups: number;
  /** Blocks that travelled so that it, or its parity, catches up; since the members it travelled between began. */
  readonly blocksMoved: number;
}

/** What all members together know of that; undefined while one of them is away, which may know more. */
export async function behindBy(membership: Membership, member: number): Promise<BehindBy | undefined> {
  const others = membership.members.filter((other) => other !== member);
  const ask = (other: number) => membership.ask(other, (iom, epoch) => iom.behind({ epoch, member }));
  const asked = [...others, member].map((other) => unlessLost(ask(other)));
  const answers = await Promise.all(asked);
  const sum = { blocks: 0, groups: 0, blocksMoved: 0 };
  for (const answer of answers) {
    if (answer === undefined) return undefined;
    sum.blocks += answer.blocks;
    sum.groups += answer.groups;
    sum.blocksMoved += answer.blocksMoved;
  }
  return sum;
}

/**
 * Resolves when a member that is back has caught up with what was written in ranges, and everyone has that on record. The
 * I/O managers do the work by themselves.
 *
 * @param say told how far it is
 * @throws MemberLostError when it is lost again, the signal's reason
 */
export async function catchUp(
  membership: Membership,
  member: number,
  signal: AbortSignal,
  say: (behind: BehindBy) => void,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (!membership.returning.has(member)) throw new MemberLostError(`${member}`);
    const startedMs = performance.now();
    const behind = await behindBy(membership, member);
    if (behind !== undefined) {
      say(behind);
      if (behind.blocks + behind.groups === 0) break;
    }
    // Counting is work for the others too: not more than a tenth of their time.
    await pause(Math.max(behindPollMs, 10 * (performance.now() - startedMs)), undefined, { signal });
  }
  await membership.caughtUp(member);
}
