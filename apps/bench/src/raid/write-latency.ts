import { Cluster } from '@holdfast/runtime';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { callsPerSecond } from '../load/chains.ts';
import { arrayBudget, withObject } from '../ours/array-cluster.ts';
import { BlockSink } from '../ours/block-sink.ts';
import { sibling } from '../peers/sibling.ts';

const blockBytes = 4096;
/** Written again and again, so that the old block is always cached: the whole object. */
const blocks = 256;

/** The middle time of one call at a time. */
async function middle(budget: Budget, call: (turn: number) => Promise<unknown>): Promise<Sample> {
  let turn = 0;
  const { cpuNs, details } = await callsPerSecond(budget, 1, () => call(turn++));
  return { value: details!['µs, p50']!, ...(cpuNs !== undefined && { cpuNs }), details: { p99: details!['µs, p99']! } };
}

/** The caller is the main thread, which has no drive: every block lies on another node. */
const write = (toughness: 0 | 1 | 2): Contender => ({
  name: 'ours',
  round: (budget) =>
    withObject(1, ({ object }) => {
      const block = new Uint8Array(blockBytes).fill(0xa5);
      return middle(arrayBudget(budget), (turn) => object.write((turn % blocks) * blockBytes, block, { toughness }));
    }),
});

const rpc: Contender = {
  name: 'typed rpc with 4 KiB',
  round: async (budget) => {
    await using cluster = await Cluster.start({ nodes: 4 });
    await cluster.deploy(sibling('../ours/block-sink', import.meta), { on: 'n1' });
    const sink = cluster.service(BlockSink, { node: 'n1' });
    const bytes = new Uint8Array(blockBytes).fill(0xa5);
    return await middle(budget, (at) => sink.take({ at, bytes }));
  },
};

const question = (toughness: 0 | 1 | 2, max?: number): Question => ({
  name: `4 KiB overwritten at toughness ${toughness}, one outstanding, p50, main to node`,
  unit: 'µs',
  better: 'lower',
  ours: write(toughness),
  peers: [rpc],
  verdicts: [{ measure: 'ratio', against: [rpc.name], ...(max !== undefined && { max }) }],
  roundsMax: 3,
});

export const writeLatency: readonly Question[] = [question(0, 1.5), question(1, 4), question(2)];
