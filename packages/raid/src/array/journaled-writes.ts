import { setTimeout as pause } from 'node:timers/promises';
import { settleWritesMs } from '../limits.ts';
import type { Membership } from './membership.ts';

/** Every journaled write that a log left open, or that is open now, ends at the two who take part in it. */
export async function endWrites(membership: Membership): Promise<void> {
  await Promise.all(
    [...membership.live].map((member) => membership.ask(member, (iom, epoch) => iom.decided({ epoch }))),
  );
}

/**
 * Let journaled writes end that were answered before: what is open when the drives are closed is decided at the next
 * opening, and costs copies when one of its two members is not there then. Twice, since the end of one half brings about
 * that of the other; not longer than is worth it.
 */
export async function settleWrites(membership: Membership): Promise<void> {
  const settled = endWrites(membership).then(() => endWrites(membership));
  await Promise.race([settled.catch(() => undefined), pause(settleWritesMs, undefined, { ref: false })]);
}
