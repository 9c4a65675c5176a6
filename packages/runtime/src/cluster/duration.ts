import { z } from 'zod';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds as a number, or text such as `250ms`, `10s`, `5m`, `1h`; in milliseconds. */
export const duration = z.union([z.int().min(1), z.string()]).transform((value, context) => {
  if (typeof value === 'number') return value;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value);
  const ms = match === null ? Number.NaN : Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN);
  if (ms >= 1) return Math.round(ms);
  context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is no duration such as '10s'` });
  return z.NEVER;
});
