import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { withCoherentNodes } from '../ours/coherent-cluster.ts';
import { rpcOurs } from '../ours/rpc-ours.ts';

const objectsFull = 6000;
const objectsQuick = 1500;

/**
 * One call at a time of node 1 on objects that node 0 wrote, each for the first time, with `copies` other nodes that
 * have read it; after as many that are not counted, so that the compiler has seen them.
 */
async function missSample(what: 'read' | 'write', copies: number, { quick }: Budget): Promise<Sample> {
  return await withCoherentNodes(2 + copies, async (node, names) => {
    const count = quick ? objectsQuick : objectsFull;
    const all = { first: 0, count: 2 * count };
    await node(0).fill(all);
    for (const reader of names.slice(2)) await node(reader).readAll(all);
    await node(1).each({ what, first: 0, count });
    const cpuBefore = processCpuNs();
    const { p50us, messages } = await node(1).each({ what, first: count, count });
    const cpuNs = (processCpuNs() - cpuBefore) / count;
    return { value: p50us, cpuNs, details: { 'messages sent by the caller': messages / count } };
  });
}

const miss = (what: 'read' | 'write', copies: number): Contender => ({
  name: 'ours',
  round: (budget) => missSample(what, copies, budget),
});

/** How much longer a write takes for each other copy: the line through the points with 0 to 3 of them (least squares). */
const slope: Contender = {
  name: 'ours',
  round: async (budget) => {
    const tookUs: number[] = [];
    for (const copies of [0, 1, 2, 3]) tookUs.push((await missSample('write', copies, budget)).value);
    const mean = tookUs.reduce((sum, each) => sum + each, 0) / tookUs.length;
    const middle = (tookUs.length - 1) / 2;
    let [rise, run] = [0, 0];
    for (const [copies, took] of tookUs.entries()) {
      rise += (copies - middle) * (took - mean);
      run += (copies - middle) ** 2;
    }
    return { value: rise / run };
  },
};

const rpc = rpcOurs({ name: 'typed rpc', path: 'node to node', outstanding: 1 });

const question = (name: string, ours: Contender, max: number): Question => ({
  name,
  unit: 'µs',
  better: 'lower',
  ours,
  peers: [rpc],
  verdicts: [
    { measure: 'ratio', against: [rpc.name], max },
    { measure: 'cpu', against: [rpc.name] },
  ],
  roundsMax: 3,
});

export const misses: readonly Question[] = [
  question('read miss p50, two nodes', miss('read', 0), 1.5),
  question('write miss p50, two nodes', miss('write', 0), 1.5),
  question('write p50 with 1 other copy', miss('write', 1), 2.2),
  question('write p50 with 3 other copies', miss('write', 3), 3),
  {
    name: 'write p50, more for each other copy',
    unit: 'µs',
    better: 'lower',
    ours: slope,
    peers: [],
    verdicts: [{ measure: 'value', against: [] }],
    roundsMax: 2,
  },
];
