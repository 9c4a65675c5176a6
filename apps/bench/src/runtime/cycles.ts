import { z } from 'zod';
import { runProbe } from '../harness/probe.ts';
import type { Contender, Question } from '../harness/question.ts';

/** What a full run counts, and from which cycle on growth is growth and not warm-up. */
const full = { cycles: 200, firstMeasured: 50 };
const quick = { cycles: 12, firstMeasured: 6 };

const probe = {
  name: 'cycles',
  figures: z.object({
    heldGrowthPercent: z.number(),
    rssGrowthPercent: z.number(),
    descriptorsMore: z.number(),
    resourcesLeft: z.number(),
    rssMiB: z.number(),
    cycleMs: z.number(),
  }),
};

const contender = (name: string, clusters: boolean): Contender => ({
  name,
  round: async (budget) => {
    const { cycles, firstMeasured } = budget.quick ? quick : full;
    const figures = await runProbe(probe, 'dist', cycles, firstMeasured, clusters ? 1 : 0);
    const { rssGrowthPercent, heldGrowthPercent, ...details } = figures;
    return { value: rssGrowthPercent, details: { cycles, 'heap and buffers': heldGrowthPercent, ...details } };
  },
});

const bare = contender('bare workers', false);

/** Start, use, kill, close: what the process holds at the end beyond what it held at a quarter of the way. */
export const cycles: readonly Question[] = [
  {
    name: 'growth of RSS over start/kill/close cycles',
    unit: '%',
    better: 'lower',
    ours: contender('ours', true),
    peers: [bare],
    verdicts: [
      { measure: 'difference', against: [bare.name], max: 5 },
      { measure: 'value', detail: 'heap and buffers', against: [], max: 5 },
    ],
    roundsMax: 1,
  },
];
