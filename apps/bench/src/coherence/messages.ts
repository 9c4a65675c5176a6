import type { Question } from '../harness/question.ts';
import { withCoherentNodes } from '../ours/coherent-cluster.ts';

const count = 200;

/** Messages of all nodes for one call, on threads; the table of docs/coherence.md has the exact ones of the kernel. */
const rows = [
  { name: 'read miss', what: 'read', copies: 0, max: 2 },
  { name: 'write miss', what: 'write', copies: 0, max: 2 },
  { name: 'write with 1 other copy', what: 'write', copies: 1, max: 4 },
  { name: 'write with 3 other copies', what: 'write', copies: 3, max: 8 },
] as const;

export const messages: readonly Question[] = rows.map(({ name, what, copies, max }) => ({
  name: `messages of a ${name}`,
  unit: 'messages',
  better: 'lower',
  ours: {
    name: 'ours',
    round: () =>
      withCoherentNodes(2 + copies, async (node, names) => {
        const range = { first: 0, count };
        await node(0).fill(range);
        for (const reader of names.slice(2)) await node(reader).readAll(range);
        const sentBy = () => Promise.all(names.map((each) => node(each).sent()));
        const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);
        const before = sum(await sentBy());
        await node(1).each({ what, ...range });
        return { value: (sum(await sentBy()) - before) / count };
      }),
  },
  peers: [],
  verdicts: [{ measure: 'value', against: [], max }],
  roundsMax: 1,
}));
