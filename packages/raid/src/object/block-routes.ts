import { BlockUnavailableError } from '../errors.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { type BlockPlace, blockPlace } from './stripe.ts';

/** Who is to be asked for a block now. */
export interface BlockRoute {
  readonly place: BlockPlace;
  /** Whether the member that has the block is there. */
  readonly direct: boolean;
  /** One of the two is not there: what is written has one copy less. */
  readonly degraded: boolean;
}

/** The route of a block in the present view. */
export function blockRoute(host: ObjectHost, record: ObjectRecord, lblk: number): BlockRoute {
  const place = blockPlace(record.geometry, record.span, lblk);
  const { live } = host.members;
  const direct = live.has(place.data);
  const hasParity = live.has(place.parity);
  if (!direct && !hasParity) throw new BlockUnavailableError(printGfid(record.gfid), lblk, host.name(place.data));
  return { place, direct, degraded: !direct || !hasParity };
}
