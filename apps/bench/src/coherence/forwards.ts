import {
  initialEntry,
  type ObjectEntry,
  type ObjectEnv,
  type ObjectEvent,
  type ObjectMessage,
  objectKernel,
  objectRules,
} from '@holdfast/coherence';
import { EffectBuffer } from '@holdfast/kernel';
import type { Contender, Question } from '../harness/question.ts';
import { uniform } from '../load/keys.ts';

const sizes = [8, 16, 32, 64];
const writesFull = 10_000;
const writesQuick = 2000;

/** Mean times that the request of a random writer is passed on, one write after the other. */
function meanForwards(nodes: number, writes: number): number {
  const common = {
    defaultOwner: 0,
    forwardsMax: nodes,
    requestIds: 2 ** 32,
    exclusiveReaders: false,
    rules: objectRules,
  };
  const envs = Array.from({ length: nodes }, (_, self): ObjectEnv => ({ ...common, self, fill: 'blank' }));
  const entries = envs.map((env) => initialEntry(env));
  const out = new EffectBuffer<ObjectMessage>();
  const random = uniform(nodes);
  let forwards = 0;
  const step = (node: number, event: ObjectEvent): void => {
    const under: { to: number; message: ObjectMessage }[] = [];
    out.clear();
    objectKernel.step(entries[node] as ObjectEntry, event, envs[node] as ObjectEnv, out as never);
    for (let at = 0; at < out.length; at++) {
      const { kind, target, message } = out.at(at);
      if (kind === 'send') under.push({ to: target, message: message! });
    }
    for (const { to, message } of under) {
      if (message.type === 'COPY_REQ' && message.forwards > 0) forwards++;
      step(to, { type: 'message', from: node, message });
    }
  };
  for (let write = 1; write <= writes; write++) {
    const node = Math.floor(random() * nodes);
    step(node, { type: 'grab', call: 1, absence: 'touch', try: false });
    step(node, { type: 'put', call: 1, payload: write });
  }
  return forwards / writes;
}

const simulated: Contender = {
  name: 'ours',
  round: async ({ quick }) => {
    const means = sizes.map((nodes) => meanForwards(nodes, quick ? writesQuick : writesFull));
    const shares = means.map((mean, index) => mean / Math.log2(sizes[index] as number));
    const details = Object.fromEntries(sizes.map((nodes, index) => [`mean, ${nodes} nodes`, means[index] as number]));
    return { value: Math.max(...shares), details };
  },
};

export const forwards: readonly Question[] = [
  {
    name: 'mean forwards of random writes over log2 N, worst of N = 8, 16, 32, 64, simulated',
    unit: 'x log2 N',
    better: 'lower',
    ours: simulated,
    peers: [],
    verdicts: [
      { measure: 'value', against: [], max: 0.6 },
      ...sizes.map((nodes) => ({
        measure: 'value' as const,
        detail: `mean, ${nodes} nodes`,
        unit: 'forwards',
        against: [],
        max: Number((0.6 * Math.log2(nodes)).toFixed(1)),
      })),
    ],
    roundsMax: 1,
  },
];
