import type { ArrayStatus, MemberStatus } from './array-types.ts';
import type { Reconciliation } from './events.ts';
import type { Membership } from './membership.ts';
import { unlessLost } from './object-directory.ts';
import type { OpenedArray } from './open-array.ts';

const nothingToReconcile: Reconciliation = { objects: 0, degraded: 0, recopied: 0, forgotten: 0, dropped: 0 };

/** How an array is now. */
export async function arrayStatus(
  { arrayId, geometry }: OpenedArray,
  membership: Membership,
  name: (member: number) => string,
  reconciliation: Reconciliation = nothingToReconcile,
): Promise<ArrayStatus> {
  const { members, lost, returning } = membership;
  const memberStatus = async (member: number): Promise<MemberStatus> => {
    const node = name(member);
    const use = lost.has(member) ? undefined : await unlessLost(membership.ask(member, (iom) => iom.use()));
    if (use === undefined) return { node, state: 'down', why: lost.get(member) };
    return { node, state: 'up', use, ...(returning.has(member) && { returning: true }) };
  };
  return {
    arrayId,
    members: await Promise.all(members.map(memberStatus)),
    epoch: membership.epoch,
    data: geometry.data,
    parity: geometry.parity,
    degraded: lost.size + returning.size > 0,
    writable: lost.size <= geometry.parity,
    reconciliation,
  };
}
