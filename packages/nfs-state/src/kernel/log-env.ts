import type { LogRules } from './log-rules.ts';
import type { Answer, Asked, Change, HeadNumber, Image, LogPlan, LogRecord } from './log-types.ts';

export interface LogEnv {
  readonly self: HeadNumber;
  readonly life: number;
  readonly batchRecordsMax: number;
  /** A batch has no more bytes than this, by {@link bytesOf}; a record that alone has more is answered {@link tooLarge}. */
  readonly batchBytesMax: number;
  /** Keys whose last record is remembered. Beyond it all are forgotten, and what was decided before is refused. */
  readonly touchedKeysMax: number;
  /** Records between two snapshots; 0 for none. */
  readonly snapshotRecords: number;
  plan(image: Image, asked: Asked): LogPlan;
  apply(image: Image, change: Change): Image;
  /** What is kept of an image, and the image made of it. */
  save(image: Image): unknown;
  load(saved: unknown): Image;
  empty(): Image;
  /** What a record takes in a batch, at most. */
  bytesOf(record: LogRecord): number;
  tooLarge(): Answer;
  readonly rules: LogRules;
}
