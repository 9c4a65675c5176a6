import { z } from 'zod';

/** What `holdfast status` is told, and prints with `--json`. */
export const StatusReport = z.object({
  state: z.enum(['starting', 'serving', 'closing']),
  pid: z.int(),
  version: z.string(),
  storage: z.string(),
  uptimeSeconds: z.number(),
  /** Undefined until the cluster is up. */
  cluster: z
    .object({
      epoch: z.int(),
      nodes: z.array(
        z.object({
          name: z.string(),
          state: z.string(),
          incarnation: z.int(),
          drive: z.enum(['up', 'down']),
          /** Bytes that are used on it, parity included; undefined while it is down. */
          bytesUsed: z.number().optional(),
          /** Why its long transfers go through the cache of the kernel; undefined where they go past it, with O_DIRECT. */
          whyBuffered: z.string().optional(),
        }),
      ),
    })
    .optional(),
  array: z
    .object({
      data: z.int(),
      parity: z.int(),
      /** `failed`: more drives are down than parity covers. */
      state: z.enum(['healthy', 'degraded', 'failed']),
      /** On the drives that are up, parity included. */
      bytesUsed: z.number(),
    })
    .optional(),
});
export type StatusReport = z.infer<typeof StatusReport>;
