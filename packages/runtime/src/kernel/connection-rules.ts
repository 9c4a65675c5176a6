import type { InboxCell, StatusPage } from './connection-types.ts';
import type { Endpoint } from './session-types.ts';

/**
 * The decisions that make opening and closing right, by name. Production code runs {@link connectionRules}; the seeded
 * bugs of the verification suite each replace one, and every one of them must be caught.
 */
export interface ConnectionRules {
  /** Whether the second read shows that the peer knows this very endpoint and is still the one of the first read. */
  isMutual(page: StatusPage, self: Endpoint, peer: Endpoint): boolean;
  /** Whether there is a second read at all. */
  readsTwice(): boolean;
  /** Whether a cell is meant for this endpoint and comes from the endpoint of this attempt. */
  isForUs(cell: InboxCell, self: Endpoint, peer: Endpoint): boolean;
  /** Whether a cell comes from a newer endpoint of the peer than the one at hand. */
  isNewer(cell: InboxCell, peer: Endpoint): boolean;
  /** Whether the clients hear of the session only after the partner said that it is ready. */
  waitsForPartner(): boolean;
  /** Whether a side that gives up an attempt both sides had agreed on takes a fresh endpoint. */
  renewsEndpoint(): boolean;
  /** Whether a failed attempt destroys its ports. */
  destroysPorts(): boolean;
  /** Ports or bytes for a client both sides have, given the two needs. */
  smaller(here: number, there: number): number;
}

export const connectionRules: ConnectionRules = {
  isMutual: (page, self, peer) => page.endpoint === peer && page.seen === self && page.phase !== 'hello',
  readsTwice: () => true,
  isForUs: (cell, self, peer) => cell.to === self && cell.from === peer,
  isNewer: (cell, peer) => cell.from > peer,
  waitsForPartner: () => true,
  renewsEndpoint: () => true,
  destroysPorts: () => true,
  smaller: (here, there) => Math.min(here, there),
};
