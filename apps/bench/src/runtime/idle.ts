import { z } from 'zod';
import { runProbe } from '../harness/probe.ts';
import type { Question } from '../harness/question.ts';

const idleProbe = { name: 'idle', figures: z.object({ corePercent: z.number() }) };
const watchMsDefault = 10_000;
const watchMsQuick = 2_000;

const wideProbe = {
  name: 'wide',
  figures: z.object({
    ringMiB: z.number(),
    ringCapMiB: z.number(),
    pairsWithoutRing: z.number(),
    startMs: z.number(),
    rssMiB: z.number(),
  }),
};
const wideNodes = 64;
const talkers = 16;

export const idle: readonly Question[] = [
  {
    name: 'idle cluster of 4',
    unit: '% of a core',
    better: 'lower',
    ours: {
      name: 'ours',
      round: async ({ quick }) => {
        const { corePercent } = await runProbe(idleProbe, 'dist', 4, quick ? watchMsQuick : watchMsDefault);
        return { value: corePercent };
      },
    },
    peers: [],
    verdicts: [{ measure: 'value', against: [], max: 1 }],
    roundsMax: 3,
  },
  {
    name: `cluster of ${wideNodes} starts: share of the ring memory's cap`,
    unit: '%',
    better: 'lower',
    ours: {
      name: 'ours',
      round: async () => {
        const { ringMiB, ringCapMiB, ...details } = await runProbe(wideProbe, 'dist', wideNodes, talkers);
        return { value: (100 * ringMiB) / ringCapMiB, details: { ringMiB, ...details } };
      },
    },
    peers: [],
    verdicts: [{ measure: 'value', against: [], max: 100 }],
    roundsMax: 1,
  },
];
