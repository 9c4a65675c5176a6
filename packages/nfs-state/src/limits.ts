import type { StateBounds } from './kernel/state-types.ts';

/** Places of the queue of pages to be written that may be used up before the rest is moved to the front. */
export const readyQueueSlackPages = 4096;

/** What a state holds unless its head says otherwise. One more is told RESOURCE, and nothing is lost. */
export const stateBoundsDefault: StateBounds = {
  clientsMax: 100_000,
  opensPerClientMax: 100_000,
  rangesPerFileMax: 65_536,
  sessionsPerClientMax: 64,
  slotsMax: 64,
};
