import type { RecordPlan } from '../kernel/plan-record.ts';
import type { Delta, HeadMemory } from '../kernel/state-types.ts';
import type { ProposedRecord } from './nfs-parts.ts';

/** The decisions of heads and of their log; each seeded bug replaces one. */
export interface HeadRules {
  /** From which record on the log compares: what the head that appends has applied. */
  seen(applied: number, tail: number): number;
  /** Up to where a record is settled. */
  settledUpTo(everywhere: number, here: number): number;
  /** What must be settled before a head answers without a record: the end it asked for, and what it applied since. */
  restsOn(end: number, applied: number): number;
  compares(plan: RecordPlan): readonly string[];
  takesAway(plan: RecordPlan): boolean;
  /** Whether a record waits, though it takes nothing away, for earlier ones that do and that it was decided on. */
  waitsFor(taken: readonly ProposedRecord[]): boolean;
  /** Whether the head applies the log to its end first. */
  mayBeBehind(plan: RecordPlan): boolean;
  /** Whether what a head was told of the log's end holds for later plans. */
  staysTold(): boolean;
  /** What of a plan is appended. */
  appended(plan: RecordPlan): readonly Delta[];
  /** What of a record a head applies that did not append it. */
  applied(deltas: readonly Delta[]): readonly Delta[];
  /** Whether a head answers before its record is appended. */
  answersFirst(): boolean;
  /** Whether a refused record is planned again, rather than answered as it was. */
  plansAgain(): boolean;
  /** What a head calls its memory. */
  self(head: number, life: number): HeadMemory;
  /** Whether a head that starts again takes the state from the log. */
  readsLog(): boolean;
  /** Whether a head whose right to serve ended serves nothing. */
  stopsWhenOut(): boolean;
  /** What a head that was cut off is told of the records it did not hear. */
  missed(records: readonly ProposedRecord[]): readonly ProposedRecord[];
  /** Whether a head that starts says so in the log before it serves. */
  announcesItself(): boolean;
  /** Whether a lapsed client that is in the way is expired by agreement of the heads. */
  agreesOnExpiry(): boolean;
}

export const headRules: HeadRules = {
  seen: (applied) => applied,
  settledUpTo: (everywhere) => everywhere,
  restsOn: (end, applied) => Math.max(end, applied),
  compares: (plan) => plan.compares,
  takesAway: (plan) => plan.takesAway,
  waitsFor: (taken) => taken.length > 0,
  mayBeBehind: (plan) => plan.mayBeBehind,
  staysTold: () => false,
  appended: (plan) => plan.deltas,
  applied: (deltas) => deltas,
  answersFirst: () => false,
  plansAgain: () => true,
  self: (head, life) => `${head}.${life}`,
  readsLog: () => true,
  stopsWhenOut: () => true,
  missed: (records) => records,
  announcesItself: () => true,
  agreesOnExpiry: () => true,
};
