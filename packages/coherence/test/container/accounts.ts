import { defineContainer } from '@holdfast/coherence';
import { z } from 'zod';

export const Account = z.object({ n: z.int(), tags: z.array(z.string()) });

/** Objects that begin to exist when they are set. */
export const Accounts = defineContainer('accounts', { key: z.string(), value: Account });

/** Objects that exist as soon as somebody touches them. */
export const Counters = defineContainer('counters', {
  key: z.string(),
  value: z.object({ n: z.int() }),
  initial: () => ({ n: 0 }),
  operations: {
    add: (draft, by: number) => {
      draft.n += by;
      return draft.n;
    },
  },
});

/** Keys carry the node that made them. */
export const Tickets = defineContainer('tickets', { key: z.string(), value: z.string(), defaultOwner: 'creator' });

/** Keys of several parts, all at home on one node. */
export const Cells = defineContainer('cells', {
  key: z.tuple([z.string(), z.int()]),
  value: z.number(),
  defaultOwner: { fixed: 'n1' },
});
