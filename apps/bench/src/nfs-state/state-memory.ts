import { z } from 'zod';
import { runProbe } from '../harness/probe.ts';
import type { Question } from '../harness/question.ts';

const probe = { name: 'nfs-state', figures: z.object({ open: z.number(), lock: z.number() }) };
const opens = 100_000;

/** Heap of one head, in a process of its own, which collects garbage before it looks. */
export const stateMemory: readonly Question[] = (['open', 'lock'] as const).map((what) => ({
  name: `heap of one ${what} on one head, without cached replies (${opens} of them)`,
  unit: 'bytes',
  better: 'lower',
  ours: { name: 'ours', round: async () => ({ value: (await runProbe(probe, 'dist', opens))[what] }) },
  peers: [],
  verdicts: [{ measure: 'value', against: [], max: 500 }],
  roundsMax: 2,
}));
