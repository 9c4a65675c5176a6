import { monitor } from '@holdfast/simulation';
import { type Ghost, ghost, permuted } from './ghosts.ts';

/** Where a node's request to write waits, and how often that node had exclusive access itself since it came there. */
interface Stay {
  readonly keeper: number;
  readonly overtaken: number;
}

const nowhere: Stay = { keeper: -1, overtaken: 0 };

/**
 * A node that keeps a request to write serves what came to it before, and then that request or, with the object gone to
 * another, passes it on. What happens elsewhere meanwhile is as slow or fast as the links, and is not counted.
 */
export const overtakingGhost = (nodes: number, overtakingMax: number): Ghost =>
  ghost<Stay[]>({
    monitor: monitor<Stay[]>({
      name: 'writers overtaken',
      watches: ['trace'],
      initial: () => new Array<Stay>(nodes).fill(nowhere),
      observe(stays, { node, number, value }) {
        if (value === 'kept') stays[number] = { keeper: node, overtaken: 0 };
        if (value === 'passed on') stays[number] = nowhere;
        if (value !== 'acquired') return;
        for (const [requester, { keeper, overtaken }] of stays.entries()) {
          if (keeper === node) stays[requester] = { keeper, overtaken: overtaken + 1 };
        }
        stays[node] = nowhere;
      },
      encode: (stays, into) =>
        into.list(stays, ({ keeper, overtaken }, to) => {
          to.int(keeper);
          to.uint(overtaken);
        }),
      decode: (from) => from.list((each) => ({ keeper: each.int(), overtaken: each.uint() })),
      violation: (stays) =>
        stays.some(({ overtaken }) => overtaken > overtakingMax)
          ? `a waiting writer is overtaken more than ${overtakingMax} times where it waits`
          : undefined,
    }),
    renamed: (stays, permutation) =>
      permuted(
        stays.map(({ keeper, overtaken }) => ({ keeper: permutation[keeper] ?? keeper, overtaken })),
        permutation,
      ),
  });
