import { processCpuNs } from '../harness/cpu.ts';
import type { Contender, Question } from '../harness/question.ts';
import { withCoherentNodes } from '../ours/coherent-cluster.ts';
import { callsPerCpuSecond, lmdbKeys, portCacheKeys, redisKeys, secondNs, type TaskOf } from '../peers/key-peers.ts';

const nodes = 4;
const keys = 100_000;
/** Calls under way on each node. */
const outstanding = 16;
/** 95 % reads. */
const writeEvery = 20;

const ours: Contender = {
  name: 'ours',
  round: ({ warmUpMs, measureMs }) =>
    withCoherentNodes(nodes, async (node, names) => {
      const runFor = async (ms: number) => {
        const all = await Promise.all(
          names.map((name) => node(name).drive({ keys, outstanding, writeEvery, ms, seed: name })),
        );
        const sum = (of: 'calls' | 'reads' | 'hits' | 'messages'): number =>
          all.reduce((total, each) => total + each[of], 0);
        return { calls: sum('calls'), reads: sum('reads'), hits: sum('hits'), messages: sum('messages') };
      };
      // As the peers, it begins with every value in its place, which here is a copy on each node.
      const share = keys / nodes;
      await Promise.all(names.map((name) => node(name).stock({ first: name * share, count: share })));
      await Promise.all(names.map((name) => node(name).collect({ first: 0, count: keys })));
      await runFor(warmUpMs);
      const cpuBefore = processCpuNs();
      const startedMs = performance.now();
      const { calls, reads, hits, messages } = await runFor(measureMs);
      const seconds = (performance.now() - startedMs) / 1000;
      const cpuNs = (processCpuNs() - cpuBefore) / calls;
      const details = {
        'hit rate, %': (100 * hits) / reads,
        'messages a call': messages / calls,
        'calls/s': calls / seconds,
      };
      return { value: secondNs / cpuNs, cpuNs, details };
    }),
};

const taskWith =
  (under: number): TaskOf =>
  (worker, ms) => ({ type: 'keys', keys, outstanding: under, writeEvery, ms, seed: worker });

const redisOne = redisKeys('redis, one outstanding', nodes, keys, taskWith(1), callsPerCpuSecond);
const redisSame = redisKeys('redis, the same outstanding', nodes, keys, taskWith(outstanding), callsPerCpuSecond);
const lmdb = lmdbKeys(nodes, keys, taskWith(outstanding), callsPerCpuSecond);
const cache = portCacheKeys(nodes, taskWith(outstanding), callsPerCpuSecond);

export const manyReads: readonly Question[] = [
  {
    name: `95 % reads, Zipf, ${nodes} nodes, ${keys} objects, ${outstanding} outstanding each`,
    unit: 'calls per CPU second',
    better: 'higher',
    ours,
    peers: [redisOne, redisSame, lmdb, cache],
    verdicts: [
      { measure: 'ratio', against: [redisOne.name], min: 10 },
      { measure: 'ratio', against: [redisSame.name], min: 3 },
      { measure: 'ratio', against: [lmdb.name] },
      { measure: 'ratio', against: [cache.name] },
      { measure: 'value', detail: 'hit rate, %', unit: '%', against: [] },
      { measure: 'value', detail: 'messages a call', unit: 'messages', against: [] },
    ],
    roundsMax: 3,
    warmUpTimes: 4,
  },
];
