import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { withCoherentNodes } from '../ours/coherent-cluster.ts';
import { rpcOurs } from '../ours/rpc-ours.ts';

const objectsFull = 12_000;
const objectsQuick = 1500;
/** The compiler has seen the calls by then. */
const warmUpShare = 4;

/**
 * One call at a time of node 1 on objects that node 0 wrote, each for the first time, with `copies` other nodes that
 * have read it.
 */
function miss(what: 'read' | 'write', copies: number): Contender {
  return {
    name: 'ours',
    round: ({ quick }: Budget): Promise<Sample> =>
      withCoherentNodes(2 + copies, async (node, names) => {
        const count = quick ? objectsQuick : objectsFull;
        const warmUp = Math.ceil(count / warmUpShare);
        const all = { first: 0, count: count + warmUp };
        await node(0).fill(all);
        for (const reader of names.slice(2)) await node(reader).readAll(all);
        await node(1).each({ what, first: 0, count: warmUp });
        const { p50us, messages } = await node(1).each({ what, first: warmUp, count });
        return { value: p50us, details: { 'messages sent by the caller': messages / count } };
      }),
  };
}

const rpc = rpcOurs({ name: 'typed rpc', path: 'node to node', outstanding: 1 });

const question = (name: string, ours: Contender, max: number): Question => ({
  name,
  unit: 'µs',
  better: 'lower',
  ours,
  peers: [rpc],
  verdicts: [{ measure: 'ratio', against: [rpc.name], max }],
  roundsMax: 5,
});

export const misses: readonly Question[] = [
  question('read miss p50, two nodes', miss('read', 0), 1.5),
  question('write miss p50, two nodes', miss('write', 0), 1.5),
  question('write p50 with 1 other copy', miss('write', 1), 2.2),
  question('write p50 with 3 other copies', miss('write', 3), 3),
];
