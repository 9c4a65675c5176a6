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

/** Bytes of the largest file: an object's. */
export const fileBytesMax = 2 ** 44;

/** Characters of the id of a file. */
export const fileIdCharsMax = 64;

/** Bytes of the name of an owner of operations. */
export const ownerBytesMax = 40;

/** Calls that wait for one file at its server. One more is HF_FILE_BUSY. */
export const callsPerFileMax = 4096;

/** Files whose attributes a server keeps in memory. Beyond that those not used longest are read again when needed. */
export const attributesKeptMax = 16_384;

/** Epochs of metadata servers that change attributes tell apart: the upper part of the number. */
export const changeEpochsMax = 2 ** 21;
