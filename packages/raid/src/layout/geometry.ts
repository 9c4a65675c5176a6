import { blockBytes } from '../limits.ts';

/** Parity slots of a group: the members that may be lost. */
export type ParityCount = 0 | 1 | 2;

export const isParityCount = (count: number): count is ParityCount => count === 0 || count === 1 || count === 2;

/**
 * How an object is cut. Group g holds the next `data * unitBlocks` blocks of the object in `data` slots, beside `parity`
 * slots of parity. The last group is narrow: its blocks are spread evenly over the data slots, so that a small object
 * costs small slots, and slots that would be empty are not stored and count as zeros.
 */
export interface Geometry {
  readonly data: number;
  readonly parity: ParityCount;
  readonly unitBlocks: number;
}

/** One group of an object: how many blocks of data it holds and how many its longest slot has. */
export interface GroupShape {
  readonly blocks: number;
  readonly unitBlocks: number;
}

const ceilDivide = (value: number, by: number) => Math.ceil(value / by);

export const blockCount = (bytes: number): number => ceilDivide(bytes, blockBytes);

/** Blocks of data in a whole group. */
export const groupBlocks = (geometry: Geometry): number => geometry.data * geometry.unitBlocks;

export const groupCount = (geometry: Geometry, bytes: number): number =>
  ceilDivide(blockCount(bytes), groupBlocks(geometry));

export function groupShape(geometry: Geometry, bytes: number, group: number): GroupShape {
  const whole = groupBlocks(geometry);
  const blocks = Math.min(whole, blockCount(bytes) - group * whole);
  if (group < 0 || blocks <= 0) throw new RangeError(`An object of ${bytes} bytes has no group ${group}.`);
  return { blocks, unitBlocks: ceilDivide(blocks, geometry.data) };
}

/** Slots of a group, parity included: each lies on a member of its own. */
export const groupWidth = (geometry: Pick<Geometry, 'data' | 'parity'>): number => geometry.data + geometry.parity;

/**
 * The slots of a group that hold its parities, P before Q. They rotate, so that no member has the parity of everything; Q
 * lies one slot behind P, or in the first one.
 */
export function paritySlots(geometry: Geometry, group: number): number[] {
  const width = groupWidth(geometry);
  const p = width - 1 - (group % width);
  return [p, (p + 1) % width].slice(0, geometry.parity);
}

/** The slot that holds part `part` (0 to data - 1) of a group's data: the parts lie in order in what parity leaves. */
export function dataSlot(geometry: Geometry, group: number, part: number): number {
  const parities = paritySlots(geometry, group).sort((a, b) => a - b);
  return parities.reduce((slot, parity) => (parity <= slot ? slot + 1 : slot), part);
}

/** Blocks of part `part` of a group's data; 0 when the part is not stored. */
export const partBlocks = (shape: GroupShape, part: number): number =>
  Math.max(0, Math.min(shape.unitBlocks, shape.blocks - part * shape.unitBlocks));

/** The member of the span that holds slot `slot` of group `group`. Spans longer than a group spread the groups. */
export function slotMember(geometry: Geometry, span: readonly number[], group: number, slot: number): number {
  const width = groupWidth(geometry);
  // The product stays exact: groups are below 2^32, spans at most 64 long.
  const member = span[(group * width + slot) % span.length];
  if (member === undefined || span.length < width) throw new RangeError('A span is at least as long as a group.');
  return member;
}

/** Where an object lies. */
export interface Layout {
  readonly geometry: Geometry;
  readonly span: readonly number[];
  /** Members of the span that were lost, and whose slots others of it hold, in the order that was decided in. */
  readonly moved?: readonly number[] | undefined;
}

/**
 * The members that hold a group, by slot. A slot that was moved lies on the first member of the span behind the group that
 * has no slot of it, and was not lost itself until then: what is moved later does not change where it lies.
 */
export function groupMembers({ geometry, span, moved = [] }: Layout, group: number): number[] {
  const width = groupWidth(geometry);
  const members = Array.from({ length: width }, (_, slot) => slotMember(geometry, span, group, slot));
  for (const [index, lost] of moved.entries()) {
    const slot = members.indexOf(lost);
    if (slot < 0) continue;
    const lostSoFar = moved.slice(0, index + 1);
    const behind = Array.from({ length: span.length }, (_, at) => span[(group * width + width + at) % span.length]!);
    const spare = behind.find((member) => !members.includes(member) && !lostSoFar.includes(member));
    if (spare === undefined) throw new RangeError('A span has a spare member for each that was lost.');
    members[slot] = spare;
  }
  return members;
}

/**
 * The members to move the slots of, so that all of an object lies on members that are up, behind those that were moved
 * before.
 * @param absent members that are up, and hold nothing of the object
 * @returns undefined when there is nothing to move, or the span has too few members left for a group
 */
export function movesNeeded(
  { geometry, span, moved = [] }: Layout,
  absent: readonly number[],
  live: ReadonlySet<number>,
): number[] | undefined {
  const away = span.filter((member) => !moved.includes(member) && (!live.has(member) || absent.includes(member)));
  const left = span.length - moved.length - away.length;
  return away.length === 0 || left < groupWidth(geometry) ? undefined : [...moved, ...away];
}
