import { openPhases } from './connection-state.ts';
import type { InboxCell, OpenPhase, StatusPage } from './connection-types.ts';
import type { Endpoint } from './session-types.ts';

/**
 * The decisions that make opening and closing right, by name. Production code runs {@link connectionRules}; the seeded
 * bugs of the verification suite each replace one, and every one of them must be caught.
 */
export interface ConnectionRules {
  /** Whether there is a second read at all. */
  readsTwice(): boolean;
  /** Whether that read shows that the peer knows this very endpoint and is still the one of the first read. */
  isMutual(page: StatusPage, self: Endpoint, peer: Endpoint): boolean;
  /** Whether a cell is meant for this endpoint and comes from the endpoint of this attempt. */
  isForUs(cell: InboxCell, self: Endpoint, peer: Endpoint): boolean;
  /** Whether a cell comes from a newer endpoint of the peer than the one at hand. */
  isNewer(cell: InboxCell, peer: Endpoint): boolean;
  /** Whether a cell is older than the one heard last. */
  isOutdated(cell: InboxCell, heard: InboxCell): boolean;
  /** Whether the partner is told that this side is ready before the clients are. */
  alertsPartnerFirst(): boolean;
  /** Whether the clients hear of the session only after the partner said that it is ready. */
  waitsForPartner(): boolean;
  /** Whether ports are exchanged only once the peer's exist, too. */
  waitsForPeerPorts(): boolean;
  /** Whether a side that leaves a session, or an attempt the peer may take for one, goes on with a fresh endpoint. */
  renewsEndpoint(): boolean;
  /** Whether a failed attempt destroys its ports. */
  destroysPorts(): boolean;
  /** Whether a peer whose page shows that it left the session ends it here, too. */
  noticesAbsence(): boolean;
  /** Whether a cell of `phase` carries what was said when `earlier` was reached. */
  carries(phase: OpenPhase, earlier: OpenPhase): boolean;
  /** Version spoken by two sides that know at most `here` and `there`. */
  version(here: number, there: number): number;
  /** Ports or bytes for a client both sides have, given the two needs. */
  smaller(here: number, there: number): number;
}

export const connectionRules: ConnectionRules = {
  readsTwice: () => true,
  isMutual: (page, self, peer) => page.endpoint === peer && page.seen === self && page.phase !== 'hello',
  isForUs: (cell, self, peer) => cell.to === self && cell.from === peer,
  isNewer: (cell, peer) => cell.from > peer,
  isOutdated: (cell, heard) => cell.from < heard.from,
  alertsPartnerFirst: () => true,
  waitsForPartner: () => true,
  waitsForPeerPorts: () => true,
  renewsEndpoint: () => true,
  destroysPorts: () => true,
  noticesAbsence: () => true,
  carries: (phase, earlier) => openPhases.indexOf(phase) >= openPhases.indexOf(earlier),
  version: (here, there) => Math.min(here, there),
  smaller: (here, there) => Math.min(here, there),
};
