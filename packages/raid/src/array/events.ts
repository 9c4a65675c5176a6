import type { MemberName } from '@holdfast/runtime';

/** Why a slot could not be read where it lies. */
export type SlotFailure = 'missing' | 'damaged' | 'unreadable' | 'down' | 'unanswered' | 'not stored';

/** What happens in an array. */
export type ArrayEvent =
  /** A member is gone: what it holds is restored from the others, and what is stored now is stored without it. */
  | { readonly type: 'degraded'; readonly node: MemberName; readonly why: string; readonly epoch: number }
  /** A slot that could not be read was restored, and written anew where it belongs. */
  | {
      readonly type: 'repaired';
      readonly key: string;
      readonly group: number;
      readonly slot: number;
      readonly node: MemberName;
      readonly why: SlotFailure;
    }
  /** Part of an object is gone. The read that found it failed with HF_OBJECT_LOST. */
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
