import { TooManyDownError } from '../errors.ts';
import { movesNeeded } from '../layout/geometry.ts';
import { techniqueOf } from '../layout/technique.ts';
import { groupsPerWindow } from '../limits.ts';
import { GroupMender, type MenderHost } from '../mend/group-mender.ts';
import { hardenSpan } from '../mend/object-mender.ts';
import type { ObjectRecord } from '../store/log-record.ts';

/**
 * Store what members that died on the way of a put should have had on others, durably, where the span has enough of them.
 * @param object all but its metadata is durable on who is up, and nobody knows of it yet
 * @returns the members whose slots were moved; undefined when there are none, or no spare members
 * @throws TooManyDownError when more was lost meanwhile than parity restores, MemberLostError
 */
export async function substituteAbsent(
  host: MenderHost,
  object: Omit<ObjectRecord, 'homes' | 'epoch'>,
  groups: number,
): Promise<number[] | undefined> {
  const { membership } = host;
  const moved = movesNeeded(object, object.absent, membership.live);
  if (moved === undefined || object.geometry.parity === 0) return undefined;
  const mender = new GroupMender(host);
  const record: ObjectRecord = { ...object, homes: [], epoch: membership.epoch };
  for (let start = 0; start < groups; start += groupsPerWindow) {
    const count = Math.min(groupsPerWindow, groups - start);
    const window = Array.from({ length: count }, (_, index) => mender.move(record, start + index, moved));
    for (const { lost } of await Promise.all(window)) {
      if (lost === undefined) continue;
      const gone = lost.slots.map(({ node, why }) => [node, why]);
      throw new TooManyDownError(Object.fromEntries(gone), object.geometry.parity, techniqueOf(object.geometry));
    }
  }
  await hardenSpan(membership, object.span);
  return moved;
}
