import { BlockUnavailableError } from '../errors.ts';
import { absentPeer } from '../journal/stand-ins.ts';
import type { Peer } from '../kernel/journal.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { type BlockPlace, blockPlace } from './stripe.ts';

/** Who is to be asked for a block now. */
export interface BlockRoute {
  readonly place: BlockPlace;
  /** Whether the member that has the block is there. */
  readonly direct: boolean;
  /** The parity IOM, or its stand-in. */
  readonly parity: Peer;
  /** One of the two is not there: what is written has one copy less. */
  readonly degraded: boolean;
}

/** The route of a block in the present view. */
export function blockRoute(host: ObjectHost, record: ObjectRecord, lblk: number): BlockRoute {
  const place = blockPlace(record.geometry, record.span, lblk);
  const counts = (member: number) => host.members.live.has(member) && !record.absent.includes(member);
  const direct = counts(place.data);
  const hasParity = counts(place.parity);
  if (!direct && !hasParity) throw new BlockUnavailableError(printGfid(record.gfid), lblk, host.name(place.data));
  const parity = hasParity ? place.parity : absentPeer(place.parity);
  return { place, direct, parity, degraded: !direct || !hasParity };
}
