import type { PageIndex, PagePool } from '@holdfast/runtime';
import { joinTransfers, type Transfer } from './transfers.ts';

/** Blocks of one slot, to be stored from pages or read into them. */
export interface SlotPages {
  readonly gfid: number;
  readonly group: number;
  readonly slot: number;
  readonly blocks: number;
  readonly page: PageIndex;
}

/** The transfers that move slots between their pages and their places on the drive. */
export function slotTransfers(pages: PagePool, slots: readonly SlotPages[], places: readonly number[]): Transfer[] {
  const blocks = slots.map((slot) => slot.blocks);
  const parts = slots.map((slot) => pages.bytes(slot.page, slot.blocks));
  return joinTransfers(places, blocks, parts);
}
