import { monitor } from '@holdfast/simulation';
import { type Ghost, ghost, permuted } from './ghosts.ts';

/** Counts how often the request of each node, which has one under way at most, is passed on before the node is answered. */
export const chaseGhost = (nodes: number, passedOnMax: number): Ghost =>
  ghost<number[]>({
    monitor: monitor<number[]>({
      name: 'requests passed on',
      watches: ['trace', 'reply'],
      initial: () => new Array<number>(nodes).fill(0),
      observe(counts, { kind, node, number, value }) {
        if (kind === 'reply') counts[node] = 0;
        else if (value === 'passed on') counts[number]!++;
      },
      encode: (counts, into) => into.list(counts, (count, to) => to.uint(count)),
      decode: (from) => from.list((count) => count.uint()),
      violation: (counts) =>
        counts.some((count) => count > passedOnMax)
          ? `a request is passed on more than ${passedOnMax} times`
          : undefined,
    }),
    renamed: permuted,
  });
