import type { ToData, ToParity } from '../kernel/iom-messages.ts';
import type { Peer } from '../kernel/journal.ts';
import { arrayMembersMax } from '../limits.ts';

/*
 * Who speaks in the place of a member that is down, or that missed writes of an object. Before a write is taken for it,
 * a mark says durably that this member missed it; at the next opening the mark goes into the metadata of the object.
 */

/** The place of a member for the writes of an object that it does not take part in. */
export const absentPeer = (member: number): Peer => arrayMembersMax + member;

export const isAbsentPeer = (peer: Peer): boolean => peer >= arrayMembersMax;

/** The member in whose place a peer is. */
export const memberOfPeer = (peer: Peer): number => (isAbsentPeer(peer) ? peer - arrayMembersMax : peer);

/** Makes durable that a member missed a write of an object; resolves at once when that is known. */
export type MarkStale = (gfid: number, member: number) => Promise<void>;

/** What a parity IOM that is not there says: it has nothing, and whatever it is sent is as good as hardened. */
export async function answerForParity(
  peer: Peer,
  message: ToParity,
  markStale: MarkStale,
  answer: (message: ToData) => void,
): Promise<void> {
  switch (message.type) {
    case 'resolve':
      answer({ type: 'resolved', open: [] });
      break;
    case 'ios_updatepn': {
      const { mj, gfid } = message.mj;
      await markStale(gfid, memberOfPeer(peer));
      answer({ type: 'delta_held', mj });
      answer({ type: 'parity_hardened', mj });
      break;
    }
    default:
      // It never said that it has something open, nor asked for a delta.
      break;
  }
}

/** What a data IOM that is not there says: what is good at the parity IOM is as good as hardened here, the rest is over. */
export async function answerForData(
  peer: Peer,
  message: ToData,
  gfidOf: (mj: number) => number | undefined,
  markStale: MarkStale,
  answer: (message: ToParity) => void,
): Promise<void> {
  switch (message.type) {
    case 'resolved':
      for (const { mj, good } of message.open) {
        await markStale(mj.gfid, memberOfPeer(peer));
        answer({ type: good ? 'data_hardened' : 'abort', mj: mj.mj });
      }
      break;
    case 'parity_hardened': {
      const gfid = gfidOf(message.mj);
      if (gfid !== undefined) await markStale(gfid, memberOfPeer(peer));
      answer({ type: 'data_hardened', mj: message.mj });
      break;
    }
    default:
      // It sends its deltas with the request, and recalls nothing.
      break;
  }
}
