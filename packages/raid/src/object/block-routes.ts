import { BlockUnavailableError, ObjectLostError } from '../errors.ts';
import { blockBytes } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { type BlockPlace, blockPlace } from './stripe.ts';

/** Who is to be asked for a block now. */
export interface BlockRoute {
  readonly place: BlockPlace;
  /** Whether the member that has the block is there. */
  readonly direct: boolean;
  /** Somebody of those that have a part in the block is not there: what is written has one copy less. */
  readonly degraded: boolean;
}

/**
 * The route of a block in the present view.
 * @throws ObjectLostError when nobody else has a part in it, BlockUnavailableError when they are not there either
 */
export function blockRoute(host: ObjectHost, record: ObjectRecord, lblk: number): BlockRoute {
  const place = blockPlace(record.geometry, record.span, lblk);
  const { live } = host.members;
  const direct = live.has(place.data);
  const degraded = !direct || !place.parities.every((member) => live.has(member));
  if (direct) return { place, direct, degraded };
  if (place.parities.length === 0) {
    const { group, slot, data } = place;
    const slots = [{ slot, node: host.name(data), why: 'down' as const }];
    throw new ObjectLostError(printGfid(record.gfid), [{ group, start: lblk * blockBytes, bytes: blockBytes, slots }]);
  }
  if (!place.parities.some((member) => live.has(member))) {
    throw new BlockUnavailableError(printGfid(record.gfid), lblk, host.name(place.data));
  }
  return { place, direct, degraded };
}
