import type { PagePool } from '@holdfast/runtime';
import type { ArrayMembers } from '../array/membership.ts';
import type { PageBudget } from '../array/page-budget.ts';
import type { LostGroup } from '../errors.ts';

/** Told of blocks that reading found damaged. */
export interface ObjectWatch {
  /** A block was made anew where it lies. */
  mended(gfid: string, group: number, slot: number, member: number): void;
  /** Blocks that nothing restores. */
  gone(gfid: string, groups: readonly LostGroup[]): void;
}

/** What callers of objects stand on. */
export interface ObjectHost {
  readonly members: ArrayMembers;
  readonly pages: PagePool;
  readonly budget: PageBudget;
  readonly arrayId: string;
  /** Data slots of a group, and blocks of a slot. */
  readonly data: number;
  readonly unitBlocks: number;
  /** Never used by another life of any caller. */
  readonly client: number;
  /** Rises with every block this client writes. */
  readonly nextRequest: () => number;
  readonly name: (member: number) => string;
  readonly watch?: ObjectWatch;
}
