import { defineContainer, pages } from '@holdfast/coherence';
import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

/** Blocks of one page, at home on the first node. */
export const Blocks = defineContainer('blocks', {
  key: z.string(),
  value: pages(),
  defaultOwner: { fixed: 'n0' },
  operations: {
    add: (draft, by: number) => {
      draft[0]! += by;
      return draft[0]!;
    },
    fail: (draft, _argument: null) => {
      draft.fill(99);
      throw new RangeError('no');
    },
  },
});

/** Runs of pages that come from nowhere else, with a second node that keeps them. */
export const Runs = defineContainer('runs', { key: z.int(), value: pages(3), backup: 1 });

const Key = z.object({ key: z.string() });

/** Uses blocks on a node, and says where they lie. */
export const Masons = defineService('masons', {
  set: rpc({ in: Key.extend({ fill: z.int() }) }),
  /** Add to every byte, under an exclusive lease. */
  add: rpc({ in: Key.extend({ by: z.int() }), out: z.int() }),
  /** The first and the last byte; undefined where there is no block. */
  read: rpc({ in: Key, out: z.array(z.int()).optional() }),
  /** The number of the page that a read lease shows, -1 where it is in no shared memory. */
  page: rpc({ in: Key, out: z.int() }),
  spoil: rpc({ in: Key, out: z.string() }),
  free: rpc({ out: z.int() }),
  /** Read, add to, and set blocks in turn; how many were not the same in all their bytes. What died is set anew. */
  churn: rpc({ in: z.object({ keys: z.int(), times: z.int(), seed: z.int() }), out: z.int() }),
  setRun: rpc({ in: z.object({ key: z.int(), fill: z.int() }) }),
  readRun: rpc({ in: z.int(), out: z.array(z.int()).optional() }),
});
