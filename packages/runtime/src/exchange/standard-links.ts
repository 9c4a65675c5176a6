import { PortLink } from '../interconnect/port-link.ts';
import { RingLink } from '../interconnect/ring-link.ts';
import type { DriverName, InterconnectLink, LinkOwner, LinkSurroundings } from '../interconnect/types.ts';
import type { WireEnds } from '../interconnect/wires.ts';
import type { Arena } from '../memory/arena.ts';

/** Makes this side's end of one link out of the wires, or nothing when the wires have none for that driver. */
export type LinkFactory = (
  driver: DriverName,
  wires: WireEnds,
  arena: Arena,
  maker: boolean,
  around: LinkSurroundings,
  owner: LinkOwner,
) => InterconnectLink | undefined;

/** The drivers that come with the runtime. */
export const standardLinks: LinkFactory = (driver, wires, arena, maker, around, owner) => {
  if (driver === 'ring') return wires.ring && new RingLink(arena, wires.ring, around, owner);
  return wires.port && new PortLink(wires.port, maker, around, owner);
};
