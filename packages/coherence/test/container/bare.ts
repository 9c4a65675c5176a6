import { defineContainer } from '@holdfast/coherence';
import { z } from 'zod';

/** A container that no node opens. */
export const Bare = defineContainer('bare', {
  key: z.string(),
  value: z.object({ n: z.int() }),
  operations: {
    add: (draft, by: number) => {
      draft.n += by;
      return draft.n;
    },
  },
});
