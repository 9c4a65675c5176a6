import type { MemberSlot } from '../member.ts';
import type { Arena, Extent } from './arena.ts';
import {
  ownedBy,
  PageTable,
  pageCleaning,
  pageDying,
  pageFree,
  pageGiven,
  pageOwned,
  sameOwner,
  stateOf,
  withState,
} from './page-table.ts';
import { pageBytes } from './types.ts';

/** Make every page of a fresh extent free. Nobody may hold or own pages in it. */
export function formatPageRange(arena: Arena, range: Extent): void {
  const table = new PageTable(arena);
  for (const page of pagesOf(range)) table.reset(page);
}

export interface Reaped {
  /** Pages of the dead that were poisoned and are free again. */
  readonly poisoned: number;
  /** Pages of the dead that survivors hold: poisoned when the last of them lets go. */
  readonly held: number;
}

/**
 * Settle the pages of a dead incarnation, in all ranges of its cluster: its holder bits are cleared, and exactly the
 * pages whose owner word names it are poisoned. Pages of its range that others adopted stay theirs.
 *
 * Call it when the thread has ended (its bits would come back otherwise) and every job on its pages has settled.
 */
export function reapPages(arena: Arena, ranges: readonly Extent[], slot: MemberSlot, incarnation: number): Reaped {
  const table = new PageTable(arena);
  const dead = ownedBy(slot, incarnation);
  let poisoned = 0;
  let held = 0;
  for (const range of ranges) {
    for (const page of pagesOf(range)) {
      table.clearHolder(page, slot);
      const owner = table.owner(page);
      const state = stateOf(owner);
      if (state === pageFree) {
        // It may have died between freeing the page and saying so.
        table.offer(page);
      } else if (!sameOwner(owner, dead)) {
        table.reclaim(page, dead);
      } else if (state === pageOwned || state === pageGiven || state === pageCleaning) {
        // A survivor that lets go of a page the dead had given back may free it first. One that the dead was about to
        // clean may have a holder all the same.
        if (!table.change(page, owner, withState(dead, pageDying))) continue;
        if (table.reclaim(page, dead)) poisoned++;
        else held++;
      }
    }
  }
  return { poisoned, held };
}

function* pagesOf(range: Extent): Iterable<number> {
  for (let page = range.at / pageBytes; page < (range.at + range.bytes) / pageBytes; page++) yield page;
}
