import type { GroupMember } from '../kernel/proxy-state.ts';
import { dataSlot, groupBlocks, paritySlots, slotMember } from '../layout/geometry.ts';
import type { LayoutRecord } from '../store/journal-record.ts';

const geometryOf = ({ data, unitBlocks }: LayoutRecord) => ({ data, parity: 1, unitBlocks }) as const;

/** The blocks that share a parity block, by slot, and the members that have them. */
export function membersOfRow(layout: LayoutRecord, group: number): GroupMember[] {
  const geometry = geometryOf(layout);
  const layoutGroup = Math.floor(group / layout.unitBlocks);
  const first = layoutGroup * groupBlocks(geometry) + (group % layout.unitBlocks);
  return Array.from({ length: layout.data }, (_, slot) => ({
    peer: slotMember(geometry, layout.span, layoutGroup, dataSlot(geometry, layoutGroup, slot)),
    lblk: first + slot * layout.unitBlocks,
  }));
}

/** The row of a block. */
export function rowOfBlock({ data, unitBlocks }: LayoutRecord, lblk: number): number {
  return Math.floor(lblk / (data * unitBlocks)) * unitBlocks + (lblk % unitBlocks);
}

/** The member that has the parity of a row. */
export function parityOfRow(layout: LayoutRecord, group: number): number {
  const geometry = geometryOf(layout);
  const layoutGroup = Math.floor(group / layout.unitBlocks);
  return slotMember(geometry, layout.span, layoutGroup, paritySlots(geometry, layoutGroup)[0]!);
}
