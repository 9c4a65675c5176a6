import { z } from 'zod';

/** One row of the report, and one entry of the file `--json` writes. */
export const Result = z.object({
  area: z.string(),
  question: z.string(),
  /** Median over the rounds, in `unit`. Null when it could not be measured: `note` says why. */
  ours: z.number().nullable(),
  peer: z.number().nullable(),
  /** Null when ours stands alone. */
  peerName: z.string().nullable(),
  /** Median of the per-round ratios of what the goal compares; null when it does not compare by ratio. */
  ratio: z.number().nullable(),
  unit: z.string(),
  goal: z.string(),
  /** Null when there is nothing to reach, or nothing to compare with. */
  met: z.boolean().nullable(),
  runs: z.int().nonnegative(),
  host: z.string(),
  /** CPU time of all threads per operation. */
  oursCpuNs: z.number().nullable(),
  peerCpuNs: z.number().nullable(),
  /** Every round in order: what the medians are made of. */
  oursRounds: z.array(z.number()),
  peerRounds: z.array(z.number()),
  details: z.record(z.string(), z.number()),
  note: z.string().optional(),
});
export type Result = z.infer<typeof Result>;

export const Report = z.array(Result);
