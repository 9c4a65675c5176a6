import { dataSlot, type Geometry, groupBlocks, paritySlots, slotMember } from '../layout/geometry.ts';

/** Where one block of an object lies. */
export interface BlockPlace {
  /** Logical block of the object. */
  readonly lblk: number;
  /** The row of blocks, one of each data slot, that share their parity. */
  readonly group: number;
  /** Which member of the row it is, 0 to data - 1. */
  readonly slot: number;
  readonly data: number;
  /** The members that have the parities of the row, P before Q. */
  readonly parities: readonly number[];
}

/** The place of a block. Groups of an object that is written by blocks are all whole: what was never written is zeros. */
export function blockPlace(geometry: Geometry, span: readonly number[], lblk: number): BlockPlace {
  const whole = groupBlocks(geometry);
  const layoutGroup = Math.floor(lblk / whole);
  const within = lblk % whole;
  const slot = Math.floor(within / geometry.unitBlocks);
  const row = within % geometry.unitBlocks;
  return {
    lblk,
    group: layoutGroup * geometry.unitBlocks + row,
    slot,
    data: slotMember(geometry, span, layoutGroup, dataSlot(geometry, layoutGroup, slot)),
    parities: paritySlots(geometry, layoutGroup).map((parity) => slotMember(geometry, span, layoutGroup, parity)),
  };
}

/** The logical blocks that share their parity with this one, by slot, itself included. */
export function rowBlocks(geometry: Geometry, { lblk, slot }: BlockPlace): number[] {
  const first = lblk - slot * geometry.unitBlocks;
  return Array.from({ length: geometry.data }, (_, other) => first + other * geometry.unitBlocks);
}
