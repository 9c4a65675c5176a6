import type { MemberName } from '@holdfast/runtime';

/** Why a slot could not be read where it lies. */
export type SlotFailure = 'missing' | 'damaged' | 'unreadable' | 'down' | 'unanswered' | 'not stored';

/** What happens in an array. */
export type ArrayEvent =
  /** A member is gone: what it holds is restored from the others, and what is stored now is stored without it. */
  | { readonly type: 'degraded'; readonly node: MemberName; readonly why: string; readonly epoch: number }
  /**
   * Others stand in for a member that is gone: of each row of an object that is written in ranges its parity's node reads and
   * writes in the place of the node with the block. That it is gone is on record at all of them, in this epoch. `ended`: it
   * is back, and answers for itself.
   */
  | {
      readonly type: 'proxy';
      readonly node: MemberName;
      readonly state: 'begun' | 'ended';
      readonly by: readonly MemberName[];
      readonly epoch: number;
    }
  /** A slot that could not be read was restored, and written anew where it belongs. */
  | {
      readonly type: 'repaired';
      readonly key: string;
      readonly group: number;
      readonly slot: number;
      readonly node: MemberName;
      /** `parity`: it did not fit its data, which is whole. */
      readonly why: SlotFailure | 'parity';
    }
  /** A drive is being filled with what it should hold, or that ended; `repairedBytes`: written there so far. */
  | {
      readonly type: 'rebuilding';
      readonly node: MemberName;
      readonly state: 'begun' | 'ended' | 'failed';
      readonly repairedBytes: number;
    }
  /**
   * A member that was away catches up with what was written in ranges, or that ended: blocks and groups it still misses.
   * `failed`: it, or another one, was lost meanwhile, or the array closed; what is left is on record.
   */
  | {
      readonly type: 'resyncing';
      readonly node: MemberName;
      readonly state: 'begun' | 'ended' | 'failed';
      readonly blocks: number;
      readonly groups: number;
      /** Blocks that travelled for it so far. */
      readonly blocksMoved: number;
    }
  /** Part of an object is gone. A read that finds it fails with HF_OBJECT_LOST; a scrub and a rebuild name it. */
  | { readonly type: 'lost'; readonly key: string; readonly groups: readonly number[] };

/** The work an opening had to do after a crash, or after a drive was away. */
export interface Reconciliation {
  /** Objects that are there. */
  readonly objects: number;
  /** Among them, objects with slots that were never stored because a member was down. */
  readonly degraded: number;
  /** Metadata given a second copy again. */
  readonly recopied: number;
  /** Metadata records of older versions, removed objects and unfinished puts that were let go of. */
  readonly forgotten: number;
  /** Objects without metadata whose blocks were let go of, counted on each drive. */
  readonly dropped: number;
}
