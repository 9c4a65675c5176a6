import { processCpuNs } from '../harness/cpu.ts';
import type { Contender, Question } from '../harness/question.ts';
import { withCoherentNodes } from '../ours/coherent-cluster.ts';
import { callsPerSecond, redisKeys } from '../peers/key-peers.ts';

const nodes = 4;
/** Calls under way on each node, and on each connection. */
const outstanding = 64;

const ours = (what: 'execute' | 'grab'): Contender => ({
  name: 'ours',
  round: ({ warmUpMs, measureMs }) =>
    withCoherentNodes(nodes, async (node, names) => {
      const runFor = async (ms: number): Promise<number> => {
        const counts = await Promise.all(names.map((name) => node(name).contend({ what, outstanding, ms })));
        return counts.reduce((sum, count) => sum + count, 0);
      };
      await runFor(warmUpMs);
      const cpuBefore = processCpuNs();
      const startedMs = performance.now();
      const calls = await runFor(measureMs);
      const seconds = (performance.now() - startedMs) / 1000;
      return { value: calls / seconds, cpuNs: (processCpuNs() - cpuBefore) / calls };
    }),
});

const increment = redisKeys('redis INCR', nodes, 0, (_, ms) => ({ type: 'count', outstanding, ms }), callsPerSecond);

const question = (what: 'execute' | 'grab', goal: { readonly min?: number }): Question => ({
  name: `contended counter, ${nodes} nodes, ${outstanding} outstanding each, ${what}`,
  unit: 'calls/s',
  better: 'higher',
  ours: ours(what),
  peers: [increment],
  verdicts: [
    { measure: 'ratio', against: [increment.name], ...goal },
    { measure: 'cpu', against: [increment.name] },
  ],
  roundsMax: 3,
  warmUpTimes: 4,
});

export const contention: readonly Question[] = [question('execute', { min: 1 }), question('grab', {})];
