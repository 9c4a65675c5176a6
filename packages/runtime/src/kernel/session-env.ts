import type { SessionRules } from './session-rules.ts';
import type { Sequence } from './session-types.ts';

export interface SessionTimings {
  /** How long an acknowledgement may wait for a frame to ride on. */
  readonly acknowledgeMs: number;
  readonly retransmitMs: number;
  /** How long a session without a usable link is kept. */
  readonly retentionMs: number;
  /** Bound of an orderly close. */
  readonly drainMs: number;
  /** Period of unanswered CLOSE frames. */
  readonly closeRepeatMs: number;
  /** Hold-down after the first fence, and period of unanswered FENCE and PROBE frames; doubles up to the maximum. */
  readonly probeMs: number;
  readonly probeMsMax: number;
  /** A link that stayed up this long is steady: its flaps are forgiven and classes move back to it. */
  readonly steadyMs: number;
}

export interface SessionEnv {
  /** Number of links, up or not; ids are 0 to links - 1. */
  readonly links: number;
  /** Window of each class in records, which is also the size of the retransmission buffer. Both sides use the same. */
  readonly windows: readonly number[];
  /** Delivered records that force an acknowledgement at once. */
  readonly acknowledgeEvery: number;
  /** Sequence of the first record, 0 except in tests of the upper end. */
  readonly firstSequence: Sequence;
  /** No record gets this sequence or a higher one: the session closes instead. Limits must stay safe integers too, so
   * that the largest window lies between this and 2^53. */
  readonly sequenceMax: Sequence;
  readonly flapsMax: number;
  readonly timings: SessionTimings;
  readonly rules: SessionRules;
}
