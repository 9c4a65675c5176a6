/** Places of the queue of pages to be written that may be used up before the rest is moved to the front. */
export const readyQueueSlackPages = 4096;

/** How much one state holds. Heads that grant at the same moment may pass a bound by one each. */
export interface StateBounds {
  /** Clients, confirmed or not. */
  readonly clientsMax: number;
  /** Files a client has open, by owner. */
  readonly opensPerClientMax: number;
  /** Open-owners and lock-owners of a client that are remembered, each kind for itself. */
  readonly ownersPerClientMax: number;
  /** Byte ranges locked in one file by all owners together. */
  readonly rangesPerFileMax: number;
  readonly sessionsPerClientMax: number;
  /** Slots of a session: a client that asks for more gets these. */
  readonly slotsMax: number;
}

/** What a state holds unless its head says otherwise. One more is told RESOURCE, and nothing is lost. */
export const stateBoundsDefault: StateBounds = {
  clientsMax: 100_000,
  opensPerClientMax: 100_000,
  ownersPerClientMax: 100_000,
  rangesPerFileMax: 65_536,
  sessionsPerClientMax: 64,
  slotsMax: 64,
};
