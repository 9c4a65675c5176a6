import type { Contender, Question } from '../harness/question.ts';
import { callsPerSecond } from '../load/chains.ts';
import { uniform } from '../load/keys.ts';
import { withObject } from '../ours/array-cluster.ts';

const blockBytes = 4096;
const mebibytes = 12;
const blocks = (mebibytes << 20) / blockBytes;
const inFlight = 16;

const reads = (name: 'degraded' | 'healthy'): Contender => ({
  name,
  round: (budget) =>
    withObject(mebibytes, async ({ cluster, object }) => {
      if (name === 'degraded') await cluster.kill('n2');
      const random = uniform(3);
      return await callsPerSecond(budget, inFlight, () =>
        object.read(Math.floor(random() * blocks) * blockBytes, blockBytes),
      );
    }),
});

/** Over all blocks: every fourth lies on the node that is down, or has its parity there. */
export const randomReads: readonly Question[] = [
  {
    name: `4 KiB read at random from a degraded array, ${inFlight} in flight, 3+1, cached`,
    unit: 'reads/s',
    better: 'higher',
    ours: reads('degraded'),
    peers: [reads('healthy')],
    verdicts: [{ measure: 'ratio', against: ['healthy'], min: 0.5 }],
    roundsMax: 5,
  },
];
