import type { IomPort } from '../iom/iom-port.ts';
import type { ReservesAnswer } from '../iom/messages.ts';
import { gfidsPerRequestMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { Membership } from './membership.ts';
import { unlessLost } from './object-directory.ts';

type Reserve = ReservesAnswer[number];

/** What is reserved of each object, as the drive knows that heard of it last. */
export async function readReserves(membership: Membership): Promise<ReadonlyMap<number, Reserve>> {
  const newest = new Map<number, Reserve>();
  for (const member of membership.live) {
    for (let after = 0; ; ) {
      const limit = gfidsPerRequestMax;
      const page = await membership.ask(member, (iom, epoch) => iom.reserves({ epoch, after, limit }));
      for (const reserve of page) {
        if (reserve.version > (newest.get(reserve.gfid)?.version ?? 0)) newest.set(reserve.gfid, reserve);
      }
      after = page.at(-1)?.gfid ?? 0;
      if (page.length < limit) break;
    }
  }
  return newest;
}

/** A member knows what is reserved of its objects, also what it was away for. */
export async function tellReserves(
  ask: <T>(request: (iom: IomPort, epoch: number) => Promise<T>) => Promise<T>,
  member: number,
  ranges: readonly ObjectRecord[],
  reserves: ReadonlyMap<number, Reserve>,
): Promise<void> {
  for (const { gfid, span } of ranges) {
    const reserve = reserves.get(gfid);
    if (reserve === undefined || !span.includes(member)) continue;
    // One whose drive has no room for it promises what it has.
    await unlessLost(ask((iom, epoch) => iom.reserve({ epoch, gfid, reserve })));
  }
}
