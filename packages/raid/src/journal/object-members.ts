import type { GroupMember } from '../kernel/proxy-state.ts';
import { dataSlot, groupBlocks, paritySlots, slotMember } from '../layout/geometry.ts';
import type { LayoutRecord } from '../store/journal-record.ts';

/** The blocks that share their parity, by slot, and the members that have them. */
export function membersOfRow(layout: LayoutRecord, group: number): GroupMember[] {
  const layoutGroup = Math.floor(group / layout.unitBlocks);
  const first = layoutGroup * groupBlocks(layout) + (group % layout.unitBlocks);
  return Array.from({ length: layout.data }, (_, slot) => ({
    peer: slotMember(layout, layout.span, layoutGroup, dataSlot(layout, layoutGroup, slot)),
    lblk: first + slot * layout.unitBlocks,
  }));
}

/** The row of a block. */
export function rowOfBlock({ data, unitBlocks }: LayoutRecord, lblk: number): number {
  return Math.floor(lblk / (data * unitBlocks)) * unitBlocks + (lblk % unitBlocks);
}

/** The members that have the parities of a row, P before Q. */
export function paritiesOfRow(layout: LayoutRecord, group: number): number[] {
  const layoutGroup = Math.floor(group / layout.unitBlocks);
  return paritySlots(layout, layoutGroup).map((slot) => slotMember(layout, layout.span, layoutGroup, slot));
}
