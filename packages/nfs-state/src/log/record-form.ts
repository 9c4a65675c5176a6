import { z } from 'zod';
import type { LogBatch, LogSnapshot } from '../kernel/log-types.ts';

const count = z.int().min(0);

/** A change is the deltas of one operation. They are held against their checksum, not against each other. */
const change = z.array(z.looseObject({ type: z.string() }));

export const LogRecordForm = z.object({
  head: count,
  life: count,
  proposal: count,
  oldest: count,
  takesAway: z.boolean(),
  touches: z.array(z.string()),
  change,
});

export const LogBatchForm: z.ZodType<LogBatch> = z.object({
  epoch: count,
  number: count,
  first: count,
  records: z.array(LogRecordForm),
});

export const LogSnapshotForm: z.ZodType<LogSnapshot> = z.object({
  index: count,
  next: count,
  image: change,
  unsettled: z.array(z.object({ index: count, touches: z.array(z.string()) })),
  accepted: z.array(z.object({ head: count, life: count, numbers: z.array(count) })),
});
