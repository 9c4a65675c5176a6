import { z } from 'zod';
import { type Form, runProbe } from '../harness/probe.ts';
import type { Contender, Question } from '../harness/question.ts';

const start = {
  name: 'start',
  figures: z.object({ totalMs: z.number(), importMs: z.number(), startMs: z.number(), rssMiB: z.number() }),
};

const upFrom = (name: string, form: Form): Contender => ({
  name,
  round: async () => {
    const { totalMs, importMs, startMs } = await runProbe(start, form, 4);
    return { value: totalMs, details: { importMs, startMs } };
  },
});

const fromSources = upFrom('.ts sources', 'sources');

/** Five nodes weigh so much more than one: the four between are what an idle node costs, without what all share. */
async function nodeWeight() {
  const one = await runProbe(start, 'dist', 1);
  const five = await runProbe(start, 'dist', 5);
  return { value: (five.rssMiB - one.rssMiB) / 4, details: { oneNodeMiB: one.rssMiB, fiveNodesMiB: five.rssMiB } };
}

export const startUp: readonly Question[] = [
  {
    name: 'cluster of 4 up, all channels ready, imports included',
    unit: 'ms',
    better: 'lower',
    ours: upFrom('dist', 'dist'),
    peers: [fromSources],
    verdicts: [
      { measure: 'value', against: [], max: 250 },
      { measure: 'ratio', against: [fromSources.name] },
    ],
  },
  {
    name: 'memory of an idle node beyond its pages',
    unit: 'MiB',
    better: 'lower',
    ours: { name: 'dist', round: nodeWeight },
    peers: [],
    verdicts: [{ measure: 'value', against: [], max: 25 }],
    roundsMax: 5,
  },
];
