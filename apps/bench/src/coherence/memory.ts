import { z } from 'zod';
import { runProbe } from '../harness/probe.ts';
import type { Question } from '../harness/question.ts';

const probe = { name: 'objects', figures: z.object({ bytes: z.number() }) };
const objects = 100_000;

/** Its own process, which collects garbage before it looks. */
export const memory: readonly Question[] = [
  {
    name: `memory of an idle object on a node, beyond key and value (${objects} objects)`,
    unit: 'bytes',
    better: 'lower',
    ours: { name: 'ours', round: async () => ({ value: (await runProbe(probe, 'dist', objects)).bytes }) },
    peers: [],
    verdicts: [{ measure: 'value', against: [], max: 200 }],
    roundsMax: 1,
  },
];
