import type { LogRules } from './log-rules.ts';
import type { Asked, Change, HeadNumber, Image, LogPlan } from './log-types.ts';

export interface LogEnv {
  readonly self: HeadNumber;
  readonly life: number;
  readonly batchRecordsMax: number;
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
  readonly rules: LogRules;
}
